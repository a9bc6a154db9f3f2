"""Who an issue goes to, what they chose and are owed; and the variant the seal gives each.

What is owed is asked of the ledger: whoever was mailed an article before it was corrected, and
never the correction.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    exists,
    func,
    insert,
    literal,
    not_,
    or_,
    select,
    union_all,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.deliveries import DeliveryStatus
from publisher.model.issues import Correction, Issue
from publisher.model.names import ArticleId, DigestId, IssueId, SectionId
from publisher.model.variants import ADVERTISING, ALL, Group, Seat
from publisher.store.article_rows import chunks
from publisher.store.choices import written
from publisher.store.database import Database
from publisher.store.delivery_rows import suppressed
from publisher.store.tables import (
    consents,
    deliveries,
    digests,
    issues,
    subscribers,
    subscriptions,
)
from publisher.store.variant_tables import seats, told

_GOT = (DeliveryStatus.ACCEPTED.value, DeliveryStatus.UNCERTAIN.value)


class SqlReaders:
    """The port Readers on SQL."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def groups(self, issue: Issue) -> Sequence[Group]:
        owed = _owed(issue)
        language, sections, mask, agreed = _choice(owed)
        query = select(language, sections, mask, agreed.label("agreed"), func.count().label("n"))
        grouped = readers(query, issue, owed).group_by(language, sections, mask, agreed)
        async with self._database.read() as tx:
            rows = (await tx.execute(grouped)).all()
        return sorted((_group(row, issue.corrections) for row in rows), key=_most_readers_first)

    async def zones(self, issue: Issue) -> Sequence[str]:
        query = select(subscribers.c.timezone).distinct()
        named = readers(query, issue, None).where(subscribers.c.timezone.is_not(None))
        async with self._database.read() as tx:
            return sorted((await tx.execute(named)).scalars())


def _group(row: Any, corrections: Sequence[Correction]) -> Group:
    return Group(
        language=row.language,
        sections=frozenset(map(SectionId, row.sections.split())) if row.sections else None,
        corrections=frozenset(
            one.key for bit, one in enumerate(corrections) if int(row.owed) >> bit & 1
        ),
        advertising=bool(row.agreed),
        readers=int(row.n),
    )


def _most_readers_first(group: Group) -> tuple[Any, ...]:
    sections = sorted(group.sections or ())
    owed = sorted(group.corrections)
    return -group.readers, group.language, sections, owed, group.advertising


# --- the statements -----------------------------------------------------------------------------


def readers(query: Select[Any], issue: Issue, owed: Subquery | None) -> Select[Any]:
    """`query` over everyone the issue goes to.

    Rule L16: nobody without a consent, nobody suppressed.
    """
    query = query.select_from(subscribers).join(
        subscriptions, subscriptions.c.subscriber == subscribers.c.id
    )
    if owed is not None:
        query = query.outerjoin(owed, owed.c.subscriber == subscribers.c.id)
    query = query.where(
        subscriptions.c.edition == issue.edition,
        subscriptions.c.left_at.is_(None),
        exists().where(consents.c.subscriber == subscribers.c.id),
        not_(suppressed()),
    )
    return query.where(_was_sent(issue.only_to)) if issue.only_to else query


def seated(query: Select[Any], issue: Issue) -> Select[Any]:
    """The same, each with the `variant` of their seat; those without one there are left out.

    `query` asks for what it likes, `variant` comes last.
    """
    owed = _owed(issue)
    language, sections, mask, _ = _choice(owed)
    variant = func.coalesce(seats.c.variant, literal(ALL))
    found = readers(query.add_columns(variant.label("variant")), issue, owed)
    seat = and_(
        seats.c.issue == issue.id,
        seats.c.language == language,
        seats.c.sections == sections,
        seats.c.owed == mask,
    )
    return found.outerjoin(seats, seat).where(variant != "")


