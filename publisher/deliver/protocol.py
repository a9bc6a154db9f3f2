"""One taken-over connection: bytes out with back-pressure, replies in, strictly one for one.

Knows replies and deadlines, and no command; smtp.py speaks.
"""

import asyncio
import fcntl
import socket
import sys
from collections import deque
from collections.abc import Sequence

from publisher.deliver.replies import GOODBYE, Garbled, ReplyReader
from publisher.model.deliveries import Reply

_UNASKED = "unsolicited bytes"
_CLOCK = 0.002  # seconds; a loop's timers may ring so much early
_UNSENT_BYTES = 0x894B  # SIOCOUTQNSD of linux/sockios.h; other systems do not tell


class Lost(Exception):
    """The connection is gone, by whoever's will; nothing more can be said or heard."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Wire(asyncio.Protocol):
    """Takes over a connected transport: `transport.set_protocol(wire)`.

    Replies come in the order of what was said; one that nobody waits for breaks the connection.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._encrypts = transport.get_extra_info("sslcontext") is not None
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._loop = asyncio.get_running_loop()
        self._reader = ReplyReader()
        self._replies: deque[Reply] = deque()  # came, and not yet asked for
        self._owed = 0  # replies that are still to come
        self._stir: asyncio.Future[None] | None = None  # wakes the one who waits
        self._for_room = False  # and what for: until it has all left, or for a reply
        self._linger = 0.0
        self._lingering: asyncio.TimerHandle | None = None
        self._until = 0.0  # loop time: whoever waits then has waited too long
        self._alarm: asyncio.TimerHandle | None = None  # one for many waits: few are ever late
        self._alarm_at = 0.0
        self._paused = False
        self.broken: str | None = None  # why nothing can be said any more
        transport.set_write_buffer_limits(
            high=1
        )  # "paused": not all has left (with 0, TLS stays so)

    @property
    def answered(self) -> bool:
        """Whether `answer` has something to say at once: a reply, or the end."""
        return bool(self._replies) or self.broken is not None

    @property
    def unsent(self) -> int:
        """How many bytes of what was said have not left this machine yet."""
        here = self._transport.get_write_buffer_size()
        if sys.platform != "linux":
            return here
        try:
            told = fcntl.ioctl(self._socket.fileno(), _UNSENT_BYTES, bytes(4))
        except (OSError, ValueError):  # it is closed
            return here
        return here + int.from_bytes(told, sys.byteorder)

    @property
    def has_all(self) -> bool:
        """Whether no reply is still to come."""
        return not self._owed or self.broken is not None

    def expect(self, replies: int = 1) -> None:
        """From here on so many more replies may come; raises Lost."""
        if self.broken is not None:
            raise Lost(self.broken)
        self._owed += replies

    def say(self, *parts: bytes, replies: int = 1) -> None:
        """Write, and expect so many replies; raises Lost."""
        self.expect(replies)
        if self._encrypts:  # else each part is sealed by itself
            self._transport.write(b"".join(parts))
        else:
            self._transport.writelines(parts)

    async def ask(self, command: bytes, *, within: float) -> Reply:
        """Say a command and wait so many seconds for its reply; raises Lost."""
        self.say(command)
        return await self.answer(within=within)

    def agrees(self, digits: Sequence[int]) -> bool:
        """Whether replies that begin with these digits, and are no farewell, have come.

        Then they are taken.
        """
        replies = self._replies
        if len(replies) < len(digits):
            return False
        for reply, digit in zip(replies, digits, strict=False):
            if reply.code // 100 != digit or reply.code == GOODBYE:
                return False
        for _ in digits:
            replies.popleft()
        return True

    def next(self) -> Reply | None:
        """The next reply, where it has come already."""
        return self._replies.popleft() if self._replies else None

    async def answer(self, *, within: float, linger: float = 0.0) -> Reply:
        """The next reply; raises Lost after so many seconds.

        `linger`: how long the others that are to come may keep it waiting, for some servers send
        each by itself, and one look at all of them costs less.
        """
        self._linger = linger
        while not self._replies and self.broken is None:
            try:
                await self._stirred(within, for_room=False)
            except asyncio.CancelledError:
                self.break_off("cancelled")
                raise
        if self._replies:
            return self._replies.popleft()
        raise Lost(self.broken or "nothing was asked")

    async def put(self, block: bytes, *, within: float) -> bool:
        """Write a block, and wait so many seconds until it has left.

        False when `answer` has something to say already: a reply too early, or the end.
        """
        self._transport.write(block)
        if self._paused and not self.answered:
            try:
                await self._stirred(within, for_room=True)
            except asyncio.CancelledError:
                self.break_off("cancelled")
                raise
        return not self.answered

    def break_off(self, reason: str) -> None:
        """End it at once; whoever waits gets Lost with this reason."""
        if self.broken is not None:
            return
        self.broken = reason
        self._wake()
        if self._alarm is not None:
            self._alarm.cancel()
        self._transport.abort()

    # --- asyncio.Protocol ------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self.broken is not None:
            return
        fault, before = None, len(self._replies)
        try:
            self._replies.extend(self._reader.feed(data))
        except Garbled as error:
            fault = error.reason
        self._owed -= len(self._replies) - before
        while self._owed < 0:
            self._replies.pop()
            self._owed, fault = self._owed + 1, _UNASKED
        if not (self._owed or fault or self._reader.empty):
            fault = _UNASKED
        if fault is not None:
            self.break_off(fault)
        elif self._owed:
            self._linger_on()
        else:
            self._wake()

    def eof_received(self) -> bool:
        self.break_off("connection lost")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.break_off("connection lost")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        if self._for_room:
            self._wake()

    # --- waiting ---------------------------------------------------------------------------------

    def _linger_on(self) -> None:
        """More replies are to come: for some of them it is worth to wait a little."""
        if not self._replies:
            return
        if not self._linger:
            self._wake()
        elif self._lingering is None:
            self._lingering = self._loop.call_later(self._linger, self._wake)

    def _stirred(self, within: float, *, for_room: bool) -> asyncio.Future[None]:
        """Done once something stirs; when nothing does, the connection ends."""
        self._stir, self._for_room = self._loop.create_future(), for_room
        self._ring_within(within)
        return self._stir

    def _wake(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        stir, self._stir, self._for_room = self._stir, None, False
        if stir is not None and not stir.done():
            stir.set_result(None)

    def _ring_within(self, seconds: float) -> None:
        """An alarm that is set for earlier is left: it looks again when it rings."""
        self._until = self._loop.time() + seconds
        if self._alarm is not None and self._alarm_at <= self._until:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm, self._alarm_at = self._loop.call_at(self._until, self._ring), self._until

    def _ring(self) -> None:
        self._alarm = None
        if self._stir is None or self.broken is not None:
            return
        left = self._until - self._loop.time()
        if left > _CLOCK:
            self._ring_within(left)
        else:
            self.break_off("timeout")
