"""`publisher run` as a process: schedule, web, delivery, a changing config, SIGTERM."""

import asyncio
import json
from pathlib import Path

import aiohttp

from publisher import pipeline
from publisher.app import utc_now
from publisher.model.deliveries import Balance, DeliveryStatus
from publisher.model.names import IssueId
from tests.support.newsroom import MORNING, Room, enrol, free_port, make_living_room
from tests.support.smtp_server import STALL, RealServer, raw_server, real_server
from tests.support.standing import running

CONNECTIONS, READERS = 4, 20


async def with_readers(room: Room, count: int) -> Room:
    async with room.at_work() as app:
        await enrol(app, count)
    return room


async def opened(url: str) -> str:
    async with aiohttp.ClientSession() as client, client.get(url) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_run_collects_publishes_composes_seals_and_sends_what_is_due(tmp_path: Path) -> None:
    web = free_port()
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port, web=web)
        async with running(await with_readers(room, 3)) as live:
            issue = (await live.heard("issue sealed"))["issue"]
            delivered = await live.heard("delivered")
            alive = await opened(f"http://127.0.0.1:{web}/healthz")
            feed = await opened(f"http://127.0.0.1:{web}/feeds/ru/all.rss")
            code = await live.ended()
    async with room.at_work() as app:
        balance = await app.house.ledger.balance(IssueId(issue))

    assert (code, live.words) == (0, [])
    assert server.recipients == [f"r{n}@readers.test" for n in (1, 2, 3)]
    assert delivered["accepted"] == balance.accepted == 3
    assert alive == "ok\n"
    assert "Открыт bridge" in feed
    assert live.log[-1]["event"] == "stopped"
    assert not [entry for entry in live.log if entry["level"] in {"warning", "error"}]


async def test_a_changed_config_is_read_and_a_broken_one_refused(tmp_path: Path) -> None:
    web = free_port()
    room = make_living_room(tmp_path / "room", smtp=1, web=web, approval="one")
    async with room.at_work() as app:
        await enrol(app, 1)
        reader = await app.house.audience.find("r1@readers.test")
        assert reader is not None
        token = app.house.keys.leaving(MORNING)(reader.id, reader.email)[0]
    page = f"http://127.0.0.1:{web}/unsubscribe/{token}"

    async with running(room) as live:
        await live.heard("running")
        before = await opened(page)
        room.edit("Morning Briefing", "Dawn Briefing")
        await live.heard("config read again")
        changed = await opened(page)
        room.edit('timezone = "Europe/Moscow"', 'timezone = "Mars/Olympus"')
        refused = await live.heard("config refused, the old one stays")
        after = await opened(page)
        room.edit('timezone = "Mars/Olympus"', 'timezone = "Europe/Moscow"')
        await live.heard("config read again", count=2)
        code = await live.ended()

    assert "Morning Briefing" in before
    assert "Dawn Briefing" in changed
    assert "Dawn Briefing" in after
    assert refused["where"].startswith("config/newsroom.toml:5 site.timezone")
    assert "Mars/Olympus" in refused["why"]
    assert code == 0


async def test_sigterm_in_a_delivery_leaves_a_ledger_that_knows_what_is_unknown(
    tmp_path: Path,
) -> None:
    async with raw_server({".": STALL}) as slow:
        port = slow.port
        room = make_living_room(
            tmp_path / "room", smtp=port, web=free_port(), connections=CONNECTIONS
        )
        async with running(await with_readers(room, READERS)) as live:
            issue = IssueId((await live.heard("issue sealed"))["issue"])
            async with asyncio.timeout(30):
                while len(slow.texts) < CONNECTIONS:
                    await asyncio.sleep(0.01)
            told_at = asyncio.get_running_loop().time()
            code = await live.ended()
            took = asyncio.get_running_loop().time() - told_at
    then, queued = await _books(room, issue)
    async with real_server(RealServer(port=port)) as server, room.at_work(utc_now) as app:
        await pipeline.recover(app.house)
        await pipeline.deliver(app.house, stop=asyncio.Event())
    now, _ = await _books(room, issue)

    assert code == 0
    assert 9 < took < 60  # ten seconds of grace, and some for a busy machine
    assert (then.uncertain, then.waiting, queued) == (CONNECTIONS, READERS - CONNECTIONS, 16)
    assert then.balanced
    assert (now.accepted, now.uncertain, now.waiting) == (16, CONNECTIONS, 0)
    assert len(set(server.recipients)) == len(server.mails) == 16


async def _books(room: Room, issue: IssueId) -> tuple[Balance, int]:
    """The balance, and how many of those that wait do so untried."""
    async with room.at_work() as app:
        waiting = await app.house.ledger.deliveries(issue, status=DeliveryStatus.QUEUED)
        assert all(not tries for _, tries in waiting)
        return await app.house.ledger.balance(issue), len(waiting)


async def test_send_beside_a_live_run_leaves_the_sending_to_it_and_follows(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_living_room(
            tmp_path / "room", smtp=server.port, web=free_port(), approval="one"
        )
        async with running(await with_readers(room, 6)) as live:
            issue = (await live.heard("issue composed"))["issue"]
            second = asyncio.ensure_future(room.beside("run"))
            approved = await room.called("approve", issue)
            sent = await room.beside("send", issue, "--json")
            delivered = await live.heard("delivered")
            refused = await second
            code = await live.ended()

    assert (approved.code, sent.code, code) == (0, 0, 0)
    document = json.loads(sent.out)
    assert document["issue"]["status"] == "sent"
    assert document["balance"]["accepted"] == 6
    assert delivered["accepted"] == 6
    assert server.recipients == [f"r{n}@readers.test" for n in range(1, 7)]
    assert refused.code == 1
    assert "sending already" in refused.err
    assert str(live.process.pid) in refused.err
