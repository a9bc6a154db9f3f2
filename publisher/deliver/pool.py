"""Kept sessions to one relay: opened when needed, replaced by age and count, one user at once."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Self

from publisher.deliver.session import Deadlines, Session
from publisher.deliver.smtp import Manners, open_session
from publisher.deliver.trust import SILENT, Untrusted, trust
from publisher.model.deliveries import Outcome, Phase, Result
from publisher.model.digests import Mail
from publisher.model.relays import Relay, Security

_CANCEL_AGAIN = 0.05  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Wear:
    """When a session is replaced; up to a fifth earlier, so that not all go at once."""

    mails: int = 500
    age: float = 300  # seconds
    jitter: float = 0.5  # seconds a line waits that lost its session: not all knock at once


class Line:
    """A place for one session at a time; opens, replaces and reopens it.

    `reached` says how far the last send came.
    """

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._session: Session | None = None
        self._expires = 0.0  # loop time
        self._most = 0  # mails over this session
        self._time: Callable[[], float] = time.monotonic  # the loop's, once there is a session
        self._knocked = False  # a session failed or broke here: the next waits its turn
        self.reached = Phase.CONNECT

    @property
    def live(self) -> bool:
        """Whether a session stands here."""
        return self._session is not None and self._session.usable

    @property
    def ready(self) -> bool:
        """Whether that session is to carry one mail more."""
        session = self._session
        return session is not None and session.usable and not self._worn(session)

    @property
    def session(self) -> Session | None:
        """The session that stands here, for whoever speaks over it by themselves."""
        return self._session

    async def send(self, mail: Mail) -> Result:
        """Hand over one mail, over a kept session or a new one.

        A kept session that turns out dead at MAIL has carried nothing, so a new one tries once
        more.  Cancelled, it closes the session.
        """
        self.reached = Phase.CONNECT
        kept = self.live
        result = await self._send_once(mail)
        if kept and result.phase is Phase.MAIL and self._dropped_at_rest(result):
            result = await self._send_once(mail)
        return result

    async def open(self) -> Result | None:
        """Make a session stand here; None when it does, else what happened."""
        opened = await self._stand()
        return opened if isinstance(opened, Result) else None

    async def close(self) -> None:
        """Say QUIT and forget the session."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def cut(self, reason: str) -> None:
        """End the session at once; a send in flight returns its Result."""
        if self._session is not None:
            self._session.cut(reason)

    def _dropped_at_rest(self, result: Result) -> bool:
        lost = result.reply is None and result.outcome is Outcome.TRANSIENT
        return lost and result.reason != "timeout" and not self._pool.was_cut

    async def _send_once(self, mail: Mail) -> Result:
        session = await self._stand()
        if isinstance(session, Result):
            return session
        try:
            return await session.send(mail)
        finally:
            self.reached = session.reached

    async def _stand(self) -> Session | Result:
        """The session to use now: the kept one while it may be, else a new one."""
        if self._session is not None and self._worn(self._session):
            await self.close()
            self._knocked = False
        if self._session is not None and self._session.usable:
            return self._session
        self._session = None
        opened = await self._knock()
        if isinstance(opened, Session):
            self._session = opened
            self._pool.utf8, self._pool.largest = opened.utf8, opened.largest
            wear, dice = self._pool.wear, self._pool.dice
            self._time = asyncio.get_running_loop().time
            self._expires = self._time() + wear.age * dice.uniform(0.8, 1)
            self._most = wear.mails - dice.randrange(wear.mails // 5 + 1)
        return opened

    def _worn(self, session: Session) -> bool:
        return session.sent >= self._most or self._time() >= self._expires

    async def _knock(self) -> Session | Result:
        """Open a session; neither a cut nor a cancel has to wait for the server."""
        if self._pool.was_cut:
            return _stopped()
        opening = asyncio.ensure_future(self._open())
        cut = asyncio.ensure_future(self._pool.until_cut())
        try:
            within = self._pool.deadlines.opening
            await asyncio.wait({opening, cut}, timeout=within, return_when=asyncio.FIRST_COMPLETED)
            if self._pool.was_cut:
                return _stopped()
            return await opening if opening.done() else _no_session(Outcome.TRANSIENT, SILENT)
        finally:
            cut.cancel()
            if self._pool.was_cut or not opening.done():
                await _abandon(opening)

    async def _open(self) -> Session | Result:
        if self._knocked:
            await asyncio.sleep(self._pool.dice.uniform(0, self._pool.wear.jitter))
        self._knocked = True
        manners = await self._pool.manners()
        if isinstance(manners, Result):
            return manners
        return await open_session(self._pool.relay, manners)


async def _abandon(opening: asyncio.Future[Session | Result]) -> None:
    """End an opening, whatever came of it.

    Once is not enough: before Python 3.12 asyncio.wait_for, which aiosmtplib uses, forgets a
    cancel that comes in the very turn in which what it waits for is done (bpo-37658).
    """
    while not opening.done():
        opening.cancel()
        await asyncio.wait({opening}, timeout=_CANCEL_AGAIN)
    if not opening.cancelled() and isinstance(session := opening.result(), Session):
        session.cut("stopped")


class Pool:
    """Up to `relay.connections` sessions.  Close it: `async with Pool(…) as pool`."""

    def __init__(
        self,
        relay: Relay,
        *,
        dice: Random,
        deadlines: Deadlines | None = None,
        wear: Wear | None = None,
        loopback_only: bool = False,
        hello: str | None = None,
    ) -> None:
        """`loopback_only` refuses every server that is not this machine, before any MAIL.

        `hello` is our name in EHLO; by default this machine's.
        """
        self.relay = relay
        self.dice = dice
        self.wear = wear or Wear()
        self.utf8: bool | None = None  # whether the last session offered it
        self.largest: int | None = None  # bytes of a mail, where the last session gave a limit
        self._cut = asyncio.Event()
        self.deadlines = deadlines or Deadlines()
        self._loopback_only = loopback_only
        self._hello = hello
        self._manners: Manners | None = None
        self._lines = [Line(self) for _ in range(max(1, relay.connections))]
        self._free = list(self._lines)  # the last one freed is the next one used: it is warm
        self._turn = asyncio.Semaphore(len(self._lines))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.rest()
        self.cut("closed")
        await asyncio.sleep(0)  # the aborted transports say goodbye to the loop

    @property
    def was_cut(self) -> bool:
        """Whether everything here has ended for good."""
        return self._cut.is_set()

    async def until_cut(self) -> None:
        """Wait for that end."""
        await self._cut.wait()

    @property
    def width(self) -> int:
        """How many sends can go on at once."""
        return len(self._lines)

    @property
    def live(self) -> int:
        """How many sessions stand."""
        return sum(line.live for line in self._lines)

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """A line for one's own use until the block ends, with a session where one is free."""
        async with self._turn:
            line = next((one for one in reversed(self._free) if one.live), self._free[-1])
            self._free.remove(line)
            try:
                yield line
            finally:
                self._free.append(line)

    async def send(self, mail: Mail) -> Result:
        """Hand over one mail, over whichever line is free."""
        async with self.line() as line:
            return await line.send(mail)

    async def probe(self) -> Result | None:
        """Make sure that one session stands; None when it does, else what happened."""
        async with self.line() as line:
            return await line.open()

    async def rest(self) -> None:
        """Say QUIT on every line that nobody uses; sends open new ones."""
        async with asyncio.TaskGroup() as group:
            for line in self._free:
                group.create_task(line.close(), name="smtp quit")

    def cut(self, reason: str) -> None:
        """End everything at once, and for good; sends in flight return their Results."""
        self._cut.set()
        for line in self._lines:
            line.cut(reason)

    async def manners(self) -> Manners | Result:
        """How this pool introduces itself, found out once; or why it cannot."""
        if self._manners is not None:
            return self._manners
        encrypted = self.relay.security is not Security.NONE
        if self._hello is None:
            self._hello = await asyncio.to_thread(socket.getfqdn)
        try:
            tls = await asyncio.to_thread(trust, self.relay) if encrypted else None
        except Untrusted as error:
            return _no_session(Outcome.PERMANENT, str(error))
        self._manners = Manners(
            hello=self._hello,
            tls=tls,
            deadlines=self.deadlines,
            loopback_only=self._loopback_only,
        )
        return self._manners


def _stopped() -> Result:
    return _no_session(Outcome.TRANSIENT, "stopped")


def _no_session(outcome: Outcome, reason: str) -> Result:
    return Result(outcome=outcome, phase=Phase.CONNECT, reply=None, reason=reason)
