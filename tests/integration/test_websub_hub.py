"""WebSub from the hub's side: a real hub, our real fetcher, our real web, a real store."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from publisher.collect.fetch import HttpFetcher, open_fetcher
from publisher.collect.websub import tend_hubs
from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.names import SourceId
from publisher.model.sources import Source
from publisher.store.schema import migrate
from publisher.web.websub import Arrivals
from tests.support.build import NOON, make_source
from tests.support.hub import FEED, TOPIC, Doorstep, Hub, make_state, open_doorstep, open_hub

SITE = SourceId("site-en")
SOURCE = make_source(id=SITE, allow_private=True)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
XML = "application/rss+xml"


@dataclass
class Newsstand:
    """One source whose document names the hub, and everything between us and it."""

    hub: Hub
    step: Doorstep
    fetcher: HttpFetcher
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    async def names(self, *, hub: str | None, topic: str = TOPIC, source: Source = SOURCE) -> None:
        """The source's last document named this hub."""
        named = make_state(source=source.id, url=source.url, hub=hub, topic=topic)
        await self.step.states.save(named)

    async def tend(self) -> Sequence[HubSubscription]:
        return await tend_hubs(
            self.step.newsroom,
            hubs=self.step.hubs,
            states=self.step.states,
            fetcher=self.fetcher,
            now=self.step.now,
            token=lambda: f"a-key-nobody-guesses-{next(self.numbers)}",
        )

    async def subscribed(self) -> str:
        """Ask, and let the hub verify; returns the callback."""
        await self.tend()
        await self.hub.verify()
        return next(iter(self.hub.subscribers))

    async def stands(self) -> HubSubscription:
        return await self.step.stands()


@pytest.fixture
async def stand(tmp_path: Path) -> AsyncIterator[Newsstand]:
    url = f"sqlite:///{tmp_path / 'publisher.db'}"
    migrate(url)
    async with (
        open_hub() as hub,
        open_doorstep(url) as step,
        open_fetcher("Publisher (tests)", gap=timedelta(0)) as fetcher,
    ):
        step.configure(SOURCE)
        opened = Newsstand(hub, step, fetcher)
        await opened.names(hub=hub.base)
        yield opened


