"""`publisher run` again and against odds: a restart, a kill, a broken config, a port that is taken."""

import asyncio
import shutil
from pathlib import Path

from tests.support.newsroom import Room, enrol, free_port, make_living_room
from tests.support.smtp_server import RealServer, real_server
from tests.support.standing import running


async def staffed(folder: Path, smtp: int, readers: int = 2, approval: str = "none") -> Room:
    room = make_living_room(folder, smtp=smtp, web=free_port(), approval=approval)
    async with room.at_work() as app:
        await enrol(app, readers)
    return room


async def received(server: RealServer, count: int) -> None:
    async with asyncio.timeout(30):
        while len(server.mails) < count:
            await asyncio.sleep(0.02)


async def test_started_again_after_a_kill_it_sends_nothing_twice(tmp_path: Path) -> None:
    async with real_server() as server:
        room = await staffed(tmp_path / "room", server.port)
        async with running(room) as live:
            await live.heard("delivered")
            live.process.kill()
            await live.process.wait()
        async with running(room) as live:
            await live.heard("running")
            ended = await live.ended()

    assert ended == 0
    assert server.recipients == ["r1@readers.test", "r2@readers.test"]
    assert not [one for one in live.log if one["event"].startswith("issue ")]


async def test_mail_goes_under_the_old_config_while_the_new_one_is_broken(tmp_path: Path) -> None:
    async with real_server() as server:
        room = await staffed(tmp_path / "room", server.port, approval="one")
        good = shutil.copytree(room.config, room.folder / "good")
        async with running(room) as live:
            issue = (await live.heard("issue composed"))["issue"]
            room.edit("[site]", "[site")
            await live.heard("config refused, the old one stays")
            before = len(server.mails)
            approved = await asyncio.to_thread(room.call, "approve", issue, "--config", str(good))
            await live.heard("delivered")
            ended = await live.ended()

    assert (before, approved.code, ended) == (0, 0, 0), approved.err
    assert server.recipients == ["r1@readers.test", "r2@readers.test"]


async def test_sigterm_lets_what_flies_land_and_ends_soon(tmp_path: Path) -> None:
    async with real_server(RealServer(delay=0.5)) as server:
        room = await staffed(tmp_path / "room", server.port, readers=40)
        loop = asyncio.get_running_loop()
        async with running(room) as live:
            issue = (await live.heard("issue sealed"))["issue"]
            await received(server, 1)
            told_at = loop.time()
            ended = await live.ended()
            took = loop.time() - told_at
        landed = len(server.mails)
        ledger = await asyncio.to_thread(room.json, "deliveries", issue)

    assert ended == 0
    assert took < 40  # it ends; how soon is the machine's affair too
    assert 1 <= landed < 40
    assert (ledger["balance"]["accepted"], ledger["balance"]["uncertain"]) == (landed, 0)


async def test_a_port_that_is_taken_is_refused_in_words(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port, web=server.port)
        said = await room.beside("run")

    assert said.code == 1
    assert str(server.port) in said.err
    assert "Traceback" not in said.err
    assert "should not have" not in said.err
