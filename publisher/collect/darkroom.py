"""Entries' pictures made ours (law 11): fetched once, re-encoded, written below media/."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from publisher.collect.fetch import FetchError
from publisher.collect.media import NotAPicture, Prepared, prepare
from publisher.inlets import Fetcher
from publisher.model.articles import Article, Image
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import Entry, FoundImage, Rights, Source, SourceKind
from publisher.ports import Crunch, Files

_LARGEST_PICTURE = 30 << 20  # bytes of a file on this machine
_NOBODY: Mapping[str, Article] = {}


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

    Law 11: what will not be printed (quoted, uncredited, withdrawn) is not fetched, what an article
    of `known` has got already is not fetched again.
    """
    images: dict[str, Image] = {}
    problems: list[Problem] = []
    made: dict[str, Prepared] = {}  # two languages share a picture
    for entry in entries:
        found, article = entry.image, known.get(entry.key)
        if found is None or not is_printed(found, source) or (article and article.withdrawn):
            continue
        standing = _standing(found, article, room.files)
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


def is_printed(found: FoundImage, source: Source) -> bool:
    """Law 11: neither a quoted picture nor one without credit."""
    return source.rights is not Rights.QUOTE and bool((found.credit or "").strip())


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
        return (await fetcher.fetch(src, allow_private=source.allow_private)).body or b""
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
