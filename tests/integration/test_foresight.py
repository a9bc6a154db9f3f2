"""Mails signed before their turn: taken if they are what started, and never otherwise."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from publisher import foresight
from publisher.assets import Assets
from publisher.deliver.signing import Signatories
from publisher.model.deliveries import Delivery
from publisher.model.digests import Mail
from publisher.model.dkim import Algorithm, Dkim, SigningKey
from publisher.model.names import DeliveryId, DigestId
from publisher.postman import Postman
from publisher.render.email import render_digest
from publisher.render.headers import Unmailable
from tests.integration.test_postman import started
from tests.support.build import RU
from tests.support.newsroom import NOW
from tests.support.sheets import ordinary_day
from tests.support.signing import made_dkim, verified


@dataclass
class Desk:
    """A postman who signs, how often he did, and a clock that can be set."""

    postman: Postman
    dkim: Dkim
    claimed: Delivery
    digest: DigestId
    signed: list[bytes]
    now: list[datetime] = field(default_factory=lambda: [NOW])

    def started(self, claimed: Delivery) -> Delivery:
        """A minute later."""
        self.now[0] += timedelta(minutes=1)
        return replace(claimed, digest=self.digest, message_id=self.postman.message_id(claimed))

    def checked(self, mail: Mail) -> dict[str, str]:
        """Its headers; its signature is right."""
        message = b"".join(mail.chunks)
        assert verified(message, self.dkim) == [True]
        return dict(message_from_bytes(message).items())


def counting(key: SigningKey, signed: list[bytes]) -> SigningKey:
    def sign(digest: bytes) -> bytes:
        signed.append(digest)
        return key.sign(digest)

    return replace(key, sign=sign)


@asynccontextmanager
async def desk(folder: Path, *, variants: Sequence[str] = ()) -> AsyncIterator[Desk]:
    extra = [
        replace(render_digest(ordinary_day(RU), Assets()), id=DigestId(one), variant=one)
        for one in variants
    ]
    signed: list[bytes] = []
    dkim = made_dkim(folder, Algorithm.ED25519)
    counted = replace(dkim, keys=tuple(counting(key, signed) for key in dkim.keys))
    async with started(folder, *extra) as (house, delivery), Signatories(1) as sign:
        now = [NOW]
        clocked = replace(house, dkim=counted, clock=lambda: now[0])
        assert delivery.digest
        yield Desk(
            postman=Postman(clocked, sign=sign),
            dkim=dkim,
            claimed=replace(delivery, digest=None, message_id=None),
            digest=delivery.digest,
            signed=signed,
            now=now,
        )


async def test_a_mail_that_was_foreseen_is_signed_once_and_says_when(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.postman.foresee([room.claimed])
        mail = await room.postman.mail(room.started(room.claimed), eight_bit=True)

        assert room.checked(mail)["Date"] == "Mon, 23 Nov 2026 12:00:00 +0300"
        assert len(room.signed) == 1


async def test_what_is_signed_already_is_made_as_it_begins(tmp_path: Path) -> None:
    """The same mail, signed once; one that is not signed yet waits for its turn."""
    async with desk(tmp_path) as room:
        waits = replace(room.claimed, id=DeliveryId(99))
        await room.postman.foresee([room.claimed])
        await room.postman._foresight._guesses[room.claimed.id].signature
        await room.postman.foresee([waits])
        started = [room.started(one) for one in (room.claimed, waits)]
        room.postman.begun(started)
        made = list(room.postman._made)
        mails = [await room.postman.mail(one, eight_bit=True) for one in started]

        assert made == [room.claimed.id]
        assert [room.checked(one)["Date"].split()[4] for one in mails] == ["12:00:00"] * 2
        assert len(room.signed) == 2


@pytest.mark.parametrize("how", ["cancelled", "failed"])
async def test_a_signature_that_came_to_nothing_spoils_nobodys_beginning(
    tmp_path: Path, how: str
) -> None:
    async with desk(tmp_path) as room:
        await room.postman.foresee([room.claimed])
        signature = room.postman._foresight._guesses[room.claimed.id].signature
        if how == "cancelled":
            signature.cancel()
        else:
            signature.set_exception(LookupError("no key"))
            signature.exception()  # it is looked at
        room.postman.begun([room.started(room.claimed)])

        assert room.postman._made == {}


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "moved@readers.test"},
        {"name": "Ольга"},
        {"digest": DigestId("other")},
        {"message_id": "other@embankment.test"},
    ],
    ids=lambda one: next(iter(one)),
)
async def test_what_started_as_another_is_made_anew(
    tmp_path: Path, changes: dict[str, str]
) -> None:
    async with desk(tmp_path, variants=["other"]) as room:
        room.postman._foresight._spoken[room.claimed.issue] = [(RU, room.digest)]
        await room.postman.foresee([room.claimed])
        await room.postman._foresight._guesses[room.claimed.id].signature
        started = replace(room.started(room.claimed), **changes)
        room.postman.begun([started])
        mail = await room.postman.mail(started)
        headers = room.checked(mail)

        assert headers["Date"] == "Mon, 23 Nov 2026 12:01:00 +0300"
        assert headers["Message-ID"] == f"<{started.message_id}>"
        assert mail.recipient == started.address


async def test_where_a_readers_choices_decide_nothing_is_foreseen(tmp_path: Path) -> None:
    async with desk(tmp_path, variants=["other"]) as room:
        await room.postman.foresee([room.claimed])
        mail = await room.postman.mail(room.started(room.claimed))

        assert room.checked(mail)["Date"] == "Mon, 23 Nov 2026 12:01:00 +0300"
        assert len(room.signed) == 1


async def test_a_mail_that_cannot_be_made_is_refused_at_its_turn(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        broken = replace(room.claimed, address="a b@readers.test")
        await room.postman.foresee([broken, room.claimed])

        with pytest.raises(Unmailable):
            await room.postman.mail(room.started(broken))


async def test_a_second_claim_makes_the_first_ones_mail_stale(tmp_path: Path) -> None:
    async with desk(tmp_path) as room:
        await room.postman.foresee([room.claimed])
        room.now[0] += timedelta(hours=3)
        await room.postman.foresee([room.claimed])
        mail = await room.postman.mail(room.started(room.claimed))

        assert room.checked(mail)["Date"] == "Mon, 23 Nov 2026 15:00:00 +0300"


async def test_of_too_many_the_oldest_are_made_at_their_turn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foresight, "_KEPT", 2)
    async with desk(tmp_path) as room:
        claimed = [replace(room.claimed, id=DeliveryId(number)) for number in range(1, 5)]
        await room.postman.foresee(claimed)
        mails = [await room.postman.mail(room.started(one)) for one in claimed]

        dates = [room.checked(mail)["Date"].split()[4] for mail in mails]
        assert dates == ["12:01:00", "12:02:00", "12:00:00", "12:00:00"]
