"""One look at one source: entries and pictures in, failures as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from publisher.collect.feeds import parse
from publisher.collect.fetch import FetchError
from publisher.collect.folder import folder_hash, read_folder
from publisher.collect.media import NotAPicture, Prepared, prepare
from publisher.collect.rhythm import after_failure
from publisher.model.articles import Article, Image
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import (
    Entry,
    FetchState,
    FoundImage,
    Harvest,
    Rights,
    Source,
    SourceKind,
)
from publisher.ports import Crunch, Fetcher, Files

_LARGEST_PICTURE = 30 << 20  # bytes of a file on this machine
_NOBODY: Mapping[str, Article] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """Where to look, and in whose name."""

    source: Source
    newsroom: Newsroom
    root: Path  # the folder above config/
    now: datetime

    @property
    def terms(self) -> str:
        """16 hex digits that change with whatever config our reading of the source depends on."""
        source, site = self.source, self.newsroom.site
        read_by = (
            source.language, source.zone.key, source.rights, sorted(source.credit.items()),
            source.age, source.section, sorted(source.sections.items()), source.otherwise,
            source.url, source.path, site.base_url, site.languages,
            [section.id for section in self.newsroom.sections],
        )  # fmt: skip
        return sha256(repr(read_by).encode("utf-8", "replace")).hexdigest()[:16]


async def gather(errand: Errand, state: FetchState, *, fetcher: Fetcher, crunch: Crunch) -> Harvest:
    """One pass; a source that fails is a Harvest whose state holds the problem, never raised.

    What we remember of the last body counts only as long as it was read by the same config.
    """
    seen = replace(state, checked_at=errand.now)
    if state.url != errand.source.url or not (state.body_hash or "").startswith(errand.terms):
        seen = replace(seen, url=errand.source.url, etag=None, last_modified=None, body_hash=None)
    if errand.source.kind is SourceKind.FOLDER:
        return await _from_folder(errand, seen, crunch)
    return await _from_feed(errand, seen, fetcher, crunch)


async def _from_folder(errand: Errand, state: FetchState, crunch: Crunch) -> Harvest:
    source = errand.source
    try:
        if state.body_hash and _mark(errand, await crunch(folder_hash, source)) == state.body_hash:
            return _unchanged(errand, state)
        site = errand.newsroom.site.base_url + "/"
        found = await crunch(read_folder, source, errand.root, site)
    except OSError as error:
        return _failed(errand, state, _unreadable(source, error))
    # A file that is wrong is looked at again, so that its problem is said until it is mended.
    mark = None if found.problems else _mark(errand, found.hash)
    return Harvest(
        source=source.id,
        entries=found.entries,
        state=_good(replace(state, body_hash=mark), errand.now),
        problems=found.problems,
    )


async def _from_feed(
    errand: Errand, state: FetchState, fetcher: Fetcher, crunch: Crunch
) -> Harvest:
    source = errand.source
    try:
        page = await fetcher.fetch(
            source.url or "", etag=state.etag, last_modified=state.last_modified
        )
    except FetchError as error:
        return _failed(errand, state, error.problem())
    if page.body is None:
        return _unchanged(errand, state)
    mark = _mark(errand, sha256(page.body).hexdigest())
    learnt = replace(state, etag=page.etag, last_modified=page.last_modified, body_hash=mark)
    if mark == state.body_hash:
        return _unchanged(errand, learnt)
    document = await crunch(parse, page.body, page.content_type, page.url, source)
    if not document.readable:
        return _failed(errand, state, _no_feed(source))
    return Harvest(
        source=source.id,
        entries=document.entries,
        state=_good(learnt, errand.now),
        problems=document.problems,
    )


def _mark(errand: Errand, body_hash: str) -> str:
    return f"{errand.terms}:{body_hash}"


def _unchanged(errand: Errand, state: FetchState) -> Harvest:
    good = _good(state, errand.now)
    return Harvest(source=errand.source.id, entries=(), state=good, unchanged=True)


def _good(state: FetchState, now: datetime) -> FetchState:
    return replace(
        state,
        succeeded_at=now,
        first_pass_at=state.first_pass_at or now,
        next_check_at=None,
        failures=0,
        problem=None,
    )


def _failed(errand: Errand, state: FetchState, problem: Problem) -> Harvest:
    failures = state.failures + 1
    again = after_failure(errand.source, failures, now=errand.now)
    worse = replace(state, failures=failures, problem=problem, next_check_at=again)
    return Harvest(source=errand.source.id, entries=(), state=worse)


def _unreadable(source: Source, error: OSError) -> Problem:
    if isinstance(error, NotADirectoryError):
        return Problem(
            message=msgid("There is no folder {path}."),
            args={"path": source.path or ""},
            remedy=msgid("Correct `path` in the source, or make the folder."),
            place=Place(key=f"sources.{source.id}.path"),
        )
    return Problem(
        message=msgid("The folder {path} cannot be read: {words}."),
        args={"path": source.path or "", "words": error.strerror or str(error)},
        place=Place(key=f"sources.{source.id}.path"),
    )


def _no_feed(source: Source) -> Problem:
    return Problem(
        message=msgid("{url} holds no feed: neither RSS nor Atom."),
        args={"url": source.url or ""},
        remedy=msgid("See with a browser what is there, and correct `url` in the source."),
        place=Place(key=f"sources.{source.id}.url"),
    )


# --- pictures -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Darkroom:
    """What it takes to make pictures ours."""

    fetcher: Fetcher
    files: Files
    crunch: Crunch


async def pictures(
    entries: Iterable[Entry],
    source: Source,
    room: Darkroom,
    *,
    known: Mapping[str, Article] = _NOBODY,
) -> tuple[Mapping[str, Image], tuple[Problem, ...]]:
    """The entries' pictures below media/, by entry key; one that is broken costs itself alone.

    Law 11: what will not be printed (quoted, uncredited) is not fetched, what an article of
    `known` has got already is not fetched again.
    """
    images: dict[str, Image] = {}
    problems: list[Problem] = []
    made: dict[str, Prepared] = {}  # two languages share a picture
    for entry in entries:
        found = entry.image
        if found is None or source.rights is Rights.QUOTE or not (found.credit or "").strip():
            continue
        standing = _standing(found, known.get(entry.key), room.files)
        if standing is not None:
            images[entry.key] = standing
            continue
        try:
            if found.src not in made:
                data = await _bytes_of(found.src, source, room.fetcher)
                made[found.src] = await room.crunch(prepare, data)
        except (FetchError, NotAPicture, OSError) as error:
            problems.append(_no_picture(entry, found, error))
            continue
        prepared = made[found.src]
        room.files.write(f"media/{prepared.file}", prepared.data)
        images[entry.key] = _image(prepared, found)
    return images, tuple(problems)


def _standing(found: FoundImage, article: Article | None, files: Files) -> Image | None:
    """The picture we have of an address, under today's words; files are always read again."""
    image = article.image if article else None
    if image is None or image.src != found.src or not _is_web(found.src):
        return None
    if files.read(f"media/{image.file}") is None:
        return None
    return replace(image, alt=found.alt, caption=found.caption, credit=found.credit)


async def _bytes_of(src: str, source: Source, fetcher: Fetcher) -> bytes:
    if _is_web(src):
        return (await fetcher.fetch(src)).body or b""
    if source.kind is not SourceKind.FOLDER:
        raise NotAPicture("not an http or https address")
    return _read(Path(src))


def _is_web(src: str) -> bool:
    return urlsplit(src).scheme in {"http", "https"}


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_LARGEST_PICTURE + 1)
    if len(data) > _LARGEST_PICTURE:
        raise NotAPicture(f"larger than {_LARGEST_PICTURE >> 20} MiB")
    return data


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
        src=found.src if _is_web(found.src) else None,
    )


def _no_picture(
    entry: Entry, found: FoundImage, error: FetchError | NotAPicture | OSError
) -> Problem:
    place = Place(file=found.src)
    if isinstance(error, FetchError):
        return replace(error.problem(), severity=Severity.WARN, place=place)
    words = error.strerror if isinstance(error, OSError) else str(error)
    return Problem(
        message=msgid("The picture of “{title}” cannot be used: {words}."),
        args={"title": entry.title, "words": words or "-"},
        remedy=msgid("The article goes without it; mend `image.src`."),
        severity=Severity.WARN,
        place=place,
    )
