"""The ledger as a machine: whatever happens in whatever order, its laws hold."""

import asyncio
import shutil
from collections import Counter, defaultdict
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, cycle
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from publisher.model.deliveries import Delivery, DeliveryStatus, Settled
from publisher.model.issues import IssueStatus
from publisher.model.names import EditionId, IssueId
from publisher.model.people import Suppression, SuppressionReason
from publisher.ports import Start
from tests.support.books import Books, empty_database
from tests.support.build import DUE, NOON
from tests.support.stores import (
    EDITION,
    NO_NOTICE,
    Store,
    address,
    given_back,
    open_store,
    settled,
    starts,
)

T = TypeVar("T")
READERS = ("anna", "boris", "clara", "dina", "egor", "faina")
SENDERS = ("one", "two")
LEASE = timedelta(minutes=5)
WEEKLY = EditionId("weekly")
ISSUES = tuple(IssueId(f"issue-{number}") for number in range(4))
RESTS = (DeliveryStatus.ACCEPTED, DeliveryStatus.REJECTED, DeliveryStatus.UNCERTAIN)
LIFTED = SuppressionReason.LIFTED

names = st.sampled_from(READERS)
senders = st.sampled_from(SENDERS)
limits = st.integers(1, 4)
numbers = st.integers(0, 1)


