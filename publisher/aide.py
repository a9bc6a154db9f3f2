"""An aide: a process of ours that does one kind of job for this one, over a socket pair.

Two threads of one process take turns, for both want Python's lock; two processes work at once.
What goes between them are plain values, as marshal carries them; both ends are this program.  An
aide hears no signals: it ends when nobody holds the other end any more, whatever became of them.
One that is asked for something and says nothing for long hangs, and is ended.
"""

import asyncio
import marshal
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from functools import partial
from struct import Struct
from typing import Any, cast

_LENGTH = Struct("!I")
_PATIENCE = 10.0  # seconds it has to end once it is not needed
_HUNG = 30.0  # seconds without an answer; a scribe that waits for another's lock says so after five

Work = Callable[..., Any]
Then = Callable[[Any, Exception | None], object]


class Gone(Exception):
    """It has ended; whether what it was asked for is done, nobody knows."""


class Failed(Exception):
    """What it was asked for raised something: the name of its class, and its words."""

    def __init__(self, kind: str, words: str) -> None:
        super().__init__(kind, words)
        self.kind, self.words = kind, words


class Aide(asyncio.Protocol):
    """The end of whoever has something to be done."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.transport: asyncio.Transport | None = None
        self.ready = False  # it has said so
        self.over = asyncio.Event()  # it has ended
        self._waiting: deque[Then] = deque()  # for the answer to each job
        self._heard_at = 0.0  # or when it was asked, having nothing to do; loop time
        self._watch: asyncio.TimerHandle | None = None  # while it has something to do
        self._in = bytearray()
        self._loop = asyncio.get_running_loop()

    @property
    def queue(self) -> int:
        """How many jobs it has not answered."""
        return len(self._waiting)

    def do(self, *values: Any) -> asyncio.Future[Any]:
        """What the job gives, in order; raises Failed or Gone.  To cancel it does not undo it."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        self.ask(partial(_tell, answer), *values)
        return answer

    def ask(self, then: Then, *values: Any) -> None:
        """Have a job done; `then` is called with what it gave and None, or with Failed or Gone.

        A future's callbacks wait for their turn in the loop; this one is called when it is heard.
        """
        if self.transport is None:
            then(None, Gone())
            return
        if not self._waiting:
            self._heard_at = self._loop.time()
            self._watch = self._watch or self._loop.call_later(_HUNG, self._look)
        self._waiting.append(then)
        self.transport.write(_framed(values))

    async def end(self) -> None:
        """Hang up, and wait until it has ended; nothing is done that is not answered by then."""
        if self._waiting:
            self.process.kill()
        if self.transport is not None:
            self.transport.close()
        await asyncio.to_thread(_ended, self.process)

    def _look(self) -> None:
        """Whether it does what it was asked for."""
        self._watch = None
        if not self._waiting:
            return
        left = self._heard_at + _HUNG - self._loop.time()
        if left > 0:
            self._watch = self._loop.call_later(left, self._look)
            return
        self.process.kill()  # before anybody does its work
        assert self.transport is not None  # noqa: S101 - it is waited for
        self.transport.abort()

    # --- asyncio.Protocol -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._in += data
        while len(self._in) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._in)[0]
            if len(self._in) < end:
                return
            said = marshal.loads(memoryview(self._in)[_LENGTH.size : end])  # noqa: S302 - our own process
            del self._in[:end]
            self._hear(*said)

    def _hear(self, done: Any, failed: tuple[str, str] | None) -> None:
        if not self.ready:
            self.ready = True
            return
        self._heard_at = self._loop.time()
        self._waiting.popleft()(done, None if failed is None else Failed(*failed))

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport, self.ready = None, False
        if self._watch is not None:
            self._watch.cancel()
        while self._waiting:
            self._waiting.popleft()(None, Gone())
        self.over.set()


def _tell(answer: asyncio.Future[Any], done: Any, failed: Exception | None) -> None:
    if answer.done():
        return
    if failed is None:
        answer.set_result(done)
    else:
        answer.set_exception(failed)


async def call(module: str, *setup: Any) -> Aide:
    """One that runs a module, which calls `serve`; it is of use once it is `ready`."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - quick; a module of ours
            [sys.executable, "-P", "-m", module, str(number)],
            pass_fds=(number,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    loop = asyncio.get_running_loop()
    transport, aide = await loop.create_unix_connection(lambda: Aide(process), sock=ours)
    transport.write(_framed(setup))
    return aide


def _ended(process: "subprocess.Popen[bytes]") -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
        return
    process.kill()
    process.wait()


def _framed(said: Any) -> bytes:
    data = marshal.dumps(said)
    return _LENGTH.pack(len(data)) + data


# --- the aide itself ------------------------------------------------------------------------------


def serve(begin: Callable[..., AbstractContextManager[Work]]) -> None:
    """Do one job after another until the other end is closed; `begin` gets the set-up."""
    for one in {"SIGINT", "SIGTERM", "SIGHUP"} & {sign.name for sign in signal.Signals}:
        signal.signal(signal.Signals[one], signal.SIG_IGN)
    with (
        socket.socket(fileno=int(sys.argv[1])) as sock,
        suppress(EOFError, BrokenPipeError, ConnectionResetError),
        begin(*_heard(sock)) as work,
    ):
        sock.sendall(_framed((None, None)))
        while True:
            sock.sendall(_framed(_done(work, _heard(sock))))


def _done(work: Work, values: tuple[Any, ...]) -> tuple[Any, tuple[str, str] | None]:
    try:
        return work(*values), None
    except Exception as error:  # noqa: BLE001 - it is raised where the job comes from
        return None, (type(error).__name__, str(error))


def _heard(sock: socket.socket) -> Any:
    """One message; raises EOFError where nobody is there to say any."""
    (length,) = _LENGTH.unpack(_read(sock, _LENGTH.size))
    return marshal.loads(_read(sock, length))  # noqa: S302 - our own process


def _read(sock: socket.socket, length: int) -> bytearray:
    data = bytearray(length)
    view = memoryview(data)
    while view:
        read = sock.recv_into(view)
        if not read:
            raise EOFError
        view = view[read:]
    return data
