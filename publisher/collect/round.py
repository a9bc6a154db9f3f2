"""One source's turn: look, compare, keep.

The articles are stored before the fetch state, so a crash between them costs a second look and
loses nothing.
"""

from dataclasses import dataclass
from datetime import datetime

from publisher.collect.changes import Desk, decide
from publisher.collect.gather import gather, pictures
from publisher.house import House
from publisher.model.articles import Changes
from publisher.model.names import SourceId, StoryKey
from publisher.model.problems import Problem
from publisher.model.sources import Source

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
    """Collect one source; its failure is in the Turn, never an exception."""
    state = await house.states.get(source.id)
    harvest = await gather(source, state, fetcher=house.fetcher, crunch=house.crunch, now=now)
    if harvest.state.problem is not None or harvest.unchanged:
        await house.states.save(harvest.state)
        failed = harvest.state.problem
        return Turn(
            source=source.id,
            unchanged=harvest.unchanged,
            failed=failed is not None,
            problems=(failed,) if failed else harvest.problems,
        )
    images, unprinted = await pictures(
        harvest.entries, fetcher=house.fetcher, files=house.files, crunch=house.crunch
    )
    stories = {StoryKey(entry.story) for entry in harvest.entries if entry.story}
    desk = Desk(
        source=source,
        site=house.newsroom.site,
        sections=house.newsroom.sections,
        known=await house.articles.known(source.id, [entry.key for entry in harvest.entries]),
        taken=await house.articles.claimed_stories(stories),
        images=images,
        state=state,
        now=now,
    )
    decision = decide(harvest.entries, desk)
    await house.articles.save(decision.changes)
    await house.states.save(harvest.state)
    return Turn(
        source=source.id,
        changes=decision.changes,
        problems=(*harvest.problems, *unprinted, *decision.problems),
    )
