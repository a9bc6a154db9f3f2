"""What readers chose, kept beside who they are: sections of an edition, advertising."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Update, bindparam, or_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from publisher.model.names import SectionId
from publisher.model.people import Applicant
from publisher.store.tables import subscribers, subscriptions


async def keep_choices(
    tx: AsyncConnection, people: Sequence[Applicant], ids: Mapping[str, int], now: datetime
) -> None:
    """Of those who said what they want; the others keep what they chose before."""
    chosen = [
        {"c_id": ids[one.email], "c_edition": edition, "c_sections": written(sections)}
        for one in people
        for edition, sections in one.choices.sections.items()
    ]
    yes = [
        {"c_id": ids[one.email], "c_at": one.consent.at}
        for one in people
        if one.choices.advertising
    ]
    no = [
        {"c_id": ids[one.email], "c_at": now} for one in people if one.choices.advertising is False
    ]
    zones = [
        {"c_id": ids[one.email], "c_zone": one.choices.timezone}
        for one in people
        if one.choices.timezone
    ]
    wishes = ((_choose(), chosen), (_agree(), yes), (_end(), no), (_live(), zones))
    for statement, rows in wishes:
        if rows:
            await tx.execute(statement, rows)


def written(sections: frozenset[SectionId] | None) -> str | None:
    """Chosen sections as a column holds them; None: all."""
    return " ".join(sorted(sections)) if sections else None


def _choose() -> Update:
    mine: Any = subscriptions.c.subscriber == bindparam("c_id")
    return (
        update(subscriptions)
        .where(mine, subscriptions.c.edition == bindparam("c_edition"))
        .values(sections=bindparam("c_sections"))
    )


def _live() -> Update:
    mine: Any = subscribers.c.id == bindparam("c_id")
    return update(subscribers).where(mine).values(timezone=bindparam("c_zone"))


def _agree() -> Update:
    """Who ended it agrees again only by a consent given after that: an old list brings nobody."""
    at = bindparam("c_at", type_=subscribers.c.advertising_at.type)
    return (
        update(subscribers)
        .where(
            subscribers.c.id == bindparam("c_id"),
            or_(subscribers.c.advertising_at.is_(None), subscribers.c.advertising_left_at < at),
        )
        .values(advertising_at=at, advertising_left_at=None)
    )


def _end() -> Update:
    at = bindparam("c_at", type_=subscribers.c.advertising_at.type)
    return (
        update(subscribers)
        .where(
            subscribers.c.id == bindparam("c_id"),
            subscribers.c.advertising_at.is_not(None),
            subscribers.c.advertising_left_at.is_(None),
        )
        .values(advertising_left_at=at)
    )
