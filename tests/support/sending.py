"""A sealed issue on a real ledger (SQLite), and everything to deliver it with."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from publisher.deliver.committer import Report
from publisher.deliver.dispatcher import deliver
from publisher.deliver.lane import Lane, Pace, Patience
from publisher.deliver.pool import Pool, Wear
from publisher.deliver.session import Deadlines
from publisher.errors import PublisherError
from publisher.model.deliveries import (
    Attempt,
    Balance,
    Delivery,
    DeliveryStatus,
    Settled,
)
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from publisher.model.issues import IssueStatus
from publisher.model.names import DeliveryId, EditionId, IssueId
from publisher.model.relays import Relay
from publisher.ports import Heard, Start
from publisher.store.audience import SqlAudience
from publisher.store.database import Database, open_database
from publisher.store.issues import SqlIssues
from publisher.store.ledger import SqlLedger
from publisher.store.outbox import SqlOutbox
from publisher.store.schema import migrate
from tests.support.build import NOON, make_applicant, make_digest, make_issue

DICE = Random(1)  # noqa: S311 - jitter
ISSUE, EDITION = IssueId("morning-20261123-0800"), EditionId("morning")
MINUTE = timedelta(minutes=1)
OK = b"250 2.0.0 OK\r\n"
QUICK = Pace(
    batch=8,
    poll=0.02,
    rest=0.02,
    grace=0.05,
    fresh=60.0,  # on a busy machine too
    patience=Patience(first=0.001, once_halted=0.1),
)


@dataclass
class Ticker:
    """A clock that tests turn."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Running(Ticker):
    """A clock that goes by itself."""

    began: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def __call__(self) -> datetime:
        gone = asyncio.get_running_loop().time() - self.began
        return self.now + timedelta(seconds=gone)


@dataclass
class Outbox(SqlOutbox):
    """The real one; notes what is under way, and fails when it is told to."""

    database: Database
    failures: list[Exception] = field(default_factory=list)
    commits: int = 0
    handed: int = 0  # of these, by a sender that did not wait
    asked: set[int] = field(default_factory=set)  # whose start was asked for
    most_sending: int = 0
    sending: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(self.database)

    async def commit(
        self, settled: Sequence[Settled], starts: Sequence[Start], *, now: datetime, owner: str
    ) -> Sequence[Delivery]:
        if self.failures:
            raise self.failures.pop(0)
        self.asked |= {one.delivery for one in starts}
        started = await super().commit(settled, starts, now=now, owner=owner)
        self._note(settled, started)
        return started

    def hand_over(
        self,
        settled: Sequence[Settled],
        starts: Sequence[Start],
        *,
        owner: str,
        then: Heard,
    ) -> bool:
        def told(started: Sequence[Delivery] | None) -> None:
            if started is not None:
                self._note(settled, started)
                self.handed += 1
            then(started)

        if self.failures or not super().hand_over(settled, starts, owner=owner, then=told):
            return False
        self.asked |= {one.delivery for one in starts}
        return True

    def _note(self, settled: Sequence[Settled], started: Sequence[Delivery]) -> None:
        self.commits += 1
        self.sending -= {one.delivery.id for one in settled}
        self.sending |= {one.id for one in started}
        self.most_sending = max(self.most_sending, len(self.sending))


