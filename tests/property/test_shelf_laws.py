"""Laws of what is held for a mail house: it never waits for mails that wait for it in the ledger."""

from collections import deque
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from publisher.deliver.shelves import Claimed, Shelf, cut
from publisher.deliver.tempo import Tempo
from tests.support.build import NOON, make_delivery

TURN = 0.5  # seconds
CLAIM, CLAIMS = 500, 20  # mails at once, and how often in a turn
ONE: Claimed = (make_delivery(), NOON)


@given(st.integers(2, 150), st.integers(60, 130))
def test_a_house_is_kept_busy_however_many_of_its_mails_wait(pace: int, seconds: int) -> None:
    """It takes so many a second; the ledger has thrice as many, and others are looked for."""
    many = 3 * pace * seconds
    shelf, due = Shelf(tempo=Tempo(0.0)), deque([NOON] * many)
    taken = put_off = 0
    for turn in range(int(seconds / TURN)):
        at, now = turn * TURN, NOON + timedelta(seconds=turn * TURN)
        for _ in range(CLAIMS):
            if len(shelf.ones) >= CLAIM and not shelf.tempo.tells(at=at):
                break
            shelf.ones.extend([ONE] * _claimed(due, now))
        beyond = cut(shelf.ones, shelf.fits(at=at, unknown=2 * CLAIM))
        back = shelf.book(len(beyond), at=at, now=now)
        before = due[-1] if due else NOON
        assert back == sorted(back)
        assert not back or before <= back[0], "behind those that went back before"
        due.extend(back)
        put_off += len(beyond)
        goes = min(len(shelf.ones), int(pace * TURN * (turn + 1)) - int(pace * TURN * turn))
        cut(shelf.ones, len(shelf.ones) - goes)
        shelf.tempo.count += goes
        taken += goes

    assert taken >= 0.9 * pace * seconds
    assert put_off <= many * (seconds / 60 + 1) + 2 * taken, "no more is written than is worth it"


def _claimed(due: deque[datetime], now: datetime) -> int:
    """How many are, the first ones first."""
    some = 0
    while some < CLAIM and due and due[0] <= now:
        due.popleft()
        some += 1
    return some
