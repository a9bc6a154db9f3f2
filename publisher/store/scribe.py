"""The scribe: a process that does plain jobs for another's SQLite, over a socket pair.

Two threads of one process take turns, for both want Python's lock; two processes work at once.  It
holds a connection and nothing else, and ends when nobody holds the other end any more.
"""

import asyncio
import marshal
import signal
import socket
import sqlite3
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from struct import Struct
from typing import Any, cast

from publisher.store.janitor import Janitor
from publisher.store.plain_jobs import Asked, Clerk, Query, transact

_LENGTH = Struct("!I")
_PATIENCE = 10.0  # seconds it has to end once it is not needed
_STATEMENTS = 256  # prepared ones kept by the driver
GONE = "the process that writes has ended"


class Scribe(asyncio.Protocol):
    """The end of whoever has something to be written.  Both ends are this program's own."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self._transport: asyncio.Transport | None = None
        self._answers: deque[asyncio.Future[Any]] = deque()
        self._in = bytearray()
        self._loop = asyncio.get_running_loop()
        self.ready = False  # it has said that its connection stands
        self.over = asyncio.Event()  # it has ended, or was told to

    async def do(self, name: str, values: Sequence[Any]) -> Any:
        """What the clerk's job gives or raises.  Whoever is cancelled meanwhile does not undo it.

        Raises sqlite3.OperationalError where it is gone: whether it was done is not known.
        """
        if self._transport is None:
            raise sqlite3.OperationalError(GONE)
        answer: asyncio.Future[Any] = self._loop.create_future()
        self._answers.append(answer)
        self._transport.write(_framed((name, tuple(values))))
        return await answer

    async def end(self) -> None:
        """Hang up, and wait until it has ended."""
        if self._transport is not None:
            self._transport.close()
        await asyncio.to_thread(_ended, self._process)

    # --- asyncio.Protocol -------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._in += data
        while len(self._in) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._in)[0]
            if len(self._in) < end:
                return
            said = marshal.loads(self._in[_LENGTH.size : end])  # noqa: S302 - our own process
            del self._in[:end]
            self._hear(*said)

    def _hear(self, done: Any, failed: tuple[str, str] | None) -> None:
        if not self.ready:
            self.ready = True
            return
        answer = self._answers.popleft()
        if answer.done():
            return
        if failed is None:
            answer.set_result(done)
        else:
            kind, words = failed
            answer.set_exception(getattr(sqlite3, kind, RuntimeError)(words))

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport, self.ready = None, False
        for answer in self._answers:
            if not answer.done():
                answer.set_exception(sqlite3.OperationalError(GONE))
        self._answers.clear()
        self.over.set()


async def begin(file: str, pragmas: Sequence[str], asked: Asked) -> Scribe:
    """One for a database file; it is of use once it is `ready`."""
    ours, theirs = socket.socketpair()
    with theirs:
        number = theirs.fileno()
        process = subprocess.Popen(  # noqa: ASYNC220, S603 - quick; this very module
            [sys.executable, "-P", "-m", __name__, str(number)],
            pass_fds=(number,),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    loop = asyncio.get_running_loop()
    transport, scribe = await loop.create_unix_connection(lambda: Scribe(process), sock=ours)
    transport.write(_framed((file, tuple(pragmas), [tuple(one) for one in asked])))
    return scribe


def _ended(process: "subprocess.Popen[bytes]") -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(_PATIENCE)
        return
    process.kill()
    process.wait()


def _framed(said: Any) -> bytes:
    data = marshal.dumps(said)
    return _LENGTH.pack(len(data)) + data


# --- the scribe itself ----------------------------------------------------------------------------


def write_for(sock: socket.socket) -> None:
    """Do one job after another until the other end is closed."""
    file, pragmas, asked = _heard(sock)
    connection = _connected(file, pragmas)
    clerk = Clerk(Asked(*(Query(*one) for one in asked)))
    with Janitor(lambda: _connected(file, pragmas)) as janitor:
        sock.sendall(_framed((None, None)))
        while True:
            name, values = _heard(sock)
            sock.sendall(_framed(_done(clerk, connection, name, values)))
            janitor.after_a_job(connection)


def _connected(file: str, pragmas: Sequence[str]) -> sqlite3.Connection:
    connection = sqlite3.connect(
        file, isolation_level=None, cached_statements=_STATEMENTS, check_same_thread=False
    )
    for pragma in (*pragmas, "wal_autocheckpoint = 0"):  # the janitor does that
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _done(
    clerk: Clerk, connection: sqlite3.Connection, name: str, values: Sequence[Any]
) -> tuple[Any, tuple[str, str] | None]:
    try:
        return transact(clerk.job(name, values), connection), None
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


def run() -> None:
    """The other process hears signals; this one ends with it."""
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    with (
        socket.socket(fileno=int(sys.argv[1])) as sock,
        suppress(EOFError, BrokenPipeError, ConnectionResetError),
    ):
        write_for(sock)


if __name__ == "__main__":
    run()
