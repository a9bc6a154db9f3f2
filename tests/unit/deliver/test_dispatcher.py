"""Rounds over a real ledger (SQLite) and a real or a scripted mail server."""

import asyncio
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest

from publisher.deliver.committer import Patience, Report
from publisher.deliver.dispatcher import Lane, Pace, deliver
from publisher.deliver.policy import PAUSE, SHORT_PAUSE
from publisher.deliver.pool import Pool, Wear
from publisher.errors import PublisherError, Refused, StoreBusy
from publisher.model.deliveries import (
    Attempt,
    Balance,
    Delivery,
    DeliveryStatus,
    Outcome,
    Phase,
    Settled,
)
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from publisher.model.issues import IssueStatus
from publisher.model.names import EditionId, IssueId
from publisher.model.problems import Problem
from publisher.model.relays import Relay
from publisher.ports import Start
from publisher.store.audience import SqlAudience
from publisher.store.database import Database, open_database
from publisher.store.issues import SqlIssues
from publisher.store.ledger import SqlLedger
from publisher.store.outbox import SqlOutbox
from publisher.store.schema import migrate
from tests.support.build import NOON, make_applicant, make_digest, make_issue
from tests.support.smtp_server import (
    DROP,
    STALL,
    RealServer,
    Script,
    make_relay,
    raw_server,
    real_server,
)

DICE = Random(1)  # noqa: S311 - jitter
ISSUE, EDITION = IssueId("morning-20261123-0800"), EditionId("morning")
MINUTE = timedelta(minutes=1)
OK = b"250 2.0.0 OK\r\n"
QUICK = Pace(
    batch=8, poll=0.02, rest=0.02, grace=0.05, patience=Patience(first=0.001, once_halted=0.1)
)


