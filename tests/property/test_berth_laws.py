"""Laws of a relay's connections: a slow house fills them all only where nobody else wants any."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from publisher.deliver.berths import Berths
from publisher.model.names import DeliveryId

TURN = 0.1  # seconds
LOOK = 1.0  # as in berths.py: so long others are waited for
HOUSES = "quick", "slow", "slower"
# Whose mail asks in a turn, and whether the mails of each go or are taken back.
asked = st.lists(st.tuples(st.sampled_from(HOUSES), st.integers(0, 9)), min_size=50, max_size=200)
connections = st.integers(1, 20)


@dataclass
class Quay:
    """A relay that is asked once in every turn, and takes as long as the house says."""

    connections: int
    takes: dict[str, float]
    berths: Berths = field(init=False)
    at: float = 1000.0
    flying: dict[DeliveryId, tuple[str, float]] = field(default_factory=dict)
    number: int = 0
    went: dict[str, float] = field(default_factory=dict)  # when the last one of a house did

    def __post_init__(self) -> None:
        self.berths = Berths(connections=self.connections)

    def learn(self) -> None:
        """One mail of each house, each by itself, and no longer than they take.

        With the longest list of asks this stays within the minute in which others are a measure.
        """
        for house, takes in self.takes.items():
            assert self.ask(house)
            self.wait(takes)

    def wait(self, seconds: float) -> None:
        self.at += seconds
        for one, (_, lands) in list(self.flying.items()):
            if lands <= self.at:
                del self.flying[one]
                self.berths.landed(one, at=lands)

    def ask(self, house: str, *, goes: bool = True) -> bool:
        if len(self.flying) >= self.connections or self.berths.room(house, at=self.at) == 0:
            return False
        self.number += 1
        one = DeliveryId(self.number)
        self.berths.taken(house, one, at=self.at)
        self.went[house] = self.at
        if goes:
            self.flying[one] = house, self.at + self.takes[house]
        else:
            self.berths.never_left(one)
        return True

    def slow_ones(self) -> int:
        return sum(house != "quick" for house, _ in self.flying.values())


def quay(connections: int) -> Quay:
    found = Quay(connections, {"quick": 0.05, "slow": 5.0, "slower": 30.0})
    found.learn()
    return found


@given(connections, asked)
def test_slow_houses_have_half_while_others_go(
    connections: int, asks: list[tuple[str, int]]
) -> None:
    berths = quay(connections)
    half = max(1, connections // 2)
    for house, fate in asks:
        before, other = berths.slow_ones(), berths.went["quick"]
        if berths.ask(house, goes=fate > 0) and house != "quick" and before >= half:
            assert berths.at - other >= LOOK
        berths.wait(TURN)


@given(connections, asked)
def test_no_other_house_is_ever_refused_and_no_slow_one_for_long(
    connections: int, asks: list[tuple[str, int]]
) -> None:
    berths = quay(connections)
    for house, fate in asks:
        free = len(berths.flying) < connections
        assert berths.ask(house, goes=fate > 0) or house != "quick" or not free
        berths.wait(TURN)
    berths.wait(2 * berths.takes["slower"])
    for _ in range(connections):
        turns = 0
        while not berths.ask("slower"):
            berths.wait(TURN)
            turns += 1
            assert turns <= 2 + LOOK / TURN
    assert berths.slow_ones() == connections


@given(
    connections,
    st.lists(st.sampled_from(("one", "two")), min_size=50, max_size=200),
    st.floats(0.1, 60),
)
def test_a_relay_that_is_slow_with_everybody_keeps_nobody_back(
    connections: int, asks: list[str], takes: float
) -> None:
    berths = Quay(connections, {"one": takes, "two": takes * 2})
    berths.learn()
    for house in asks:
        free = len(berths.flying) < connections
        assert berths.ask(house) is free
        berths.wait(TURN)


def test_a_house_that_is_quick_again_is_as_any_other() -> None:
    berths = quay(2)
    assert berths.berths.slow == {"slow", "slower"}

    berths.takes["slow"] = 0.05
    for _ in range(12):
        assert berths.ask("slow")
        berths.wait(TURN)

    assert berths.berths.slow == {"slower"}


def test_no_more_houses_are_remembered_than_some_thousands() -> None:
    berths = Berths(connections=2)
    for number in range(10_000):
        one = DeliveryId(number)
        berths.taken(f"house{number}.test", one, at=float(number))
        berths.landed(one, at=number + 0.01)

    assert len(berths._houses) <= 4096
