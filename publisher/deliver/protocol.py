"""One taken-over connection: bytes out with back-pressure, replies in, strictly one for one.

Knows replies and deadlines, and no command; smtp.py speaks.
"""

import asyncio

from publisher.deliver.replies import Garbled, ReplyReader
from publisher.model.deliveries import Reply


class Lost(Exception):
    """The connection is gone, by whoever's will; nothing more can be said or heard."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Wire(asyncio.Protocol):
    """Takes over a connected transport: `transport.set_protocol(wire)`.

    Whatever is not one whole reply to one question breaks the connection.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._reader = ReplyReader()
        self._reply: asyncio.Future[Reply] | None = None  # what is asked and not yet taken
        self._stir: asyncio.Future[None] | None = None  # wakes a writer that was told to pause
        self._paused = False
        self._broken: str | None = None

    @property
    def broken(self) -> str | None:
        """Why nothing can be said any more; None while all is well."""
        return self._broken

    def expect(self) -> None:
        """From here on one reply may come; raises Lost."""
        if self._broken is not None:
            raise Lost(self._broken)
        self._reply = self._loop.create_future()

    async def ask(self, command: bytes, *, within: float) -> Reply:
        """Write a command and wait so many seconds for its reply; raises Lost."""
        self.expect()
        self._transport.write(command)
        return await self.answer(within=within)

    async def answer(self, *, within: float) -> Reply:
        """The reply that `expect` announced; raises Lost after so many seconds."""
        reply = self._reply
        if reply is None:
            raise Lost("nothing was asked")
        try:
            async with asyncio.timeout(within):
                return await reply
        except TimeoutError:
            if reply.done() and not reply.cancelled():
                return reply.result()  # it came in the very turn in which the time ran out
            self.break_off("timeout")
            raise Lost("timeout") from None
        except asyncio.CancelledError:
            self.break_off("cancelled")
            raise
        finally:
            self._reply = None

    async def put(self, block: bytes, *, within: float) -> bool:
        """Write a block, and wait so many seconds until more may follow.

        False when `answer` has something to say already: a reply too early, or the end.
        """
        self._transport.write(block)
        if self._paused and not self._answered:
            await self._room(within)
        return not self._answered

    def break_off(self, reason: str) -> None:
        """End it at once; whoever waits gets Lost with this reason."""
        if self._broken is not None:
            return
        self._broken = reason
        if self._reply is not None and not self._reply.done():
            self._reply.set_exception(Lost(reason))
            self._reply.exception()  # seen, in case nobody waits yet
        self._wake()
        self._transport.abort()

    # --- asyncio.Protocol ------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        if self._broken is not None:
            return
        if self._reply is None or self._reply.done():
            self.break_off("unsolicited bytes")
            return
        try:
            reply = self._reader.feed(data)
        except Garbled as error:
            self.break_off(error.reason)
            return
        if reply is None:
            return
        self._reply.set_result(reply)
        self._wake()
        if not self._reader.empty:
            self.break_off("unsolicited bytes")

    def eof_received(self) -> bool:
        self.break_off("connection lost")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self.break_off("connection lost")

    def pause_writing(self) -> None:
        self._paused = True

    def resume_writing(self) -> None:
        self._paused = False
        self._wake()

    # --- waiting for room ------------------------------------------------------------------------

    @property
    def _answered(self) -> bool:
        return self._reply is not None and self._reply.done()

    async def _room(self, within: float) -> None:
        self._stir = self._loop.create_future()
        try:
            async with asyncio.timeout(within):
                await self._stir
        except TimeoutError:
            self.break_off("timeout")
        except asyncio.CancelledError:
            self.break_off("cancelled")
            raise
        finally:
            self._stir = None

    def _wake(self) -> None:
        if self._stir is not None and not self._stir.done():
            self._stir.set_result(None)
