"""The port Audience."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event

from publisher.model.names import EditionId, SubscriberId
from publisher.model.people import Applicant, Subscriber, Subscription, Suppression
from publisher.model.people import SuppressionReason as Reason
from tests.support.build import EN, NOON, RU, make_applicant, make_consent
from tests.support.stores import EDITION, Store, address

WEEKLY = EditionId("weekly")
DAY = timedelta(days=1)
ASKED = make_consent().at


async def enrol(store: Store, *applicants: Applicant) -> tuple[int, int]:
    return await store.audience.enrol(applicants, now=NOON)


async def anna(store: Store) -> Subscriber:
    return await store.reader("anna")


async def test_a_person_comes_back_with_ties_and_proof(store: Store) -> None:
    applicant = make_applicant(language=RU, name="Анна", editions=(WEEKLY, EDITION))

    assert await enrol(store, applicant) == (1, 0)

    found = await anna(store)
    assert found == Subscriber(
        id=found.id,
        email="anna@readers.test",
        language=RU,
        name="Анна",
        created_at=NOON,
        subscriptions=(
            Subscription(edition=EDITION, since=ASKED),
            Subscription(edition=WEEKLY, since=ASKED),
        ),
        consents=(applicant.consent,),
    )
    assert await store.audience.get(found.id) == found


async def test_an_unknown_person_is_none(store: Store) -> None:
    assert await store.audience.find("nobody@readers.test") is None
    assert await store.audience.get(SubscriberId(404)) is None


async def test_a_known_person_is_one_row_and_gains_what_is_new(store: Store) -> None:
    await enrol(store, make_applicant())
    first = await anna(store)
    newer = make_consent(at=ASKED + DAY, source="import")

    done = await enrol(
        store, make_applicant(language=RU, editions=(WEEKLY,), name=None, consent=newer)
    )

    assert done == (0, 1)
    assert await anna(store) == replace(
        first,
        language=RU,
        name="Anna",
        subscriptions=(*first.subscriptions, Subscription(edition=WEEKLY, since=ASKED + DAY)),
        consents=(make_consent(), newer),
    )


async def test_the_same_list_twice_changes_nothing(store: Store) -> None:
    await enrol(store, make_applicant())
    first = await anna(store)

    assert await enrol(store, make_applicant()) == (0, 1)
    assert await anna(store) == first


async def test_a_person_named_twice_in_a_list_is_one_person(store: Store) -> None:
    again = make_applicant(editions=(WEEKLY,), language=RU)

    assert await enrol(store, make_applicant(), again) == (1, 1)

    found = await anna(store)
    assert found.language == RU
    assert [tie.edition for tie in found.subscriptions] == [EDITION, WEEKLY]


async def test_a_person_without_an_edition_is_known_and_gets_nothing(store: Store) -> None:
    assert await enrol(store, make_applicant(editions=())) == (1, 0)
    assert (await anna(store)).subscriptions == ()


async def test_nobody_to_enrol_is_no_error(store: Store) -> None:
    assert await enrol(store) == (0, 0)


async def test_leaving_ends_one_subscription_once(store: Store) -> None:
    await enrol(store, make_applicant(editions=(EDITION, WEEKLY)))
    reader = (await anna(store)).id

    assert await store.audience.leave(reader, EDITION, now=NOON) is True
    assert await store.audience.leave(reader, EDITION, now=NOON + DAY) is False
    assert (await anna(store)).subscriptions == (
        Subscription(edition=EDITION, since=ASKED, left_at=NOON),
        Subscription(edition=WEEKLY, since=ASKED),
    )


async def test_nobody_leaves_what_they_never_joined(store: Store) -> None:
    await enrol(store, make_applicant())

    assert await store.audience.leave((await anna(store)).id, WEEKLY, now=NOON) is False
    assert await store.audience.leave(SubscriberId(404), EDITION, now=NOON) is False


async def test_an_old_list_brings_nobody_back(store: Store) -> None:
    await enrol(store, make_applicant())
    await store.leave("anna", now=NOON)

    await enrol(store, make_applicant(consent=make_consent(at=NOON - DAY, source="old list")))
    await enrol(store, make_applicant(consent=make_consent(at=NOON, source="the same instant")))

    assert (await anna(store)).subscriptions[0].left_at == NOON


async def test_a_consent_given_after_leaving_brings_a_reader_back(store: Store) -> None:
    await enrol(store, make_applicant())
    await store.leave("anna", now=NOON)

    await enrol(store, make_applicant(consent=make_consent(at=NOON + DAY)))

    assert (await anna(store)).subscriptions == (Subscription(edition=EDITION, since=NOON + DAY),)


async def test_removing_ends_every_subscription_and_keeps_the_proof(store: Store) -> None:
    await enrol(store, make_applicant(editions=(EDITION, WEEKLY)))

    assert await store.audience.remove(address("anna"), now=NOON) is True
    assert await store.audience.remove(address("nobody"), now=NOON) is False

    found = await anna(store)
    assert [tie.left_at for tie in found.subscriptions] == [NOON, NOON]
    assert found.consents == (make_consent(),)


async def test_removing_keeps_the_day_somebody_had_left_before(store: Store) -> None:
    await enrol(store, make_applicant())
    await store.leave("anna", now=NOON)

    assert await store.audience.remove(address("anna"), now=NOON + DAY) is True
    assert (await anna(store)).subscriptions[0].left_at == NOON


async def test_suppressions_are_appended_and_read_oldest_first(store: Store) -> None:
    rows = [
        Suppression(email=address("anna"), reason=reason, at=NOON + day * DAY, note=reason.value)
        for day, reason in ((1, Reason.COMPLAINT), (0, Reason.LIFTED), (2, Reason.OPERATOR))
    ]
    for row in rows:
        await store.audience.suppress(row)
    await store.suppress("boris")

    assert await store.audience.suppressions(address("anna")) == rows
    assert await store.audience.suppressions(address("nobody")) == []


async def test_everyone_comes_in_order_of_id_however_many_they_are(store: Store) -> None:
    await store.enrolled()
    many = [make_applicant(email=f"r{number:04}@readers.test") for number in range(1_001)]
    await enrol(store, *reversed(many))

    people = [one async for one in store.audience.everyone()]

    assert len(people) == 1_001
    assert [one.id for one in people] == sorted({one.id for one in people})
    assert all(one.subscriptions and one.consents for one in people)


async def test_everyone_of_nobody_is_nobody(store: Store) -> None:
    assert [one async for one in store.audience.everyone()] == []


async def test_twelve_thousand_are_enrolled_many_at_once_and_five_thousand_at_a_time(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Law 9: a transaction is no longer than that, so the sender waits no longer either.

    Two seconds; with a statement of its own for every row, minutes.
    """
    written: list[int] = []
    asked: list[str] = []
    write = type(store.database).write

    def counted(database: Any) -> Any:
        written.append(taken[0])
        return write(database)

    taken = [0]

    def people() -> Iterator[Applicant]:
        for number in range(12_000):
            taken[0] += 1
            yield make_applicant(email=f"r{number}@readers.test")

    monkeypatch.setattr(type(store.database), "write", counted)

    @event.listens_for(store.database.writer.sync_engine, "before_cursor_execute")
    def asks(connection: object, cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    done = await store.audience.enrol(people(), now=NOON)

    assert done == (12_000, 0)
    assert written == [5_000, 10_000, 12_000]
    assert len(asked) < 12_000 / 100


async def test_an_import_that_breaks_off_keeps_the_whole_pieces_before(store: Store) -> None:
    def people() -> Iterator[Applicant]:
        for number in range(7_000):
            yield make_applicant(email=f"r{number}@readers.test")
        raise ValueError("line 7001 cannot be read")

    with pytest.raises(ValueError, match="7001"):
        await store.audience.enrol(people(), now=NOON)

    assert await store.audience.find("r4999@readers.test") is not None
    assert await store.audience.find("r5000@readers.test") is None
    assert (await enrol(store, make_applicant(language=EN))) == (1, 0)
