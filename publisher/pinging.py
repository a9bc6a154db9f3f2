"""WebSub, the publisher's half: hubs are told that a feed changed, until they have heard it.

What is due follows from the manifest and from what each hub was told last, so a crash loses
nothing.  How a publisher tells its hub is left to them (W3C WebSub section 6); hubs take the form
of PubSubHubbub 0.3 section 7.1, some of them with the newer name of its address.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from publisher.collect.courtesy import quiet_until
from publisher.collect.fetch import FetchError, FetchReason
from publisher.house import House
from publisher.manifest import MANIFEST, Listed, read_manifest
from publisher.model.pings import Ping
from publisher.model.problems import Problem, msgid

LEASE: Final = timedelta(minutes=2)  # of a try under way; a process that died leaves it behind
_FIRST, _WORST = timedelta(minutes=1), timedelta(hours=6)  # between tries that came to nothing
_MOST: Final = 16  # tries of the same bytes: two days and a half; the next change begins anew
_WIDTH: Final = 8  # hubs told at a time; those on one host take turns
_EVERY: Final = 5  # seconds between two looks at the manifest

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A hub is to know of these bytes."""

    topic: str
    hub: str
    digest: str


# --- deciding -----------------------------------------------------------------------------------


def wishes(listed: Mapping[str, Listed], hubs: Collection[str]) -> Iterator[Wish]:
    """What every hub of `hubs` should have been told by now."""
    for _, one in sorted(listed.items()):
        for hub in one.hubs:
            if one.address is not None and hub in hubs:
                yield Wish(topic=one.address, hub=hub, digest=one.sha256)


def is_due(wish: Wish, ping: Ping | None, *, now: datetime) -> bool:
    """Whether the hub is to be told now; one that will not hear rests until the feed changes."""
    if ping is None:
        return True
    if ping.told == wish.digest or (ping.again_at is not None and now < ping.again_at):
        return False
    return ping.failures < _MOST or ping.tried != wish.digest


def heard(ping: Ping, *, now: datetime) -> Ping:
    """After a yes."""
    return replace(ping, told=ping.tried, told_at=now, again_at=None, failures=0, problem=None)


def unheard(ping: Ping, problem: Problem, retry_after: str | None, *, now: datetime) -> Ping:
    """After a no, or no answer: a longer pause every time, or as long as the hub asks for."""
    failures = ping.failures + 1
    pause = min(_FIRST * 2 ** min(failures - 1, _MOST), _WORST)
    quiet = quiet_until(retry_after, now) or now
    return replace(ping, failures=failures, again_at=max(now + pause, quiet), problem=problem)


# --- telling ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A round: what was tried and how it ended, and how everything stands that hubs should know."""

    tried: Sequence[Ping]
    pings: Sequence[Ping]  # of feeds and hubs there are now
    waiting: int  # of them not told of the newest bytes

    @property
    def heard(self) -> int:
        """How many tries came to a yes."""
        return sum(one.told == one.tried for one in self.tried)


async def tell_hubs(house: House, *, within: timedelta) -> Told:
    """Tell every hub what is due; what `within` does not suffice for waits for the next round."""
    wanted = list(wishes(_listed(house), house.newsroom.feeds.hubs))
    standing = await _standing(house)
    if gone := standing.keys() - {(wish.topic, wish.hub) for wish in wanted}:
        await house.pings.forget(gone)
    now = house.clock()
    due = [wish for wish in wanted if is_due(wish, standing.get((wish.topic, wish.hub)), now=now)]
    tried = await _all_told(house, due, within) if due else []
    after = await _standing(house) if due else standing
    pairs = [(after.get((wish.topic, wish.hub)), wish) for wish in wanted]
    return Told(
        tried=tried,
        pings=[ping for ping, _ in pairs if ping is not None],
        waiting=sum(ping is None or ping.told != wish.digest for ping, wish in pairs),
    )


async def keep_telling(house: Callable[[], House]) -> None:
    """Round after round until cancelled; one that breaks is logged and comes again."""
    while True:
        try:
            if house().newsroom.feeds.hubs:
                _log_round(await tell_hubs(house(), within=LEASE / 2))
        except Exception as error:  # noqa: BLE001 - feeds are read without hubs, too
            _log.error("hubs not told", error=repr(error))
        await asyncio.sleep(_EVERY)


def _listed(house: House) -> Mapping[str, Listed]:
    return read_manifest(house.files.read(MANIFEST))


async def _standing(house: House) -> Mapping[tuple[str, str], Ping]:
    return {(one.topic, one.hub): one for one in await house.pings.all()}


async def _all_told(house: House, due: Sequence[Wish], within: timedelta) -> Sequence[Ping]:
    """The tries that ended in time."""
    gate, done = asyncio.Semaphore(_WIDTH), list[Ping]()

    async def one(wish: Wish) -> None:
        async with gate:
            if (ping := await _told(house, wish)) is not None:
                done.append(ping)

    with suppress(TimeoutError):
        async with asyncio.timeout(within.total_seconds()), asyncio.TaskGroup() as group:
            for wish in due:
                group.create_task(one(wish), name=f"ping {wish.topic}")
    return done


async def _told(house: House, wish: Wish) -> Ping | None:
    """Tell one hub of one feed; None where another process does."""
    now = house.clock()
    ping = await house.pings.begin(wish.topic, wish.hub, wish.digest, now=now, until=now + LEASE)
    if ping is None:
        return None
    # Google's and Superfeedr's hubs ask for hub.url, Switchboard for hub.topic.
    form = {"hub.mode": "publish", "hub.url": wish.topic, "hub.topic": wish.topic}
    try:
        await house.fetcher.post(wish.hub, form, allow_private=house.newsroom.feeds.private_hubs)
    except FetchError as error:
        after = unheard(ping, _words(error), error.retry_after, now=house.clock())
    else:
        after = heard(ping, now=house.clock())
    await house.pings.save(after)
    return after


def _log_round(told: Told) -> None:
    for ping in told.tried:
        if ping.problem is None:
            _log.info("hub told", hub=ping.hub, topic=ping.topic)
        else:
            args = {"tries": ping.failures, "again_at": str(ping.again_at)}
            why = ping.problem.message.format(**ping.problem.args)
            _log.warning("hub not told", hub=ping.hub, topic=ping.topic, why=why, **args)


def _words(error: FetchError) -> Problem:
    if error.reason is not FetchReason.FORBIDDEN:
        return error.problem()
    return replace(
        error.problem(), remedy=msgid("If the hub is yours, say private_hubs = true in [feeds].")
    )
