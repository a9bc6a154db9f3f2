"""One look at one source: entries and pictures in, failures as values."""

import errno
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from publisher.collect.feeds import parse
from publisher.collect.fetch import FetchError, FetchReason
from publisher.collect.folder import folder_hash, read_folder
from publisher.collect.media import NotAPicture, Prepared, prepare
from publisher.model.articles import Image
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import Entry, FetchState, FoundImage, Harvest, Source, SourceKind
from publisher.ports import Crunch, Fetcher, Files

_BACKOFF = timedelta(minutes=5)  # doubled with every failure in a row
_LONGEST_BACKOFF = timedelta(hours=6)
_LARGEST_PICTURE = 30 << 20  # bytes of a file on this machine


async def gather(
    source: Source, state: FetchState, *, fetcher: Fetcher, crunch: Crunch, now: datetime
) -> Harvest:
    """One pass; a source that fails is a Harvest whose state holds the problem, never raised."""
    seen = replace(state, checked_at=now)
    if source.kind is SourceKind.FOLDER:
        return await _from_folder(source, seen, crunch, now)
    return await _from_feed(source, seen, fetcher, crunch, now)


async def _from_folder(source: Source, state: FetchState, crunch: Crunch, now: datetime) -> Harvest:
    try:
        if state.body_hash and folder_hash(Path(source.path or "")) == state.body_hash:
            return Harvest(source=source.id, entries=(), state=_good(state, now), unchanged=True)
        found = await crunch(read_folder, source)
    except OSError as error:
        words = error.strerror or str(error)
        if isinstance(error, NotADirectoryError):
            words = "no such folder"
        return _failed(source, state, now, _unreadable(source, words))
    # A file that is wrong is looked at again, so that its problem is said until it is mended.
    mark = None if found.problems else found.hash
    return Harvest(
        source=source.id,
        entries=found.entries,
        state=_good(replace(state, body_hash=mark), now),
        problems=found.problems,
    )


async def _from_feed(
    source: Source, state: FetchState, fetcher: Fetcher, crunch: Crunch, now: datetime
) -> Harvest:
    url = source.url or ""
    if state.url != url:  # validators belong to the address that gave them
        state = replace(state, url=url, etag=None, last_modified=None, body_hash=None)
    try:
        page = await fetcher.fetch(url, etag=state.etag, last_modified=state.last_modified)
    except FetchError as error:
        return _failed(source, state, now, error.problem())
    mark = sha256(page.body).hexdigest() if page.body is not None else state.body_hash
    if page.body is None or mark == state.body_hash:
        return Harvest(source=source.id, entries=(), state=_good(state, now), unchanged=True)
    document = await crunch(parse, page.body, page.content_type, page.url, source)
    if not document.readable:
        wrong = FetchError(url, FetchReason.UNREADABLE, "RSS, Atom")
        return _failed(source, state, now, wrong.problem())
    learnt = replace(state, etag=page.etag, last_modified=page.last_modified, body_hash=mark)
    return Harvest(
        source=source.id,
        entries=document.entries,
        state=_good(learnt, now),
        problems=document.problems,
    )


def _good(state: FetchState, now: datetime) -> FetchState:
    return replace(
        state,
        succeeded_at=now,
        first_pass_at=state.first_pass_at or now,
        next_check_at=None,
        failures=0,
        problem=None,
    )


def _failed(source: Source, state: FetchState, now: datetime, problem: Problem) -> Harvest:
    pause = min(_BACKOFF * 2 ** min(state.failures, 10), _LONGEST_BACKOFF)
    worse = replace(state, failures=state.failures + 1, problem=problem, next_check_at=now + pause)
    return Harvest(source=source.id, entries=(), state=worse)


def _unreadable(source: Source, words: str) -> Problem:
    return Problem(
        message=msgid("The folder {path} cannot be read: {words}."),
        args={"path": source.path or "", "words": words},
        remedy=msgid("Correct `path` in the source, or make the folder."),
        place=Place(key=f"sources.{source.id}.path"),
    )


# --- pictures -----------------------------------------------------------------------------------


async def pictures(
    entries: Iterable[Entry], *, fetcher: Fetcher, files: Files, crunch: Crunch
) -> tuple[Mapping[str, Image], tuple[Problem, ...]]:
    """The entries' pictures below media/, by entry key; one that is broken costs itself alone."""
    images: dict[str, Image] = {}
    problems: list[Problem] = []
    made: dict[str, Prepared] = {}  # two languages share a picture
    for entry in entries:
        if entry.image is None:
            continue
        try:
            if entry.image.src not in made:
                data = await _bytes_of(entry.image.src, fetcher)
                made[entry.image.src] = await crunch(prepare, data)
        except (FetchError, NotAPicture, OSError) as error:
            if getattr(error, "errno", None) == errno.ENOSPC:
                raise
            problems.append(_no_picture(entry, error))
            continue
        prepared = made[entry.image.src]
        files.write(f"media/{prepared.file}", prepared.data)
        images[entry.key] = _image(prepared, entry.image)
    return images, tuple(problems)


async def _bytes_of(src: str, fetcher: Fetcher) -> bytes:
    if urlsplit(src).scheme in {"http", "https"}:
        return (await fetcher.fetch(src)).body or b""
    return _read(Path(src))


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST_PICTURE:
        raise NotAPicture("larger than 30 MiB")
    return path.read_bytes()


def _image(prepared: Prepared, found: FoundImage) -> Image:
    return Image(
        file=prepared.file,
        media_type=prepared.media_type,
        width=prepared.width,
        height=prepared.height,
        size=len(prepared.data),
        alt=found.alt,
        caption=found.caption,
        credit=found.credit,
    )


def _no_picture(entry: Entry, error: Exception) -> Problem:
    words = error.strerror if isinstance(error, OSError) else str(error)
    return Problem(
        message=msgid("The picture of “{title}” cannot be used: {words}."),
        args={"title": entry.title, "words": words or "-"},
        remedy=msgid("The article goes without it; mend `image.src`."),
        severity=Severity.WARN,
        place=Place(file=entry.image.src if entry.image else None),
    )
