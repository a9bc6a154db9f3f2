"""Sitemaps and listings: the polite walk from what is listed to the articles' own pages."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from publisher.addresses import untracked
from publisher.collect.alike import material
from publisher.collect.clean import words_of
from publisher.collect.fetch import FetchError
from publisher.collect.listing import listed_links
from publisher.collect.sitemaps import Listed, Sitemap, read_sitemap
from publisher.collect.story_page import read_alternates, read_story
from publisher.inlets import Fetcher, Page
from publisher.model.articles import Article
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import Entry, Rights, Source
from publisher.ports import Crunch

_MOST_PAGES = 20  # a pass; the rest waits for the next
_MOST_CHILDREN = 5  # sitemaps of an index, a pass
_RECENT = timedelta(days=3)  # an older part of an index is the archive
_OLD = timedelta(days=7)  # an older page is backlog to everybody
_STILL_EDITED = timedelta(days=2)  # a known page of a listing is read again so long
_EVER = datetime.min.replace(tzinfo=UTC)

Known = Callable[[Collection[str]], Awaitable[Mapping[str, Article]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walk:
    """What a pass over the pages came to."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...] = ()
    left: int = 0  # pages for the next pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """What it takes to walk."""

    source: Source
    known: Known
    fetcher: Fetcher
    crunch: Crunch
    now: datetime

    async def fetched(self, url: str) -> Page:
        """Raises FetchError."""
        return await self.fetcher.fetch(url, allow_private=self.source.allow_private)


async def follow_sitemap(legs: Legs, page: Page, *, first_pass: bool) -> Walk | None:
    """The pages a sitemap lists that are new or changed, newest first; None: it is no sitemap.

    Pages older than a week are not followed; those without any date only on a first pass.
    """
    listed = await legs.crunch(
        read_sitemap, page.body or b"", page.content_type, page.url, legs.source
    )
    if listed is None:
        return None
    children, problems = await _children(legs, listed)
    pages = {untracked(one.url): one for part in (listed, *children) for one in part.pages}
    dated = sorted(
        (one for one in pages.values() if _is_followed(one, legs.now, first_pass=first_pass)),
        key=lambda one: one.published_at or one.changed_at or _EVER,
        reverse=True,
    )
    standing = await legs.known([untracked(one.url) for one in dated])
    wanted = [one for one in dated if _is_wanted(one, standing.get(untracked(one.url)))]
    walk = await _walk(legs, wanted)
    undated = sum(1 for one in pages.values() if not one.published_at and not one.changed_at)
    if undated and not first_pass:
        problems.append(_undated(page.url, undated))
    return replace(walk, problems=(*problems, *walk.problems))


async def follow_listing(legs: Legs, page: Page, *, first_pass: bool) -> Walk | None:
    """The pages a listing links to, in its order; None where the selector finds no link.

    A known page is read again while its article is younger than two days.
    """
    urls = await legs.crunch(
        listed_links, page.body or b"", page.content_type, page.url, legs.source.links or "a"
    )
    if not urls:
        return None
    standing = await legs.known([untracked(url) for url in urls])
    fresh = [url for url in urls if untracked(url) not in standing]
    young = [
        url
        for url in urls
        if (one := standing.get(untracked(url))) and one.published_at > legs.now - _STILL_EDITED
    ]
    return await _walk(legs, [Listed(url=url) for url in (*fresh, *young)], due=len(fresh))


async def alternates_of(
    legs: Legs, entries: Iterable[Entry]
) -> Mapping[str, tuple[tuple[Language, str], ...]]:
    """By entry key: what the pages of these entries say of their other languages.

    At most twenty are asked; one that cannot be read says nothing.
    """
    found = {}
    for entry in list(entries)[:_MOST_PAGES]:
        try:
            page = await legs.fetched(entry.url or "")
        except FetchError:
            continue
        found[entry.key] = await legs.crunch(
            read_alternates, page.body or b"", page.content_type, page.url
        )
    return found


# --- sitemaps -----------------------------------------------------------------------------------


