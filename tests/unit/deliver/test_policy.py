"""What a result means: tables, and laws that no result can break."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.deliver import policy
from publisher.deliver.meanings import Verdict, verdict
from publisher.deliver.policy import BACKOFF, LAST_HOUR
from publisher.errors import MoveForbidden
from publisher.model.deliveries import (
    MOVES,
    Delivery,
    DeliveryStatus,
    Outcome,
    Phase,
    Reply,
    Result,
)
from publisher.model.editions import OnUncertain
from publisher.model.people import SuppressionReason
from tests.support.build import DUE, NOON, make_delivery

SKIP, RESEND = OnUncertain.SKIP, OnUncertain.RESEND
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def said(code: int, enhanced: str | None = None, *, phase: Phase, text: str = "no") -> Result:
    outcomes = {2: Outcome.ACCEPTED, 4: Outcome.TRANSIENT, 5: Outcome.PERMANENT}
    reply = Reply(code=code, enhanced=enhanced, text=text)
    return Result(outcome=outcomes[code // 100], phase=phase, reply=reply)


def lost(phase: Phase, reason: str = "connection lost") -> Result:
    outcome = Outcome.UNCERTAIN if phase is Phase.DOT else Outcome.TRANSIENT
    return Result(outcome=outcome, phase=phase, reply=None, reason=reason)


ACCEPTED = said(250, "2.0.0", phase=Phase.DOT)
REFUSED = said(550, "5.1.1", phase=Phase.RCPT)
GREYLISTED = said(451, "4.7.1", phase=Phase.RCPT)


def test_an_accepted_delivery_rests() -> None:
    delivery = policy.after(make_delivery(tries=2), ACCEPTED, now=NOON, on_uncertain=SKIP)

    assert delivery.status is DeliveryStatus.ACCEPTED
    assert (delivery.next_try_at, delivery.tries, delivery.reason) == (None, 3, None)


def test_a_refused_delivery_rests_and_the_attempt_says_why() -> None:
    delivery = policy.after(make_delivery(), REFUSED, now=NOON, on_uncertain=SKIP)
    attempt = policy.attempt_of(REFUSED, "main", NOON)

    assert (delivery.status, delivery.next_try_at) == (DeliveryStatus.REJECTED, None)
    assert (attempt.code, attempt.enhanced, attempt.text) == (550, "5.1.1", "no")
    assert (attempt.phase, attempt.relay, attempt.at) == (Phase.RCPT, "main", NOON)


def test_a_refusal_of_our_own_making_gives_its_reason() -> None:
    result = Result(outcome=Outcome.PERMANENT, phase=Phase.MAIL, reply=None, reason="no domain")
    delivery = policy.after(make_delivery(), result, now=NOON, on_uncertain=SKIP)

    assert (delivery.status, delivery.reason) == (DeliveryStatus.REJECTED, "no domain")
    assert policy.attempt_of(result, "main", NOON).text == "no domain"


@pytest.mark.parametrize(
    ("tries", "wait"),
    [
        (0, MINUTE),
        (1, 5 * MINUTE),
        (2, 15 * MINUTE),
        (3, HOUR),
        (4, 3 * HOUR),
        (5, 6 * HOUR),
        (6, 6 * HOUR),
    ],
)
def test_waits_grow_from_a_minute_to_six_hours(tries: int, wait: timedelta) -> None:
    delivery = policy.after(make_delivery(tries=tries), GREYLISTED, now=NOON, on_uncertain=SKIP)

    assert (delivery.status, delivery.tries) == (DeliveryStatus.DEFERRED, tries + 1)
    assert delivery.next_try_at == NOON + wait


def test_the_last_try_is_at_the_last_hour_and_then_it_expires() -> None:
    late = DUE + LAST_HOUR - timedelta(hours=2)
    last = policy.after(make_delivery(tries=7), GREYLISTED, now=late, on_uncertain=SKIP)
    assert last.next_try_at == DUE + LAST_HOUR

    again = replace(last, status=DeliveryStatus.SENDING)
    over = policy.after(again, GREYLISTED, now=DUE + LAST_HOUR, on_uncertain=SKIP)
    assert (over.status, over.reason) == (DeliveryStatus.REJECTED, "expired")


@pytest.mark.parametrize("phase", [Phase.MAIL, Phase.RCPT, Phase.DATA])
def test_what_was_lost_before_the_dot_is_tried_again(phase: Phase) -> None:
    delivery = policy.after(make_delivery(), lost(phase), now=NOON, on_uncertain=SKIP)

    assert delivery.status is DeliveryStatus.DEFERRED


def test_one_that_begins_after_its_last_hour_gets_a_few_tries_all_the_same() -> None:
    """It had to wait, for a warm-up or an editor, and meets the greylisting that all meet."""
    delivery, now = make_delivery(), DUE + 2 * LAST_HOUR
    for wait in BACKOFF[:3]:
        delivery = policy.after(delivery, GREYLISTED, now=now, on_uncertain=SKIP)
        assert (delivery.status, delivery.next_try_at) == (DeliveryStatus.DEFERRED, now + wait)
        delivery, now = replace(delivery, status=DeliveryStatus.SENDING), now + wait
    over = policy.after(delivery, GREYLISTED, now=now, on_uncertain=SKIP)

    assert (over.status, over.reason) == (DeliveryStatus.REJECTED, "expired")


def test_what_was_lost_after_the_dot_rests_or_is_repeated_as_the_edition_says() -> None:
    skipped = policy.after(make_delivery(), lost(Phase.DOT), now=NOON, on_uncertain=SKIP)
    repeated = policy.after(make_delivery(), lost(Phase.DOT), now=NOON, on_uncertain=RESEND)
    over = policy.after(make_delivery(), lost(Phase.DOT), now=DUE + LAST_HOUR, on_uncertain=RESEND)

    assert (skipped.status, skipped.next_try_at) == (DeliveryStatus.UNCERTAIN, None)
    assert (repeated.status, repeated.next_try_at) == (DeliveryStatus.DEFERRED, NOON + MINUTE)
    assert over.status is DeliveryStatus.UNCERTAIN
    assert policy.attempt_of(lost(Phase.DOT), "main", NOON).outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize(
    ("result", "wait"),
    [
        (lost(Phase.CONNECT), policy.SHORT_PAUSE),
        (said(535, phase=Phase.CONNECT), policy.PAUSE),
        (said(454, phase=Phase.DOT, text="Daily message quota exceeded"), policy.QUOTA_PAUSE),
    ],
)
def test_our_own_fault_costs_the_reader_no_try(result: Result, wait: timedelta) -> None:
    late = DUE + 2 * LAST_HOUR
    delivery = policy.after(make_delivery(tries=3), result, now=late, on_uncertain=SKIP)

    assert (delivery.status, delivery.tries) == (DeliveryStatus.QUEUED, 3)
    assert delivery.next_try_at == late + wait


RELAYING = said(554, "5.7.1", phase=Phase.RCPT, text="Relay access denied")


def test_our_own_fault_with_one_reader_is_a_try_of_theirs_and_ends_with_the_last_hour() -> None:
    """A relay that carries to all domains but one keeps no issue open for ever."""
    first = policy.after(make_delivery(), RELAYING, now=NOON, on_uncertain=SKIP)
    over = policy.after(make_delivery(tries=3), RELAYING, now=DUE + LAST_HOUR, on_uncertain=SKIP)

    assert (first.status, first.tries) == (DeliveryStatus.DEFERRED, 1)
    assert first.next_try_at == NOON + MINUTE
    assert (over.status, over.reason) == (DeliveryStatus.REJECTED, policy.EXPIRED)
    assert policy.gone(make_delivery(), RELAYING, now=NOON) is None


def test_a_hard_bounce_names_whom_to_suppress_and_nothing_else_does() -> None:
    ended = policy.settled(make_delivery(), REFUSED, relay="main", now=NOON, on_uncertain=SKIP)
    later = policy.settled(make_delivery(), GREYLISTED, relay="main", now=NOON, on_uncertain=SKIP)

    assert ended.delivery.status is DeliveryStatus.REJECTED
    assert ended.suppression is not None
    assert ended.suppression.email == ended.delivery.address
    assert ended.suppression.reason is SuppressionReason.HARD_BOUNCE
    assert ended.suppression.note == "550 5.1.1 no"
    assert later.suppression is None


@pytest.mark.parametrize("status", sorted(set(DeliveryStatus) - {DeliveryStatus.SENDING}, key=str))
def test_only_what_was_started_can_end(status: DeliveryStatus) -> None:
    with pytest.raises(MoveForbidden):
        policy.after(make_delivery(status=status), ACCEPTED, now=NOON, on_uncertain=SKIP)


def test_the_ledger_keeps_the_beginning_of_a_long_reply() -> None:
    result = said(550, "5.1.1", phase=Phase.RCPT, text="x" * 5000)

    assert len(policy.attempt_of(result, "main", NOON).text) == 1000


# --- laws ---------------------------------------------------------------------------------------

replies = st.builds(
    Reply,
    code=st.integers(200, 599),
    text=st.text(max_size=30),
    enhanced=st.none() | st.sampled_from(["5.7.1", "5.1.1", "4.7.0", "5.1.8", "2.0.0"]),
)
results = st.builds(
    Result,
    outcome=st.sampled_from(Outcome),
    phase=st.sampled_from(Phase),
    reply=st.none() | replies,
    reason=st.text(max_size=30),
)
instants = st.integers(0, 90 * 24 * 60).map(lambda minutes: DUE + minutes * MINUTE)
rules = st.sampled_from(OnUncertain)
deliveries = st.builds(
    lambda status, tries, due: make_delivery(status=status, tries=tries, due_at=due),
    st.sampled_from(DeliveryStatus),
    st.integers(0, 50),
    instants,
)


@given(deliveries, results, instants, rules)
def test_an_end_state_is_never_left(
    delivery: Delivery, result: Result, now: datetime, rule: OnUncertain
) -> None:
    try:
        changed = policy.after(delivery, result, now=now, on_uncertain=rule)
    except MoveForbidden:
        assert delivery.status is not DeliveryStatus.SENDING
        return
    assert changed.status in MOVES[delivery.status]


@given(results, instants, instants, st.integers(0, 50), rules)
def test_nothing_is_scheduled_in_the_past_or_behind_the_last_hour(
    result: Result, now: datetime, due: datetime, tries: int, rule: OnUncertain
) -> None:
    delivery = make_delivery(tries=tries, due_at=due)
    changed = policy.after(delivery, result, now=now, on_uncertain=rule)

    waits = changed.status in {DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED}
    assert (changed.next_try_at is not None) == waits
    if changed.next_try_at is not None:
        assert changed.next_try_at >= now
    if changed.status is DeliveryStatus.DEFERRED and changed.next_try_at is not None:
        assert changed.next_try_at <= due + LAST_HOUR or changed.tries <= 3


@given(instants, st.lists(results.filter(lambda r: r.outcome is not Outcome.ACCEPTED), max_size=60))
def test_tries_of_a_delivery_are_bounded(due: datetime, fates: list[Result]) -> None:
    """However the server misbehaves, a reader's delivery ends by its last hour."""
    delivery, now = make_delivery(due_at=due), due
    for fate in fates:
        delivery = policy.after(delivery, fate, now=now, on_uncertain=RESEND)
        if delivery.status is DeliveryStatus.DEFERRED and delivery.next_try_at is not None:
            now = delivery.next_try_at
        elif delivery.status is not DeliveryStatus.QUEUED:
            break
        delivery = replace(delivery, status=DeliveryStatus.SENDING)
    assert delivery.tries <= len(BACKOFF) + 5
    assert now <= due + LAST_HOUR + 3 * BACKOFF[2]


@given(results, st.integers(0, 50), instants)
def test_our_own_fault_ends_no_delivery_before_its_last_hour_and_three_tries(
    result: Result, tries: int, now: datetime
) -> None:
    if verdict(result) is Verdict.OURS:
        delivery = make_delivery(tries=tries)
        changed = policy.after(delivery, result, now=now, on_uncertain=SKIP)
        if changed.status not in {DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED}:
            assert (changed.status, changed.reason) == (DeliveryStatus.REJECTED, policy.EXPIRED)
            assert now >= DUE + LAST_HOUR
            assert tries >= 3
        assert policy.gone(delivery, result, now=now) is None


@given(results)
def test_only_a_lasting_no_suppresses(result: Result) -> None:
    ended = policy.settled(make_delivery(), result, relay="main", now=NOON, on_uncertain=SKIP)
    if ended.suppression is not None:
        assert result.outcome is Outcome.PERMANENT
        assert ended.delivery.status is DeliveryStatus.REJECTED
