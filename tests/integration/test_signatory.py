"""Processes that sign what is foreseen: each signature right, whoever dies meanwhile."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email import message_from_bytes
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from publisher import aide, signatory
from publisher.assets import Assets
from publisher.deliver.dkim_keys import signing_key
from publisher.deliver.signing import Signatories
from publisher.model.dkim import Dkim
from publisher.model.names import DeliveryId, Language
from publisher.press import Press
from publisher.render.email import render_digest
from publisher.render.splice import Personal
from publisher.signatory import Bureau
from tests.support.build import EN, RU
from tests.support.sheets import ordinary_day
from tests.support.signing import made_dkim, verified

SENT = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo("Europe/Moscow"))

KOLKATA = timezone(timedelta(hours=5, minutes=30))


def personal(number: int) -> Personal:
    return Personal(
        address=f"r{number}@readers.test",
        name="Анна Орлова" if number % 2 else "",
        leave_url=f"https://embankment.test/unsubscribe/{number}",
        leave_by_mail=f"leave+{number}@bounces.embankment.test" if number % 3 else "",
        message_id=f"m{number}@embankment.test",
        sent_at=SENT + timedelta(seconds=number),
    )


def made_press(dkim: Dkim, language: Language = RU) -> Press:
    return Press(render_digest(ordinary_day(language), Assets()).compiled, dkim=dkim)


@asynccontextmanager
async def bureau(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Bureau, Press, Dkim]]:
    """One that has aides, all of them ready."""
    monkeypatch.setattr(signatory, "_MANY", 1)
    dkim = made_dkim(folder)
    async with Signatories(1) as sign, Bureau(dkim, sign=sign) as found:
        press = made_press(dkim)
        await found.later(press, personal(0))
        async with asyncio.timeout(60):
            while not (found._aides and all(one.aide.ready for one in found._aides)):
                await asyncio.sleep(0.01)
        yield found, press, dkim


def checked(press: Press, dkim: Dkim, one: Personal, signature: bytes | None) -> None:
    assert signature is not None
    sender = "digest@embankment.test"
    mail = press(DeliveryId(1), one, envelope_from=sender, signature=signature)
    message = b"".join(mail.chunks)
    assert message.startswith(signature)
    assert verified(message, dkim) == [True, True]
    assert message_from_bytes(message)["Message-ID"] == f"<{one.message_id}>"


async def test_what_aides_sign_is_found_right(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bureau(tmp_path, monkeypatch) as (office, press, dkim):
        people = [personal(number) for number in range(40)]
        people += [replace(one, sent_at=one.sent_at.astimezone(KOLKATA)) for one in people[:3]]
        asked = [office.later(press, one) for one in people]
        assert sum(one.aide.queue for one in office._aides) >= len(people) // 16
        signatures = await asyncio.gather(*asked)

    for one, signature in zip(people, signatures, strict=True):
        checked(press, dkim, one, signature)


async def test_two_digests_at_once_are_not_mistaken_for_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bureau(tmp_path, monkeypatch) as (office, press, dkim):
        other = made_press(dkim, EN)
        pairs = [((press, other)[number % 2], personal(number)) for number in range(12)]
        signatures = await asyncio.gather(*(office.later(*pair) for pair in pairs))

    for (made, one), signature in zip(pairs, signatures, strict=True):
        checked(made, dkim, one, signature)


async def test_what_no_mail_can_be_made_of_is_nobodys_but_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bureau(tmp_path, monkeypatch) as (office, press, dkim):
        people = [personal(1), replace(personal(2), address="a b@readers.test"), personal(3)]
        first, second, third = await asyncio.gather(*(office.later(press, p) for p in people))

    assert second is None
    checked(press, dkim, people[0], first)
    checked(press, dkim, people[2], third)


async def test_whoever_dies_leaves_its_work_to_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bureau(tmp_path, monkeypatch) as (office, press, dkim):
        for one in office._aides:
            one.aide.process.send_signal(signal.SIGSTOP)
        asked = [office.later(press, personal(number)) for number in range(40)]
        await asyncio.sleep(0.01)
        for one in office._aides:
            one.aide.process.kill()
        assert set(await asyncio.gather(*asked)) == {None}
        signature = await office.later(press, personal(1))  # by a thread

    checked(press, dkim, personal(1), signature)


async def test_whoever_hangs_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aide, "_HUNG", 0.5)
    async with bureau(tmp_path, monkeypatch) as (office, press, _):
        for one in office._aides:
            one.aide.process.send_signal(signal.SIGSTOP)
        asked = [office.later(press, personal(number)) for number in range(40)]
        async with asyncio.timeout(25):  # less than _HUNG by default
            assert set(await asyncio.gather(*asked)) == {None}
        assert {one.aide.process.wait(5) for one in office._aides} == {-signal.SIGKILL}


async def test_nobody_is_left_when_the_round_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with bureau(tmp_path, monkeypatch) as (office, _, _):
        processes = [one.aide.process for one in office._aides]
        assert [one.poll() for one in processes] == [None] * len(processes)

    assert processes
    assert [one.poll() for one in processes] == [0] * len(processes)


def test_a_key_that_was_handed_over_signs_the_same(tmp_path: Path) -> None:
    for key in made_dkim(tmp_path).keys:
        again = signing_key(key.selector, key.private)

        assert (again.algorithm, again.public) == (key.algorithm, key.public)
        assert again.sign(b"\0" * 32) == key.sign(b"\0" * 32)  # both kinds are deterministic
        assert key.private not in repr(key).encode()
        assert repr(key.private)[2:-1] not in repr(key)
