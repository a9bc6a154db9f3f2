"""One sender at a time: an advisory lock on a file, gone with the process that holds it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from publisher.errors import PublisherError


class SomebodySends(PublisherError):
    """Another process holds the sender's lock; `pid` where it could be read."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"another process sends: {pid}")
        self.pid = pid


@contextmanager
def sender_lock(path: Path) -> Iterator[None]:
    """Be the only sender of this newsroom until the block ends; raises SomebodySends at once.

    The file stays, with the number of the last holder; the lock is the kernel's, so a killed
    process leaves none behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SomebodySends(_holder(path)) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n".encode("ascii"))
        yield  # closing the file gives the lock back


def _holder(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text("ascii"))
    return None
