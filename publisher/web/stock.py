"""The published feeds in memory: what a request is answered from, and how a new build gets there.

Bounded: what does not fit, archives first, is read when it is asked for.
"""

import asyncio
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import structlog

from publisher.manifest import MANIFEST, PACKED, Listed, read_manifest
from publisher.model.feeds import NEWS_SITEMAP
from publisher.web.documents import KINDS, Document, read_document

FEEDS: Final = "feeds"
_ROOM: Final = 64 * 2**20  # bytes of documents kept in memory
_PAUSE: Final = 0.5  # seconds between two looks at the folder
_ARCHIVE: Final = "archive-"

_log = structlog.get_logger()

Mark = tuple[tuple[int, int, int] | None, ...]  # of files: changes when one of them does


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A file of the folder; `document` is None where it is read anew for everyone."""

    file: Path
    listed: Listed | None
    mark: Mark
    document: Document | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """Everything at one moment, by path of the address; replaced whole."""

    held: Mapping[str, Held] = field(default_factory=dict)
    kept: Mapping[str, Document] = field(default_factory=dict)  # of these, those in memory
    folders: tuple[Path, ...] = ()
    mark: Mark = ()


class Stock:
    """Finds the document of an address; looks at the folder when somebody asks, and rarely."""

    def __init__(
        self, public: Path, *, room: int = _ROOM, pace: Callable[[], float] = time.monotonic
    ) -> None:
        self._public, self._room, self._pace = public, room, pace
        self._shelves = Shelves()
        self._look_at, self._is_settled = float("-inf"), False
        self._looking, self._trouble = asyncio.Lock(), ""

    def peek(self, path: str) -> Document | None:
        """The document, where there is nothing to wait for; else ask `find`."""
        return self._shelves.kept.get(path) if self._pace() < self._look_at else None

    async def find(self, path: str) -> Document | None:
        """The document at an address as it stands now, or stood half a second ago."""
        if self._pace() >= self._look_at:
            await self._look()
        held = self._shelves.held.get(path)
        if held is None:
            return None
        if held.document is not None:
            return held.document
        return await asyncio.to_thread(read_document, held.file, held.listed)

    async def _look(self) -> None:
        """Take in what has changed; who asks meanwhile waits for it."""
        async with self._looking:
            if self._pace() < self._look_at:
                return
            mark = _mark(self._shelves.folders)
            is_new = mark != self._shelves.mark or not mark
            # Once more after a change: another in the same tick of the file system's clock would
            # leave no trace in it.
            if is_new or not self._is_settled:
                try:
                    self._shelves = await asyncio.to_thread(self._fill, self._shelves)
                except OSError as error:
                    self._complain(str(error))
                self._is_settled = not is_new
            self._look_at = self._pace() + _PAUSE

    def _complain(self, why: str) -> None:
        """Once, not twice a second."""
        if why != self._trouble:
            self._trouble = why
            _log.error("feeds cannot be read; the last ones are served", why=why)

    def _fill(self, before: Shelves) -> Shelves:
        """In a thread: reading, hashing and unpacking leave the loop alone."""
        folders = tuple(_folders(self._public))
        mark = _mark(folders)  # before the files are read: what comes later is found next time
        manifest = _manifest(self._public)
        held: dict[str, Held] = {}
        left = self._room
        for path in sorted(_files(self._public, folders), key=_by_demand):
            one, left = self._take(before.held.get(f"/{path}"), path, manifest.get(path), left)
            held[f"/{path}"] = one
        kept = {path: one.document for path, one in held.items() if one.document is not None}
        return Shelves(held=held, kept=kept, folders=folders, mark=mark)

    def _take(
        self, before: Held | None, path: str, listed: Listed | None, left: int
    ) -> tuple[Held, int]:
        """A file, read where it changed and there is room; and the room that is left."""
        file = self._public / path
        mark = _mark((file, *(file.with_name(f"{file.name}{suffix}") for suffix in PACKED)))
        weight = sum(one[0] for one in mark if one is not None)
        if weight > left:
            return Held(file=file, listed=listed, mark=mark, document=None), left
        if before and before.document and (before.mark, before.listed) == (mark, listed):
            return before, left - weight
        document = read_document(file, listed)
        return Held(file=file, listed=listed, mark=mark, document=document), left - weight


def _folders(public: Path) -> Iterator[Path]:
    """Whose entries are looked at: the public one and those of feeds; the manifest is in it."""
    yield public
    yield public / MANIFEST
    for folder, below, _ in os.walk(public / FEEDS):
        below[:] = [name for name in below if not name.startswith(".")]
        yield Path(folder)


def _files(public: Path, folders: tuple[Path, ...]) -> Iterator[str]:
    """Regular files of known kinds, as paths below the public folder; links are not followed."""
    for folder in folders:
        if folder.is_relative_to(public / FEEDS) and folder.is_dir():
            with os.scandir(folder) as entries:
                found = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
            yield from (
                (folder / name).relative_to(public).as_posix()
                for name in found
                if Path(name).suffix in KINDS and not name.startswith(".")
            )
    sitemap = public / NEWS_SITEMAP
    if sitemap.is_file() and not sitemap.is_symlink():
        yield NEWS_SITEMAP


def _by_demand(path: str) -> tuple[bool, str]:
    return path.rpartition("/")[2].startswith(_ARCHIVE), path


def _mark(files: tuple[Path, ...]) -> Mark:
    return tuple(_sign(file) for file in files)


def _sign(file: Path) -> tuple[int, int, int] | None:
    try:
        found = os.stat(file)  # noqa: PTH116 - half the time of Path.stat, and many a second
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _manifest(public: Path) -> Mapping[str, Listed]:
    try:
        return read_manifest((public / MANIFEST).read_bytes())
    except OSError:
        return {}
