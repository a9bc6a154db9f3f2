"""What follows from a bounce."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from publisher.bounces.verdict import LIMIT, is_ours, score, suppression
from publisher.inlets import Faults
from publisher.model.bounces import WEIGHTS, Bounce, Kind, Reason, Weight
from publisher.model.people import SuppressionReason
from publisher.model.rates import groups_of
from publisher.settings.build_smtp import build_groups
from tests.support.build import NOON, make_bounce

DAY = timedelta(days=1)
GROUPS = groups_of(build_groups({}))


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


EVIL, OTHER, THIRD = "evil.test", "other.test", "third.test"
MANY = {f"d{number}.test": 1 for number in range(24)}
HOUSE = GROUPS.named["gmail"].domains[0]


@pytest.mark.parametrize(
    ("domains", "accepted", "stops"),
    [
        # a small newspaper: half of it, and more than one
        *(({EVIL: 1}, 1, False), ({EVIL: 2}, 4, True), ({EVIL: 2}, 5, False)),
        *(({EVIL: 4}, 9, False), ({EVIL: 50}, 100, True), ({EVIL: 49}, 100, False)),
        # five readers, and a tenth
        *(({HOUSE: 4}, 40, False), ({HOUSE: 5}, 50, True), ({HOUSE: 5}, 51, False)),
        *(({HOUSE: 24}, 250, False), ({HOUSE: 25}, 250, True), ({HOUSE: 5}, 250, False)),
        *(({HOUSE: 999}, 10_000, False), ({HOUSE: 1000}, 10_000, True)),
        # one who owns a domain, or names below it, speaks for a third
        *(({EVIL: 5}, 50, False), ({EVIL: 3, OTHER: 2}, 50, False)),
        *(({EVIL: 2, OTHER: 2, THIRD: 1}, 50, True), ({EVIL: 90, OTHER: 9}, 250, False)),
        *(({EVIL: 9, OTHER: 9, THIRD: 7}, 250, True), ({EVIL: 90, HOUSE: 15}, 250, False)),
        *(({f"d{number}.{EVIL}": 1 for number in range(40)}, 250, False), (MANY, 250, False)),
        *((MANY | {EVIL: 1}, 250, True), (MANY | {EVIL: 1}, 251, False)),
    ],
)
def test_sending_stops_when_many_come_back_by_our_fault(
    domains: dict[str, int], accepted: int, *, stops: bool
) -> None:
    faults = Faults(domains=domains, accepted=accepted, planned=accepted)

    assert is_ours(faults, GROUPS) is stops


@pytest.mark.parametrize(
    ("planned", "stops"), [(2, True), (4, True), (5, False), (250, False), (1000, False)]
)
def test_the_first_that_are_mailed_do_not_stop_it_for_all(planned: int, *, stops: bool) -> None:
    assert is_ours(Faults(domains={HOUSE: 2}, accepted=2, planned=planned), GROUPS) is stops


def test_a_fault_of_the_beginning_stops_it_soon() -> None:
    """Long before a tenth of all has been mailed."""
    assert is_ours(Faults(domains={HOUSE: 25}, accepted=25, planned=1000), GROUPS)
