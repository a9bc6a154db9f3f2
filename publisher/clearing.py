"""Published files cleared of what was withdrawn, whatever else is wrong with them (law 1)."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from lxml.etree import XMLSyntaxError

from publisher.compose.feed_entries import entry_id, entry_url
from publisher.errors import Refused
from publisher.house import House
from publisher.manifest import PACKED
from publisher.model.articles import Article
from publisher.model.feeds import NEWS_SITEMAP
from publisher.model.problems import Problem, Severity, msgid
from publisher.render.feed_less import without
from publisher.render.page_less import is_page, page_without
from publisher.render.readback import decode_feed

_FEEDS = "feeds"
_EDITION = "/edition-"  # whose entries are issues
_FRONTS = ("*.html", "*/*.html")  # front pages, of the first language and of others
_NO_FEED = b"<urlset "  # a sitemap names pages alone


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleared:
    """Which files below the public folder were changed or taken away, and what could not be."""

    mended: tuple[str, ...] = ()
    taken_away: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()


def standing_feeds(house: House) -> list[str]:
    """Every file of the feeds' folder, those of sections long gone too; sitemap and front pages.

    Packed forms follow the files they are of.
    """
    root = house.files.root
    found = [*(root / _FEEDS).rglob("*"), root / NEWS_SITEMAP]
    found += [page for pattern in _FRONTS for page in root.glob(pattern)]
    return sorted(
        {
            path.relative_to(root).as_posix()
            for path in found
            if path.is_file() and path.suffix not in PACKED
        }
    )


def clear(house: House, paths: Iterable[str], withdrawn: Collection[Article]) -> Cleared:
    """Take these articles out of standing feed files.

    A file that cannot be read as a feed, or not written, is taken away whole if it names one.
    """
    ids = frozenset(entry_id(house.newsroom, article) for article in withdrawn)
    urls = frozenset(entry_url(house.newsroom, article) for article in withdrawn)
    mended: list[str] = []
    taken: list[str] = []
    problems: list[Problem] = []
    for path in paths if ids else ():
        try:
            data = house.files.read(path) or b""
            less = _less(data, ids, urls, naming=_EDITION in path)
            if less is None or not _is_written(house, path, less):
                house.files.remove(path)
                taken.append(path)
                problems.append(_taken_away(path))
            elif less != data:
                mended.append(path)
        except (Refused, OSError, ValueError) as error:
            problems += _still_there(path, error)
    return Cleared(mended=tuple(mended), taken_away=tuple(taken), problems=tuple(problems))


def _less(
    data: bytes, ids: Collection[str], urls: Collection[str], *, naming: bool
) -> bytes | None:
    """The file without them, the same bytes where it names none; None where nobody can tell."""
    if is_page(data):
        return page_without(data, urls)
    try:
        less = without(data, ids=ids, urls=urls, naming=naming)
        named = set[str]() if _NO_FEED in less else {one.id for one in decode_feed(less).entries}
    except (XMLSyntaxError, Refused, ValueError):
        return None if any(one.encode() in data for one in (*ids, *urls)) else data
    return None if named.intersection(ids) else less


def _is_written(house: House, path: str, data: bytes) -> bool:
    try:
        house.files.write(path, data)
    except Refused:  # a full disk, a folder nobody may write: perhaps it may be removed
        return False
    return True


def _taken_away(path: str) -> Problem:
    return Problem(
        message=msgid("The feed file {file} could not be mended and was taken away."),
        args={"file": path},
        remedy=msgid("Build it again: publisher feeds"),
        severity=Severity.WARN,
    )


def _still_there(path: str, error: Exception) -> tuple[Problem, ...]:
    why = error.problems if isinstance(error, Refused) else ()
    still = Problem(
        message=msgid("The feed file {file} may still show it."),
        args={"file": path},
        remedy=msgid("Remove that file by hand, at once."),
    )
    return (still, *why)
