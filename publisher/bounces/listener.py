"""A small LMTP or SMTP server that a mail server hands what comes back to.

It takes mail for our bounces domain alone, says yes only once the mail is in the ledger or kept
aside on the disk, and "later" where that is not possible now: the mail server then keeps it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, AnyStr

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
_LONGEST_LINE = 1024 * 1024  # bytes; RFC 5321 has 1000, what others quote in a report has not
_LATER = "451 4.3.0 Not now; keep it, and try again"
_OF_A_TEXT = (b"552 Error: Too much mail data", b"500 Line too long")  # as aiosmtpd says it once
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
    """One connection, counted while it is open."""

    line_length_limit = _LONGEST_LINE

    def __init__(self, open_now: set[SMTP], handler: "_Handler", **how: Any) -> None:
        super().__init__(handler, **how)
        self._open_now = open_now

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._open_now.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._open_now.discard(self)
        super().connection_lost(error)


class _Lmtp(_Smtp, LMTP):
    """The same in LMTP."""

    async def push(self, status: AnyStr) -> None:
        """What becomes of a text is told for each recipient, also where nobody read it."""
        said = status.encode() if isinstance(status, str) else status
        if said.startswith(_OF_A_TEXT) and self.envelope is not None:
            said = b"\r\n".join([said] * max(1, len(self.envelope.rcpt_tos)))
        await super().push(said)


class _Turned(asyncio.Protocol):
    """A connection too many: each of them may hold a mail in memory."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if isinstance(transport, asyncio.WriteTransport):
            transport.write(b"421 4.3.2 Too many connections, come again\r\n")
        transport.close()


class _Handler:
    """What aiosmtpd asks."""

    def __init__(self, domain: str, take: Take) -> None:
        self._domain, self._take = domain, take
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def handle_RCPT(  # noqa: N802 - as aiosmtpd calls it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        domain = address.rpartition("@")[2]
        if not _is_ours(domain, self._domain):
            return "550 5.7.1 Only what comes back is taken here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        raw = envelope.original_content or b""
        try:
            async with self._room:
                taken = await self._take(raw, tuple(envelope.rcpt_tos))
        except Exception as error:  # noqa: BLE001 - a 5xx would throw the mail away
            _log.warning("bounce not taken in", why=repr(error))
            taken = False
        reply = "250 2.0.0 Taken in" if taken else _LATER
        if isinstance(server, LMTP):  # RFC 2033 section 4.2: one reply for each recipient
            return "\r\n".join([reply] * len(envelope.rcpt_tos))
        return reply


def _is_ours(domain: str, ours: str) -> bool:
    try:
        return ascii_domain(domain) == ours
    except UnicodeError:
        return False
