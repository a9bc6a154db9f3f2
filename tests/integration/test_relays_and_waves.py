"""From the config to the wire: two relays, limits, hours and waves."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher import pipeline, worker
from publisher.lanes import fits
from publisher.model.people import Choices
from publisher.model.rates import Rate
from tests.support.build import make_applicant, make_consent
from tests.support.newsroom import NOW, Room, composed, enrol, free_port, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import RealServer, real_server

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def second_relay(room: Room, port: int, *more: str) -> None:
    lines = "\n".join(('[smtp.relays.spare]\nhost = "127.0.0.1"', f"port = {port}", *more))
    (room.config / "more.toml").write_text(f"{lines}\n", "utf-8")


async def test_two_relays_share_an_issue_and_one_that_is_gone_costs_nobody(tmp_path: Path) -> None:
    slow = RealServer(delay=0.02), RealServer(delay=0.02)  # neither has all before both are there
    async with real_server(slow[0]) as one, real_server(slow[1]) as two:
        room = make_room(tmp_path / "room", smtp=one.port)
        second_relay(room, two.port, "connections = 4")
        async with room.at_work(Ticker(now=NOW)) as app:
            await enrol(app, 60)
            await pipeline.seal(app.house, (await composed(app)).id, by="test")
            report = await pipeline.deliver(app.house, stop=asyncio.Event())

        assert (report.accepted, report.away) == (60, ())
        assert one.mails
        assert two.mails

        gone = make_room(tmp_path / "gone", smtp=one.port)
        second_relay(gone, free_port())
        async with gone.at_work(Ticker(now=NOW)) as app:
            await enrol(app, 10)
            await pipeline.seal(app.house, (await composed(app)).id, by="test")
            report = await pipeline.deliver(app.house, stop=asyncio.Event())

        assert (report.accepted, report.trouble, len(report.away)) == (10, None, 1)


async def test_a_days_limit_of_the_config_outlives_the_process(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        room.edit("connections = 4", 'connections = 4\nrate = ["100/second", "3/day"]')
        async with room.at_work(Ticker(now=NOW)) as app:
            await enrol(app, 5)
            await pipeline.seal(app.house, (await composed(app)).id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
        async with room.at_work(Ticker(now=NOW + HOUR)) as app:
            again = await pipeline.deliver(app.house, stop=asyncio.Event())

        assert len(server.mails) == 3
        assert again.resume_at is not None
        assert again.trouble is None


async def test_waves_go_by_the_readers_clock_and_hours_hold(tmp_path: Path) -> None:
    """It is noon in Moscow, nine in the morning in London and four at night in New York."""
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        room.edit('subject = "count"', 'subject = "count"\nwaves = true\nhours = "07:00-22:00"')
        clock = Ticker(now=NOW)
        async with room.at_work(clock) as app:
            zones = {"anna": "Europe/London", "boris": "America/New_York", "clara": None}
            people = [
                make_applicant(
                    email=f"{name}@readers.test",
                    choices=Choices(timezone=zone),
                    consent=make_consent(at=NOW - timedelta(days=30)),
                )
                for name, zone in zones.items()
            ]
            await app.house.audience.enrol(people, now=NOW)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            assert server.recipients == ["anna@readers.test", "clara@readers.test"]
            # Due at 08:00: for New York that is still to come.
            assert await app.house.outbox.wakes_at() == NOW + 4 * HOUR

            clock.now = NOW + 4 * HOUR
            await pipeline.deliver(app.house, stop=asyncio.Event())
            assert "boris@readers.test" in server.recipients


async def test_limits_that_are_lowered_hold_for_the_round_that_runs(tmp_path: Path) -> None:
    """What was held goes back to the ledger, and the rest of the issue goes by the new limits."""
    async with real_server(RealServer(delay=0.05)) as server:
        room = make_room(tmp_path / "room", smtp=server.port, connections=2)
        stop = asyncio.Event()
        async with room.at_work(Ticker(now=NOW)) as app:
            await enrol(app, 200)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            house = app.house
            sending = asyncio.ensure_future(
                worker.deliver_until(lambda: house, stop=stop, wake=asyncio.Event())
            )
            while len(server.mails) < 10:
                await asyncio.sleep(0.01)
            [relay] = house.relays
            house = replace(house, relays=(replace(relay, rates=(Rate(count=3, per=DAY),)),))
            before = -1
            while len(server.mails) != before:
                before = len(server.mails)
                await asyncio.sleep(1.5)
            stop.set()
            await sending
            balance = await house.ledger.balance(issue.id)

        assert 13 <= before < 150
        assert balance.waiting == 200 - before
        assert balance.balanced


async def test_what_was_learnt_is_kept_until_limits_or_the_sites_midnight_change(
    tmp_path: Path,
) -> None:
    room = make_room(tmp_path / "room", smtp=free_port())
    async with room.at_work() as app:
        house = app.house
    traffic = fits(None, house)
    elsewhere = replace(house.newsroom.site, zone=ZoneInfo("Asia/Tokyo"))
    moved = replace(house, newsroom=replace(house.newsroom, site=elsewhere))

    assert fits(traffic, house) is traffic
    assert fits(traffic, moved).governor.zone == ZoneInfo("Asia/Tokyo")
    traffic.over = True
    assert fits(traffic, house) is not traffic