def _choice(owed: Subquery | None) -> tuple[ColumnElement[Any], ...]:
    """Language, sections, what is owed, whether they agreed to advertising."""
    mask = func.coalesce(owed.c.owed, 0) if owed is not None else literal(0)
    return (
        subscribers.c.language.label("language"),
        func.coalesce(subscriptions.c.sections, "").label("sections"),
        mask.label("owed"),
        agreed(),
    )


def agreed() -> ColumnElement[bool]:
    """The reader agreed to advertising, and still does."""
    return and_(
        subscribers.c.advertising_at.is_not(None), subscribers.c.advertising_left_at.is_(None)
    )


def theirs() -> ColumnElement[bool]:
    """The digest is of the delivery's variant, with advertising only where they agree now."""
    return or_(
        digests.c.variant == deliveries.c.variant,
        and_(agreed(), digests.c.variant == deliveries.c.variant + ADVERTISING),
    )


def _was_sent(issue: IssueId) -> ColumnElement[bool]:
    return exists().where(
        deliveries.c.issue == issue,
        deliveries.c.subscriber == subscribers.c.id,
        deliveries.c.status.in_(_GOT),
    )


def _owed(issue: Issue) -> Subquery | None:
    """Each reader who is owed a correction of the issue, and which: bit n is correction n."""
    parts = [
        select(_uncorrected(one, issue).subquery().c.subscriber, literal(1 << bit).label("bit"))
        for bit, one in enumerate(issue.corrections)
    ]
    if not parts:
        return None
    bits = union_all(*parts).subquery()
    summed = select(bits.c.subscriber, func.sum(bits.c.bit).label("owed"))
    return summed.group_by(bits.c.subscriber).subquery("owed")


def _uncorrected(one: Correction, issue: Issue) -> Select[Any]:
    """Readers who were mailed the article by this edition, and its correction by nobody.

    An issue made to correct another asks that one alone, and tells it again.
    """
    got = (
        select(deliveries.c.subscriber)
        .distinct()
        .select_from(told)
        .join(digests, digests.c.id == told.c.digest)
        .join(issues, issues.c.id == digests.c.issue)
        .join(
            deliveries,
            and_(deliveries.c.issue == issues.c.id, deliveries.c.digest == digests.c.id),
        )
        .where(
            told.c.article == one.article.id,
            told.c.correction != one.key,
            issues.c.edition == issue.edition,
            deliveries.c.status.in_(_GOT),
        )
    )
    if issue.correction_of:
        return got.where(issues.c.id == issue.correction_of)
    return got.where(not_(_was_told(one)))


def _was_told(one: Correction) -> ColumnElement[bool]:
    again, other, page = deliveries.alias(), digests.alias(), told.alias()
    return exists(
        select(again.c.id)
        .select_from(page)
        .join(other, other.c.id == page.c.digest)
        .join(again, and_(again.c.issue == other.c.issue, again.c.digest == other.c.id))
        .where(
            page.c.article == one.article.id,
            page.c.correction == one.key,
            again.c.subscriber == deliveries.c.subscriber,
            again.c.status.in_(_GOT),
        )
        .correlate(deliveries)
    )


# --- the rows -----------------------------------------------------------------------------------


async def keep_seats(tx: AsyncConnection, issue: Issue, seating: Sequence[Seat]) -> None:
    """Note which variant whom is given; "all" goes without saying."""
    bits = {one.key: 1 << bit for bit, one in enumerate(issue.corrections)}
    rows = [
        {
            "issue": issue.id,
            "language": seat.language,
            "sections": written(seat.sections) or "",
            "owed": sum(bits[key] for key in seat.corrections),
            "variant": seat.variant or "",
        }
        for seat in seating
        if seat.variant != ALL
    ]
    for some in chunks(rows):
        await tx.execute(insert(seats), list(some))


async def keep_told(tx: AsyncConnection, pages: Mapping[DigestId, Mapping[ArticleId, str]]) -> None:
    """Note what each digest told, and with which correction."""
    rows = [
        {"digest": digest, "article": article, "correction": correction}
        for digest, articles in pages.items()
        for article, correction in articles.items()
    ]
    for some in chunks(rows):
        await tx.execute(insert(told), list(some))