@dataclass
class Ticker:
    """A clock that tests turn."""

    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Outbox(SqlOutbox):
    """The real one; notes what is under way, and fails when it is told to."""

    database: Database
    failures: list[Exception] = field(default_factory=list)
    commits: int = 0
    most_sending: int = 0
    sending: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(self.database)

    async def commit(
        self, settled: Sequence[Settled], starts: Sequence[Start], *, now: datetime, owner: str
    ) -> Sequence[Delivery]:
        if self.failures:
            raise self.failures.pop(0)
        started = await super().commit(settled, starts, now=now, owner=owner)
        self.commits += 1
        self.sending -= {one.delivery.id for one in settled}
        self.sending |= {one.id for one in started}
        self.most_sending = max(self.most_sending, len(self.sending))
        return started


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

    def message_id(self, delivery: Delivery) -> str:
        return f"m{delivery.subscriber}@embankment.test"

    async def compose(self, delivery: Delivery) -> Mail:
        assert delivery.status is DeliveryStatus.SENDING
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
        async with Pool(relay, dice=DICE, hello="me.test", wear=Wear(jitter=0)) as pool:
            lane = Lane(
                outbox=self.outbox,
                pool=pool,
                compose_mail=self.compose,
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
async def sealed(folder: Path, readers: int) -> AsyncIterator[Room]:
    file = folder / "publisher.db"
    file.write_bytes(blank_database())
    async with open_database(f"sqlite:///{file}") as database:
        room = Room(
            outbox=Outbox(database), ledger=SqlLedger(database), audience=SqlAudience(database)
        )
        people = [make_applicant(email=reader(number)) for number in range(readers)]
        await room.audience.enrol(people, now=NOON)
        issue = make_issue(status=IssueStatus.APPROVED)
        await SqlIssues(database).save(make_issue())
        await SqlIssues(database).save(issue)
        going = make_issue(status=IssueStatus.SEALED, sealed_at=NOON)
        assert await room.outbox.seal(going, [make_digest()], now=NOON) == readers
        yield room


# --- the ordinary day ---------------------------------------------------------------------------


async def test_everyone_gets_their_mail_once_and_the_ledger_says_so(tmp_path: Path) -> None:
    async with sealed(tmp_path, 30) as room, real_server() as server:
        report = await room.round(make_relay(server.port))

        assert report == Report(accepted=30)
        assert server.recipients == [reader(number) for number in range(30)]
        assert (await room.balance()).accepted == 30
        rows = await room.rows()
        for mail in server.mails:
            delivery, (attempt,) = rows[mail.recipient]
            expected = f"Message-ID: <{delivery.message_id}>\r\n\r\n.\r\n"
            assert mail.data == expected.encode()
            assert (attempt.outcome, attempt.phase) == (Outcome.ACCEPTED, Phase.DOT)
            assert (attempt.code, attempt.relay, attempt.at) == (250, "main", NOON)
        assert await room.outbox.close_balanced(now=NOON) == [ISSUE]


async def test_nothing_due_opens_no_session(tmp_path: Path) -> None:
    async with sealed(tmp_path, 0) as room, real_server() as server:
        assert await room.round(make_relay(server.port)) == Report()
        assert server.sessions == 0


async def test_a_second_round_sends_nothing_twice(tmp_path: Path) -> None:
    async with sealed(tmp_path, 5) as room, real_server() as server:
        await room.round(make_relay(server.port))
        assert await room.round(make_relay(server.port)) == Report()
        assert len(server.mails) == 5


async def test_no_more_is_under_way_than_there_are_connections(tmp_path: Path) -> None:
    """What a crash leaves unknown is bounded by the sessions, and commits are shared."""
    async with sealed(tmp_path, 40) as room, real_server(RealServer(delay=0.02)) as server:
        await room.round(make_relay(server.port, connections=4))

        assert 2 <= server.most_at_once <= room.outbox.most_sending <= 4
        assert room.outbox.commits < 2 * 40


async def test_the_start_is_in_the_ledger_before_mail_and_the_ack_before_the_next_start(
    tmp_path: Path,
) -> None:
    seen: list[set[DeliveryStatus]] = []
    async with sealed(tmp_path, 3) as room:
        compose = room.compose

        async def looking(delivery: Delivery) -> Mail:
            statuses = [one.status for one, _ in (await room.rows()).values()]
            assert statuses.count(DeliveryStatus.SENDING) == 1
            assert statuses.count(DeliveryStatus.ACCEPTED) == len(seen)
            seen.append(set(statuses))
            return await compose(delivery)

        room.compose = looking  # type: ignore[method-assign]
        async with real_server() as server:
            await room.round(make_relay(server.port, connections=1))
    assert len(seen) == 3


async def test_who_left_before_the_start_gets_nothing(tmp_path: Path) -> None:
    async with sealed(tmp_path, 3) as room, real_server() as server:
        gone = await room.audience.find(reader(1))
        assert gone is not None
        await room.audience.leave(gone.id, EDITION, now=NOON)
        report = await room.round(make_relay(server.port))

        assert report == Report(accepted=2, suppressed=1)
        assert server.recipients == [reader(0), reader(2)]
        assert (await room.balance()).suppressed == 1


async def test_the_report_grows_with_every_commit(tmp_path: Path) -> None:
    async with sealed(tmp_path, 6) as room, real_server() as server:
        report = await room.round(make_relay(server.port, connections=1))

        assert [one.tried for one in room.reports] == [0, 1, 2, 3, 4, 5, 6]
        assert room.reports[-1] == report


# --- refusals -----------------------------------------------------------------------------------


async def test_refusals_end_and_delays_wait(tmp_path: Path) -> None:
    server = RealServer(
        at_rcpt={reader(0): "550 5.1.1 no such user", reader(1): "451 4.7.1 greylisted"},
        replies={reader(2): "552 5.2.2 mailbox full"},
    )
    async with sealed(tmp_path, 5) as room, real_server(server):
        report = await room.round(make_relay(server.port))

        assert report == Report(accepted=2, rejected=2, deferred=1)
        rows = await room.rows()
        assert rows[reader(0)][1][0].enhanced == "5.1.1"
        waiting, (attempt,) = rows[reader(1)]
        assert (waiting.status, waiting.next_try_at) == (DeliveryStatus.DEFERRED, NOON + MINUTE)
        assert (attempt.code, attempt.text) == (451, "greylisted")
        assert await room.outbox.wakes_at() == NOON + MINUTE


async def test_a_delayed_mail_goes_when_its_time_has_come(tmp_path: Path) -> None:
    server = RealServer(at_rcpt={reader(0): "451 4.7.1 greylisted"})
    async with sealed(tmp_path, 1) as room, real_server(server):
        await room.round(make_relay(server.port))
        server.at_rcpt.clear()
        assert await room.round(make_relay(server.port)) == Report()
        room.clock.now += MINUTE
        assert await room.round(make_relay(server.port)) == Report(accepted=1)

        (_, tries) = (await room.rows())[reader(0)]
        assert [attempt.outcome for attempt in tries] == [Outcome.TRANSIENT, Outcome.ACCEPTED]


async def test_a_mail_that_cannot_be_composed_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with sealed(tmp_path, 3) as room, real_server() as server:
        room.unmailable = {reader(1)}
        assert await room.round(make_relay(server.port)) == Report(accepted=2, rejected=1)

        delivery, (attempt,) = (await room.rows())[reader(1)]
        assert delivery.reason == "cannot be composed: no header can carry it"
        assert (attempt.phase, attempt.outcome) == (Phase.MAIL, Outcome.PERMANENT)


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (OnUncertain.SKIP, DeliveryStatus.UNCERTAIN),
        (OnUncertain.RESEND, DeliveryStatus.DEFERRED),
    ],
)
async def test_a_loss_after_the_dot_is_settled_as_the_edition_says(
    rule: OnUncertain, status: DeliveryStatus, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 1) as room, raw_server({".": DROP}) as server:
        room.on_uncertain = rule
        report = await room.round(make_relay(server.port))

        delivery, (attempt,) = (await room.rows())[reader(0)]
        assert (delivery.status, attempt.outcome) == (status, Outcome.UNCERTAIN)
        assert report.tried == 1


