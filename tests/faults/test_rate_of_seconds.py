"""A rate of seconds, counted where it matters: at the server, by its own clock."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher.deliver.lane import Pace
from publisher.model.deliveries import Delivery
from publisher.model.rates import DomainGroup, Rate
from publisher.outlets import Grant, Want
from publisher.store.buckets import SqlAllowances
from tests.support.build import NOON
from tests.support.counting_sink import Sink
from tests.support.fleets import Harbour
from tests.support.sending import Outbox, Running, sealed
from tests.support.smtp_server import make_relay

TWENTY = Rate(count=20, per=timedelta(seconds=1))
READERS = 70


def to_the_next(every: float) -> float:
    """Seconds until the loop's clock is a multiple of so many."""
    return every - asyncio.get_running_loop().time() % every


class Gusty(Sink):
    """It answers texts only every so many seconds, and then all that it has got."""

    def __init__(self, every: float) -> None:
        self.every = every
        super().__init__()

    @property
    def delay(self) -> float:
        return to_the_next(self.every)

    @delay.setter
    def delay(self, value: float) -> None:
        assert not value


class GustyOutbox(Outbox):
    """A store whose disk is busy: it commits only every so many seconds."""

    every = 0.3

    def hand_over(self, *of: Any, **more: Any) -> bool:
        return False

    async def commit(self, *of: Any, **more: Any) -> Sequence[Delivery]:
        await asyncio.sleep(to_the_next(self.every))
        return await super().commit(*of, **more)


def most_in_a_second(times: Sequence[float]) -> int:
    """The fullest span of a second, wherever it begins, less what a busy machine may be late."""
    return max(sum(at <= one < at + 0.95 for one in times) for at in times)


@asynccontextmanager
async def serving(sink: Sink) -> AsyncIterator[int]:
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 20)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize("every", [0.3, 0.9], ids=["slow", "slower"])
async def test_no_second_holds_more_mails_than_the_rate(tmp_path: Path, every: float) -> None:
    """However the server takes its time."""
    sink = Gusty(every)
    async with serving(sink) as port, sealed(tmp_path, READERS) as room:
        room.clock = Running(now=NOON)
        relay = make_relay(port, connections=25, rates=(TWENTY,))
        report = await Harbour(room, [relay], pace=Pace()).deliver()

    assert report.accepted == READERS
    assert most_in_a_second(sink.introductions) <= 20
    assert most_in_a_second(sink.texts) <= 20


async def test_nor_does_a_busy_store_let_mails_bunch(tmp_path: Path) -> None:
    """What had to wait for a commit together does not go out together."""
    sink = Sink()
    async with serving(sink) as port, sealed(tmp_path, READERS) as room:
        room.clock, room.outbox = Running(now=NOON), GustyOutbox(room.outbox.database)
        relay = make_relay(port, connections=25, rates=(TWENTY,))
        report = await Harbour(room, [relay], pace=Pace()).deliver()

    assert report.accepted == READERS
    assert most_in_a_second(sink.introductions) <= 20


class SlowAllowances(SqlAllowances):
    """Its answer comes when the slot that the tokens were taken in has gone by."""

    async def take(self, wants: Sequence[Want], *, now: datetime) -> Mapping[str, Grant]:
        granted = await super().take(wants, now=now)
        await asyncio.sleep(2 * TWENTY.slot.total_seconds())
        return granted


async def test_a_store_slower_than_a_slot_lets_mail_go(tmp_path: Path) -> None:
    """Tokens had been void whenever they came, and nothing ever went."""
    sink = Sink()
    async with serving(sink) as port, sealed(tmp_path, 30) as room:
        room.clock = Running(now=NOON)
        harbour = Harbour(room, [make_relay(port, rates=(TWENTY,))], pace=Pace())
        harbour.traffic.governor.allowances = SlowAllowances(room.outbox.database)
        report = await harbour.deliver()

    assert report.accepted == 30


async def test_a_mail_house_with_a_rate_of_seconds_is_never_spoken_to_ahead(
    tmp_path: Path,
) -> None:
    """Others on the same session are."""
    sink = Gusty(0.3)
    some = [f"x{n}@slow.test" for n in range(40)]
    slow = DomainGroup(name="slow", domains=("slow.test",), rates=(TWENTY,))
    async with serving(sink) as port, sealed(tmp_path, 40, others=some) as room:
        room.clock = Running(now=NOON)
        harbour = Harbour(room, [make_relay(port, connections=10)], {"slow": slow}, pace=Pace())
        report = await harbour.deliver()

    assert report.accepted == 80
    assert most_in_a_second(sink.introduced_to("slow.test")) <= 20
