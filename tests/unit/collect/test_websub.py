"""When a hub is asked, what is asked, and whose a delivery is."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.collect.websub import asked, belongs, denied, signed, verified, wanted
from publisher.model.hubs import HubStatus, HubSubscription
from publisher.model.problems import Problem
from publisher.model.sources import FetchState, SourceKind
from tests.support.build import NOON, make_source
from tests.support.hub import make_state, make_subscription, signature

SOURCE = make_source()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
BASE = "https://embankment.test"
BODY = b"<rss/>"
KEY = "what only the hub and we know"


def is_wanted(standing: HubSubscription | None, at: datetime = NOON, **state: Any) -> bool:
    return wanted(SOURCE, make_state(**state), standing, now=at)


def asked_again(standing: HubSubscription | None, **state: Any) -> HubSubscription:
    numbers = count(1)
    return asked(
        make_state(**state), standing, base_url=BASE, now=NOON, token=lambda: f"key-{next(numbers)}"
    )


def leased(lease: timedelta) -> HubSubscription:
    return verified(make_subscription(), lease=lease, now=NOON)


# --- whom to ask ----------------------------------------------------------------------------------


def test_a_hub_that_a_feed_names_is_asked_once_it_is_known() -> None:
    assert is_wanted(None)


@pytest.mark.parametrize(
    "state",
    [
        {"hub": None},
        {"topic": None},
        {"hub": ""},
        {"gone_at": NOON},
        {"url": "https://embankment.test/old.xml"},
    ],
    ids=["no hub", "no topic", "empty", "gone", "remembered of another address"],
)
def test_nobody_is_asked_for_a_source_that_names_no_hub_now(state: dict[str, Any]) -> None:
    assert not is_wanted(None, **state)
    assert not is_wanted(make_subscription(status=HubStatus.FAILED), NOON + DAY, **state)


@pytest.mark.parametrize("kind", [kind for kind in SourceKind if kind is not SourceKind.FEED])
def test_only_feeds_have_hubs(kind: SourceKind) -> None:
    source = make_source(kind=kind)

    assert not wanted(source, make_state(), None, now=NOON)
    assert not belongs(make_subscription(), source, make_state())


@pytest.mark.parametrize(
    "change", [{"hub": "https://other.test/"}, {"topic": "https://embankment.test/new.xml"}]
)
def test_another_hub_or_topic_is_asked_at_once(change: dict[str, Any]) -> None:
    for status in HubStatus:
        assert is_wanted(make_subscription(status=status), **change)


# --- when to ask again ----------------------------------------------------------------------------


@pytest.mark.parametrize("lease", [HOUR, 2 * HOUR, DAY, 10 * DAY, 30 * DAY])
def test_a_lease_is_renewed_when_half_of_it_is_spent(lease: timedelta) -> None:
    assert not is_wanted(leased(lease), NOON + lease / 2 - MINUTE)
    assert is_wanted(leased(lease), NOON + lease / 2)


@pytest.mark.parametrize(
    ("failures", "pause"),
    [(1, 5), (2, 10), (3, 20), (4, 40), (7, 320), (8, 360), (1000, 360)],
)
def test_a_hub_that_cannot_be_reached_is_asked_at_growing_distances(
    failures: int, pause: int
) -> None:
    failed = make_subscription(status=HubStatus.FAILED, failures=failures)

    assert not is_wanted(failed, NOON + pause * MINUTE - timedelta(seconds=1))
    assert is_wanted(failed, NOON + pause * MINUTE)


def test_a_hub_that_does_not_come_back_is_asked_at_growing_distances() -> None:
    standing, now, pauses = make_subscription(), NOON, []
    for _ in range(9):
        pause = next(n for n in range(1, 1000) if is_wanted(standing, now + n * MINUTE))
        pauses.append(pause)
        now += pause * MINUTE
        standing = asked(make_state(), standing, base_url=BASE, now=now, token=lambda: "never")

    assert pauses == [5, 10, 20, 40, 80, 160, 320, 360, 360]


@pytest.mark.parametrize("after", [timedelta(0), 3 * DAY])
def test_a_hub_that_said_no_is_asked_a_day_after_it_did(after: timedelta) -> None:
    refused = denied(leased(10 * DAY), reason="", now=NOON + after)

    assert not is_wanted(refused, NOON + after + DAY - MINUTE)
    assert is_wanted(refused, NOON + after + DAY)


def test_a_lease_that_we_ended_ourselves_is_asked_for_again_when_it_is_wanted() -> None:
    """We told the hub to forget us, and then the feed named it again."""
    ended = replace(leased(10 * DAY), expires_at=NOON + HOUR)

    assert is_wanted(ended, NOON + HOUR)


# --- what is asked --------------------------------------------------------------------------------


def test_a_first_wish_has_a_token_and_a_secret_of_its_own() -> None:
    wish = asked_again(None)

    assert (wish.token, wish.secret) == ("key-1", "key-2")
    assert (wish.status, wish.asked_at, wish.failures) == (HubStatus.ASKED, NOON, 0)
    assert (wish.hub, wish.topic) == (make_state().hub, make_state().topic)


def test_a_renewal_keeps_token_secret_and_the_lease_that_runs() -> None:
    before = leased(10 * DAY)
    wish = asked_again(before)

    assert wish == replace(before, status=HubStatus.ASKED)


def test_another_topic_gets_another_token_and_secret() -> None:
    wish = asked_again(leased(10 * DAY), topic="https://embankment.test/new.xml")

    assert (wish.token, wish.secret, wish.expires_at) == ("key-1", "key-2", None)


def test_silence_is_counted_and_said_but_not_with_the_token() -> None:
    wish = asked_again(make_subscription())

    assert wish.failures == 1
    assert wish.problem is not None
    assert wish.problem.args == {"hub": "https://hub.test/", "address": BASE}


def test_a_failure_that_was_counted_is_not_counted_twice() -> None:
    failed = make_subscription(
        status=HubStatus.FAILED, failures=2, problem=Problem(message="no luck")
    )
    wish = asked_again(failed)

    assert (wish.failures, wish.problem) == (2, None)


# --- what hubs say --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "counted"),
    [(timedelta(0), HOUR), (MINUTE, HOUR), (DAY, DAY), (365 * DAY, 30 * DAY)],
)
def test_a_lease_counts_between_an_hour_and_thirty_days(
    said: timedelta, counted: timedelta
) -> None:
    assert leased(said).expires_at == NOON + counted


def test_a_verification_forgets_what_failed_before() -> None:
    failed = make_subscription(
        status=HubStatus.FAILED, failures=2, problem=Problem(message="no luck")
    )
    sure = verified(failed, lease=DAY, now=NOON)

    assert (sure.status, sure.verified_at) == (HubStatus.VERIFIED, NOON)
    assert (sure.failures, sure.problem) == (0, None)


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("", "{hub} refused our subscription."),
        ("no {money}", "{hub} refused our subscription: {reason}."),
    ],
)
def test_a_refusal_is_said_with_its_reason(reason: str, message: str) -> None:
    refused = denied(make_subscription(), reason=reason, now=NOON)

    assert refused.status is HubStatus.DENIED
    assert refused.problem is not None
    assert refused.problem.message == message
    assert refused.problem.args == {"hub": "https://hub.test/", "reason": reason}


# --- whose it is ----------------------------------------------------------------------------------


def test_a_subscription_belongs_to_what_its_source_names() -> None:
    assert belongs(make_subscription(), SOURCE, make_state())


@pytest.mark.parametrize(
    "state",
    [
        FetchState(source=SOURCE.id),
        make_state(hub="https://other.test/"),
        make_state(topic="https://embankment.test/new.xml"),
        make_state(url="https://embankment.test/old.xml"),
    ],
)
def test_a_subscription_of_something_else_does_not_belong(state: FetchState) -> None:
    assert not belongs(make_subscription(), SOURCE, state)


def test_a_subscription_of_a_source_that_config_lost_does_not_belong() -> None:
    assert not belongs(make_subscription(), None, make_state())


@pytest.mark.parametrize("method", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_by_each_method_is_known(method: str) -> None:
    right = signature(KEY, BODY, method)

    assert signed(KEY, right, BODY)
    assert signed(KEY, method + right.removeprefix(method).upper(), BODY)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256",
        "sha256=",
        "=",
        signature(KEY, BODY, "md5"),
        signature(KEY, BODY, "sha224"),
        signature(KEY, BODY, "sha3_256"),
        signature("another", BODY),
        signature(KEY, BODY + b" "),
        signature(KEY, BODY)[:-1],
        signature(KEY, BODY) + "0",
        signature(KEY, BODY).removeprefix("sha256="),
        signature(KEY, BODY).replace("sha256", "sha1"),
        signature(KEY, BODY).replace("=", " = "),
        "sha256=тест",
    ],
)
def test_any_other_signature_is_wrong(header: str | None) -> None:
    assert not signed(KEY, header, BODY)


@given(secret=st.text(min_size=1), body=st.binary(), header=st.text())
def test_no_header_makes_the_check_stumble(secret: str, body: bytes, header: str) -> None:
    assert not signed(secret, header, body)
    assert signed(secret, signature(secret, body), body)