class OutboxMachine(RuleBasedStateMachine):
    """Four issues, six readers, two senders that crash, an editor, and readers who go."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.exits = AsyncExitStack()
        self.folder = Path(mkdtemp(prefix="outbox-"))
        self.now = NOON
        self.claimed: dict[str, list[Delivery]] = {sender: [] for sender in SENDERS}
        self.flying: dict[str, list[Delivery]] = {sender: [] for sender in SENDERS}
        self.leases: dict[int, tuple[str, datetime]] = {}  # who claimed it last, until when
        self.dead: list[tuple[str, Delivery]] = []  # what flew when its sender died
        self.numbers: dict[str, count[int]] = defaultdict(count)  # of starts, each process its own
        self.started: dict[int, tuple[int, int | None]] = {}  # number, and behind which it stands
        self.beside = cycle(([], [NO_NOTICE]))  # what every other commit starts besides
        self.said: list[tuple[str, Settled]] = []  # what the living said last
        self.life = 0  # a sender that comes back is another one
        self.planned: dict[IssueId, int] = {}
        self.seen: dict[int, DeliveryStatus] = {}
        self.left: set[str] = set()
        self.suppressed: set[str] = set()

    def run(self, work: Awaitable[T]) -> T:
        """As Runner.run does, but for its signal handlers: they cost more than a query."""
        return self.runner.get_loop().run_until_complete(work)

    @initialize(resend=st.booleans())
    def open(self, resend: bool) -> None:
        self.resend = resend  # after the last crash
        file = self.folder / "publisher.db"
        file.write_bytes(empty_database())
        opening = self.exits.enter_async_context(open_store(f"sqlite:///{file}"))
        self.store: Store = self.run(opening)
        self.books = Books(file)
        self.run(self.store.enrolled(*READERS))
        self.seal()

    def teardown(self) -> None:
        try:
            if self.planned:
                self.everything_comes_to_rest()
        finally:
            self.books.close()
            self.run(self.exits.aclose())
            self.runner.close()
            shutil.rmtree(self.folder)

    # --- the editor -------------------------------------------------------------------------------

    @precondition(lambda self: len(self.planned) < len(ISSUES))
    @rule()
    def seal(self) -> None:
        issue = ISSUES[len(self.planned)]
        due = DUE + timedelta(days=len(self.planned))
        self.run(self.store.sealed(id=issue, due_at=due, now=self.now))
        self.planned[issue] = self.run(self.store.ledger.balance(issue)).planned
        assert self.planned[issue] == len(READERS) - len(self.left | self.suppressed)

    @precondition(lambda self: self._in(IssueStatus.SEALED))
    @rule(number=numbers)
    def stop(self, number: int) -> None:
        self._move(number, IssueStatus.SEALED, IssueStatus.STOPPED)

    @precondition(lambda self: self._in(IssueStatus.STOPPED))
    @rule(number=numbers)
    def resume(self, number: int) -> None:
        self._move(number, IssueStatus.STOPPED, IssueStatus.SEALED)

    @precondition(lambda self: self._in(IssueStatus.STOPPED))
    @rule(number=numbers)
    def cancel(self, number: int) -> None:
        """What flies lands; nothing else is left waiting."""
        issue = self._move(number, IssueStatus.STOPPED, IssueStatus.CANCELLED)
        flying = self.run(self.store.statuses(issue)).count("sending")
        assert self.run(self.store.ledger.balance(issue)).waiting == flying

    def _move(self, number: int, came_from: IssueStatus, to: IssueStatus) -> IssueId:
        """The n-th of the issues in that state."""
        issues = self._in(came_from)
        issue = issues[number % len(issues)]
        self.run(self.store.issues.move(issue, to, now=self.now, by="editor"))
        return issue

    # --- the senders ------------------------------------------------------------------------------

    @rule(sender=senders, limit=limits)
    def claim(self, sender: str, limit: int) -> None:
        owner = self._owner(sender)
        got = self.run(self.store.outbox.claim(limit=limit, now=self.now, lease=LEASE, owner=owner))
        assert len(got) <= limit
        for one in got:
            assert one.status is DeliveryStatus.CLAIMED
            if self.seen[one.id] is DeliveryStatus.CLAIMED:
                assert self.leases[one.id][1] <= self.now
            self.leases[one.id] = owner, self.now + LEASE
            assert self.books.issue(one.issue) is IssueStatus.SEALED
        self.claimed[sender] += got
        self._is_fair(got, limit)

    def _is_fair(self, got: Sequence[Delivery], limit: int) -> None:
        """No issue has two more than another that still has something due; nothing is left idle."""
        share = Counter(one.issue for one in got)
        idle = self.books.idle(self.now)
        assert not idle or len(got) == limit
        for issue in idle:
            assert max(share.values(), default=0) - share[issue] <= 1

    @precondition(lambda self: any(self.claimed.values()))
    @rule(sender=senders, limit=limits, minutes=st.integers(1, 90))
    def put_off(self, sender: str, limit: int, minutes: int) -> None:
        """A limit is reached, or it is night: back to the queue until then, and no try counted."""
        sender = self._who(self.claimed, sender)
        some, self.claimed[sender] = self.claimed[sender][:limit], self.claimed[sender][limit:]
        until = self.now + timedelta(minutes=minutes)
        waits = {one.id: until for one in some}
        self.run(self.store.outbox.put_off(waits, owner=self._owner(sender)))

    @precondition(lambda self: any(self.claimed.values()))
    @rule(sender=senders, limit=limits)
    def start(self, sender: str, limit: int) -> None:
        """Stale claims among them: leases that were lost, issues that were stopped."""
        self._commit(self._who(self.claimed, sender), [], limit)

    @rule(sender=senders, limit=limits)
    def take_off(self, sender: str, limit: int) -> None:
        """As a sender works: what it claims, it starts at once."""
        self.claim(sender, limit)
        self.the_books_hold()
        self._commit(sender, [], len(self.claimed[sender]))

    @precondition(lambda self: any(self.flying.values()))
    @rule(sender=senders, to=st.sampled_from(RESTS), limit=numbers)
    def end(self, sender: str, to: DeliveryStatus, limit: int) -> None:
        """Accepted, refused or lost; and perhaps the next one starts, in one transaction."""
        sender = self._who(self.flying, sender)
        self._commit(sender, [settled(self.flying[sender].pop(0), to)], limit)

    @precondition(
        lambda self: any(self.flying.values()) and len(self.suppressed) < len(READERS) // 2
    )
    @rule(sender=senders, limit=numbers)
    def bounce_hard(self, sender: str, limit: int) -> None:
        """Nobody lives there: suppressed by the very commit that may start another of theirs."""
        sender = self._who(self.flying, sender)
        flying = self.flying[sender].pop(0)
        self.suppressed.add(flying.address.partition("@")[0])
        self._commit(sender, [self._hard(flying)], limit)

    def _hard(self, flying: Delivery) -> Settled:
        gone = Suppression(
            email=flying.address, reason=SuppressionReason.HARD_BOUNCE, at=self.now, note="550"
        )
        return replace(settled(flying, DeliveryStatus.REJECTED), suppression=gone)

    @precondition(lambda self: any(self.flying.values()))
    @rule(sender=senders, tried=st.booleans(), limit=numbers)
    def put_back(self, sender: str, tried: bool, limit: int) -> None:
        """Deferred by the server, or given back before MAIL went out."""
        sender = self._who(self.flying, sender)
        flying, later = self.flying[sender].pop(0), self.now + timedelta(minutes=3)
        deferred = settled(flying, DeliveryStatus.DEFERRED, next_try_at=later)
        self._commit(sender, [deferred if tried else given_back(flying, next_try_at=later)], limit)

    @precondition(lambda self: any(self.claimed.values()))
    @rule(sender=senders)
    def release(self, sender: str) -> None:
        """SIGTERM; the sender may still ask to start what it held."""
        self.run(self.store.outbox.release(self._owner(sender), now=self.now))

    @precondition(lambda self: any(self.flying.values()))
    @rule(resend=st.booleans())
    def crash_and_recover(self, resend: bool) -> None:
        """Every sender dies, and others come."""
        editions = [EDITION] if resend else [WEEKLY]
        flew = [one for one in self.seen.values() if one is DeliveryStatus.SENDING]
        unsent = [one for held in self.flying.values() for one in self._only_introduced(held)]
        unknown = self.run(self.store.outbox.recover(now=self.now, resend=editions))
        assert unknown == len(flew) - len(unsent)
        again = DeliveryStatus.DEFERRED if resend else DeliveryStatus.UNCERTAIN
        for sender, held in self.flying.items():
            for one in held:
                expected = DeliveryStatus.QUEUED if one in unsent else again
                assert self.books.delivery(one.id) is expected
            self.dead += [(self._owner(sender), one) for one in held]
            held.clear()
            self.claimed[sender].clear()
        assert not any(self.books.delivery(one) is DeliveryStatus.CLAIMED for one in self.leases)
        self.life += 1
        self.said.clear()

    @precondition(lambda self: self.dead)
    @rule(hard=st.booleans())
    def speak_late(self, hard: bool) -> None:
        """A sender that was thought dead: what it says changes nothing, and it starts nothing."""
        owner, one = self.dead.pop()
        end = self._hard(one) if hard else settled(one, DeliveryStatus.ACCEPTED)
        self._changes_nothing(owner, end)

    @precondition(lambda self: any(self.flying.values()))
    @rule(sender=senders, hard=st.booleans())
    def speak_for_another(self, sender: str, hard: bool) -> None:
        """What flies is for the one who started it to tell of."""
        sender = self._who(self.flying, sender)
        [other] = set(SENDERS) - {sender}
        one = self.flying[sender][0]
        end = self._hard(one) if hard else settled(one, DeliveryStatus.ACCEPTED)
        self._changes_nothing(self._owner(other), end)

    @precondition(lambda self: self.said)
    @rule()
    def speak_twice(self) -> None:
        """A commit whose answer was lost is asked for again; unless it flies anew meanwhile."""
        owner, end = self.said.pop()
        if self.books.delivery(end.delivery.id) is not DeliveryStatus.SENDING:
            self._changes_nothing(owner, end)

    def _changes_nothing(self, owner: str, end: Settled) -> None:
        before = self.books.rows(end.delivery.issue)
        wanted = [*starts([end.delivery]), *next(self.beside)]
        commit = self.store.outbox.commit([end], wanted, now=self.now, owner=owner)
        assert self.run(commit) == []
        assert self.books.rows(end.delivery.issue) == before

    @rule(minutes=st.integers(1, 12))
    def clock(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)
        self.close()

    def close(self) -> None:
        for issue in self.run(self.store.outbox.close_balanced(now=self.now)):
            assert self.run(self.store.ledger.balance(issue)).waiting == 0

    # --- the readers ------------------------------------------------------------------------------

    @precondition(lambda self: len(self.left) < len(READERS) // 2)
    @rule(name=names)
    def leave(self, name: str) -> None:
        reader = self.run(self.store.reader(name))
        self.run(self.store.audience.leave(reader.id, EDITION, now=self.now))
        self.left.add(name)

    @precondition(lambda self: len(self.suppressed) < len(READERS) // 2)
    @rule(name=names, reason=st.sampled_from(sorted(set(SuppressionReason) - {LIFTED}, key=str)))
    def suppress(self, name: str, reason: SuppressionReason) -> None:
        self.run(self.store.suppress(name, reason))
        self.suppressed.add(name)

    @precondition(lambda self: self.suppressed)
    @rule(name=names)
    def lift(self, name: str) -> None:
        self.run(self.store.suppress(name, LIFTED))
        self.suppressed.discard(name)

    # --- the laws ---------------------------------------------------------------------------------

    @invariant()
    def the_books_hold(self) -> None:
        for issue, planned in self.planned.items():
            rows = self.books.rows(issue)
            assert len(rows) == planned
            over = self.books.issue(issue) is IssueStatus.SENT
            assert not (over and any(row.waits for row in rows))
            for row in rows:
                row.follows(self.seen.get(row.id, DeliveryStatus.QUEUED))
                self.seen[row.id] = row.now

    @invariant()
    def who_is_suppressed_is_in_the_books(self) -> None:
        if self.planned:
            assert self.books.suppressed() == {address(name) for name in self.suppressed}

    def everything_comes_to_rest(self) -> None:
        """One recovery, a resumed issue and a day are enough, whatever went before."""
        self.take_off("one", 4)
        self.the_books_hold()
        self.crash_and_recover(resend=self.resend)
        self.the_books_hold()
        while self._in(IssueStatus.STOPPED):
            self.resume(0)
        self.now += timedelta(days=1)
        self.take_off("one", 100)
        self.the_books_hold()
        while self.flying["one"]:
            self.end("one", DeliveryStatus.ACCEPTED, 0)
        self.the_books_hold()
        self.close()
        for issue in self.planned:
            balance = self.run(self.store.ledger.balance(issue))
            assert (balance.balanced, balance.planned) == (True, self.planned[issue])
            assert balance.waiting == 0
            assert self.books.issue(issue) in {IssueStatus.SENT, IssueStatus.CANCELLED}

    # --- in other words ---------------------------------------------------------------------------

    def _in(self, status: IssueStatus) -> list[IssueId]:
        return [issue for issue in self.planned if self.books.issue(issue) is status]

    def _owner(self, sender: str) -> str:
        return f"{sender}-{self.life}"

    def _who(self, has: dict[str, list[Delivery]], sender: str) -> str:
        """This sender, or the other where this one has nothing."""
        return sender if has[sender] else next(one for one in SENDERS if has[one])

    def _only_introduced(self, held: Sequence[Delivery]) -> list[Delivery]:
        """Those behind another that flies still: their text waited for its end."""
        flying = {self.started[one.id][0] for one in held}
        return [one for one in held if self.started[one.id][1] in flying]

    def _begin(self, sender: str, wanted: Sequence[Delivery]) -> list[Start]:
        """Each behind the last that flies over this sender's one connection."""
        flying, counter = self.flying[sender], self.numbers[self._owner(sender)]
        numbers = [next(counter) for _ in wanted]
        ahead = [self.started[flying[-1].id][0] if flying else None, *numbers]
        line = zip(starts(wanted), numbers, ahead, strict=False)
        return [replace(one, number=number, behind=behind) for one, number, behind in line]

    def _commit(self, sender: str, ends: Sequence[Settled], limit: int) -> None:
        """What is started is what the books say may be, and all of it (law 7)."""
        wanted = self.claimed[sender][:limit]
        del self.claimed[sender][:limit]
        owner = self._owner(sender)
        gone = {address(name) for name in self.left | self.suppressed}
        expected = {one.id: self.books.asked_for(one, owner, gone=gone) for one in wanted}
        begun = {one.delivery: one for one in self._begin(sender, wanted)}
        commit = self.store.outbox.commit(
            ends, [*begun.values(), *next(self.beside)], now=self.now, owner=owner
        )
        started = self.run(commit)
        assert {one: self.books.delivery(one) for one in expected} == expected
        begins = {one for one in expected if self.seen[one] is DeliveryStatus.CLAIMED}
        begins &= {one for one in expected if expected[one] is DeliveryStatus.SENDING}
        assert sorted(one.id for one in started) == sorted(begins)
        for one in started:
            assert one.status is DeliveryStatus.SENDING
            assert self.leases[one.id][0] == owner
            self.started[one.id] = (begun[one.id].number, begun[one.id].behind)
            self.flying[sender].append(one)
        self.said = [*self.said[-9:], *((owner, end) for end in ends)]


# Some forty histories take fifteen seconds; HYPOTHESIS_PROFILE=nightly tells many more.
TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(
    max_examples=max(40, settings().max_examples // 20), stateful_step_count=30, deadline=None
)
pytestmark = pytest.mark.timeout(900)
