"""The small LMTP and SMTP server, asked by other people's clients."""

import asyncio
import smtplib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from publisher.bounces.listener import listening
from publisher.errors import Refused, StoreBusy
from publisher.model.inboxes import Socket
from tests.support.smtp_server import HOST

DOMAIN = "bounces.embankment.test"
PATH = f"bounce+abc@{DOMAIN}"
REPORT = b"Subject: Undelivered\r\n\r\n.hidden\r\n..two\r\n"


@dataclass
class Desk:
    """Notes what was handed over, and answers as it is told to."""

    answer: bool | Exception = True
    taken: list[tuple[bytes, tuple[str, ...]]] = field(default_factory=list)

    async def take(self, raw: bytes, to: Sequence[str]) -> bool:
        self.taken.append((raw, tuple(to)))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def handed(desk: Desk, talk: Callable[[smtplib.SMTP], Any], *, lmtp: bool = True) -> Any:
    """What a client's talk with the server came to."""
    place = Socket(host=HOST, port=0, lmtp=lmtp)

    def session(port: int) -> Any:
        with (smtplib.LMTP if lmtp else smtplib.SMTP)(HOST, port, timeout=30) as client:
            return talk(client)

    async with listening(place, domain=DOMAIN, take=desk.take) as port:
        return await asyncio.to_thread(session, port)


@pytest.mark.parametrize("lmtp", [True, False])
async def test_mail_for_our_domain_is_taken_with_its_envelope(*, lmtp: bool) -> None:
    desk = Desk()

    refused = await handed(desk, lambda client: client.sendmail("", [PATH], REPORT), lmtp=lmtp)

    assert refused == {}
    assert desk.taken == [(REPORT, (PATH,))]


async def test_mail_for_others_is_refused() -> None:
    """It is no relay."""
    desk = Desk()

    def talk(client: smtplib.SMTP) -> int:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            client.sendmail("", ["anna@readers.test"], REPORT)
        code: int = refused.value.recipients["anna@readers.test"][0]
        return code

    assert await handed(desk, talk) == 550
    assert desk.taken == []


@pytest.mark.parametrize(
    "answer", [False, StoreBusy("locked"), OSError(28, "disk full"), RuntimeError("surprise")]
)
async def test_what_cannot_be_kept_now_is_left_with_the_mail_server(
    answer: bool | Exception,
) -> None:
    def talk(client: smtplib.SMTP) -> int:
        with pytest.raises(smtplib.SMTPDataError) as refused:
            client.sendmail("", [PATH], REPORT)
        return refused.value.smtp_code

    assert await handed(Desk(answer=answer), talk) == 451


async def test_every_recipient_has_a_reply_of_its_own() -> None:
    """RFC 2033 section 4.2."""
    others = [PATH, f"bounce+def@{DOMAIN}"]

    def talk(client: smtplib.SMTP) -> list[tuple[int, bytes]]:
        client.ehlo_or_helo_if_needed()
        client.mail("")
        for one in others:
            client.rcpt(one)
        first = client.data(REPORT)
        return [first, client.getreply(), client.noop()]

    desk = Desk()
    codes = [code for code, _ in await handed(desk, talk)]

    assert codes == [250, 250, 250]
    assert desk.taken == [(REPORT, tuple(others))]


async def test_a_domain_in_capitals_or_another_script_is_known() -> None:
    desk = Desk()

    assert await handed(desk, lambda client: client.sendmail("", [PATH.upper()], REPORT)) == {}


async def test_a_mail_beyond_measure_is_refused() -> None:
    desk = Desk()

    def talk(client: smtplib.SMTP) -> int:
        with pytest.raises(smtplib.SMTPResponseException) as refused:
            client.sendmail("", [PATH], b"x" * 9_000_000)
        return refused.value.smtp_code

    assert await handed(desk, talk) == 552
    assert desk.taken == []


async def test_a_port_that_somebody_holds_is_said() -> None:
    place = Socket(host=HOST, port=0, lmtp=True)
    async with listening(place, domain=DOMAIN, take=Desk().take) as port:
        with pytest.raises(Refused):
            async with listening(replace(place, port=port), domain=DOMAIN, take=Desk().take):
                pass
