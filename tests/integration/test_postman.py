"""The postman's mail: each value of it where it belongs, and the second it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from publisher.assets import Assets
from publisher.deliver.signing import Signatories
from publisher.house import House
from publisher.links import delivery_named, is_return_path, leave_url
from publisher.model.deliveries import Delivery
from publisher.model.digests import Digest
from publisher.model.issues import IssueStatus
from publisher.model.names import DeliveryId
from publisher.postman import Postman
from publisher.render.email import render_digest
from publisher.render.headers import Unmailable
from tests.support.build import RU
from tests.support.newsroom import MORNING, NOW, composed, enrol, make_room
from tests.support.sheets import ordinary_day
from tests.support.signing import made_dkim, verified

BOUNCES = "bounces.embankment.test"


@asynccontextmanager
async def started(folder: Path, *more: Digest) -> AsyncIterator[tuple[House, Delivery]]:
    """A house whose mail comes back somewhere, and a delivery that is about to go."""
    async with make_room(folder, smtp=1).at_work() as app:
        await enrol(app, 2)
        issue = await composed(app)
        await app.house.issues.save(replace(issue, status=IssueStatus.APPROVED))
        digest = replace(render_digest(ordinary_day(RU), Assets()), issue=issue.id)
        sealed = replace(issue, status=IssueStatus.SEALED, sealed_at=NOW)
        others = [replace(one, issue=issue.id) for one in more]
        await app.house.outbox.seal(sealed, [digest, *others], now=NOW)
        lease = timedelta(minutes=5)
        claimed = await app.house.outbox.claim(limit=9, now=NOW, lease=lease, owner="test")
        one = next(each for each in claimed if each.language == RU)
        yield (
            replace(app.house, bounces_domain=BOUNCES),
            replace(one, digest=digest.id, message_id="m1@embankment.test", name="Анна Орлова"),
        )


async def test_a_mail_is_its_readers_from_the_envelope_to_the_foot(tmp_path: Path) -> None:
    async with started(tmp_path) as (house, delivery), Signatories(1) as sign:
        postman = Postman(house, sign=sign)
        mails = [await postman.mail(delivery, eight_bit=one) for one in (False, True, True)]

    page, mailbox = house.keys.leaving(MORNING)(delivery.subscriber, delivery.address)
    url = leave_url(house.newsroom.site.base_url, page)
    for mail in mails:
        message = message_from_bytes(b"".join(mail.chunks))
        assert message["List-Unsubscribe"].split() == [
            f"<{url}>,",
            f"<mailto:leave+{mailbox}@{BOUNCES}?subject=unsubscribe>",
        ]
        assert message["Message-ID"] == "<m1@embankment.test>"
        assert message["Date"] == "Mon, 23 Nov 2026 12:00:00 +0300"
        assert (mail.delivery, mail.recipient) == (delivery.id, delivery.address)
        local = mail.envelope_from.removesuffix(f"@{BOUNCES}")
        owner = (delivery.issue, delivery.subscriber)
        assert delivery_named(local) == delivery.id
        assert is_return_path(house.keys, local, delivery.id, *owner)
    assert mails[0].chunks != mails[1].chunks == mails[2].chunks


async def test_the_date_is_the_second_the_clock_shows_even_if_it_is_set_back(
    tmp_path: Path,
) -> None:
    seconds = [0.2, 0.9, 1.0, 1.999, 3600, 1.5, -1.5, -0.5]
    async with started(tmp_path) as (house, delivery), Signatories(1) as sign:
        times = iter(NOW + timedelta(seconds=one) for one in seconds)
        postman = Postman(replace(house, clock=lambda: next(times)), sign=sign)
        mails = [await postman.mail(delivery) for _ in seconds]

    dates = [message_from_bytes(b"".join(mail.chunks))["Date"].split()[4] for mail in mails]
    assert dates == [
        *("12:00:00", "12:00:00", "12:00:01", "12:00:01"),
        *("13:00:00", "12:00:01", "11:59:58", "11:59:59"),
    ]


async def test_a_signed_mail_of_the_postman_is_found_right(tmp_path: Path) -> None:
    dkim = made_dkim(tmp_path)
    async with started(tmp_path) as (house, delivery), Signatories(2) as sign:
        postman = Postman(replace(house, dkim=dkim), sign=sign)
        mail = await postman.mail(delivery, eight_bit=True)

    message = b"".join(mail.chunks)
    assert (mail.ready, mail.eight_bit, message.isascii()) == (True, False, True)
    assert verified(message, dkim) == [True, True]


# --- mails made at one go -------------------------------------------------------------------------


@pytest.mark.parametrize("eight_bit", [False, True])
async def test_what_was_made_as_it_began_is_what_would_be_made_at_its_turn(
    tmp_path: Path, eight_bit: bool
) -> None:
    seconds = iter([0, 0, 60, 120])
    async with started(tmp_path) as (house, delivery), Signatories(1) as sign:
        clocked = replace(house, clock=lambda: NOW + timedelta(seconds=next(seconds)))
        postman = Postman(clocked, sign=sign)
        at_its_turn = await postman.mail(delivery, eight_bit=eight_bit)
        postman.begun([delivery])
        made = await postman.mail(delivery, eight_bit=eight_bit)
        later = await postman.mail(delivery, eight_bit=eight_bit)

    assert made == at_its_turn
    assert later != made, "it is taken once, and would have another date now"


async def test_another_start_or_another_server_is_made_anew(tmp_path: Path) -> None:
    async with started(tmp_path) as (house, delivery), Signatories(1) as sign:
        postman = Postman(house, sign=sign)
        plain = await postman.mail(delivery)
        postman.begun([delivery])
        moved = await postman.mail(replace(delivery, address="moved@readers.test"))
        postman.begun([delivery])
        wide = await postman.mail(delivery, eight_bit=True)

    assert wide.chunks != plain.chunks
    assert moved.recipient == "moved@readers.test"
    assert b"moved@readers.test" in b"".join(moved.chunks)


async def test_one_that_cannot_be_made_spoils_no_others_and_is_refused_at_its_turn(
    tmp_path: Path,
) -> None:
    async with started(tmp_path) as (house, delivery), Signatories(1) as sign:
        postman = Postman(house, sign=sign)
        expected = await postman.mail(delivery)
        broken = replace(delivery, id=DeliveryId(99), address="a\nb@readers.test")
        postman.begun([broken, delivery])

        assert await postman.mail(delivery) == expected
        with pytest.raises(Unmailable):
            await postman.mail(broken)


async def test_what_nobody_asks_for_is_not_kept_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("publisher.postman._LEFT", 20)
    async with started(tmp_path) as (house, delivery), Signatories(1) as sign:
        postman = Postman(house, sign=sign)
        await postman.mail(delivery)
        for number in range(100):
            postman.begun([replace(delivery, id=DeliveryId(number))])

        assert len(postman._made) <= 21
