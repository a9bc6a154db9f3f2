"""One look at one source: entries in, failures as values.  Pictures: darkroom.py."""

from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from random import Random

from publisher.collect.courtesy import fresh_for, linked, quiet_until
from publisher.collect.feeds import FeedDocument, parse
from publisher.collect.fetch import FetchError
from publisher.collect.folder import folder_hash, read_folder
from publisher.collect.follow import Known, Legs, follow_listing, follow_sitemap
from publisher.collect.rhythm import after_failure, after_success, beat
from publisher.inlets import Fetcher, Page
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Place, Problem, msgid
from publisher.model.sources import FetchState, Harvest, Move, Source, SourceKind
from publisher.ports import Crunch

_READING = 2  # moved when the same bytes are read otherwise than before
_MOST_MOVES = 10  # remembered
_HOMESICK = 3  # failures in a row at a new address, then the one in the config is tried again


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
            _READING, source.language, source.zone.key, source.rights,
            sorted(source.credit.items()), source.age, source.section,
            sorted(source.sections.items()), source.otherwise, source.url, source.path,
            source.links, source.embargo, site.base_url, site.languages,
            [section.id for section in self.newsroom.sections],
        )  # fmt: skip
        return sha256(repr(read_by).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a look needs of the world."""

    fetcher: Fetcher
    crunch: Crunch
    dice: Random
    known: Known  # stored articles of this source, by key


async def gather(
    errand: Errand, state: FetchState, tools: Tools, *, pushed: Page | None = None
) -> Harvest:
    """One pass; a source that fails is a Harvest whose state holds the problem, never raised.

    What we remember belongs to an address; of the last body, to the config it was read by.
    `pushed`: the document came by itself (WebSub), and nothing is fetched.
    """
    source = errand.source
    if state.url != source.url:
        kept = FetchState(source=source.id, first_pass_at=state.first_pass_at)
        state = replace(kept, url=source.url)
    same_terms = (state.body_hash or "").startswith(errand.terms)
    seen = state if same_terms else _forgotten(state)
    if source.kind is SourceKind.FOLDER:
        return await _from_folder(errand, seen, tools)
    if pushed is not None:
        return await _from_push(errand, state, pushed, tools)
    try:
        page = await _asked(source, seen, tools.fetcher)
    except FetchError as error:
        return _refused(errand, seen, error, tools.dice)
    return await _from_page(errand, _validated(seen, page), page, tools)


# --- folders ------------------------------------------------------------------------------------


async def _from_folder(errand: Errand, state: FetchState, tools: Tools) -> Harvest:
    source, crunch = errand.source, tools.crunch
    try:
        if state.body_hash and _mark(errand, await crunch(folder_hash, source)) == state.body_hash:
            return _unchanged(errand, state)
        site = errand.newsroom.site.base_url + "/"
        found = await crunch(read_folder, source, errand.root, site)
    except OSError as error:
        return _failed(errand, state, _unreadable(source, error), tools.dice)
    # A file that is wrong is looked at again, so that its problem is said until it is mended.
    mark = None if found.problems else _mark(errand, found.hash)
    return Harvest(
        source=source.id,
        entries=found.entries,
        state=_good(errand, replace(state, body_hash=mark)),
        problems=found.problems,
    )


# --- what is behind an address ------------------------------------------------------------------


async def _asked(source: Source, state: FetchState, fetcher: Fetcher) -> Page:
    return await fetcher.fetch(
        state.address or source.url or "",
        etag=state.etag,
        last_modified=state.last_modified,
        allow_private=source.allow_private,
    )


async def _from_page(errand: Errand, state: FetchState, page: Page, tools: Tools) -> Harvest:
    if page.body is None:
        return _unchanged(errand, state, page)
    mark = _mark(errand, sha256(page.body).hexdigest())
    if mark == state.body_hash:
        return _unchanged(errand, state, page)
    if errand.source.kind is SourceKind.FEED:
        return await _from_feed(errand, replace(state, body_hash=mark), page, tools)
    return await _from_walk(errand, replace(state, body_hash=mark), page, tools)


async def _from_feed(errand: Errand, state: FetchState, page: Page, tools: Tools) -> Harvest:
    source = errand.source
    document = await tools.crunch(parse, page.body or b"", page.content_type, page.url, source)
    if not document.readable:
        return _failed(errand, _forgotten(state), _no_feed(source), tools.dice)
    learnt = _told(state, document, page, errand.now)
    return Harvest(
        source=source.id,
        entries=document.entries,
        state=_good(errand, learnt, page),
        problems=document.problems,
    )


async def _from_push(errand: Errand, state: FetchState, page: Page, tools: Tools) -> Harvest:
    """What a hub brought: maybe the new items only (WebSub section 7), and under its own headers.

    So nothing of it is remembered of the source, and one that cannot be read costs it nothing.
    """
    source = errand.source
    document = await tools.crunch(parse, page.body or b"", page.content_type, page.url, source)
    return Harvest(
        source=source.id,
        entries=document.entries,
        state=state,
        unchanged=not document.readable,
        problems=document.problems,
    )


async def _from_walk(errand: Errand, state: FetchState, page: Page, tools: Tools) -> Harvest:
    """A sitemap or a listing, and the pages it leads to."""
    source = errand.source
    follow = follow_sitemap if source.kind is SourceKind.SITEMAP else follow_listing
    legs = Legs(
        source=source,
        known=tools.known,
        fetcher=tools.fetcher,
        crunch=tools.crunch,
        now=errand.now,
    )
    walk = await follow(legs, page, first_pass=state.first_pass_at is None)
    if walk is None:
        return _failed(errand, _forgotten(state), _no_list(source), tools.dice)
    rhythm = beat((entry.published_at for entry in walk.entries), now=errand.now)
    learnt = replace(
        state,
        gap=rhythm.gap or state.gap,
        newest_at=max(filter(None, (rhythm.newest_at, state.newest_at)), default=None),
    )
    if walk.left or walk.problems:
        learnt = _forgotten(learnt)  # there is more to read, whether the list changes or not
    return Harvest(
        source=source.id,
        entries=walk.entries,
        state=_good(errand, learnt, page),
        problems=walk.problems,
    )


def _forgotten(state: FetchState) -> FetchState:
    """Without what belongs to a document that was none: a 304 to it must not pass for a success."""
    return replace(state, etag=None, last_modified=None, body_hash=None)


def _validated(state: FetchState, page: Page) -> FetchState:
    """Under the validators that came, with a 304 too (RFC 9111 section 4.3.4)."""
    etag, last_modified = page.etag, page.last_modified
    if page.body is None:
        etag, last_modified = etag or state.etag, last_modified or state.last_modified
    if (etag, last_modified) == (state.etag, state.last_modified):
        return state
    return replace(state, etag=etag, last_modified=last_modified)


def _moved(state: FetchState, page: Page, now: datetime) -> FetchState:
    """At its new address, where we were sent for good twice in a row; validators stay behind."""
    if page.moved_to is None and state.moved_to is None:
        return state
    if page.moved_to is None or page.moved_to != state.moved_to:
        return replace(state, moved_to=page.moved_to)
    move = Move(at=now, left=state.address or state.url or "", reached=page.moved_to)
    return replace(
        state,
        address=page.moved_to,
        moved_to=None,
        moves=(*state.moves, move)[-_MOST_MOVES:],
        etag=None,
        last_modified=None,
    )


def _told(state: FetchState, document: FeedDocument, page: Page, now: datetime) -> FetchState:
    """What the document says of itself; HTTP's Link comes first (WebSub section 4)."""
    rhythm = beat((entry.published_at for entry in document.entries), now=now)
    hub = linked(page.headers, "hub") or document.hub
    return replace(
        state,
        hints=document.hints,
        gap=rhythm.gap,
        newest_at=rhythm.newest_at or state.newest_at,
        hub=hub,
        topic=(linked(page.headers, "self") or document.topic or page.url) if hub else None,
    )


# --- how it went --------------------------------------------------------------------------------


def _mark(errand: Errand, body_hash: str) -> str:
    return f"{errand.terms}:{body_hash}"


def _unchanged(errand: Errand, state: FetchState, page: Page | None = None) -> Harvest:
    good = _good(errand, state, page)
    return Harvest(source=errand.source.id, entries=(), state=good, unchanged=True)


def _good(errand: Errand, state: FetchState, page: Page | None = None) -> FetchState:
    now, source = errand.now, errand.source
    moved = _moved(state, page, now) if page else state
    fresh = fresh_for(page.headers, now) if page else None
    return replace(
        moved,
        checked_at=now,
        succeeded_at=now,
        first_pass_at=state.first_pass_at or now,
        not_before=None,
        gone_at=None,
        failures=0,
        problem=None,
        every=source.every,
        next_check_at=after_success(source, moved, fresh_for=fresh, now=now),
    )


def _refused(errand: Errand, state: FetchState, error: FetchError, dice: Random) -> Harvest:
    """What an answer asks of us: to come later, never again, or nothing in particular."""
    quiet = quiet_until(error.retry_after, errand.now)
    if error.status == HTTPStatus.GONE:
        gone = replace(state, gone_at=errand.now)
        return _failed(errand, gone, _is_gone(errand.source, state), dice)
    if quiet is None and state.address and state.failures + 1 >= _HOMESICK:
        state = replace(state, address=None, etag=None, last_modified=None)
    return _failed(errand, replace(state, not_before=quiet), error.problem(), dice)


def _failed(errand: Errand, state: FetchState, problem: Problem, dice: Random) -> Harvest:
    worse = replace(
        state,
        checked_at=errand.now,
        failures=state.failures + 1,
        problem=problem,
        moved_to=None,
        every=errand.source.every,
    )
    again = after_failure(errand.source, worse, now=errand.now, dice=dice)
    return Harvest(source=errand.source.id, entries=(), state=replace(worse, next_check_at=again))


def _is_gone(source: Source, state: FetchState) -> Problem:
    return Problem(
        message=msgid("{url} is gone for good (410) and is not asked any more."),
        args={"url": state.address or source.url or "", "source": source.id},
        remedy=msgid("Correct its `url` or take it out; or ask again: publisher collect {source}"),
        place=Place(key=f"sources.{source.id}.url"),
    )


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
        message=msgid("{url} holds no feed: neither RSS nor Atom nor JSON Feed."),
        args={"url": source.url or ""},
        remedy=msgid("See with a browser what is there, and correct `url` in the source."),
        place=Place(key=f"sources.{source.id}.url"),
    )


def _no_list(source: Source) -> Problem:
    if source.kind is SourceKind.SITEMAP:
        return Problem(
            message=msgid("{url} holds no sitemap."),
            args={"url": source.url or ""},
            remedy=msgid("See with a browser what is there, and correct `url` in the source."),
            place=Place(key=f"sources.{source.id}.url"),
        )
    return Problem(
        message=msgid("{url} holds no link that “{links}” finds."),
        args={"url": source.url or "", "links": source.links or ""},
        remedy=msgid("Look at the page's source, and correct `links`."),
        place=Place(key=f"sources.{source.id}.links"),
    )
