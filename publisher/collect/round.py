"""One source's turn: look, compare, keep.

The articles are stored before the fetch state, so a crash between them costs a second look and
loses nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from publisher.collect.changes import Decision, Desk, decide
from publisher.collect.gather import Darkroom, Errand, gather, pictures
from publisher.errors import StoreBusy
from publisher.house import House
from publisher.model.articles import Changes
from publisher.model.names import SourceId, StoryKey
from publisher.model.problems import Problem
from publisher.model.sources import FetchState, Harvest, Source, SourceKind

NOTHING = Changes()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one pass over one source came to."""

    source: SourceId
    changes: Changes = NOTHING
    unchanged: bool = False  # nothing was read, for nothing had changed
    failed: bool = False  # the source gave no usable document
    problems: tuple[Problem, ...] = ()


async def take_turn(house: House, source: Source, *, now: datetime) -> Turn:
    """Collect one source; its failure is in the Turn.

    Raises what is not the source's fault: StoreBusy, and Refused when the disk is full.
    """
    state = await house.states.get(source.id)
    errand = Errand(source=source, newsroom=house.newsroom, root=house.root, now=now)
    harvest = await gather(errand, state, fetcher=house.fetcher, crunch=house.crunch)
    if harvest.state.problem is not None or harvest.unchanged:
        await house.states.save(harvest.state)
        failed = harvest.state.problem
        return Turn(
            source=source.id,
            unchanged=harvest.unchanged,
            failed=failed is not None,
            problems=(failed,) if failed else (),
        )
    return await _kept(house, errand, state, harvest)


async def _kept(house: House, errand: Errand, state: FetchState, harvest: Harvest) -> Turn:
    source = errand.source
    known = await house.articles.known(source.id, [entry.key for entry in harvest.entries])
    room = Darkroom(fetcher=house.fetcher, files=house.files, crunch=house.crunch)
    images, unprinted = await pictures(harvest.entries, source, room, known=known)
    desk = Desk(
        source=source,
        site=house.newsroom.site,
        sections=house.newsroom.sections,
        known=known,
        taken={},
        images=images,
        state=state,
        root=errand.root,
        now=errand.now,
    )
    try:
        decision = await _decided(house, desk, harvest)
    except StoreBusy:  # another pass was quicker: what is taken now is known now
        decision = await _decided(house, desk, harvest)
    again = source.kind is SourceKind.FOLDER and (unprinted or decision.left_out)
    await house.states.save(replace(harvest.state, body_hash=None) if again else harvest.state)
    return Turn(
        source=source.id,
        changes=decision.changes,
        problems=(*harvest.problems, *unprinted, *decision.problems),
    )


async def _decided(house: House, desk: Desk, harvest: Harvest) -> Decision:
    """Decide by what is stored this minute, and store it."""
    entries = harvest.entries
    known = await house.articles.known(desk.source.id, [entry.key for entry in entries])
    said = {StoryKey(entry.story) for entry in entries if entry.story}
    taken = await house.articles.claimed_stories(said | {one.story for one in known.values()})
    decision = decide(entries, replace(desk, known=known, taken=taken))
    await house.articles.save(decision.changes)
    return decision
