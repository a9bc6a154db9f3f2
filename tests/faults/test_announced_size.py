"""SIZE (RFC 1870): what a server says it will not take is not sent to it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from publisher.deliver.pool import Pool, Wear
from publisher.model.deliveries import Delivery, Outcome, Phase
from publisher.model.digests import Mail
from tests.support.build import make_mail
from tests.support.fleets import Harbour
from tests.support.sending import Room, reader, sealed
from tests.support.smtp_server import Script, make_relay, raw_server

DICE = Random(1)  # noqa: S311 - jitter
TEXT = (b"x" * 78 + b"\r\n") * 10  # 800 bytes
LONG = TEXT * 2


def offering(*lines: str) -> Script:
    offer = "".join(f"250-{line}\r\n" for line in ("relay.test", *lines))
    return {"EHLO": f"{offer}250 ENHANCEDSTATUSCODES\r\n".encode()}


def some_long(room: Room, *addresses: str) -> None:
    """These readers get a mail of 1,600 bytes, the others one of 800."""
    compose = room.compose

    async def longer(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
        mail = await compose(delivery, eight_bit=eight_bit)
        return replace(mail, chunks=(LONG if delivery.address in addresses else TEXT,))

    room.compose = longer  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("offer", "taken"),
    [
        ("SIZE 800", False),
        ("SIZE 1599", False),
        ("size 1599", False),
        ("SIZE 1600", True),
        ("SIZE", True),
        ("SIZE 0", True),
        ("SIZE many", True),
        ("SIZE -1", True),
        ("8BITMIME", True),
    ],
)
async def test_a_mail_larger_than_announced_is_not_begun(offer: str, taken: bool) -> None:
    async with (
        raw_server(offering(offer)) as server,
        Pool(make_relay(server.port), dice=DICE, hello="me.test", wear=Wear(jitter=0)) as pool,
    ):
        result = await pool.send(make_mail(chunks=(LONG,)))

        assert (result.outcome is Outcome.ACCEPTED) is taken
        assert ("MAIL" in server.said) is taken
        assert pool.live == 1
        if not taken:
            assert (result.outcome, result.phase) == (Outcome.PERMANENT, Phase.MAIL)
            assert "1,600 bytes" in result.reason
            assert f"{int(offer.split()[1]):,} at most" in result.reason


@pytest.mark.parametrize("groups", [(), ("PIPELINING",)], ids=["step by step", "in groups"])
async def test_only_the_mail_that_is_too_large_is_refused(
    groups: tuple[str, ...], tmp_path: Path
) -> None:
    async with sealed(tmp_path, 5) as room, raw_server(offering("SIZE 1000", *groups)) as server:
        some_long(room, reader(0), reader(3))
        report = await room.round(make_relay(server.port, connections=1))

        assert (report.accepted, report.rejected, report.trouble) == (3, 2, None)
        assert len(server.texts) == 3
        delivery, (attempt,) = (await room.rows())[reader(3)]
        assert delivery.status.value == "rejected"
        assert "1,600 bytes" in attempt.text
        assert "1,000 at most" in attempt.text


async def test_what_is_too_large_for_one_relay_goes_over_another(tmp_path: Path) -> None:
    async with (
        raw_server(offering("SIZE 1000")) as small,
        raw_server(offering("SIZE 2000")) as large,
        sealed(tmp_path, 20) as room,
    ):
        many = [reader(number) for number in range(0, 20, 2)]
        some_long(room, *many)
        relays = [make_relay(small.port, name="small"), make_relay(large.port)]
        harbour = Harbour(room, relays)
        async with asyncio.timeout(20):
            while (await room.balance()).waiting:
                await harbour.deliver()
                room.clock.now += timedelta(minutes=20)

        assert (await room.balance()).accepted == 20
        assert all(len(text) < 1000 for text in small.texts)


async def test_what_is_too_large_for_every_relay_is_refused_with_both_sizes(
    tmp_path: Path,
) -> None:
    async with (
        raw_server(offering("SIZE 1000")) as one,
        raw_server(offering("SIZE 1000")) as two,
        sealed(tmp_path, 10) as room,
    ):
        some_long(room, reader(4))
        relays = [make_relay(one.port), make_relay(two.port, name="spare")]
        harbour = Harbour(room, relays)
        async with asyncio.timeout(20):
            while (await room.balance()).waiting:
                await harbour.deliver()
                room.clock.now += timedelta(minutes=20)

        balance = await room.balance()
        assert (balance.accepted, balance.rejected) == (9, 1)
        _, tries = (await room.rows())[reader(4)]
        assert "1,600 bytes" in tries[-1].text
