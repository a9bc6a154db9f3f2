"""One SMTP session: aiosmtplib opens it, our protocol takes its transport over and speaks.

Stepwise: MAIL, RCPT, DATA, text, dot.  Every outcome names its phase; pool.py keeps sessions.
"""

import asyncio
import os
import ssl
from collections.abc import Collection
from dataclasses import dataclass, replace
from ipaddress import IPv6Address, ip_address
from typing import cast

import aiosmtplib

from publisher.deliver.protocol import Lost, Wire
from publisher.deliver.replies import compose_reply, printable_lines
from publisher.deliver.wording import EIGHT_BITS, Wording, word
from publisher.model.deliveries import Outcome, Phase, Reply, Result
from publisher.model.digests import Mail
from publisher.model.relays import Relay, Security

NOT_THIS_MACHINE = "not this machine"  # the reason of a refusal by `loopback_only`
_BLOCK = 64 * 1024  # bytes written at a time; each has its own deadline
_DONE, _GO_ON, _LATER, _NEVER = 2, 3, 4, 5  # first digits, RFC 5321 section 4.2.1
_CLOSING = 421  # RFC 5321 section 4.2.3: the server ends the session after this


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long each phase may take, in seconds (RFC 5321 section 4.5.3.2)."""

    greeting: float = 300  # to connect, and for every step until the session stands
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600  # shorter ones make duplicates (RFC 1047)
    quit: float = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How we introduce ourselves, and to whom."""

    hello: str  # our name in EHLO
    tls: ssl.SSLContext | None  # None where the relay asks for none
    deadlines: Deadlines = Deadlines()
    loopback_only: bool = False  # a sample legal profile: mail may not leave this machine


class Session:
    """A session that stands; one send at a time.

    `reached` says how far the last send came: from Phase.DOT on, nobody can know.
    """

    def __init__(self, wire: Wire, extensions: Collection[str], deadlines: Deadlines) -> None:
        self._wire = wire
        self._extensions = extensions
        self._deadlines = deadlines
        self._envelope_open = False  # a refusal left one behind; RSET ends it
        self.reached = Phase.CONNECT
        self.sent = 0

    @property
    def usable(self) -> bool:
        """Whether another mail may be tried here."""
        return self._wire.broken is None

    @property
    def eight_bits(self) -> bool:
        """Whether the server takes a text that is not ASCII (RFC 6152)."""
        return EIGHT_BITS in self._extensions

    async def send(self, mail: Mail) -> Result:
        """Hand over one mail.  Cancelled, it closes the session; see `reached`."""
        self.reached = Phase.CONNECT
        wording = word(mail, extensions=self._extensions)
        if isinstance(wording, Result):
            return wording
        self.sent += 1
        self.reached = Phase.MAIL
        try:
            return await self._converse(wording)
        except Lost as lost:
            return _lost(self.reached, lost.reason)

    def cut(self, reason: str) -> None:
        """End it at once; a send in flight returns a Result with this reason."""
        self._wire.break_off(reason)

    async def close(self) -> None:
        """Say QUIT and hang up; never raises for what the server does."""
        if self._wire.broken is None:
            try:
                await self._wire.ask(b"QUIT\r\n", within=self._deadlines.quit)
            except Lost:
                return
        self._wire.break_off("closed")

    async def _converse(self, wording: Wording) -> Result:
        await self._reset()
        within = self._deadlines
        steps = (
            (Phase.MAIL, wording.mail, _DONE, within.mail),
            (Phase.RCPT, wording.rcpt, _DONE, within.rcpt),
            (Phase.DATA, b"DATA\r\n", _GO_ON, within.data),
        )
        for phase, command, good, deadline in steps:
            self.reached = phase
            reply = await self._wire.ask(command, within=deadline)
            if reply.code // 100 != good:
                return self._refused(reply)
        return await self._pour(wording.text)

    async def _reset(self) -> None:
        """Close the envelope that a refusal left open, so that the session can be kept."""
        if not self._envelope_open:
            return
        reply = await self._wire.ask(b"RSET\r\n", within=self._deadlines.mail)
        if reply.code // 100 != _DONE:
            self._wire.break_off("RSET refused")
            raise Lost("RSET refused")
        self._envelope_open = False

    async def _pour(self, text: bytes) -> Result:
        """The text in blocks; the last one holds the dot."""
        self._wire.expect()
        last = max(0, (len(text) - 1) // _BLOCK) * _BLOCK
        for start in range(0, last, _BLOCK):
            block = text[start : start + _BLOCK]
            if not await self._wire.put(block, within=self._deadlines.block):
                return self._interrupted(await self._wire.answer(within=0))
        self.reached = Phase.DOT
        await self._wire.put(text[last:], within=self._deadlines.block)
        reply = await self._wire.answer(within=self._deadlines.dot)
        if reply.code // 100 == _DONE:
            return Result(outcome=Outcome.ACCEPTED, phase=Phase.DOT, reply=reply)
        return self._refused(reply)

    def _refused(self, reply: Reply) -> Result:
        """The server said no; or what cannot be said here, and then it is not trusted further."""
        self._envelope_open = self.reached is not Phase.DOT
        if reply.code == _CLOSING:
            self._wire.break_off("421")
        if reply.code // 100 < _LATER:
            self._wire.break_off("unexpected reply")
            return replace(_lost(self.reached, "unexpected reply"), reply=reply)
        return Result(outcome=_outcome(reply), phase=self.reached, reply=reply)

    def _interrupted(self, reply: Reply) -> Result:
        """A reply amid the text: the mail is incomplete, and only hanging up ends it."""
        result = self._refused(reply)
        self._wire.break_off("reply before the dot")
        return result


async def open_session(relay: Relay, manners: Manners) -> Session | Result:
    """Connect, greet, encrypt and log in as the relay asks; a failure is phase CONNECT."""
    try:
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            port=relay.port,
            local_hostname=manners.hello,
            timeout=manners.deadlines.greeting,
            use_tls=relay.security is Security.TLS,
            start_tls=False,  # after the look at who answered
            tls_context=manners.tls,
        )
    except ValueError as error:
        return no_session(error)
    taken = False
    try:
        session = await _stand_up(client, relay, manners)
        taken = True
    except (aiosmtplib.SMTPException, OSError, ValueError) as error:
        return no_session(error)
    finally:
        if not taken:
            client.close()
    return session


