"""WebSub, the subscriber's half that asks: whom, when, and whether a delivery is the hub's.

W3C Recommendation of 2018-01-23.  What hubs tell us arrives in web/websub.py; polling goes on
whatever becomes of a subscription.
"""

import asyncio
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from publisher.collect.fetch import FetchError
from publisher.inlets import Fetcher, Hubs, SourceStates
from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, msgid
from publisher.model.sources import FetchState, Source, SourceKind

LEASE = timedelta(days=10)  # what we ask for; the hub decides
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=30)  # what we believe of a hub's lease
_FIRST, _WORST = timedelta(minutes=5), timedelta(hours=6)  # between wishes that came to nothing
_MOST_DOUBLINGS = 16  # timedelta ends somewhere
_AFTER_NO = timedelta(hours=24)
_WIDTH = 4  # hubs asked at a time
_METHODS = frozenset({"sha1", "sha256", "sha384", "sha512"})


# --- deciding -----------------------------------------------------------------------------------


def belongs(subscription: HubSubscription, source: Source | None, state: FetchState) -> bool:
    """Whether it is still what this source names: not of an address, hub or topic it has left."""
    return (
        source is not None
        and _may_have_hub(source, state)
        and (state.hub, state.topic) == (subscription.hub, subscription.topic)
    )


def wanted(
    source: Source, state: FetchState, standing: HubSubscription | None, *, now: datetime
) -> bool:
    """Whether a hub is to be asked now: for the first time, again, or for a longer lease.

    Never by what we remember of another address of the source, nor for one that is gone.
    """
    if not state.hub or not state.topic or state.gone_at or not _may_have_hub(source, state):
        return False
    if standing is None or not belongs(standing, source, state):
        return True
    return now >= _asks_again_at(standing)


def asked(
    state: FetchState,
    standing: HubSubscription | None,
    *,
    base_url: str,
    now: datetime,
    token: Callable[[], str],
) -> HubSubscription:
    """The subscription once we have asked for what `state` names.

    Asking again keeps token and secret: the hub renews what it has under this callback (section
    5.1), and what it sends meanwhile is understood.  Another hub or topic gets its own, and the
    old callback is forgotten.
    """
    hub, topic = state.hub or "", state.topic or ""
    if standing is None or (standing.hub, standing.topic) != (hub, topic):
        return HubSubscription(
            source=state.source,
            hub=hub,
            topic=topic,
            token=token(),
            secret=token(),
            status=HubStatus.ASKED,
            asked_at=now,
        )
    silent = standing.status is HubStatus.ASKED
    return replace(
        standing,
        status=HubStatus.ASKED,
        asked_at=now,
        failures=standing.failures + silent,
        problem=_silent(hub, base_url) if silent else None,
    )


def verified(subscription: HubSubscription, *, lease: timedelta, now: datetime) -> HubSubscription:
    """After the hub came and heard yes; its lease counts between an hour and thirty days."""
    return replace(
        subscription,
        status=HubStatus.VERIFIED,
        verified_at=now,
        expires_at=now + min(max(lease, _SHORTEST), _LONGEST),
        failures=0,
        problem=None,
    )


def denied(subscription: HubSubscription, *, reason: str, now: datetime) -> HubSubscription:
    """After the hub said no (section 5.2), which it may at any time: the lease ends now."""
    because = msgid("{hub} refused our subscription: {reason}.")
    problem = Problem(
        message=because if reason else msgid("{hub} refused our subscription."),
        args={"hub": subscription.hub, "reason": reason},
    )
    return replace(
        subscription, status=HubStatus.DENIED, expires_at=now, failures=0, problem=problem
    )


def signed(secret: str, header: str | None, body: bytes) -> bool:
    """Whether X-Hub-Signature (`method=hex`, section 7.1) is that of the body under our secret."""
    method, _, given = (header or "").strip().partition("=")
    if method not in _METHODS:
        return False
    right = hmac.new(secret.encode(), body, method).hexdigest()
    return hmac.compare_digest(right.encode(), given.lower().encode())


