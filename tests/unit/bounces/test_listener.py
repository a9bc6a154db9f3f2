"""The small LMTP and SMTP server, asked by other people's clients."""

import asyncio
import smtplib
import socket
import time
import tracemalloc
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from publisher.bounces.listener import listening
from publisher.errors import Refused, StoreBusy
from publisher.model.inboxes import Socket
from tests.support.smtp_server import HOST

DOMAIN = "bounces.embankment.test"
PATH = f"bounce+abc@{DOMAIN}"
MIB = 1024 * 1024
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


async def test_every_recipient_has_a_reply_also_where_the_mail_is_beyond_measure() -> None:
    def talk(client: smtplib.SMTP) -> list[int]:
        client.ehlo_or_helo_if_needed()
        client.mail("")
        for one in (PATH, f"bounce+def@{DOMAIN}"):
            client.rcpt(one)
        first = client.data(b"x\r\n" * 3_000_000)
        return [first[0], client.getreply()[0], client.noop()[0]]

    assert await handed(Desk(), talk) == [552, 552, 250]


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


@pytest.mark.parametrize("lmtp", [True, False])
@pytest.mark.parametrize("piece", [b"x" * MIB, b"\r\n" * (MIB // 2)], ids=["a line", "lines"])
async def test_a_text_that_does_not_end_takes_no_memory(piece: bytes, *, lmtp: bool) -> None:
    """Two hundred megabytes in one line, or in lines of nothing; then the client goes on."""
    desk = Desk()

    def talk(client: smtplib.SMTP) -> list[int]:
        client.ehlo_or_helo_if_needed()
        client.mail("")
        client.rcpt(PATH)
        codes = [client.docmd("DATA")[0]]
        for _ in range(200):
            client.sock.sendall(piece)
        client.sock.sendall(b"\r\n.\r\n")
        codes.append(client.getreply()[0])
        assert client.sendmail("", [PATH], REPORT) == {}
        return codes

    tracemalloc.start()
    try:
        codes = await handed(desk, talk, lmtp=lmtp)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert codes == [354, 552]
    assert desk.taken == [(REPORT, (PATH,))]
    assert peak < 40 * MIB


async def test_the_largest_mail_takes_a_few_times_its_bytes() -> None:
    """Of lines of two bytes, as a stranger may send it."""
    desk = Desk()
    raw = b"\r\n" * (4 * MIB - 100)
    tracemalloc.start()
    try:
        await handed(desk, lambda client: client.sendmail("", [PATH], raw))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert [len(taken) for taken, _ in desk.taken] == [len(raw)]
    assert peak < 80 * MIB


async def test_an_endless_command_is_refused_and_takes_no_memory() -> None:
    def talk(client: smtplib.SMTP) -> list[int]:
        for _ in range(50):
            client.sock.sendall(b"x" * MIB)
        client.sock.sendall(b"\r\n")
        return [client.getreply()[0], client.noop()[0]]

    tracemalloc.start()
    try:
        assert await handed(Desk(), talk) == [500, 250]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 20 * MIB


@pytest.mark.parametrize(
    ("sent", "taken"),
    [
        (b".\r\n", b""),
        (b"\r\n.\r\n", b"\r\n"),
        (b"a\r\n.\r\n", b"a\r\n"),
        (b"..\r\n...\r\na..b\r\n\r\n..\r\n.\r\n", b".\r\n..\r\na..b\r\n\r\n.\r\n"),
        (b"a\n.\nb\r.\rc\n.\r\nd\r\n.\n.\r\n.\r\n", b"a\n.\nb\r.\rc\n.\r\nd\r\n\n.\r\n"),
    ],
)
@pytest.mark.parametrize("step", [1, 2, 5, 1000])
async def test_a_text_ends_with_a_dot_alone_wherever_its_packets_do(
    sent: bytes, taken: bytes, step: int
) -> None:
    """And what comes right behind it is the next command."""
    desk = Desk()

    def talk(client: smtplib.SMTP) -> list[int]:
        client.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.ehlo_or_helo_if_needed()
        client.mail("")
        client.rcpt(PATH)
        client.docmd("DATA")
        said = sent + b"NOOP\r\nRSET\r\n"
        for at in range(0, len(said), step):
            client.sock.sendall(said[at : at + step])
            if step < len(said):
                time.sleep(0.001)
        return [client.getreply()[0] for _ in range(3)]

    assert await handed(desk, talk) == [250, 250, 250]
    assert desk.taken == [(taken, (PATH,))]


async def test_a_mail_has_no_more_recipients_than_a_hundred() -> None:
    """RFC 5321 section 4.5.3.1.8; a mail server hands the others over by themselves."""
    desk = Desk()

    def talk(client: smtplib.SMTP) -> tuple[list[int], int]:
        client.ehlo_or_helo_if_needed()
        client.mail("")
        codes = [client.rcpt(f"bounce+{number}@{DOMAIN}")[0] for number in range(102)]
        return codes, client.data(REPORT)[0]

    assert await handed(desk, talk, lmtp=False) == ([*[250] * 100, 452, 452], 250)
    [(_, to)] = desk.taken
    assert len(to) == 100


async def test_data_before_anybody_is_named_is_refused() -> None:
    def talk(client: smtplib.SMTP) -> list[int]:
        codes = [client.docmd("DATA")[0]]
        client.ehlo_or_helo_if_needed()
        codes.append(client.docmd("DATA")[0])
        client.mail("")
        client.rcpt(PATH)
        return [*codes, client.docmd("DATA", "now")[0], client.data(REPORT)[0]]

    assert await handed(Desk(), talk) == [503, 503, 501, 250]


async def test_a_line_longer_than_the_rfc_allows_loses_no_report() -> None:
    """Not every mail server breaks the lines of what it quotes."""
    desk = Desk()
    raw = REPORT + b"x" * 4_000_000 + b"\r\n"

    assert await handed(desk, lambda client: client.sendmail("", [PATH], raw)) == {}
    assert desk.taken == [(raw, (PATH,))]


async def test_a_thousand_connections_are_not_held_open() -> None:
    """Those too many are told to come again; when the others have gone, the door is open."""
    desk = Desk()
    place = Socket(host=HOST, port=0, lmtp=True)
    async with listening(place, domain=DOMAIN, take=desk.take) as port:
        held = [await asyncio.open_connection(HOST, port) for _ in range(300)]
        greetings = [await reader.readline() for reader, _ in held]
        for _, writer in held:
            writer.close()
        for _, writer in held:
            with suppress(ConnectionError):
                await writer.wait_closed()
        async with asyncio.timeout(60):
            while await _greeting(port) != b"220":  # till the server has seen them go
                await asyncio.sleep(0.01)

        def talk() -> Any:
            with smtplib.LMTP(HOST, port, timeout=30) as client:
                return client.sendmail("", [PATH], REPORT)

        assert await asyncio.to_thread(talk) == {}

    assert sorted({greeting[:3] for greeting in greetings}) == [b"220", b"421"]
    assert sum(greeting.startswith(b"220") for greeting in greetings) == 100


async def _greeting(port: int) -> bytes:
    reader, writer = await asyncio.open_connection(HOST, port)
    said = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return said[:3]


async def test_large_mails_of_many_connections_hold_64_mib_and_small_ones_go_on() -> None:
    """Nobody is thrown away: "later", and a mail server keeps it."""
    desk = Desk()
    place = Socket(host=HOST, port=0, lmtp=True)
    eight = (b"x" * 62 + b"\r\n") * (8 * MIB // 64)
    eight = eight[2:]  # with what the server keeps before it, 8 MiB

    async def begun(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection(HOST, port)
        for line in (b"", b"LHLO me.test", b"MAIL FROM:<>", b"RCPT TO:<%s>" % PATH.encode()):
            await _asked(reader, writer, line)
        await _asked(reader, writer, b"DATA")
        for at in range(0, len(eight), MIB):
            writer.write(eight[at : at + MIB])
            await writer.drain()
        await asyncio.sleep(0.2)  # till the server has read what the kernel holds
        return reader, writer

    async with listening(place, domain=DOMAIN, take=desk.take) as port:
        held = [await begun(port) for _ in range(11)]

        def talk() -> Any:
            with smtplib.LMTP(HOST, port, timeout=30) as client:
                return client.sendmail("", [PATH], REPORT)

        small = await asyncio.to_thread(talk)
        first = await asyncio.gather(*(_asked(*one, b".") for one in held))
        for _, writer in held:
            writer.close()
        again = await begun(port)
        later = await _asked(*again, b".")
        again[1].close()

    assert small == {}
    assert sorted(first) == [b"250"] * 8 + [b"451"] * 3
    assert later == b"250"
    assert sorted(len(raw) for raw, _ in desk.taken) == [len(REPORT), *[len(eight)] * 9]


async def _asked(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: bytes) -> bytes:
    """The code of what is answered to a line; to none: of the greeting."""
    if line:
        writer.write(line + b"\r\n")
    while (said := await reader.readline())[3:4] == b"-":
        pass
    return said[:3]


async def test_garbage_breaks_nobody_elses_connection() -> None:
    desk = Desk()

    def talk(client: smtplib.SMTP) -> Any:
        with socket.create_connection((HOST, int(client.sock.getpeername()[1]))) as other:
            other.sendall(b"\0\xff\r\nMAIL\r\nRCPT TO:<@>\r\nDATA\r\n.\r\n" * 200)
            other.settimeout(5)
            with suppress(OSError):
                while other.recv(65536):
                    pass
        return client.sendmail("", [PATH], REPORT)

    assert await handed(desk, talk) == {}
    assert desk.taken == [(REPORT, (PATH,))]


async def test_a_port_that_somebody_holds_is_said() -> None:
    place = Socket(host=HOST, port=0, lmtp=True)
    async with listening(place, domain=DOMAIN, take=Desk().take) as port:
        with pytest.raises(Refused):
            async with listening(replace(place, port=port), domain=DOMAIN, take=Desk().take):
                pass
