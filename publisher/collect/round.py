"""One source's turn: look, recognise, compare, keep.

Articles and fetch state are stored in one transaction, so a crash costs a second look at most.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.addresses import plain_address
from publisher.collect.changes import Decision, Desk, decide
from publisher.collect.darkroom import Darkroom, is_printed, pictures
from publisher.collect.doubles import NEAR, doubles
from publisher.collect.follow import Legs, alternates_of
from publisher.collect.gather import Errand, Tools, gather
from publisher.collect.identity import Named, name, recognise
from publisher.collect.pairing import NOBODY, Partners, partners_of, story_of
from publisher.errors import StoreBusy
from publisher.house import House
from publisher.inlets import Admission, Page
from publisher.model.articles import Article, Image
from publisher.model.names import SourceId, StoryKey
from publisher.model.problems import Problem
from publisher.model.sources import (
    Entry,
    FetchState,
    Harvest,
    PairBy,
    Pairing,
    Source,
    SourceKind,
)

NO_IMAGES: Mapping[str, Image] = {}

Note = Callable[[FetchState], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one pass over one source came to."""

    source: SourceId
    new: int = 0
    changed: int = 0
    same: int = 0
    doubled: int = 0  # entries that another source told first
    unchanged: bool = False  # nothing was read, for nothing had changed
    failed: bool = False  # the source gave no usable document
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is stored about the entries of one document."""

    named: Named
    known: Mapping[str, Article]  # by key
    there: Mapping[str, Sequence[Article]]  # by plain address


async def take_turn(
    house: House,
    source: Source,
    state: FetchState,
    *,
    now: datetime,
    note: Note,
    pushed: Page | None = None,
) -> Turn:
    """Collect one source; its failure is in the Turn.

    `note` is given what to remember where no article changes; `pushed` is a document that came by
    itself.  Raises what is not the source's fault: StoreBusy, and Refused when the disk is full.
    """
    errand = Errand(source=source, newsroom=house.newsroom, root=house.root, now=now)
    tools = Tools(
        fetcher=house.fetcher,
        crunch=house.crunch,
        dice=house.dice,
        known=lambda keys: house.intake.known(source.id, keys),
    )
    harvest = await gather(errand, state, tools, pushed=pushed)
    if harvest.entries:
        harvest = await _with_alternates(house, errand, tools, harvest)
    if harvest.state.problem is not None or harvest.unchanged:
        note(harvest.state)
        failed = harvest.state.problem
        return Turn(
            source=source.id,
            unchanged=harvest.unchanged,
            failed=failed is not None,
            problems=(failed,) if failed else (),
        )
    return await _kept(house, errand, state, harvest)


async def _with_alternates(house: House, errand: Errand, tools: Tools, harvest: Harvest) -> Harvest:
    """What new items' own pages say of their other languages, where a pairing goes by that."""
    source = errand.source
    asks = any(
        source.id in one.sources and PairBy.HREFLANG in one.by for one in house.newsroom.pairings
    )
    silent = [one for one in harvest.entries if one.url and not one.alternates]
    if not asks or source.kind is not SourceKind.FEED or not silent:
        return harvest
    known = await tools.known([one.key for one in silent])
    legs = Legs(
        source=source,
        known=tools.known,
        fetcher=tools.fetcher,
        crunch=tools.crunch,
        now=errand.now,
    )
    said = await alternates_of(legs, [one for one in silent if one.key not in known])
    entries = tuple(
        replace(one, alternates=said[one.key]) if one.key in said else one
        for one in harvest.entries
    )
    return replace(harvest, entries=entries)


async def _kept(house: House, errand: Errand, state: FetchState, harvest: Harvest) -> Turn:
    source = errand.source
    images, unprinted = await _pictures(house, source, harvest, now=errand.now)
    desk = Desk(
        source=source,
        site=house.newsroom.site,
        sections=house.newsroom.sections,
        known={},
        taken={},
        images=images,
        doubles={},
        paired={},
        state=state,
        root=errand.root,
        now=errand.now,
    )
    try:
        decision = await _decided(house, desk, harvest, again=bool(unprinted))
    except StoreBusy:  # another pass was quicker: what is taken now is known now
        decision = await _decided(house, desk, harvest, again=bool(unprinted))
    return Turn(
        source=source.id,
        new=len(decision.changes.new),
        changed=len(decision.changes.changed),
        same=decision.changes.same,
        doubled=decision.doubled,
        problems=(*harvest.problems, *unprinted, *decision.problems),
    )


