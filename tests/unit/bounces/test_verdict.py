"""What follows from a bounce."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from publisher.bounces.verdict import LIMIT, is_ours, score, suppression
from publisher.inlets import Faults
from publisher.model.bounces import WEIGHTS, Bounce, Kind, Reason, Weight
from publisher.model.people import SuppressionReason
from tests.support.build import NOON, make_bounce

DAY = timedelta(days=1)


def outlived(reason: Reason, days: Iterable[int]) -> int:
    """How many such bounces, one on each of these days, an address lives through."""
    before: list[Bounce] = []
    for day in days:
        bounce = make_bounce(reason=reason, at=NOON + day * DAY)
        if suppression(bounce, before):
            return len(before)
        before.append(bounce)
    return len(before)


@pytest.mark.parametrize("reason", [one for one in Reason if WEIGHTS[one] is Weight.HARD])
def test_a_hard_bounce_suppresses_at_once_but_for_a_lost_domain(reason: Reason) -> None:
    hard = suppression(make_bounce(reason=reason), [])

    assert hard is (None if reason is Reason.HOST_UNKNOWN else SuppressionReason.HARD_BOUNCE)


def test_a_domain_gets_three_chances() -> None:
    assert outlived(Reason.HOST_UNKNOWN, range(10)) == 2


def test_a_full_mailbox_is_forgiven_for_a_while() -> None:
    assert outlived(Reason.MAILBOX_FULL, range(20)) == 4
    assert outlived(Reason.MAILBOX_FULL, range(0, 200, 7)) == 5
    assert outlived(Reason.MAILBOX_FULL, range(0, 1000, 30)) == 34


@pytest.mark.parametrize(
    "reason", [one for one in Reason if WEIGHTS[one] in {Weight.OURS, Weight.NEITHER}]
)
def test_our_fault_and_one_mails_fault_never_suppress(reason: Reason) -> None:
    assert outlived(reason, range(100)) == 100


def test_a_complaint_suppresses_and_a_delay_does_not() -> None:
    complaint = make_bounce(kind=Kind.COMPLAINT, reason=Reason.COMPLAINT)

    assert suppression(complaint, []) is SuppressionReason.COMPLAINT
    assert suppression(make_bounce(kind=Kind.DELAY, reason=Reason.USER_UNKNOWN), []) is None


def test_many_issues_on_one_day_are_one_bounce() -> None:
    assert score([make_bounce()] * 50, now=NOON) == 1.0
    assert score([make_bounce(), make_bounce(reason=Reason.DISABLED)], now=NOON) == 2.0


def test_a_score_fades_by_half_in_a_month() -> None:
    assert score([make_bounce()], now=NOON + 30 * DAY) == 0.5
    assert score([make_bounce()], now=NOON + 60 * DAY) == 0.25


def test_a_clock_set_back_makes_no_bounce_heavier() -> None:
    assert score([make_bounce(at=datetime.max.replace(tzinfo=NOON.tzinfo))], now=NOON) == 1.0
    assert LIMIT > 1


@pytest.mark.parametrize(
    ("readers", "accepted", "stops"),
    [
        *((1, 1, False), (2, 4, True), (2, 5, False), (4, 9, False)),
        *((5, 250, True), (5, 251, False), (50, 2500, True)),
    ],
)
def test_sending_stops_when_many_come_back_by_our_fault(
    readers: int, accepted: int, *, stops: bool
) -> None:
    assert is_ours(Faults(readers=readers, accepted=accepted)) is stops
