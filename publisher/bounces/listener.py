"""A small LMTP or SMTP server that a mail server hands what comes back to.

It takes mail for our bounces domain alone, says yes only once the mail is in the ledger or kept
aside on the disk, and "later" where that is not possible now: the mail server then keeps it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from publisher.errors import Refused
from publisher.model.addresses import ascii_domain
from publisher.model.inboxes import Socket
from publisher.model.problems import Problem, msgid

LARGEST = 8 * 1024 * 1024  # bytes of one mail
_IDLE = 60  # seconds
_AT_ONCE = 20  # mails taken in
_MOST_OPEN = 100  # connections; a mail server has 20
_ALL_HELD = 64 * 1024 * 1024  # bytes of the mails of all connections
_SMALL = 256 * 1024  # bytes of a mail that is let in whatever is held; a report has a tenth of that
_MOST_RECIPIENTS = 100  # of one mail, RFC 5321 section 4.5.3.1.8
_AHEAD = 64 * 1024  # bytes of one connection that wait to be read, or somewhat more
_ALL_AHEAD = 16 * _AHEAD
_CRLF, _END = b"\r\n", b"\r\n.\r\n"
_LATER = "451 4.3.0 Not now; keep it, and try again"
_TOO_MUCH = "552 5.3.4 More than is taken in one mail"
_log = structlog.get_logger()

Take = Callable[[bytes, Sequence[str]], Awaitable[bool]]


@asynccontextmanager
async def listening(place: Socket, *, domain: str, take: Take) -> AsyncIterator[int]:
    """Serve until the block ends; gives the port.

    `take` is given a mail and whom its envelope names; False, or what it raises, means "later".
    Raises Refused where somebody else listens.
    """
    loop = asyncio.get_running_loop()
    handler = _Handler(domain, take)

    open_now: set[SMTP] = set()

    def connection() -> asyncio.Protocol:
        if len(open_now) >= _MOST_OPEN:
            return _Turned()
        kind = _Lmtp if place.lmtp else _Smtp
        return kind(
            open_now,
            handler,
            data_size_limit=LARGEST,
            enable_SMTPUTF8=True,
            hostname=domain,
            ident="bounces",
            timeout=_IDLE,
            loop=loop,
        )

    try:
        server = await loop.create_server(connection, place.host, place.port)
    except OSError as error:
        raise Refused(_deaf(place, error)) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def _deaf(place: Socket, error: OSError) -> Problem:
    return Problem(
        message=msgid("Bounces cannot be listened for on {host}:{port}: {words}."),
        args={
            "host": place.host,
            "port": place.port,
            "words": error.strerror or str(error),
        },
        remedy=msgid("Choose another address in smtp.bounces.intake, or stop what holds it."),
    )


class _Smtp(SMTP):
    """One connection, counted while it is open.

    A text is read at one go, whatever its lines: aiosmtpd keeps each of them by itself, a hundred
    bytes for one of two, and one that never ends for as long as it lasts.
    """

    line_length_limit = _AHEAD

    def __init__(self, open_now: set[SMTP], handler: "_Handler", **how: Any) -> None:
        super().__init__(handler, **how)
        self._open_now, self._handler = open_now, handler

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as aiosmtpd calls it
        """Take a text; one too large is read to its end, and not kept."""
        if await self.check_helo_needed():
            return
        to = self.envelope.rcpt_tos if self.envelope else []
        if arg or not to:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Need RCPT first")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        try:
            reply = await self._handler.taken(await self._text(), tuple(to))
        except _Unkept as unkept:
            reply = unkept.reply
        finally:
            self._handler.let_go(self)
        self.envelope = self._create_envelope()
        await self.push(self._for_each(reply, to))

    async def _text(self) -> bytes:
        """What comes until a line with nothing but a dot; raises _Unkept behind it."""
        text, seen, reply = bytearray(_CRLF), 0, ""
        while (end := text.find(_END, seen)) < 0:
            reply = reply or self._unkept(len(text))
            if reply:
                del text[: 1 - len(_END)]
            seen = max(0, len(text) + 1 - len(_END))
            some = await self._reader.read(_ALL_AHEAD)
            if not some:
                raise ConnectionResetError
            text += some
        if behind := text[end + len(_END) :]:  # nothing waits in the stream: it comes first
            self._reader.feed_data(bytes(behind))
        if reply := reply or self._unkept(end):
            raise _Unkept(reply)
        del text[end + len(_CRLF) :]
        return bytes(text.replace(b"\r\n.", _CRLF)[len(_CRLF) :])  # RFC 5321 section 4.5.2

    def _unkept(self, size: int) -> str:
        """Why a text of so many bytes is not kept; nothing for one that is."""
        if size > LARGEST:
            self._handler.let_go(self)
            return _TOO_MUCH
        return "" if self._handler.holds(self, size) else _LATER

    def _for_each(self, reply: str, to: Sequence[str]) -> str:
        return reply

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_now.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_now.discard(self)
        super().connection_lost(error)


class _Lmtp(_Smtp, LMTP):
    """The same in LMTP."""

    def _for_each(self, reply: str, to: Sequence[str]) -> str:
        """What becomes of a text is told for each recipient (RFC 2033 section 4.2)."""
        return "\r\n".join([reply] * len(to))


class _Turned(asyncio.Protocol):
    """A connection too many: each of them may hold a mail in memory."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 Too many connections, come again\r\n")
        transport.close()


class _Unkept(Exception):
    """A text was read to its end, and not kept."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


class _Handler:
    """What the connections ask."""

    def __init__(self, domain: str, take: Take) -> None:
        self._domain, self._take = domain, take
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._held: dict[SMTP, int] = {}  # bytes of texts, by connection

    def holds(self, connection: SMTP, size: int) -> bool:
        """Whether there is room for a text of so many bytes; where there is none, it is let go."""
        self._held[connection] = size
        if size <= _SMALL or sum(self._held.values()) <= _ALL_HELD:
            return True
        self.let_go(connection)
        return False

    def let_go(self, connection: SMTP) -> None:
        """Its text is in the ledger, or was not kept."""
        self._held.pop(connection, None)

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2]
        if not _is_ours(domain, self._domain):
            return "550 5.7.1 Only what comes back is taken here"
        if len(envelope.rcpt_tos) >= _MOST_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def taken(self, raw: bytes, to: Sequence[str]) -> str:
        """Have a mail taken in; the reply."""
        try:
            async with self._room:
                taken = await self._take(raw, to)
        except Exception as error:  # noqa: BLE001 - a 5xx would throw the mail away
            _log.warning("bounce not taken in", why=repr(error))
            taken = False
        return "250 2.0.0 Taken in" if taken else _LATER


def _is_ours(domain: str, ours: str) -> bool:
    try:
        return ascii_domain(domain) == ours
    except UnicodeError:
        return False
