"""A whole store on one database, and the ledger's everyday in one call each."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from publisher.model.articles import Changes
from publisher.model.deliveries import Attempt, Delivery, DeliveryStatus, Outcome, Phase, Settled
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import DeliveryId, EditionId, IssueId
from publisher.model.people import Subscriber, Suppression, SuppressionReason
from publisher.model.variants import ALL_ALIKE, Seating
from publisher.ports import Start
from publisher.store.articles import SqlArticles
from publisher.store.audience import SqlAudience
from publisher.store.buckets import SqlAllowances
from publisher.store.database import Database, open_database
from publisher.store.digests import SqlDigests
from publisher.store.intake import SqlIntake
from publisher.store.issues import SqlIssues
from publisher.store.ledger import SqlLedger
from publisher.store.newsdesk import SqlNewsdesk
from publisher.store.one_writer import OneWriter
from publisher.store.outbox import SqlOutbox
from publisher.store.returns import SqlReturns
from publisher.store.seating import SqlReaders
from publisher.store.sources import SqlSourceStates
from publisher.store.wishes import SqlWishes
from tests.support.build import (
    EN,
    NOON,
    RU,
    make_applicant,
    make_delivery,
    make_digest,
    make_issue,
)

ISSUE, EDITION = IssueId("morning-20261123-0800"), EditionId("morning")
MINUTE = timedelta(minutes=1)
OWNER = "sender-1"
# One with a Notice among its starts goes another way through the store; nobody wrote this one.
NO_NOTICE = Start(delivery=DeliveryId(-1), message_id="n@embankment.test")
RESTS = {
    DeliveryStatus.ACCEPTED: Outcome.ACCEPTED,
    DeliveryStatus.REJECTED: Outcome.PERMANENT,
    DeliveryStatus.UNCERTAIN: Outcome.UNCERTAIN,
    DeliveryStatus.DEFERRED: Outcome.TRANSIENT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Every adapter on one database, and what tests do with them again and again."""

    database: Database
    states: SqlSourceStates
    intake: SqlIntake
    articles: SqlArticles
    newsdesk: SqlNewsdesk
    issues: SqlIssues
    wishes: SqlWishes
    readers: SqlReaders
    audience: SqlAudience
    outbox: SqlOutbox
    ledger: SqlLedger
    digests: SqlDigests
    returns: SqlReturns
    allowances: SqlAllowances

    @property
    def sole(self) -> OneWriter:
        """SQLite's one way to write."""
        assert self.database.sole is not None
        return self.database.sole

    async def keep(self, changes: Changes) -> None:
        """As if a pass had decided so."""
        await self.intake.admit(lambda admission: admission.save(changes))

    async def enrolled(self, *names: str, **overrides: Any) -> None:
        """These people read the morning edition, in English unless said otherwise."""
        people = [make_applicant(email=address(name), **overrides) for name in names]
        await self.audience.enrol(people, now=NOON)

    async def reader(self, name: str) -> Subscriber:
        found = await self.audience.find(address(name))
        assert found is not None
        return found

    async def sealed(self, *names: str, now: datetime = NOON, **overrides: Any) -> Issue:
        """An issue sealed for these people (who are enrolled first), in both languages."""
        if names:
            await self.enrolled(*names)
        return await self.seal(await self.approved(**overrides), now=now)

    async def approved(self, **overrides: Any) -> Issue:
        """An issue that may be sealed."""
        issue = make_issue(status=IssueStatus.APPROVED, **overrides)
        await self.issues.save(issue)
        return issue

    async def seal(
        self, issue: Issue, *, now: datetime = NOON, seating: Seating = ALL_ALIKE
    ) -> Issue:
        sealed = replace(issue, status=IssueStatus.SEALED, sealed_at=now)
        digests = [make_digest(issue=issue.id, language=language) for language in (EN, RU)]
        await self.outbox.seal(sealed, digests, now=now, seating=seating)
        return sealed

    async def claimed(
        self, *, limit: int = 100, now: datetime = NOON, owner: str = OWNER
    ) -> Sequence[Delivery]:
        return await self.outbox.claim(limit=limit, now=now, lease=5 * MINUTE, owner=owner)

    async def started(
        self, claimed: Sequence[Delivery], *, now: datetime = NOON, owner: str = OWNER
    ) -> Sequence[Delivery]:
        return await self.outbox.commit([], starts(claimed), now=now, owner=owner)

    async def sending(self, *, limit: int = 100, now: datetime = NOON) -> Sequence[Delivery]:
        """What is due, claimed and started."""
        return await self.started(await self.claimed(limit=limit, now=now), now=now)

    async def settle(self, *settled: Settled, now: datetime = NOON, owner: str = OWNER) -> None:
        assert await self.outbox.commit(settled, [], now=now, owner=owner) == []

    async def statuses(self, issue: IssueId = ISSUE) -> list[str]:
        """By order of id."""
        return [one.status.value for one, _ in await self.ledger.deliveries(issue)]

    async def status(self, issue: IssueId = ISSUE) -> IssueStatus:
        found = await self.issues.get(issue)
        assert found is not None
        return found.status

    async def leave(self, name: str, *, now: datetime = NOON) -> None:
        assert await self.audience.leave((await self.reader(name)).id, EDITION, now=now)

    async def suppress(
        self, name: str, reason: SuppressionReason = SuppressionReason.COMPLAINT
    ) -> None:
        await self.audience.suppress(Suppression(email=address(name), reason=reason, at=NOON))