async def _children(legs: Legs, listed: Sitemap) -> tuple[list[Sitemap], list[Problem]]:
    """The parts of an index that changed lately, newest first."""
    lately = legs.now - _RECENT
    recent = [one for one in listed.children if (one.changed_at or legs.now) >= lately]
    recent.sort(key=lambda one: one.changed_at or _EVER, reverse=True)
    found: list[Sitemap] = []
    problems: list[Problem] = []
    for child in recent[:_MOST_CHILDREN]:
        try:
            page = await legs.fetched(child.url)
        except FetchError as error:
            problems.append(_left_out(child.url, error))
            continue
        part = await legs.crunch(
            read_sitemap, page.body or b"", page.content_type, page.url, legs.source
        )
        found += [part] if part else []
        problems += [] if part else [_no_part(child.url)]
    return found, problems


def _is_followed(one: Listed, now: datetime, *, first_pass: bool) -> bool:
    at = one.published_at or one.changed_at
    return first_pass if at is None else at >= now - _OLD


def _is_wanted(one: Listed, standing: Article | None) -> bool:
    """New, or changed since we read it."""
    if standing is None:
        return True
    read = max(standing.collected_at, standing.updated_at or standing.collected_at)
    return one.changed_at is not None and one.changed_at > read


# --- pages --------------------------------------------------------------------------------------


async def _walk(legs: Legs, wanted: Sequence[Listed], *, due: int | None = None) -> Walk:
    """Read the first twenty; `due` of them for certain, others when there is time."""
    entries: list[Entry] = []
    problems: list[Problem] = []
    for one in _this_time(wanted, legs.now):
        try:
            entry = await _read(legs, one)
        except FetchError as error:
            entry = _quoted(one, legs.source)
            problems += () if entry else (_left_out(one.url, error),)
        else:
            problems += () if entry else (_no_article(one.url),)
        entries += [entry] if entry else []
    certain = len(wanted) if due is None else due
    return Walk(
        entries=tuple(entries), problems=tuple(problems), left=max(0, certain - _MOST_PAGES)
    )


def _this_time(wanted: Sequence[Listed], now: datetime) -> Sequence[Listed]:
    """The first ten, and ten others by turns: pages that always fail block nobody for ever."""
    first, others = wanted[: _MOST_PAGES // 2], wanted[_MOST_PAGES // 2 :]
    most = _MOST_PAGES - len(first)
    if len(others) <= most:
        return wanted
    start = int(now.timestamp() // 60) * most % len(others)
    return (*first, *(*others, *others)[start : start + most])


async def _read(legs: Legs, one: Listed) -> Entry | None:
    """The article of a page under the address it is listed by; a sitemap's headline counts."""
    page = await legs.fetched(one.url)
    found = await legs.crunch(
        read_story, page.body or b"", page.content_type, page.url, legs.source
    )
    if found is None:
        return _quoted(one, legs.source)
    title = one.title or found.title
    return replace(
        found,
        key=untracked(one.url),
        title=title,
        words=material(title, found.summary, words_of(found.body)),
        published_at=found.published_at or one.published_at,
        alternates=found.alternates or one.alternates,
    )


def _quoted(one: Listed, source: Source) -> Entry | None:
    """Of a quoted source the news sitemap's headline is enough."""
    if source.rights is not Rights.QUOTE or one.title is None or source.language is None:
        return None
    return Entry(
        key=untracked(one.url),
        language=source.language,
        title=one.title,
        url=untracked(one.url),
        published_at=one.published_at,
        alternates=one.alternates,
        words=material(one.title, "", ""),
    )


def _left_out(url: str, error: FetchError) -> Problem:
    return replace(error.problem(), severity=Severity.WARN, place=Place(file=url))


def _no_part(url: str) -> Problem:
    return Problem(
        message=msgid("{url} holds no sitemap."),
        args={"url": url},
        severity=Severity.WARN,
        place=Place(file=url),
    )


def _undated(url: str, many: int) -> Problem:
    return Problem(
        message=msgid("{url} lists {many} pages without a date, which are not followed."),
        args={"url": url, "many": many},
        remedy=msgid("Use a sitemap that says lastmod, or a source of the kind “page”."),
        severity=Severity.WARN,
        place=Place(file=url),
    )


def _no_article(url: str) -> Problem:
    return Problem(
        message=msgid("{url} holds no article that we can find."),
        args={"url": url},
        severity=Severity.WARN,
        place=Place(file=url),
    )
