"""Many rows by one statement: the same on both databases as one by one."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError

from publisher.store.many_rows import put_missing, put_rows
from publisher.store.tables import audit, stories
from tests.support.build import NOON
from tests.support.stores import Store


async def test_rows_come_back_as_they_were_put(store: Store) -> None:
    """Instants too, which no driver knows; more of them than one statement takes."""
    rows = [
        {"at": NOON + timedelta(microseconds=number), "by": f"«{number}»", "what": "looked"}
        for number in range(1_201)
    ]
    await store.database.at_one_go(lambda tx: put_rows(tx, audit, rows))

    async with store.database.read() as tx:
        found = await tx.execute(select(audit.c.at, audit.c.by).order_by(audit.c.at))
        assert [(row.at, row.by) for row in found] == [(row["at"], row["by"]) for row in rows]


async def test_no_rows_are_nothing(store: Store) -> None:
    await store.database.at_one_go(lambda tx: put_rows(tx, audit, []))


async def test_one_row_that_is_there_costs_them_all(store: Store) -> None:
    with pytest.raises(IntegrityError):
        await store.database.at_one_go(
            lambda tx: put_rows(tx, stories, [{"key": "bridge"}, {"key": "bridge"}])
        )

    assert await _many(store) == 0


async def test_missing_rows_are_put_beside_those_that_are_there(store: Store) -> None:
    dialect = sqlite if store.database.dialect == "sqlite" else postgresql
    for some in (["bridge"], ["bridge", "tram"]):
        await store.database.at_one_go(
            lambda tx, some=some: put_missing(  # type: ignore[misc]
                tx,
                dialect.insert(stories).on_conflict_do_nothing(),
                stories,
                [{"key": key} for key in some],
            )
        )

    assert await _many(store) == 2


async def _many(store: Store) -> int:
    async with store.database.read() as tx:
        return (await tx.execute(select(func.count()).select_from(stories))).scalar_one()
