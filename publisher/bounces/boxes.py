"""Boxes that what comes back waits in: files named by hand, and a Maildir.

Nothing leaves a box before it was taken in, and what nobody could read is kept aside.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from stat import S_ISREG
from tempfile import mkstemp
from typing import BinaryIO, Protocol

import structlog

from publisher.errors import Refused
from publisher.model.problems import Problem, msgid

_AT_ONCE = 500  # mails of one pass over a box
_ASIDE = ".Aside"  # a folder of the Maildir, as Dovecot and Courier show it
_MOST_ASIDE = 10_000  # mails that a folder of ours keeps
_LARGEST = 8 * 1024 * 1024  # bytes of one mail that are read
_FROM = b"From "  # how an mbox begins, and each mail in it
_PIECE = 64 * 1024
_OURS = 0o700
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One mail in a box."""

    name: str  # of the file, or its number in a mailbox
    raw: bytes
    to: tuple[str, ...] = ()  # whom the envelope names, where somebody knows


class Box(Protocol):
    """Where mails wait."""

    def waiting(self) -> AsyncGenerator[Arrival, None]:
        """Those that wait now, at most some hundreds."""
        ...

    async def settle(self, arrival: Arrival, *, aside: bool) -> None:
        """It was taken in, and may go; `aside`: nobody could read it, so it is kept."""
        ...


class Files:
    """Files, Maildirs and mbox files named by hand; nothing in them is moved."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths

    async def waiting(self) -> AsyncGenerator[Arrival, None]:
        """Raises Refused, before any is read, for a folder that holds none."""
        named = [file for path in self._paths for file in _named(path)]
        for file in named:
            for arrival in _in(file):
                yield arrival

    async def settle(self, arrival: Arrival, *, aside: bool) -> None:
        return


class MaildirBox:
    """A Maildir that a mail server delivers into; made where there is none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def waiting(self) -> AsyncGenerator[Arrival, None]:
        given = 0
        for path in await asyncio.to_thread(self._listed):
            raw = await asyncio.to_thread(_content, path)
            if raw is not None:
                yield Arrival(name=str(path), raw=raw)
                given += 1
            if given == _AT_ONCE:
                return

    async def settle(self, arrival: Arrival, *, aside: bool) -> None:
        path = Path(arrival.name)
        with suppress(FileNotFoundError):  # somebody else took it
            if aside:
                await asyncio.to_thread(self._keep_aside, path)
            else:
                await asyncio.to_thread(path.unlink)

    def _listed(self) -> list[Path]:
        make_maildir(self._folder)
        return [path for name in ("new", "cur") for path in _mails(self._folder / name)]

    def _keep_aside(self, path: Path) -> None:
        kept = self._folder / _ASIDE
        make_maildir(kept)
        (kept / "maildirfolder").touch()  # Maildir++: a folder, no mailbox of its own
        place = kept / "new" / path.name.partition(":")[0]
        while place.exists():  # another of that name is kept: it is not written over
            place = place.with_name(f"{place.name}+")
        path.replace(place)


def set_aside(folder: Path, raw: bytes) -> bool:
    """Keep a mail in a Maildir of ours; False when that holds as many as it may.

    The same mail twice is kept once.  It is on the disk when this returns.
    """
    make_maildir(folder)
    if sum(1 for _ in _mails(folder / "new")) >= _MOST_ASIDE:
        return False
    handle, draft = mkstemp(dir=folder / "tmp")  # two at once may write the same mail
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())
    Path(draft).replace(folder / "new" / sha256(raw).hexdigest())
    _to_disk(folder / "new")
    return True


def _to_disk(folder: Path) -> None:
    """A name is safe from a power cut once its folder is written, too."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_maildir(folder: Path) -> None:
    """The folder with its three; raises Refused where it cannot be."""
    try:
        for name in ("tmp", "new", "cur"):
            (folder / name).mkdir(mode=_OURS, parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(_unwritten(folder, error)) from error


def _mails(folder: Path) -> Iterator[Path]:
    """The mails of a folder, oldest first as their names say."""
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        names = sorted(one.name for one in entries if not one.name.startswith("."))
        yield from (folder / name for name in names)


def _content(path: Path) -> bytes | None:
    """A mail's first bytes; None where there is none: a folder, a link, a pipe, or it is gone.

    A pipe that nobody writes to would keep us for ever.
    """
    try:
        if not S_ISREG(path.lstat().st_mode):
            return None
        with path.open("rb") as file:
            return _beginning(path, file)
    except FileNotFoundError:  # somebody else took it
        return None
    except OSError as error:
        _log.warning("bounce not read", file=str(path), why=error.strerror)
        return None


def _beginning(path: Path, file: BinaryIO) -> bytes:
    raw = file.read(_LARGEST)
    if file.read(1):
        _log.warning("a long mail: its beginning is read", file=str(path), bytes=len(raw))
    return raw


def _named(path: Path) -> list[Path]:
    """The file itself, or those of a Maildir or a folder."""
    if not path.is_dir():
        return [path]
    places = [path / name for name in ("new", "cur") if (path / name).is_dir()]
    found = [one for place in places or [path] for one in _mails(place) if one.is_file()]
    if not found and not places:
        raise Refused(
            Problem(
                message=msgid("{file} is no Maildir, and there are no mails in it."),
                args={"file": str(path)},
                remedy=msgid("Name a Maildir, a folder with mails in it, or the mails."),
            )
        )
    return found


def _in(path: Path) -> Iterator[Arrival]:
    with path.open("rb") as file:  # once: it may be a pipe
        if file.peek(len(_FROM)).startswith(_FROM):
            yield from _in_mbox(path, file)
        else:
            yield Arrival(name=str(path), raw=_beginning(path, file))


def _in_mbox(path: Path, file: BinaryIO) -> Iterator[Arrival]:
    """Mail by mail; the standard library's reader has the longest line in memory."""
    number, fresh, kept = 0, True, bytearray()
    while piece := file.readline(_PIECE):
        if fresh and piece.startswith(_FROM):
            if number:
                yield _of_mbox(path, number, kept)
            number += 1
            kept.clear()
        elif len(kept) < _LARGEST:
            kept += piece
        fresh = piece.endswith(b"\n")
    yield _of_mbox(path, number, kept)


def _of_mbox(path: Path, number: int, kept: bytearray) -> Arrival:
    """A mail of it, without the line that parts it from the next."""
    parted = kept == b"\n" or kept.endswith(b"\n\n")
    return Arrival(name=f"{path}:{number}", raw=bytes(kept[: len(kept) - parted][:_LARGEST]))


def _unwritten(folder: Path, error: OSError) -> Problem:
    return Problem(
        message=msgid("{file} cannot be written: {words}."),
        args={"file": str(folder), "words": error.strerror or str(error)},
    )
