"""The port Stamps: which life of the newsroom a database is of, on both databases."""

from pathlib import Path

import pytest

from publisher.errors import Refused
from publisher.store.outbox import SqlOutbox
from publisher.store.stamps import SqlStamps
from tests.support.build import NOON
from tests.support.stores import MINUTE, OWNER, Store


def stamps_of(store: Store, folder: Path, name: str = "ours") -> SqlStamps:
    return SqlStamps(store.database, folder=folder, of=None, name=lambda: name)


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


async def test_every_claim_is_remembered_on_this_machine(store: Store, tmp_path: Path) -> None:
    stamps = stamps_of(store, tmp_path)
    outbox = SqlOutbox(store.database, stamps=stamps)
    assert await stamps.paused_since(now=NOON) is None
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
    stamps = stamps_of(store, tmp_path)
    await stamps.paused_since(now=NOON)
    stamps.keep(7, newsroom="ours")

    assert await stamps.paused_since(now=NOON) == NOON
    assert await stamps.paused_since(now=NOON + MINUTE) == NOON  # known since then
    await stamps.resume()
    assert await stamps.paused_since(now=NOON + MINUTE) is None
    assert names_in(tmp_path) == ["stamp-8.json"]


async def test_another_machine_that_comes_knows_nothing_and_pauses_nothing(
    store: Store, tmp_path: Path
) -> None:
    await stamps_of(store, tmp_path / "one").paused_since(now=NOON)
    await store.sealed("anna")
    await store.claimed()

    assert await stamps_of(store, tmp_path / "two").paused_since(now=NOON) is None


async def test_the_database_of_another_newsroom_is_not_ours(store: Store, tmp_path: Path) -> None:
    stamps = stamps_of(store, tmp_path)
    await stamps.paused_since(now=NOON)
    stamps.keep(3, newsroom="theirs")

    assert await stamps.paused_since(now=NOON) == NOON


async def test_a_backup_put_back_under_a_live_sender_does_not_take_its_place(
    store: Store, tmp_path: Path
) -> None:
    """What it claims is told with a lower number; the next look pauses it."""
    stamps = stamps_of(store, tmp_path)
    outbox = SqlOutbox(store.database, stamps=stamps)
    await stamps.paused_since(now=NOON)
    await store.sealed("anna")
    stamps.raised(50, newsroom="ours")  # the life that the backup knows nothing of
    await outbox.claim(limit=1, now=NOON, lease=MINUTE, owner=OWNER)

    assert names_in(tmp_path) == ["stamp-50.json"]
    assert await stamps.paused_since(now=NOON) == NOON


async def test_an_emptied_stamp_still_tells_its_number(store: Store, tmp_path: Path) -> None:
    """As a power cut may leave it."""
    await stamps_of(store, tmp_path).paused_since(now=NOON)
    (tmp_path / "stamp-7.json").write_bytes(b"")
    (tmp_path / "stamp-x.json").write_bytes(b"\0")
    stamps = stamps_of(store, tmp_path)

    assert await stamps.paused_since(now=NOON) == NOON
    await stamps.resume()
    assert await stamps.paused_since(now=NOON) is None
    assert names_in(tmp_path) == ["stamp-8.json"]


async def test_a_stamp_that_cannot_be_written_is_said_in_words(
    store: Store, tmp_path: Path
) -> None:
    (tmp_path / "var").write_text("no folder")
    with pytest.raises(Refused) as refused:
        await stamps_of(store, tmp_path / "var").paused_since(now=NOON)

    assert "cannot be written" in refused.value.problems[0].message
