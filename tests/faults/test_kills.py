"""SIGKILL at random moments of a campaign: none lost, none twice, the balance holds."""

import asyncio
import random
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.model.deliveries import Balance, DeliveryStatus
from publisher.model.names import IssueId
from tests.support.counting_sink import Sink
from tests.support.newsroom import Room, composed, enrol, make_living_room

CONNECTIONS = 20


@dataclass(kw_only=True)
class Campaign:
    """What the mail server got, and what the ledger says of it."""

    mails: int
    sink: Sink = field(default_factory=Sink)
    killed: int = 0  # that were at work still
    balance: Balance = field(init=False)
    ledger: dict[str, DeliveryStatus] = field(default_factory=dict)

    async def read(self, room: Room, issue: IssueId) -> None:
        """The ledger as it stands, which must hold whoever died; a row for everyone, always."""
        async with room.at_work() as app:
            self.balance = await app.house.ledger.balance(issue)
            rows = await app.house.ledger.deliveries(issue, limit=self.mails + 1)
        self.ledger = {delivery.address: delivery.status for delivery, _ in rows}
        assert (self.balance.balanced, self.balance.planned) == (True, self.mails)
        assert len(self.ledger) == self.mails

    def nobody_is_lost(self) -> None:
        """Who got a mail according to the ledger got one; who got none is not known to have."""
        said = {one for one, status in self.ledger.items() if status is DeliveryStatus.ACCEPTED}
        assert said <= self.sink.accepted.keys() <= self.ledger.keys()
        assert len(said) == self.balance.accepted
        rest = {status for one, status in self.ledger.items() if one not in said}
        assert rest <= {DeliveryStatus.UNCERTAIN}

    @property
    def repeated(self) -> int:
        """Mails that came once more."""
        return sum(count - 1 for count in self.sink.accepted.values())


async def campaign(
    folder: Path,
    *,
    mails: int,
    kills: int,
    on_uncertain: str,
    database: str | None = None,
    seed: int = 20261123,
) -> Campaign:
    """Seal an issue for `mails` readers; kill `kills` senders on the way, let the last one end."""
    run, dice = Campaign(mails=mails), random.Random(seed)  # noqa: S311 - moments, not secrets
    server = await asyncio.start_server(run.sink.serve, "127.0.0.1", 0, limit=1 << 20)
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
            run.killed += await _killed_at(run.sink, mark, sender)
            await run.read(room, issue)
        sender = room.start("send", issue)
        await asyncio.to_thread(sender.communicate, timeout=600)
        await run.read(room, issue)
    return run


async def _sealed(room: Room, mails: int) -> IssueId:
    async with room.at_work() as app:
        await enrol(app, mails)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
    return issue.id


async def _killed_at(sink: Sink, mark: int, sender: subprocess.Popen[str]) -> bool:
    """SIGKILL as soon as the sink has so many; False where the sender had ended before."""
    ended = asyncio.ensure_future(asyncio.to_thread(sender.wait))
    reached = asyncio.ensure_future(sink.until(mark))
    await asyncio.wait([ended, reached], return_when=asyncio.FIRST_COMPLETED, timeout=60)
    sender.send_signal(signal.SIGKILL)
    await ended
    reached.cancel()
    sender.stdout and sender.stdout.close()
    sender.stderr and sender.stderr.close()
    return sender.returncode == -signal.SIGKILL


@pytest.mark.timeout(300)  # twelve starts of the program, on whatever machine this is
async def test_ten_kills_during_2000_mails_lose_nobody_and_repeat_nothing(
    tmp_path: Path, database: Callable[[], str | None]
) -> None:
    run = await campaign(
        tmp_path / "room", mails=2000, kills=10, on_uncertain="skip", database=database()
    )

    assert run.killed >= 8, "two that ended by themselves at most: a mark may be near the end"
    _was_skipped(run)


@pytest.mark.timeout(300)
async def test_under_resend_ten_kills_lose_nobody_and_repeat_at_most_one_per_connection(
    tmp_path: Path, database: Callable[[], str | None]
) -> None:
    run = await campaign(
        tmp_path / "room", mails=2000, kills=10, on_uncertain="resend", database=database()
    )

    assert run.killed >= 8
    _was_resent(run)


@pytest.mark.torture
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("number", range(2))
async def test_a_hundred_kills_over_campaigns_of_20000(
    number: int, tmp_path: Path, database: Callable[[], str | None]
) -> None:
    """Two of fifty on each database: two hundred in all."""
    _was_skipped(
        await campaign(
            tmp_path / "room",
            mails=20_000,
            kills=50,
            on_uncertain="skip",
            database=database(),
            seed=number,
        )
    )


@pytest.mark.torture
@pytest.mark.timeout(3600)
async def test_under_resend_kills_lose_nobody_and_repeat_at_most_one_per_connection(
    tmp_path: Path, database: Callable[[], str | None]
) -> None:
    _was_resent(
        await campaign(
            tmp_path / "room", mails=20_000, kills=50, on_uncertain="resend", database=database()
        )
    )


def _was_skipped(run: Campaign) -> None:
    run.nobody_is_lost()
    assert run.balance.accepted + run.balance.uncertain == run.mails
    assert run.balance.uncertain <= run.killed * CONNECTIONS
    assert run.repeated == 0


def _was_resent(run: Campaign) -> None:
    run.nobody_is_lost()
    assert run.balance.accepted == len(run.sink.accepted) == run.mails
    assert run.repeated <= run.killed * CONNECTIONS
