"""The line and the shelves beside it: who is next, and who waits for their mail house."""

from dataclasses import replace
from datetime import timedelta

import pytest

from publisher.deliver.shelves import Claimed, Shelves
from publisher.deliver.tempo import Tempo
from publisher.model.deliveries import Delivery
from publisher.model.names import DeliveryId, IssueId
from tests.support.build import NOON, make_delivery

UNTIL = NOON + timedelta(minutes=5)


def claimed(number: int, house: str, *, notice: bool = False) -> Claimed:
    issue = IssueId("notice:n1") if notice else make_delivery().issue
    one = replace(
        make_delivery(), id=DeliveryId(number), issue=issue, address=f"r{number}@{house}.test"
    )
    return one, UNTIL


def house_of(delivery: Delivery) -> str:
    return delivery.address.rpartition("@")[2]


def shelves(*ones: Claimed) -> Shelves:
    found = Shelves(house_of, time=lambda: 0.0)
    found.add(ones)
    return found


def drained(found: Shelves) -> list[int]:
    ids = []
    while (one := found.first()) is not None:
        ids.append(one[0].id)
        found.went()
    return ids


def test_they_go_in_the_order_in_which_they_were_claimed_and_notices_before_them() -> None:
    found = shelves(claimed(1, "a"), claimed(2, "b"))
    found.add([claimed(3, "a"), claimed(-1, "c", notice=True), claimed(-2, "c", notice=True)])

    assert len(found) == 5
    assert drained(found) == [-1, -2, 1, 2, 3]


def test_a_barred_house_keeps_all_of_its_own_and_nobody_elses() -> None:
    found = shelves(*(claimed(number, "ab"[number % 2]) for number in range(6)))
    found.first()
    assert found.bar() == "a.test"

    assert drained(found) == [1, 3, 5]
    assert len(found) == 0
    assert [one.id for one, _ in found.aside()] == [0, 2, 4]
    found.add([claimed(6, "a"), claimed(7, "b")])
    assert drained(found) == [7]


def test_so_many_of_a_shelf_go_as_there_is_room_for() -> None:
    found = shelves(*(claimed(number, "a") for number in range(5)))
    found.first()
    found.bar()
    assert drained(found) == []

    found.reopen("a.test", 2)
    assert len(found) == 2
    assert drained(found) == [0, 1]
    found.reopen("a.test", 9)
    assert len(found) == 3
    assert drained(found) == [2, 3, 4]
    assert not found.barred
    found.add([claimed(8, "a")])
    assert drained(found) == [8]


def test_a_shelf_that_was_open_is_barred_again_when_the_gate_says_so() -> None:
    found = shelves(claimed(1, "a"), claimed(2, "a"))
    found.first()
    found.bar()
    found.reopen("a.test", 5)
    found.first()

    assert found.bar() == "a.test"
    assert (found.first(), len(found)) == (None, 0)


def test_a_notice_goes_before_what_comes_off_a_shelf_and_lies_on_top_of_its_own() -> None:
    found = shelves(claimed(1, "a"), claimed(2, "a"))
    found.first()
    found.bar()
    drained(found)
    found.add([claimed(-1, "b", notice=True), claimed(-2, "a", notice=True)])
    found.reopen("a.test", 3)

    assert drained(found) == [-1, -2, 1, 2]


def test_what_is_dropped_or_cut_is_gone() -> None:
    found = shelves(*(claimed(number, "ab"[number % 2]) for number in range(8)))
    found.first()
    found.bar()

    assert found.drop([DeliveryId(0), DeliveryId(1), DeliveryId(99)]) == {0, 1}
    assert not found.barred, "what was on the shelf was all there was"
    assert [one.id for one, _ in found.cut(4)] == [6, 7]
    assert drained(found) == [2, 3, 4, 5]


@pytest.mark.parametrize(
    ("counts", "pace"),
    [([10, 10], 10.0), ([10, 0], 10.0), ([10, 0, 0], 0.0), ([0, 30], 30.0)],
)
def test_a_pace_is_what_the_last_two_seconds_say(counts: list[int], pace: float) -> None:
    tempo = Tempo(0.0)
    for second, count in enumerate(counts):
        tempo.count += count
        if second < len(counts) - 1:
            tempo.pace(at=second + 1.0)

    assert tempo.pace(at=len(counts) - 0.001) == pytest.approx(pace, rel=0.01)


def test_a_pace_that_has_just_begun_is_no_wild_guess() -> None:
    tempo = Tempo(0.0)
    tempo.count = 2

    assert tempo.pace(at=0.001) == 8
    assert not tempo.known