def _may_have_hub(source: Source, state: FetchState) -> bool:
    return source.kind is SourceKind.FEED and state.url == source.url


def _asks_again_at(standing: HubSubscription) -> datetime:
    """When the hub is to hear of us again, if nothing happens until then.

    A lease is renewed when half of it is spent: well before its end, and of a short one not at
    every look.
    """
    match standing.status:
        case HubStatus.VERIFIED:
            ends = standing.expires_at or standing.asked_at
            return ends - (ends - (standing.verified_at or ends)) / 2
        case HubStatus.DENIED:
            return (standing.expires_at or standing.asked_at) + _AFTER_NO
        case HubStatus.FAILED:
            return standing.asked_at + _pause(standing.failures - 1)
        case HubStatus.ASKED:  # it did not come back to verify
            return standing.asked_at + _pause(standing.failures)


def _pause(doublings: int) -> timedelta:
    times: int = 2 ** min(max(doublings, 0), _MOST_DOUBLINGS)
    return min(_FIRST * times, _WORST)


def _silent(hub: str, base_url: str) -> Problem:
    return Problem(
        message=msgid("{hub} took our subscription and has not confirmed it."),
        args={"hub": hub, "address": base_url},
        remedy=msgid("See that {address} can be reached from outside: the hub must open it."),
    )


# --- asking -------------------------------------------------------------------------------------


async def tend_hubs(
    newsroom: Newsroom,
    *,
    hubs: Hubs,
    states: SourceStates,
    fetcher: Fetcher,
    now: datetime,
    token: Callable[[], str],
) -> Sequence[HubSubscription]:
    """Ask every hub whose hour has come; returns how each of these subscriptions stands then.

    `token` gives a new string that cannot be guessed, fit for an address; shorter than 200 bytes.
    """
    base_url = newsroom.site.base_url
    standing = {one.source: one for one in await hubs.all()}
    gate = asyncio.Semaphore(_WIDTH)

    async def one(source: Source, state: FetchState) -> HubSubscription:
        old = standing.get(source.id)
        wish = asked(state, old, base_url=base_url, now=now, token=token)
        async with gate:
            await hubs.save(wish)  # first: a hub may come to verify before it answers
            return await _sent(wish, source, base_url=base_url, hubs=hubs, fetcher=fetcher)

    due = [
        (source, state)
        for state in await states.all()
        if (source := newsroom.sources.get(state.source))
        and wanted(source, state, standing.get(source.id), now=now)
    ]
    async with asyncio.TaskGroup() as group:
        asking = [group.create_task(one(*pair), name=f"hub of {pair[0].id}") for pair in due]
    return [task.result() for task in asking]


async def _sent(
    wish: HubSubscription, source: Source, *, base_url: str, hubs: Hubs, fetcher: Fetcher
) -> HubSubscription:
    """The subscription as it stands once the hub has our wish, or could not be given it."""
    form = _form(wish, base_url)
    try:
        await fetcher.post(wish.hub, form, allow_private=source.allow_private)
    except FetchError as error:
        return await _failed(wish, error.problem(), hubs)
    return await hubs.get(wish.source) or wish


async def _failed(wish: HubSubscription, problem: Problem, hubs: Hubs) -> HubSubscription:
    standing = await hubs.get(wish.source) or wish
    if standing.status is not HubStatus.ASKED:
        return standing  # it heard us and came at once; only its answer was lost
    failed = replace(standing, status=HubStatus.FAILED, failures=wish.failures + 1, problem=problem)
    await hubs.save(failed)
    return failed


def _form(wish: HubSubscription, base_url: str) -> Mapping[str, str]:
    """What section 5.1 wants to be told."""
    return {
        "hub.mode": "subscribe",
        "hub.topic": wish.topic,
        "hub.callback": f"{base_url}/websub/{wish.token}",
        "hub.secret": wish.secret,
        "hub.lease_seconds": str(LEASE // timedelta(seconds=1)),
    }