# --- our own fault ------------------------------------------------------------------------------


async def test_a_relay_that_is_not_there_ends_the_round_and_loses_nothing(tmp_path: Path) -> None:
    async with raw_server() as server:
        port = server.port
    async with sealed(tmp_path, 20) as room:
        report = await room.round(make_relay(port))

        assert report.trouble is not None
        assert "no session" in report.trouble.message
        assert report.trouble.args["words"] == "Connection refused"
        assert report.resume_at == NOON + SHORT_PAUSE
        assert await room.statuses() == {DeliveryStatus.QUEUED}
        assert all(tries == () or not tries for _, tries in (await room.rows()).values())


async def test_a_wrong_password_is_tried_once(tmp_path: Path) -> None:
    script: Script = {
        "EHLO": b"250-relay.test\r\n250 AUTH PLAIN\r\n",
        "AUTH": b"535 5.7.8 no\r\n",
    }
    async with sealed(tmp_path, 20) as room, raw_server(script) as server:
        relay = make_relay(server.port, username="digest", password="x")  # noqa: S106 - refused
        report = await room.round(relay)

        assert report.trouble is not None
        assert "log in" in report.trouble.message
        assert report.resume_at == NOON + PAUSE
        assert server.said.count("AUTH") == 1
        assert await room.statuses() == {DeliveryStatus.QUEUED}


async def test_a_refusal_of_the_sender_blames_no_reader(tmp_path: Path) -> None:
    script: Script = {"MAIL": b"550 5.7.1 sender unknown\r\n"}
    async with sealed(tmp_path, 20) as room, raw_server(script) as server:
        report = await room.round(make_relay(server.port, connections=2))

        assert report.trouble is not None
        assert "sender" in report.trouble.message
        assert server.said.count("MAIL") <= 2
        assert (report.rejected, report.returned) == (0, server.said.count("MAIL"))
        rows = (await room.rows()).values()
        assert {delivery.tries for delivery, _ in rows} == {0}
        assert {delivery.status for delivery, _ in rows} == {DeliveryStatus.QUEUED}
        assert any(delivery.next_try_at == NOON + PAUSE for delivery, _ in rows)


async def test_a_server_with_room_for_one_session_gets_everything_over_it(tmp_path: Path) -> None:
    """The others are turned away at the greeting; they rest, and nothing is lost or counted."""
    crowded = b"421 4.7.0 too many connections\r\n"
    script: Script = {"CONNECT": [b"220 relay.test\r\n", *[crowded] * 1000]}
    async with sealed(tmp_path, 20) as room, raw_server(script) as server:
        report = await room.round(make_relay(server.port, connections=4))

        assert (report.accepted, report.trouble) == (20, None)
        assert {len(tries) for _, tries in (await room.rows()).values()} == {1}