def is_loopback(peer: str) -> bool:
    """Whether an address, as getpeername gives it, is this machine."""
    address = ip_address(peer.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_loopback
    return address.is_loopback


def no_session(error: Exception) -> Result:
    """What an attempt to open a session ended in; nothing was sent."""
    if isinstance(error, aiosmtplib.SMTPResponseException) and error.code // 100 >= _LATER:
        reply = compose_reply(error.code, printable_lines(error.message))
        return Result(outcome=_outcome(reply), phase=Phase.CONNECT, reply=reply)
    cause = error.__cause__ or error
    passing = isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError)
    return Result(
        outcome=Outcome.TRANSIENT if passing else Outcome.PERMANENT,
        phase=Phase.CONNECT,
        reply=None,
        reason=_words(cause),
    )


def _words(cause: BaseException) -> str:
    """Short words for the ledger and the screen; the library's repeat host and port."""
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return " ".join(printable_lines(str(cause) or type(cause).__name__))


class _WontDo(aiosmtplib.SMTPException):
    """We ourselves refuse to go on with this server."""


async def _stand_up(client: aiosmtplib.SMTP, relay: Relay, manners: Manners) -> Session:
    await client.connect()
    peer = client.get_transport_info("peername")
    if manners.loopback_only and not is_loopback(str(peer[0])):
        raise _WontDo(f"{NOT_THIS_MACHINE}: {peer[0]}")
    await _say_hello(client, old=relay.security is Security.NONE and relay.username is None)
    if relay.security is Security.STARTTLS:
        await client.starttls()
        await client.ehlo()  # RFC 3207 section 4.2: what was said before TLS is forgotten
    if relay.username is not None:
        await client.login(relay.username, relay.password or "")
    return _take_over(client, manners.deadlines)


async def _say_hello(client: aiosmtplib.SMTP, *, old: bool) -> None:
    """EHLO; and HELO where nothing but a plain session is wanted (RFC 5321 section 3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if not old or error.code < 500:  # noqa: PLR2004 - a lasting refusal: it knows no EHLO
            raise
        await client.helo()


def _take_over(client: aiosmtplib.SMTP, deadlines: Deadlines) -> Session:
    """Our protocol in the place of aiosmtplib's; nothing it has read may be left behind."""
    if client.protocol is None or not client.is_connected:
        raise aiosmtplib.SMTPServerDisconnected("connection lost")
    if client.protocol._buffer:  # noqa: SLF001 - the library shows its leftovers nowhere else
        raise _WontDo("unsolicited bytes")
    transport = cast(asyncio.Transport, client.transport)
    wire = Wire(transport)
    transport.set_protocol(wire)
    return Session(wire, frozenset(client.esmtp_extensions), deadlines)


def _outcome(reply: Reply) -> Outcome:
    return Outcome.PERMANENT if reply.code // 100 == _NEVER else Outcome.TRANSIENT


def _lost(phase: Phase, reason: str) -> Result:
    outcome = Outcome.UNCERTAIN if phase is Phase.DOT else Outcome.TRANSIENT
    return Result(outcome=outcome, phase=phase, reply=None, reason=reason)
