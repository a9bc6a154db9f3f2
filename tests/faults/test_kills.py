"""SIGKILL at random moments of a campaign: none lost, none twice, the balance holds."""

import asyncio
import random
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.model.deliveries import Balance
from publisher.model.names import IssueId
from tests.support.counting_sink import Sink
from tests.support.databases import PostgresServer, postgres_server
from tests.support.newsroom import Room, composed, enrol, make_living_room

CONNECTIONS = 20


async def campaign(
    folder: Path,
    *,
    mails: int,
    kills: int,
    on_uncertain: str,
    database: str | None = None,
    seed: int = 20261123,
) -> tuple[Sink, Balance]:
    """Seal an issue for `mails` readers; kill `kills` senders on the way, let the last one end."""
    sink, dice = Sink(), random.Random(seed)  # noqa: S311 - moments, not secrets
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 20)
    async with server:
        port = server.sockets[0].getsockname()[1]
        room = make_living_room(
            folder, smtp=port, connections=CONNECTIONS, on_uncertain=on_uncertain
        )
        if database is not None:
            (room.config / "storage.toml").write_text(f'[storage]\nurl = "{database}"\n')
        issue = await _sealed(room, mails)
        marks = sorted(dice.sample(range(1, mails), kills))
        for mark in marks:
            sender = room.start("send", issue)
            await _killed_at(sink, mark, sender)
        sender = room.start("send", issue)
        await asyncio.to_thread(sender.communicate, timeout=600)
        async with room.at_work() as app:
            balance = await app.house.ledger.balance(issue)
    return sink, balance


async def _sealed(room: Room, mails: int) -> IssueId:
    async with room.at_work() as app:
        await enrol(app, mails)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
    return issue.id


async def _killed_at(sink: Sink, mark: int, sender: subprocess.Popen[str]) -> None:
    """SIGKILL as soon as the sink has so many; a sender that ended before was not needed."""
    ended = asyncio.ensure_future(asyncio.to_thread(sender.wait))
    reached = asyncio.ensure_future(sink.until(mark))
    await asyncio.wait([ended, reached], return_when=asyncio.FIRST_COMPLETED, timeout=60)
    sender.send_signal(signal.SIGKILL)
    await ended
    reached.cancel()
    sender.stdout and sender.stdout.close()
    sender.stderr and sender.stderr.close()


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    with postgres_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Callable[[], str | None]:
    """A database of its own for each campaign; None: the room's SQLite file."""
    if request.param == "sqlite":
        return lambda: None
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.fresh


@pytest.mark.timeout(300)  # twelve starts of the program, on whatever machine this is
async def test_ten_kills_during_2000_mails_lose_nobody_and_repeat_nothing(
    tmp_path: Path, database: Callable[[], str | None]
) -> None:
    sink, balance = await campaign(
        tmp_path / "room", mails=2000, kills=10, on_uncertain="skip", database=database()
    )

    assert balance.balanced
    assert (balance.planned, balance.waiting) == (2000, 0)
    assert balance.accepted + balance.uncertain == 2000
    assert balance.uncertain <= 10 * CONNECTIONS
    assert max(sink.accepted.values()) == 1
    assert len(sink.accepted) >= balance.accepted


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(2))
async def test_a_hundred_kills_over_campaigns_of_20000(
    number: int, tmp_path: Path, database: Callable[[], str | None]
) -> None:
    """Two of fifty on each database: two hundred in all."""
    sink, balance = await campaign(
        tmp_path / "room",
        mails=20_000,
        kills=50,
        on_uncertain="skip",
        database=database(),
        seed=number,
    )

    assert balance.balanced
    assert (balance.planned, balance.waiting) == (20_000, 0)
    assert max(sink.accepted.values()) == 1
    assert balance.uncertain <= 50 * CONNECTIONS
    assert len(sink.accepted) >= balance.accepted


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_under_resend_kills_lose_nobody_and_repeat_at_most_one_per_connection(
    tmp_path: Path, database: Callable[[], str | None]
) -> None:
    sink, balance = await campaign(
        tmp_path / "room", mails=20_000, kills=50, on_uncertain="resend", database=database()
    )

    assert balance.accepted == 20_000
    assert len(sink.accepted) == 20_000
    assert sum(count - 1 for count in sink.accepted.values()) <= 50 * CONNECTIONS