async def test_what_lost_its_session_goes_over_another_one_in_the_same_round(
    tmp_path: Path,
) -> None:
    greetings = [b"220 relay.test\r\n"] * 2 + [b"421 4.7.0 too many connections\r\n"] * 9
    script: Script = {"CONNECT": [*greetings], "MAIL": [OK, OK, DROP, OK]}
    async with sealed(tmp_path, 3) as room, raw_server(script) as server:
        pace = replace(QUICK, poll=5)
        report = await room.round(make_relay(server.port, connections=2), pace=pace)

        assert (report.accepted, report.returned, report.trouble) == (3, 1, None)


async def test_a_relay_that_goes_away_amid_the_round_leaves_the_rest_waiting(
    tmp_path: Path,
) -> None:
    script: Script = {
        "CONNECT": [b"220 relay.test\r\n", b"554 5.3.2 closed\r\n"],
        ".": [OK, OK, (b"421 4.3.2 bye\r\n", DROP)],
    }
    async with sealed(tmp_path, 10) as room, raw_server(script) as server:
        report = await room.round(make_relay(server.port, connections=1))

        assert (report.accepted, report.deferred, report.rejected) == (2, 1, 0)
        assert report.trouble is not None
        assert report.returned == 0, "nothing is started before a session stands"
        assert (await room.balance()).waiting == 8


# --- stopping -----------------------------------------------------------------------------------


async def stopped_at(room: Room, script: Script, *, connections: int = 2) -> Report:
    async with raw_server(script) as server, asyncio.TaskGroup() as group:
        relay = make_relay(server.port, connections=connections)
        sending = group.create_task(room.round(relay))
        await server.stalled.wait()
        room.stop.set()
    return sending.result()


async def test_a_stop_lets_what_flies_land_and_starts_nothing_more(tmp_path: Path) -> None:
    async with sealed(tmp_path, 30) as room, asyncio.TaskGroup() as group:
        async with real_server(RealServer(delay=0.02)) as server:
            sending = group.create_task(room.round(make_relay(server.port, connections=2)))
            while not server.mails:  # noqa: ASYNC110 - the list is no event
                await asyncio.sleep(0.001)
            room.stop.set()
            report = await sending

        assert report.accepted == len(server.mails) < 10
        assert report.tried == report.accepted
        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_after_the_grace_what_had_not_passed_the_dot_waits_uncounted(
    verb: str, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 20) as room:
        report = await stopped_at(room, {verb: STALL})

        assert (report.tried, report.trouble) == (0, None)
        assert await room.statuses() == {DeliveryStatus.QUEUED}
        assert {delivery.tries for delivery, _ in (await room.rows()).values()} == {0}
        assert await room.outbox.wakes_at() == NOON


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (OnUncertain.SKIP, DeliveryStatus.UNCERTAIN),
        (OnUncertain.RESEND, DeliveryStatus.DEFERRED),
    ],
)
async def test_after_the_grace_what_had_passed_the_dot_is_unknown(
    rule: OnUncertain, status: DeliveryStatus, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 20) as room:
        room.on_uncertain = rule
        report = await stopped_at(room, {".": STALL}, connections=1)

        assert report.tried == 1
        statuses = [delivery.status for delivery, _ in (await room.rows()).values()]
        assert statuses.count(status) == 1
        assert statuses.count(DeliveryStatus.QUEUED) == 19


async def test_a_stop_amid_the_first_connect_does_not_wait_for_the_server(tmp_path: Path) -> None:
    async with sealed(tmp_path, 3) as room:
        report = await stopped_at(room, {"CONNECT": STALL})

        assert report == Report()
        assert await room.statuses() == {DeliveryStatus.QUEUED}


