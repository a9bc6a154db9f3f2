"""A session opened: aiosmtplib connects, greets, encrypts, logs in; then our protocol takes over.

What is said over it, session.py knows.
"""

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address
from typing import Any, cast

import aiosmtplib

from publisher.deliver.dial import dial
from publisher.deliver.login import log_in
from publisher.deliver.protocol import Wire
from publisher.deliver.replies import compose_reply, printable_lines
from publisher.deliver.session import LATER, NEVER, Deadlines, Session, outcome_of
from publisher.deliver.trust import NO_STARTTLS, TLS_FAILED, reason_of
from publisher.model.deliveries import Outcome, Phase, Result
from publisher.model.relays import Relay, Security

NOT_THIS_MACHINE = "not this machine"  # the reason of a refusal by `loopback_only`


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """How we introduce ourselves, and to whom."""

    hello: str  # our name in EHLO
    tls: ssl.SSLContext | None  # None where the relay asks for none
    deadlines: Deadlines = field(default_factory=Deadlines)
    loopback_only: bool = False  # a sample legal profile: mail may not leave this machine


async def open_session(relay: Relay, manners: Manners) -> Session | Result:
    """Connect, greet, encrypt and log in as the relay asks; a failure is phase CONNECT."""
    try:
        door = await dial(relay.host, relay.port, within=manners.deadlines.greeting)
    except (OSError, ValueError) as error:
        return no_session(error)
    try:
        client = aiosmtplib.SMTP(
            hostname=relay.host,
            sock=door,
            local_hostname=manners.hello,
            timeout=manners.deadlines.greeting,
            use_tls=relay.security is Security.TLS,
            start_tls=False,  # after the look at who answered
            tls_context=manners.tls,
        )
    except ValueError as error:
        door.close()
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
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if error.code // 100 in {LATER, NEVER}:
            reply = compose_reply(error.code, printable_lines(error.message))
            return Result(outcome=outcome_of(reply), phase=Phase.CONNECT, reply=reply)
        return _unopened(error, passing=False)
    cause = error.__cause__ or error
    return _unopened(
        cause, passing=isinstance(cause, OSError) and not isinstance(cause, ssl.SSLError)
    )


def _unopened(cause: BaseException, *, passing: bool) -> Result:
    return Result(
        outcome=Outcome.TRANSIENT if passing else Outcome.PERMANENT,
        phase=Phase.CONNECT,
        reply=None,
        reason=reason_of(cause),
    )


class _WontDo(aiosmtplib.SMTPException):
    """We ourselves refuse to go on with this server."""


async def _stand_up(client: aiosmtplib.SMTP, relay: Relay, manners: Manners) -> Session:
    connected = client.connect()
    await (_encrypted(connected) if relay.security is Security.TLS else connected)
    peer = client.get_transport_info("peername")
    if manners.loopback_only and not is_loopback(str(peer[0])):
        raise _WontDo(f"{NOT_THIS_MACHINE}: {peer[0]}")
    await _say_hello(client, old=relay.security is Security.NONE and relay.username is None)
    if relay.security is Security.STARTTLS:
        if not client.supports_extension("starttls"):
            raise _WontDo(NO_STARTTLS)
        await _encrypted(client.starttls())
        await client.ehlo()  # RFC 3207 section 4.2: what was said before TLS is forgotten
    if relay.username is not None:
        await log_in(client, relay.username, relay.password or "", only=relay.login)
    return _take_over(client, manners.deadlines)


async def _encrypted(step: Coroutine[Any, Any, object]) -> None:
    """A step with a handshake in it: an end of the connection there has a name."""
    try:
        await step
    except aiosmtplib.SMTPException as error:
        if isinstance(error.__cause__, ConnectionResetError | BrokenPipeError):
            raise ConnectionError(f"{TLS_FAILED}: connection lost") from None
        raise


async def _say_hello(client: aiosmtplib.SMTP, *, old: bool) -> None:
    """EHLO; and HELO where nothing but a plain session is wanted (RFC 5321 section 3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if not old or error.code // 100 != NEVER:  # then it knows no EHLO
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
    return Session(wire, dict(client.esmtp_extensions), deadlines)