@asynccontextmanager
async def open_store(url: str, *, busy_ms: int = 5_000) -> AsyncIterator[Store]:
    """A store on a database that has its schema."""
    async with open_database(url, busy_ms=busy_ms) as database:
        yield Store(
            database=database,
            states=SqlSourceStates(database),
            intake=SqlIntake(database),
            articles=SqlArticles(database),
            newsdesk=SqlNewsdesk(database),
            issues=SqlIssues(database),
            wishes=SqlWishes(database),
            readers=SqlReaders(database),
            audience=SqlAudience(database),
            outbox=SqlOutbox(database),
            ledger=SqlLedger(database),
            digests=SqlDigests(database),
            returns=SqlReturns(database),
            allowances=SqlAllowances(database),
        )


def address(name: str) -> str:
    return f"{name}@readers.test"


def names_of(deliveries: Sequence[Delivery]) -> list[str]:
    return [one.address.partition("@")[0] for one in deliveries]


def starts(deliveries: Sequence[Delivery]) -> list[Start]:
    return [Start(delivery=one.id, message_id=f"m{one.id}@embankment.test") for one in deliveries]


def settled(
    delivery: Delivery,
    to: DeliveryStatus,
    *,
    next_try_at: datetime | None = None,
    reason: str | None = None,
) -> Settled:
    """A started delivery after one try, which the ledger keeps."""
    ended = replace(
        delivery, status=to, next_try_at=next_try_at, tries=delivery.tries + 1, reason=reason
    )
    return Settled(delivery=ended, attempt=make_attempt(outcome=RESTS[to]))


def make_delivery_end() -> Settled:
    """The end of a delivery nobody planned."""
    return settled(make_delivery(), DeliveryStatus.ACCEPTED)


def given_back(delivery: Delivery, *, next_try_at: datetime = NOON) -> Settled:
    """A started delivery whose MAIL never went out."""
    back = replace(delivery, status=DeliveryStatus.QUEUED, next_try_at=next_try_at)
    return Settled(delivery=back, attempt=None)


def make_attempt(**overrides: Any) -> Attempt:
    attempt = Attempt(
        at=NOON,
        phase=Phase.DOT,
        outcome=Outcome.ACCEPTED,
        code=250,
        enhanced="2.0.0",
        text="2.0.0 queued",
        relay="main",
    )
    return replace(attempt, **overrides)
