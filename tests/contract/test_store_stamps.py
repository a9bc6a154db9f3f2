"""The port Stamps: which life of the newsroom a database is of, on both databases."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from publisher.errors import Refused
from publisher.store.notices import SqlNotices
from publisher.store.outbox import SqlOutbox
from publisher.store.stamp_tables import stamps
from publisher.store.stamps import SqlStamps
from publisher.store.whereabouts import Home
from tests.contract.test_store_notices import make_notice
from tests.support.build import NOON
from tests.support.databases import PostgresServer
from tests.support.stores import MINUTE, OWNER, Store, open_store


def stamps_of(store: Store, folder: Path, name: str = "ours") -> SqlStamps:
    return SqlStamps(store.database, folder=folder, of=None, name=lambda: name)


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_every_claim_is_remembered_on_this_machine(store: Store, tmp_path: Path) -> None:
    ours = stamps_of(store, tmp_path)
    outbox = SqlOutbox(store.database, stamps=ours)
    assert await ours.paused_since(now=NOON) is None
    before = names_in(tmp_path)
    await store.sealed("anna")
    claimed = await outbox.claim(limit=1, now=NOON, lease=MINUTE, owner=OWNER)
    idle = await outbox.claim(limit=1, now=NOON, lease=MINUTE, owner=OWNER)

    assert (len(claimed), idle) == (1, [])
    assert before == ["stamp-0.json"]
    assert names_in(tmp_path) == ["stamp-2.json"]  # the seal, the claim, and nothing for nothing
    assert await stamps_of(store, tmp_path).paused_since(now=NOON) is None


async def test_a_machine_that_knows_more_pauses_it_until_somebody_resumes(
    store: Store, tmp_path: Path
) -> None:
    ours = stamps_of(store, tmp_path)
    await ours.paused_since(now=NOON)
    ours.keep(7, newsroom="ours")

    assert await ours.paused_since(now=NOON) == NOON
    assert await ours.paused_since(now=NOON + MINUTE) == NOON  # known since then
    await ours.resume()
    assert await ours.paused_since(now=NOON + MINUTE) is None
    assert names_in(tmp_path) == ["stamp-8.json"]


async def test_another_machine_that_comes_knows_nothing_and_pauses_nothing(
    store: Store, tmp_path: Path
) -> None:
    await stamps_of(store, tmp_path / "one").paused_since(now=NOON)
    await store.sealed("anna")
    await store.claimed()

    assert await stamps_of(store, tmp_path / "two").paused_since(now=NOON) is None


@pytest.mark.postgres
async def test_a_copy_that_is_put_elsewhere_pauses_also_a_machine_that_knows_nothing(
    postgres: PostgresServer, tmp_path: Path
) -> None:
    original = postgres.fresh()
    async with open_store(original) as store:
        await stamps_of(store, tmp_path / "one").paused_since(now=NOON)
        assert await stamps_of(store, tmp_path / "joins").paused_since(now=NOON) is None
    async with open_store(postgres.fresh(of=original)) as store:
        other = stamps_of(store, tmp_path / "two")

        assert await other.paused_since(now=NOON) == NOON
        await other.resume()
        assert await other.paused_since(now=NOON) is None
        assert await stamps_of(store, tmp_path / "three").paused_since(now=NOON) is None


async def test_a_cluster_brought_back_pauses_who_knows_nothing_and_a_standby_nobody_else(
    store: Store, tmp_path: Path
) -> None:
    await stamps_of(store, tmp_path / "one").paused_since(now=NOON)
    if not await moved(store, timeline="FFFFFFFF"):
        pytest.skip("SQLite's file tells for itself")

    assert await stamps_of(store, tmp_path / "two").paused_since(now=NOON) == NOON
    await stamps_of(store, tmp_path / "two").resume()
    await moved(store, timeline="FFFFFFFF")
    assert await stamps_of(store, tmp_path / "two").paused_since(now=NOON) is None


async def moved(store: Store, *, timeline: str) -> bool:
    """Have the row say that it was last seen on this timeline; whether it says where at all."""
    async with store.database.write() as tx:
        words = (await tx.execute(select(stamps.c.home))).scalar_one()
        if words is not None:
            there = Home(table=Home.read(words).table, timeline=timeline)
            await tx.execute(update(stamps).values(home=str(there)))
    return words is not None


async def test_the_database_of_another_newsroom_is_not_ours(store: Store, tmp_path: Path) -> None:
    ours = stamps_of(store, tmp_path)
    await ours.paused_since(now=NOON)
    ours.keep(3, newsroom="theirs")

    assert await ours.paused_since(now=NOON) == NOON


async def test_a_backup_put_back_under_a_live_sender_is_known_by_its_next_claim(
    store: Store, tmp_path: Path
) -> None:
    """It gives a number that had been given before; nobody gets what was claimed with it."""
    ours = stamps_of(store, tmp_path)
    outbox = SqlOutbox(store.database, stamps=ours)
    await ours.paused_since(now=NOON)
    await store.sealed("anna")
    ours.raised(50, newsroom="ours")  # the life that the backup knows nothing of
    with pytest.raises(Refused, match="backup"):
        await outbox.claim(limit=1, now=NOON, lease=MINUTE, owner=OWNER)

    assert names_in(tmp_path) == ["stamp-50.json"]
    assert await ours.paused_since(now=NOON) == NOON


@pytest.mark.parametrize("notices_only", [True, False])
async def test_so_it_is_by_the_claim_of_a_notice(
    notices_only: bool, store: Store, tmp_path: Path
) -> None:
    ours = stamps_of(store, tmp_path)
    outbox = SqlOutbox(store.database, notices_only=notices_only, stamps=ours)
    await ours.paused_since(now=NOON)
    await SqlNotices(store.database).add(make_notice("test:1", "chief"), now=NOON)
    ours.raised(50, newsroom="ours")
    with pytest.raises(Refused, match="backup"):
        await outbox.claim(limit=1, now=NOON, lease=MINUTE, owner=OWNER)

    assert await ours.paused_since(now=NOON) == NOON


async def test_claims_that_are_told_in_another_order_are_no_backup(
    store: Store, tmp_path: Path
) -> None:
    ours = stamps_of(store, tmp_path)
    await ours.paused_since(now=NOON)
    ours.raised(8, newsroom="ours", above=6)
    ours.raised(7, newsroom="ours", above=6)

    assert names_in(tmp_path) == ["stamp-8.json"]


async def test_an_emptied_stamp_still_tells_its_number(store: Store, tmp_path: Path) -> None:
    """As a power cut may leave it."""
    await stamps_of(store, tmp_path).paused_since(now=NOON)
    (tmp_path / "stamp-7.json").write_bytes(b"")
    (tmp_path / "stamp-x.json").write_bytes(b"\0")
    ours = stamps_of(store, tmp_path)

    assert await ours.paused_since(now=NOON) == NOON
    await ours.resume()
    assert await ours.paused_since(now=NOON) is None
    assert names_in(tmp_path) == ["stamp-8.json"]


async def test_a_stamp_that_cannot_be_written_is_said_in_words(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "var").write_text("no folder")
    with pytest.raises(Refused) as refused:
        await stamps_of(store, tmp_path / "var").paused_since(now=NOON)

    assert "cannot be written" in refused.value.problems[0].message
