"""The port SourceStates."""

from datetime import timedelta

from publisher.model.names import SourceId
from publisher.model.problems import Place, Problem, Severity
from publisher.model.sources import FetchState
from tests.support.build import NOON
from tests.support.stores import Store

SITE = SourceId("site-en")
FULL = FetchState(
    source=SITE,
    url="https://embankment.test/rss/en.xml",
    etag='W/"abc"',
    last_modified="Mon, 23 Nov 2026 05:00:00 GMT",
    body_hash="0" * 64,
    checked_at=NOON + timedelta(microseconds=1),
    succeeded_at=NOON,
    first_pass_at=NOON - timedelta(days=1),
    next_check_at=NOON + timedelta(minutes=5),
    failures=3,
    problem=Problem(
        message="{url} answers {code}.",
        args={"url": "https://embankment.test", "code": 503, "digits": "503"},
        remedy="Wait.",
        severity=Severity.WARN,
        place=Place(file="config/newsroom.toml", line=4, key="sources.site-en"),
    ),
)


async def test_a_source_never_seen_has_a_fresh_state(store: Store) -> None:
    assert await store.states.get(SITE) == FetchState(source=SITE)


async def test_a_state_comes_back_exactly_as_it_was_saved(store: Store) -> None:
    await store.states.save(FULL)

    assert await store.states.get(SITE) == FULL


async def test_the_newest_state_replaces_the_one_before_it_wholly(store: Store) -> None:
    await store.states.save(FULL)
    await store.states.save(FetchState(source=SITE, failures=1))

    assert await store.states.get(SITE) == FetchState(source=SITE, failures=1)


async def test_all_states_come_in_order_of_their_sources(store: Store) -> None:
    for name in ("wire", "agency", "site-en"):
        await store.states.save(FetchState(source=SourceId(name)))

    assert [state.source for state in await store.states.all()] == ["agency", "site-en", "wire"]
