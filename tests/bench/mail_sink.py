"""A mail server that only counts: quick enough never to be what is measured.  With a wire's delay.

`python -m tests.bench.mail_sink PORT [--plain] [--delay MS]`; says what it got when terminated.
"""

import argparse
import asyncio
import signal
import sys
from collections import deque
from typing import cast

import uvloop

_REPLIES = {
    b"MAIL": b"250 2.1.0 Ok\r\n",
    b"RCPT": b"250 2.1.5 Ok\r\n",
    b"DATA": b"354 End data with <CR><LF>.<CR><LF>\r\n",
    b"RSET": b"250 2.0.0 Ok\r\n",
    b"QUIT": b"221 2.0.0 Bye\r\n",
    b"HELO": b"250 sink.test\r\n",
}
_OFFER = b"250-sink.test\r\n%b250 ENHANCEDSTATUSCODES\r\n"  # all send the same encoded bytes
_END = b"\r\n.\r\n"
_ROOM = 256 * 1024  # bytes read at once, at most
_BEHIND = 4096  # bytes: nobody says more than this behind a text before it is answered


class Count:
    """What all connections got."""

    mails = 0
    octets = 0


class Sink(asyncio.BufferedProtocol):
    """One connection: takes commands in groups, as RFC 2920 lets clients send them.

    Of a text it looks at the last bytes of each read alone: its end is there, with at most an
    envelope behind it.  To look through all of it took longer than all else.
    """

    def __init__(self, count: Count, offer: bytes) -> None:
        self._count, self._offer = count, offer
        self._buffer = bytearray(_ROOM)
        self._held = 0  # bytes at its beginning that wait for more
        self._in_text, self._over = False, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(b"220 sink.test ESMTP\r\n")

    def get_buffer(self, sizehint: int) -> memoryview:
        return memoryview(self._buffer)[self._held :]

    def buffer_updated(self, nbytes: int) -> None:
        begin, end = 0, self._held + nbytes
        replies: list[bytes] = []
        if self._in_text:
            begin = self._text(nbytes, end)
            if begin:
                replies.append(b"250 2.0.0 Ok: taken\r\n")
        while not self._in_text and (after := self._buffer.find(b"\r\n", begin, end) + 2) > 1:
            replies.append(self._command(bytes(self._buffer[begin : begin + 4]).upper()))
            begin = after
        kept = min(end - begin, len(_END) - 1) if self._in_text else end - begin
        self._buffer[:kept] = self._buffer[end - kept : end]
        self._held = kept
        if replies:
            self._transport.write(b"".join(replies))
        if self._over:
            self._transport.close()

    def _command(self, verb: bytes) -> bytes:
        self._in_text, self._over = verb == b"DATA", verb == b"QUIT"
        return self._offer if verb == b"EHLO" else _REPLIES[verb]

    def _text(self, nbytes: int, end: int) -> int:
        """Where what follows the text begins; 0 when it is not whole yet."""
        self._count.octets += nbytes
        found = self._buffer.find(_END, max(0, end - _BEHIND), end)
        if found < 0:
            return 0
        after = found + len(_END)
        self._count.octets -= end - after
        self._count.mails += 1
        self._in_text = False
        return after


class Wire(asyncio.Protocol):
    """Bytes that arrive later at the other end; as many as are sent."""

    def __init__(self, delay: float, other: "Wire | None" = None) -> None:
        self._delay = delay
        self.other = other
        self._loop = asyncio.get_running_loop()
        self._late: deque[bytes] = deque()
        self._early: list[bytes] = []  # what came before the other end stood
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._late.append(data)
        self._loop.call_later(self._delay, self._arrive)

    def _arrive(self) -> None:
        data = self._late.popleft()
        if self.other is None or self.other.transport is None:
            self._early.append(data)
        elif not self.other.transport.is_closing():
            self.other.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.other and self.other.transport:
            self._loop.call_later(self._delay, self.other.transport.close)


async def delayed(port: int, to: int, delay: float) -> asyncio.Server:
    """Listen on `port`, pass on to `to`, half a round trip later each way."""
    loop = asyncio.get_running_loop()

    class Near(Wire):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            self.dialling = loop.create_task(self._dial())

        async def _dial(self) -> None:
            far = Wire(delay, self)
            await loop.create_connection(lambda: far, "127.0.0.1", to)
            self.other = far

    return await loop.create_server(lambda: Near(delay), "127.0.0.1", port, backlog=512)


async def serve(port: int, *, pipelining: bool, delay: float) -> Count:
    """Until SIGTERM."""
    count, over, loop = Count(), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    offer = _OFFER % (b"250-PIPELINING\r\n" if pipelining else b"")
    inner = await loop.create_server(
        lambda: Sink(count, offer), "127.0.0.1", 0 if delay else port, backlog=512
    )
    if delay:
        await delayed(port, inner.sockets[0].getsockname()[1], delay / 2)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await over.wait()
    return count


def run() -> None:
    """As a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("--plain", action="store_true", help="without PIPELINING")
    parser.add_argument("--delay", type=float, default=0, help="round trip in milliseconds")
    given = parser.parse_args()
    serving = serve(given.port, pipelining=not given.plain, delay=given.delay / 1000)
    got = uvloop.run(serving)
    sys.stdout.write(f"{got.mails} {got.octets}\n")


if __name__ == "__main__":
    run()
