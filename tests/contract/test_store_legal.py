"""Which versions of legal profiles were sent: rule L20, acceptance check 25."""

from datetime import timedelta

from publisher.model.issues import IssueStatus
from publisher.model.legal import ProfileUse
from publisher.model.names import EditionId, IssueId
from publisher.store.migrations.versions.v0004_legal_uses import _uses
from tests.support.build import EN, NOON, RU, make_issue, make_profile
from tests.support.stores import EDITION, ISSUE, Store, names_of


async def test_l20_the_seal_notes_which_versions_an_issue_carries(store: Store) -> None:
    issue = make_issue(profiles={EN: "a" * 64, RU: "b" * 64})
    await store.sealed("anna", profiles=issue.profiles)

    assert await store.ledger.profiles_used() == [
        ProfileUse(version="a" * 64, edition=EDITION, language=EN, issue=ISSUE),
        ProfileUse(version="b" * 64, edition=EDITION, language=RU, issue=ISSUE),
    ]


async def test_l20_what_was_never_sealed_is_not_used(store: Store) -> None:
    await store.issues.save(make_issue(status=IssueStatus.APPROVED))

    assert await store.ledger.profiles_used() == []


async def test_check_25_each_edition_keeps_its_versions_and_the_first_issue_of_each(
    store: Store,
) -> None:
    first = await store.sealed("anna", profiles={EN: "a" * 64})
    second = make_issue(
        id=IssueId("second"), due_at=first.due_at.replace(day=24), profiles={EN: "a" * 64}
    )
    third = make_issue(
        id=IssueId("third"),
        edition=EditionId("weekly"),
        due_at=first.due_at,
        profiles={EN: "c" * 64},
    )
    for issue in (second, third):
        await store.issues.save(issue)
        await store.issues.move(issue.id, IssueStatus.APPROVED, now=first.due_at, by="anna")
        await store.seal(issue)
    uses = await store.ledger.profiles_used()

    assert [(use.version[0], use.edition, use.issue) for use in uses] == [
        ("a", EDITION, ISSUE),
        ("c", EditionId("weekly"), IssueId("third")),
    ]
    stored = await store.issues.get(ISSUE)
    assert stored is not None
    assert stored.profiles == {EN: "a" * 64}


async def test_the_migration_reads_what_was_sealed_before(store: Store) -> None:
    await store.sealed("anna", profiles={EN: "a" * 64, RU: "a" * 64})
    await store.issues.save(make_issue(id=IssueId("draft"), edition=EditionId("weekly")))
    async with store.database.read() as tx:
        found = await tx.run_sync(lambda connection: list(_uses(connection)))

    assert [(row["version"][0], row["language"], row["issue"]) for row in found] == [
        ("a", "en", ISSUE),
        ("a", "ru", ISSUE),
    ]


async def test_check_14_who_leaves_while_an_issue_is_sent_is_not_mailed_any_more(
    store: Store,
) -> None:
    await store.sealed("anna", "boris")
    claimed = await store.claimed()
    await store.leave("anna")
    started = await store.started(claimed)

    assert names_of(started) == ["boris"]
    assert await store.statuses() == ["suppressed", "sending"]


async def test_l20_feeds_note_the_version_they_carry_and_since_when(store: Store) -> None:
    for version, hours in (("a" * 64, 0), ("a" * 64, 5), ("b" * 64, 9)):
        profile = make_profile(version=version)
        await store.ledger.feeds_carry(profile, now=NOON + timedelta(hours=hours))

    assert await store.ledger.profiles_used() == [
        ProfileUse(version="a" * 64, profile="main", since=NOON),
        ProfileUse(version="b" * 64, profile="main", since=NOON + timedelta(hours=9)),
    ]