@asynccontextmanager
async def nobody_there() -> AsyncIterator[str]:
    """An address where nobody listens, and nobody will."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}/"


# --- subscribing ----------------------------------------------------------------------------------


async def test_a_hub_that_a_source_names_is_asked_as_the_recommendation_says(
    stand: Newsstand,
) -> None:
    asked = await stand.tend()

    token, secret = asked[0].token, asked[0].secret
    assert stand.hub.asked == [
        {
            "hub.mode": "subscribe",
            "hub.topic": TOPIC,
            "hub.callback": f"{stand.step.newsroom.site.base_url}/websub/{token}",
            "hub.secret": secret,
            "hub.lease_seconds": "864000",
        }
    ]
    assert token != secret
    assert asked == [await stand.stands()]
    assert asked[0].status is HubStatus.ASKED


async def test_a_hub_that_verifies_is_believed_for_the_lease_it_gives(stand: Newsstand) -> None:
    stand.hub.lease = 3 * 86_400
    await stand.tend()
    heard = await stand.hub.verify()

    assert [one.status for one in heard] == [200]
    assert len(stand.hub.subscribers) == 1
    stands = await stand.stands()
    assert (stands.status, stands.expires_at) == (HubStatus.VERIFIED, NOON + 3 * DAY)


async def test_a_hub_may_verify_before_it_has_answered(stand: Newsstand) -> None:
    stand.hub.eager = True
    asked = await stand.tend()

    assert asked[0].status is HubStatus.VERIFIED
    assert asked == [await stand.stands()]


async def test_a_hub_that_verified_and_then_stumbled_is_subscribed_to(stand: Newsstand) -> None:
    """Its answer was lost; what we promised it was not."""
    stand.hub.eager = True
    await stand.tend()
    stand.step.now += 6 * DAY
    stand.hub.answers = 500
    stand.hub.wishes = stand.hub.subscribers
    asked = await stand.tend()

    assert asked[0].status is HubStatus.VERIFIED
    assert asked[0].expires_at == NOON + 16 * DAY


async def test_a_hub_that_verified_is_left_alone(stand: Newsstand) -> None:
    await stand.subscribed()
    stand.step.now += HOUR

    assert await stand.tend() == []
    assert len(stand.hub.asked) == 1


async def test_a_wrong_topic_is_not_confirmed(stand: Newsstand) -> None:
    await stand.tend()
    heard = await stand.hub.verify(topic="https://embankment.test/other.xml")

    assert [one.status for one in heard] == [404]
    assert stand.hub.subscribers == {}
    assert (await stand.stands()).status is HubStatus.ASKED


async def test_a_subscription_is_renewed_before_its_lease_ends_and_nothing_is_missed(
    stand: Newsstand,
) -> None:
    callback = await stand.subscribed()
    stand.step.now = NOON + 5 * DAY
    asked = await stand.tend()

    assert [one.status for one in asked] == [HubStatus.ASKED]
    assert [one["hub.callback"] for one in stand.hub.asked] == [callback, callback]
    assert [one.status for one in await stand.hub.distribute(FEED)] == [202]
    await stand.hub.verify()
    assert [one.status for one in await stand.hub.distribute(FEED + b" ")] == [202]
    assert len(stand.step.taken) == 2
    assert (await stand.stands()).expires_at == NOON + 15 * DAY


async def test_a_hub_that_forgot_us_is_asked_again_when_the_lease_is_half_spent(
    stand: Newsstand,
) -> None:
    await stand.subscribed()
    stand.hub.subscribers.clear()
    stand.step.now = NOON + 5 * DAY
    await stand.tend()
    await stand.hub.verify()

    assert [one.status for one in await stand.hub.distribute(FEED)] == [202]


# --- what it brings -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
async def test_what_a_hub_brings_is_handed_on_once(stand: Newsstand, method: str) -> None:
    await stand.subscribed()
    stand.step.now += HOUR
    heard = await stand.hub.distribute(FEED, method=method)

    assert [one.status for one in heard] == [202]
    assert stand.step.taken == [(SITE, FEED, XML)]
    assert (await stand.stands()).told_at == NOON + HOUR


async def test_what_is_signed_by_another_secret_is_answered_and_dropped(stand: Newsstand) -> None:
    await stand.subscribed()
    heard = await stand.hub.distribute(FEED, secret="a guess")  # noqa: S106 - that is the point

    assert [one.status for one in heard] == [202]
    assert stand.step.taken == []
    assert (await stand.stands()).told_at is None


async def test_a_hub_does_not_wait_for_our_work(stand: Newsstand) -> None:
    """And comes again where more is waiting than we keep."""
    stand.step.arrivals = arrivals = Arrivals(most=2)
    go_on, done = asyncio.Event(), []

    async def work(source: SourceId, body: bytes, content_type: str) -> None:
        await go_on.wait()
        done.append(body)
        if len(done) == 3:
            raise asyncio.CancelledError

    await stand.subscribed()
    async with asyncio.TaskGroup() as group:
        group.create_task(arrivals.drain(work))
        heard = [
            one for body in (b"1", b"2", b"3", b"4") for one in await stand.hub.distribute(body)
        ]
        go_on.set()

    assert [one.status for one in heard] == [202, 202, 202, 503]
    assert done == [b"1", b"2", b"3"]


# --- when it says no, or nothing ------------------------------------------------------------------


async def test_a_hub_that_denies_is_asked_again_a_day_later(stand: Newsstand) -> None:
    await stand.tend()
    callback = stand.hub.asked[0]["hub.callback"]
    assert (await stand.hub.deny(callback, TOPIC, "not for you")).status == 200

    stands = await stand.stands()
    assert stands.status is HubStatus.DENIED
    assert stands.problem is not None
    assert stands.problem.args["reason"] == "not for you"
    stand.step.now = NOON + 23 * HOUR
    assert await stand.tend() == []
    stand.step.now = NOON + 24 * HOUR
    assert len(await stand.tend()) == 1


async def test_a_hub_that_is_down_is_asked_again_later_and_later(stand: Newsstand) -> None:
    async with nobody_there() as address:
        await stand.names(hub=address)
        asked: list[HubSubscription] = []
        for _ in range(40):
            asked += await stand.tend()
            stand.step.now += MINUTE

    assert {one.status for one in asked} == {HubStatus.FAILED}
    assert [one.failures for one in asked] == [1, 2, 3, 4]
    assert [(one.asked_at - NOON) // MINUTE for one in asked] == [0, 5, 15, 35]
    assert {one.problem.args["url"] for one in asked if one.problem} == {address}


async def test_a_hub_that_refuses_to_be_asked_has_failed_and_is_right_again_later(
    stand: Newsstand,
) -> None:
    stand.hub.answers = 503
    assert [one.status for one in await stand.tend()] == [HubStatus.FAILED]

    stand.hub.answers = 202
    stand.step.now += 5 * MINUTE
    await stand.subscribed()

    stands = await stand.stands()
    assert (stands.status, stands.failures, stands.problem) == (HubStatus.VERIFIED, 0, None)


async def test_a_hub_that_is_down_costs_no_other_source_its_own(stand: Newsstand) -> None:
    other = replace(SOURCE, id=SourceId("wire"), url="https://wire.test/rss")
    stand.step.configure(SOURCE, other)
    async with nobody_there() as address:
        await stand.names(hub=address, source=other)
        asked = await stand.tend()

    assert {one.source: one.status for one in asked} == {
        SITE: HubStatus.ASKED,
        "wire": HubStatus.FAILED,
    }


async def test_a_hub_in_a_private_network_is_asked_only_where_the_source_may_lie_there(
    stand: Newsstand,
) -> None:
    stand.step.configure(replace(SOURCE, allow_private=False))
    asked = await stand.tend()

    assert [one.status for one in asked] == [HubStatus.FAILED]
    assert stand.hub.asked == []


# --- when config changes --------------------------------------------------------------------------


async def test_a_hub_forgets_a_source_that_config_lost(stand: Newsstand) -> None:
    await stand.subscribed()
    stand.step.configure()
    heard = await stand.hub.distribute(FEED)

    assert [one.status for one in heard] == [410]
    assert stand.hub.subscribers == {}
    assert stand.step.taken == []
    assert await stand.tend() == []


async def test_a_source_that_comes_back_is_subscribed_again(stand: Newsstand) -> None:
    await stand.subscribed()
    stand.step.configure()
    await stand.hub.distribute(FEED)
    stand.step.configure(SOURCE)
    await stand.subscribed()

    assert [one.status for one in await stand.hub.distribute(FEED)] == [202]


async def test_an_old_callback_is_dead_once_the_source_names_another_topic(
    stand: Newsstand,
) -> None:
    old = await stand.subscribed()
    await stand.names(hub=stand.hub.base, topic="https://embankment.test/rss/all.xml")
    before = await stand.hub.distribute(FEED)
    stand.hub.wishes[old] = stand.hub.asked[0]
    await stand.tend()
    replayed = await stand.hub.verify()

    assert [one.status for one in before] == [410]
    assert [one.status for one in replayed] == [404, 200]
    assert old not in stand.hub.subscribers
    assert stand.step.taken == []


async def test_an_old_callback_takes_nothing_from_the_old_hub(stand: Newsstand) -> None:
    old = await stand.subscribed()
    wish = stand.hub.subscribers[old]
    await stand.names(hub=stand.hub.base, topic="https://embankment.test/rss/all.xml")
    await stand.tend()
    stand.hub.subscribers[old] = wish

    assert [one.status for one in await stand.hub.distribute(FEED)] == [404]
    assert stand.step.taken == []