@dataclass
class Room:
    """A sealed issue and everything to deliver it with."""

    outbox: Outbox
    ledger: SqlLedger
    audience: SqlAudience
    clock: Ticker = field(default_factory=Ticker)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    on_uncertain: OnUncertain = OnUncertain.SKIP
    unmailable: Collection[str] = ()
    broken: Collection[str] = ()
    reports: list[Report] = field(default_factory=list)
    wear: Wear = field(default_factory=lambda: Wear(jitter=0))
    deadlines: Deadlines = field(default_factory=Deadlines)
    kept: Sequence[tuple[Delivery, Sequence[Attempt]]] = ()
    foreseen: list[DeliveryId] = field(default_factory=list)
    all_foreseen: bool = True  # but where more is claimed than a house takes

    def message_id(self, delivery: Delivery) -> str:
        return f"m{delivery.subscriber}@embankment.test"

    async def foresee(self, claimed: Sequence[Delivery]) -> None:
        assert {one.status for one in claimed} <= {DeliveryStatus.CLAIMED}
        self.foreseen += [one.id for one in claimed]

    async def compose(self, delivery: Delivery, *, eight_bit: bool = False) -> Mail:
        assert delivery.status is DeliveryStatus.SENDING
        known = delivery.id in self.foreseen or not self.all_foreseen
        assert known, "what is claimed is foreseen before it starts"
        assert delivery.message_id == self.message_id(delivery)
        if delivery.address in self.unmailable:
            raise PublisherError("no header can carry it")
        if delivery.address in self.broken:
            raise LookupError("a digest that is not stored")
        return Mail(
            delivery=delivery.id,
            envelope_from="digest@embankment.test",
            recipient=delivery.address,
            message_id=delivery.message_id or "",
            chunks=(b"Message-ID: <", (delivery.message_id or "").encode(), b">\r\n\r\n.\r\n"),
        )

    async def uncertain(self, issue: IssueId) -> OnUncertain:
        assert issue == ISSUE
        return self.on_uncertain

    async def round(self, relay: Relay, *, follow: bool = False, pace: Pace = QUICK) -> Report:
        async with Pool(
            relay, dice=DICE, hello="me.test", wear=self.wear, deadlines=self.deadlines
        ) as pool:
            lane = Lane(
                outbox=self.outbox,
                hand_over=self.outbox.hand_over,
                pool=pool,
                compose_mail=self.compose,
                foresee=self.foresee,
                message_id=self.message_id,
                on_uncertain=self.uncertain,
                clock=self.clock,
                owner="me",
            )
            return await deliver(
                lane, stop=self.stop, follow=follow, pace=pace, told=self.reports.append
            )

    async def balance(self) -> Balance:
        balance = await self.ledger.balance(ISSUE)
        assert balance.balanced
        return balance

    async def rows(self) -> dict[str, tuple[Delivery, Sequence[Attempt]]]:
        found = await self.ledger.deliveries(ISSUE)
        return {delivery.address: (delivery, tries) for delivery, tries in found}

    async def keep_rows(self) -> None:
        """For whoever looks once the ledger is closed."""
        self.kept = await self.ledger.deliveries(ISSUE)

    async def statuses(self) -> set[DeliveryStatus]:
        return {delivery.status for delivery, _ in (await self.rows()).values()}


def reader(number: int) -> str:
    return f"r{number:03}@readers.test"


@cache
def blank_database() -> bytes:
    """An empty ledger; made once, for migrating takes longer than a round."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "blank.db"
        migrate(f"sqlite:///{file}")
        return file.read_bytes()


@asynccontextmanager
async def sealed(
    folder: Path, readers: int, *, others: Collection[str] = (), busy_ms: int = 5_000
) -> AsyncIterator[Room]:
    file = folder / "publisher.db"
    file.write_bytes(blank_database())
    async with open_database(f"sqlite:///{file}", busy_ms=busy_ms) as database:
        room = Room(
            outbox=Outbox(database), ledger=SqlLedger(database), audience=SqlAudience(database)
        )
        addresses = [*(reader(number) for number in range(readers)), *others]
        people = [make_applicant(email=one) for one in addresses]
        await room.audience.enrol(people, now=NOON)
        issue = make_issue(status=IssueStatus.APPROVED)
        await SqlIssues(database).save(make_issue())
        await SqlIssues(database).save(issue)
        going = make_issue(status=IssueStatus.SEALED, sealed_at=NOON)
        assert await room.outbox.seal(going, [make_digest()], now=NOON) == len(people)
        yield room