async def _pictures(
    house: House, source: Source, harvest: Harvest, *, now: datetime
) -> tuple[Mapping[str, Image], tuple[Problem, ...]]:
    """Fetched before anything is decided: nobody waits for the store meanwhile."""
    if not any(one.image and is_printed(one.image, source) for one in harvest.entries):
        return NO_IMAGES, ()

    def looked_at(admission: Admission) -> tuple[Looked, Mapping[str, Article]]:
        looked = _looked(admission, source, harvest)
        fresh = [one for one in looked.named.entries if one.key not in looked.known]
        return looked, _doubles(admission, source, fresh, looked, now=now)

    looked, told = await house.intake.admit(looked_at)
    ours = [one for one in looked.named.entries if one.key not in told]
    room = Darkroom(fetcher=house.fetcher, files=house.files, crunch=house.crunch)
    return await pictures(ours, source, room, known=looked.known)


async def _decided(house: House, desk: Desk, harvest: Harvest, *, again: bool) -> Decision:
    """Decide by what is stored this minute, and store it.

    `again`: a picture was missing; a folder is then looked at again even if nothing changes.
    """
    pairings = house.newsroom.pairings

    def weigh(admission: Admission) -> Decision:
        looked = _looked(admission, desk.source, harvest)
        decision = decide(looked.named.entries, _weighed(admission, desk, looked, pairings))
        reread = desk.source.kind is SourceKind.FOLDER and (again or decision.left_out)
        state = replace(harvest.state, identity=looked.named.identity)
        admission.save(decision.changes, replace(state, body_hash=None) if reread else state)
        return decision

    return await house.intake.admit(weigh)


def _weighed(admission: Admission, desk: Desk, looked: Looked, pairings: Sequence[Pairing]) -> Desk:
    """The desk with all that is stored about these entries."""
    entries = looked.named.entries
    fresh = [entry for entry in entries if entry.key not in looked.known]
    paired = _paired(admission, pairings, desk.source, fresh)
    said = {StoryKey(entry.story) for entry in entries if entry.story}
    stories = said | set(paired.values())  # no other story can be in anybody's way
    return replace(
        desk,
        known=looked.known,
        taken=admission.claimed_stories(stories) if stories else {},
        doubles=_doubles(admission, desk.source, fresh, looked, now=desk.now),
        paired=paired,
    )


def _looked(admission: Admission, source: Source, harvest: Harvest) -> Looked:
    """The entries under the keys they are stored by."""
    if source.kind is SourceKind.FOLDER:  # a file is its name
        keys = [entry.key for entry in harvest.entries]
        named = Named(entries=harvest.entries, identity=harvest.state.identity)
        return Looked(named=named, known=admission.known(source.id, keys), there={})
    named = name(harvest.entries, harvest.state.identity)
    first = admission.known(source.id, [entry.key for entry in named.entries])
    strange = _addresses(entry.url for entry in named.entries if entry.key not in first)
    there = admission.at(strange) if strange else {}
    found = recognise(named, source.id, known=first, there=there)
    other = [entry.key for entry in found.entries if entry.key not in first]
    known = {**first, **admission.known(source.id, other)} if other else first
    keys_now = {entry.key for entry in found.entries}
    return Looked(
        named=found,
        known={key: one for key, one in known.items() if key in keys_now},
        there=there,
    )


def _doubles(
    admission: Admission, source: Source, fresh: Sequence[Entry], looked: Looked, *, now: datetime
) -> Mapping[str, Article]:
    """What another source told first; a file of ours is said outright and never a double."""
    if not fresh or source.kind is SourceKind.FOLDER:
        return {}
    since = min(entry.published_at or now for entry in fresh) - NEAR
    traces = {trace for entry in fresh for trace in entry.traces}
    resembling = admission.alike(traces, since=since) if traces else ()
    return doubles(fresh, source.id, known=looked.known, there=looked.there, resembling=resembling)


def _paired(
    admission: Admission, pairings: Sequence[Pairing], source: Source, fresh: Sequence[Entry]
) -> Mapping[str, StoryKey]:
    tied = partners_of(source.id, pairings)
    if not fresh or not tied:
        return {}
    partners = _partners(admission, sorted(tied), fresh)
    stories = ((one.key, story_of(one, source.id, pairings, partners)) for one in fresh)
    return {key: story for key, story in stories if story is not None}


def _partners(admission: Admission, tied: Sequence[SourceId], fresh: Sequence[Entry]) -> Partners:
    by_key: dict[str, list[Article]] = {}
    guids = [entry.guid for entry in fresh if entry.guid]
    for other in tied if guids else ():
        for guid, article in (admission.known(other, guids)).items():
            by_key.setdefault(guid, []).append(article)
    elsewhere = _addresses(url for entry in fresh for _, url in entry.alternates)
    own = _addresses(entry.url for entry in fresh)
    return replace(
        NOBODY,
        by_key=by_key,
        at=admission.at(elsewhere) if elsewhere else {},
        naming=admission.naming(own) if own else {},
    )


def _addresses(urls: Iterable[str | None]) -> set[str]:
    return {plain_address(url) for url in urls if url}
