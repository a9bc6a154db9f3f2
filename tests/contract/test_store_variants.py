"""Readers' choices, what the ledger owes them, and the digest a start gives: one each."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from publisher.errors import MoveForbidden
from publisher.model.articles import Article
from publisher.model.deliveries import DeliveryStatus
from publisher.model.digests import Digest
from publisher.model.issues import Correction, Issue, IssueStatus, Order, correction_key
from publisher.model.names import DigestId, EditionId, IssueId, SectionId, StoryKey
from publisher.model.people import Choices
from publisher.model.variants import Group, Seat, Seating, Variant
from publisher.store.tables import audit
from tests.support.build import (
    DUE,
    EN,
    NOON,
    RU,
    make_article,
    make_consent,
    make_digest,
    make_issue,
)
from tests.support.stores import EDITION, ISSUE, Store, names_of, settled

DAY = timedelta(days=1)
MOSCOW, WORLD = SectionId("moscow"), SectionId("world")
BRIDGE = make_article()
MENDED = replace(BRIDGE, correction="It opened on Friday.", version=2)
OWED = Correction(section=MOSCOW, article=MENDED)
NEXT = make_issue(
    id=IssueId("morning-20261124-0800"),
    due_at=DUE + DAY,
    status=IssueStatus.APPROVED,
    corrections=(OWED,),
)


def choosing(*sections: SectionId, advertising: bool | None = None) -> Choices:
    return Choices(sections={EDITION: frozenset(sections) or None}, advertising=advertising)


def digest_of(issue: Issue, variant: Variant, language: Any = EN) -> Digest:
    return make_digest(
        id=DigestId(f"{issue.id}/{language}/{variant.name}"),
        issue=issue.id,
        language=language,
        variant=variant.name,
    )


async def mailed(
    store: Store,
    *articles: Article,
    ends: DeliveryStatus = DeliveryStatus.ACCEPTED,
    issue: Issue | None = None,
) -> Issue:
    """An issue that told these articles, mailed to every reader there is."""
    issue = issue or make_issue(status=IssueStatus.APPROVED)
    digests = [make_digest(issue=issue.id), make_digest(issue=issue.id, language=RU)]
    told = {one.id: correction_key(one) for one in articles}
    await store.issues.save(issue)
    sealed = replace(issue, status=IssueStatus.SEALED, sealed_at=NOON)
    seating = Seating(told={digests[0].id: told})
    await store.outbox.seal(sealed, digests, now=NOON, seating=seating)
    for delivery in await store.sending():
        await store.settle(settled(delivery, ends))
    await store.outbox.close_balanced(now=NOON)
    return sealed


async def owed(store: Store, issue: Issue = NEXT) -> int:
    groups = await store.readers.groups(issue)
    return sum(group.readers for group in groups if group.corrections)


async def test_readers_are_grouped_by_what_they_chose(store: Store) -> None:
    await store.enrolled("anna", "boris")
    await store.enrolled("clara", language=RU, choices=choosing(WORLD, MOSCOW, advertising=True))

    assert await store.readers.groups(make_issue()) == [
        Group(language=EN, sections=None, readers=2),
        Group(language=RU, sections=frozenset({MOSCOW, WORLD}), advertising=True, readers=1),
    ]


async def test_a_choice_stays_until_another_is_made(store: Store) -> None:
    await store.enrolled("anna", choices=choosing(WORLD))
    await store.enrolled("anna")
    assert (await store.reader("anna")).subscriptions[0].sections == {WORLD}

    await store.enrolled("anna", choices=choosing())
    assert (await store.reader("anna")).subscriptions[0].sections is None


async def test_who_ended_advertising_agrees_again_only_later(store: Store) -> None:
    await store.enrolled("anna", choices=choosing(advertising=True))
    assert (await store.reader("anna")).agrees_to_advertising
    await store.enrolled("anna", choices=choosing(advertising=False))
    assert not (await store.reader("anna")).agrees_to_advertising
    await store.enrolled("anna", choices=choosing(advertising=True))
    assert not (await store.reader("anna")).agrees_to_advertising

    late = make_consent(at=NOON + DAY)
    await store.enrolled("anna", consent=late, choices=choosing(advertising=True))
    assert (await store.reader("anna")).agrees_to_advertising


async def test_who_was_mailed_the_mistake_is_owed_the_correction(store: Store) -> None:
    """Boris reads Russian, whose digest did not tell that article."""
    await store.enrolled("anna")
    await store.enrolled("boris", language=RU)
    await mailed(store, BRIDGE)
    await store.enrolled("clara")

    groups = await store.readers.groups(NEXT)

    assert {(one.language, one.corrections): one.readers for one in groups} == {
        (EN, frozenset({OWED.key})): 1,
        (EN, frozenset()): 1,
        (RU, frozenset()): 1,
    }


@pytest.mark.parametrize(
    ("ends", "number"),
    [
        (DeliveryStatus.ACCEPTED, 1),
        (DeliveryStatus.UNCERTAIN, 1),
        (DeliveryStatus.REJECTED, 0),
    ],
    ids=lambda one: getattr(one, "value", None),
)
async def test_a_correction_is_owed_by_what_arrived_or_may_have(
    store: Store, ends: DeliveryStatus, number: int
) -> None:
    await store.enrolled("anna")
    await mailed(store, BRIDGE, ends=ends)

    assert await owed(store) == number


async def test_who_got_the_corrected_article_is_owed_nothing(store: Store) -> None:
    await store.enrolled("anna")
    await mailed(store, MENDED)

    assert await owed(store) == 0


@pytest.mark.parametrize(
    ("ends", "number"),
    [(DeliveryStatus.ACCEPTED, 0), (DeliveryStatus.REJECTED, 1)],
    ids=["arrived", "came back"],
)
async def test_a_correction_is_told_once_by_whatever_edition_and_again_where_it_was_lost(
    store: Store, ends: DeliveryStatus, number: int
) -> None:
    weekly = EditionId("weekly")
    await store.enrolled("anna", editions=(EDITION, weekly))
    await mailed(store, BRIDGE)
    other = make_issue(
        id=IssueId("weekly-20261123-0900"), edition=weekly, status=IssueStatus.APPROVED
    )
    await mailed(store, MENDED, issue=other, ends=ends)

    assert await owed(store) == number


async def test_an_issue_that_corrects_one_asks_that_one_alone_and_those_it_went_to(
    store: Store,
) -> None:
    await store.enrolled("anna")
    await mailed(store, BRIDGE)
    await store.enrolled("boris")
    again = replace(NEXT, only_to=ISSUE, correction_of=ISSUE)

    assert await store.readers.groups(again) == [
        Group(language=EN, sections=None, corrections=frozenset({OWED.key}), readers=1)
    ]
    await mailed(store, MENDED, issue=again)
    assert await owed(store, again) == 1
    assert await owed(store) == 0


async def test_an_issue_that_corrects_another_closes_no_window(store: Store) -> None:
    await store.enrolled("anna")
    first = await mailed(store, BRIDGE)
    await mailed(store, MENDED, issue=replace(NEXT, only_to=ISSUE, correction_of=ISSUE))

    last = await store.issues.last_sealed(EDITION)

    assert last is not None
    assert last.id == first.id


async def sealed_in_variants(store: Store, *variants: Variant, seats: Sequence[Seat]) -> None:
    issue = make_issue(status=IssueStatus.APPROVED, corrections=(OWED,))
    await store.issues.save(issue)
    digests = [digest_of(issue, one) for one in (Variant(), *variants)]
    sealed = replace(issue, status=IssueStatus.SEALED, sealed_at=NOON)
    await store.outbox.seal(sealed, digests, now=NOON, seating=Seating(seats=tuple(seats)))


def seat(*sections: SectionId, variant: str | None) -> Seat:
    return Seat(language=EN, sections=frozenset(sections), corrections=frozenset(), variant=variant)


async def started(store: Store) -> dict[str, str]:
    return {names_of([one])[0]: str(one.digest).rpartition("/")[2] for one in await store.sending()}


async def test_every_reader_starts_with_the_one_digest_of_their_seat(store: Store) -> None:
    world = Variant(sections=frozenset({WORLD}))
    await store.enrolled("anna", "dora")
    await store.enrolled("boris", choices=choosing(WORLD))
    await store.enrolled("clara", choices=choosing(MOSCOW))
    await sealed_in_variants(store, world, seats=[seat(WORLD, variant=world.name)])

    assert await started(store) == {
        "anna": "all",
        "boris": world.name,
        "clara": "all",  # nobody gave her choice a seat: everything
        "dora": "all",
    }


async def test_whom_the_issue_has_nothing_for_is_not_planned(store: Store) -> None:
    await store.enrolled("anna")
    await store.enrolled("boris", choices=choosing(WORLD))
    await sealed_in_variants(store, seats=[seat(WORLD, variant=None)])

    assert names_of([one for one, _ in await store.ledger.deliveries(ISSUE)]) == ["anna"]


async def test_advertising_goes_to_who_agrees_when_their_mail_starts(store: Store) -> None:
    """Leaving is immediate: Boris ended it after the seal."""
    await store.enrolled("anna", "boris", choices=choosing(advertising=True))
    await store.enrolled("clara")
    await sealed_in_variants(store, Variant(advertising=True), seats=[])
    await store.enrolled("boris", choices=choosing(advertising=False))

    assert await started(store) == {"anna": "all-ads", "boris": "all", "clara": "all"}


async def test_who_changed_language_since_the_seal_gets_all_of_it(store: Store) -> None:
    world = Variant(sections=frozenset({WORLD}))
    await store.enrolled("boris", choices=choosing(WORLD))
    await sealed_in_variants(store, world, seats=[seat(WORLD, variant=world.name)])
    await store.enrolled("boris", language=RU)

    assert await started(store) == {"boris": "all"}


async def test_an_order_is_kept_with_its_issue_and_in_the_audit(store: Store) -> None:
    order = Order(lead=StoryKey("bridge"), subject={EN: "Bridges"})
    await store.issues.save(make_issue(status=IssueStatus.APPROVED))

    changed = await store.wishes.order(ISSUE, order, now=NOON, by="Anna")

    assert (changed.status, changed.approvals) == (IssueStatus.DRAFT, ())
    assert await store.issues.get(ISSUE) == changed
    async with store.database.read() as tx:
        rows = (await tx.execute(audit.select())).all()
    assert [(row.by, row.what) for row in rows] == [
        ("Anna", f"{ISSUE}: order lead bridge, subject en: Bridges")
    ]


async def test_no_order_reaches_a_sealed_issue(store: Store) -> None:
    await store.sealed("anna")

    with pytest.raises(MoveForbidden):
        await store.wishes.order(ISSUE, Order(), now=NOON, by="Anna")


async def test_a_pin_is_kept_until_it_is_taken_out(store: Store) -> None:
    async with store.database.write() as tx:
        await _known_stories(tx, "bridge", "river")
    for minute, story in enumerate(("bridge", "river", "bridge")):
        at = NOON + timedelta(minutes=minute)
        await store.wishes.pin(EDITION, StoryKey(story), now=at, by="Anna")

    assert await store.wishes.pinned(EDITION) == ["river", "bridge"]
    await store.wishes.pin(EDITION, StoryKey("river"), now=NOON, by="Anna", on=False)
    assert await store.wishes.pinned(EDITION) == ["bridge"]


async def _known_stories(tx: Any, *keys: str) -> None:
    from publisher.store.article_rows import keep_stories

    await tx.run_sync(keep_stories, [StoryKey(key) for key in keys])