@pytest.mark.parametrize(
    ("verb", "expected"),
    [("RCPT", DeliveryStatus.QUEUED), (".", DeliveryStatus.UNCERTAIN)],
)
async def test_a_cancelled_round_leaves_nothing_under_way(
    verb: str, expected: DeliveryStatus, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 20) as room, raw_server({verb: STALL}) as server:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(room.round(make_relay(server.port, connections=1)))
            await server.stalled.wait()
            sending.cancel()

        statuses = [delivery.status for delivery, _ in (await room.rows()).values()]
        assert statuses.count(expected) >= 1
        assert set(statuses) <= {expected, DeliveryStatus.QUEUED}
        assert asyncio.all_tasks() - server.tasks == {asyncio.current_task()}


async def test_a_surprise_ends_the_round_and_leaves_nothing_under_way(tmp_path: Path) -> None:
    async with sealed(tmp_path, 6) as room, real_server() as server:
        room.broken = {reader(3)}
        with pytest.raises(LookupError):
            await room.round(make_relay(server.port, connections=1))

        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}
        assert (await room.balance()).accepted == len(server.mails) == 3


# --- the store ----------------------------------------------------------------------------------


async def test_a_busy_store_is_waited_for_and_nothing_is_forgotten(tmp_path: Path) -> None:
    async with sealed(tmp_path, 10) as room, real_server() as server:
        room.outbox.failures = [StoreBusy("locked") for _ in range(5)]
        report = await room.round(make_relay(server.port, connections=2))

        assert report == Report(accepted=10)
        assert len(server.mails) == 10


async def test_a_full_disk_stops_the_round_and_what_landed_is_recorded_once_there_is_room(
    tmp_path: Path,
) -> None:
    async with sealed(tmp_path, 10) as room, real_server() as server:
        compose = room.compose

        async def filling(delivery: Delivery) -> Mail:
            if len(server.mails) == 3:
                room.outbox.failures = [Refused(Problem(message="full")) for _ in range(3)]
            return await compose(delivery)

        room.compose = filling  # type: ignore[method-assign]
        report = await room.round(make_relay(server.port, connections=1))

        assert report.accepted == len(server.mails) == 4
        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}


async def test_a_store_that_stays_away_is_given_up_and_said(tmp_path: Path) -> None:
    """What was under way stays SENDING: `recover` will call it UNCERTAIN, never lost."""
    async with sealed(tmp_path, 3) as room, real_server() as server:
        compose = room.compose

        async def failing(delivery: Delivery) -> Mail:
            room.outbox.failures = [Refused(Problem(message="full")) for _ in range(10_000)]
            return await compose(delivery)

        room.compose = failing  # type: ignore[method-assign]
        with pytest.raises(Refused):
            await room.round(make_relay(server.port, connections=1))

        assert len(server.mails) == 1
        assert await room.outbox.recover(now=NOON, resend=()) == 1
        assert (await room.balance()).uncertain == 1


async def test_a_lease_that_has_ended_starts_nothing(tmp_path: Path) -> None:
    async with sealed(tmp_path, 4) as room, real_server() as server:
        compose = room.compose

        async def slow(delivery: Delivery) -> Mail:
            if not server.mails:
                room.clock.now += QUICK.lease
                others = await room.outbox.claim(
                    limit=10, now=room.clock.now, lease=QUICK.lease, owner="other"
                )
                assert len(others) == 3
            return await compose(delivery)

        room.compose = slow  # type: ignore[method-assign]
        report = await room.round(make_relay(server.port, connections=1))

        assert report == Report(accepted=1)
        statuses = [delivery.status for delivery, _ in (await room.rows()).values()]
        assert statuses.count(DeliveryStatus.CLAIMED) == 3


# --- following ----------------------------------------------------------------------------------


async def test_with_follow_it_goes_on_until_it_is_told_to_stop(tmp_path: Path) -> None:
    server = RealServer(at_rcpt={reader(0): "451 4.7.1 greylisted"})
    async with sealed(tmp_path, 3) as room, real_server(server):
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(room.round(make_relay(server.port), follow=True))
            while not (room.reports and room.reports[-1].tried == 3):  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.001)
            server.at_rcpt.clear()
            room.clock.now += MINUTE
            while room.reports[-1].tried < 4:  # noqa: ASYNC110 - no event
                await asyncio.sleep(0.001)
            room.stop.set()
        assert sending.result() == Report(accepted=3, deferred=1)
