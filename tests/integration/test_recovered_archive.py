"""A PostgreSQL brought back from its archive to a moment amid an issue: nothing goes unasked."""

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import pipeline, restoring
from publisher.model.names import IssueId
from publisher.store.schema import migrate
from tests.support.newsroom import NOW, Room, composed, enrol, make_room
from tests.support.recovery import Cluster, cluster
from tests.support.sending import Ticker
from tests.support.smtp_server import RealServer, real_server

HOUR = timedelta(hours=1)
FIRST, LATER = 2, 4  # readers whose mail is taken at once, and whose is put off

pytestmark = pytest.mark.postgres


@pytest.fixture
def postgres() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.mark.timeout(300)
async def test_nothing_goes_from_a_recovered_archive_until_somebody_says_so(
    postgres: Cluster, tmp_path: Path
) -> None:
    later = [f"r{number}@readers.test" for number in range(1, LATER + 1)]
    async with real_server(RealServer(at_rcpt=dict.fromkeys(later, "451 later"))) as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        (room.config / "storage.toml").write_text(f'[storage]\nurl = "{postgres.url}"\n', "utf-8")
        with postgres.living():
            issue, moment = await _half_sent(room, postgres)
            server.at_rcpt.clear()
            await _sent_on(room)
            assert len(server.mails) == FIRST + LATER
        stranger = replace(room, folder=tmp_path / "stranger")
        shutil.copytree(room.folder, stranger.folder)
        for stamp in (stranger.folder / "var").glob("stamp-*"):
            stamp.unlink()

        for machine in (room, stranger):
            with postgres.recovered(moment):
                await _goes_when_told(machine, issue, server)


async def _half_sent(room: Room, postgres: Cluster) -> tuple[IssueId, str]:
    """The issue, and the moment at which a part of it was sent; the backup is from before."""
    await asyncio.to_thread(migrate, postgres.url)
    async with room.at_work(Ticker(now=NOW)) as app:
        await enrol(app, FIRST + LATER)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
        await app.house.stamps.paused_since(now=NOW)
        await asyncio.to_thread(postgres.back_up)
        assert (await pipeline.deliver(app.house, stop=asyncio.Event())).accepted == FIRST
    return issue.id, postgres.asked("SELECT clock_timestamp()")


async def _sent_on(room: Room) -> None:
    async with room.at_work(Ticker(now=NOW + HOUR)) as app:
        assert (await pipeline.deliver(app.house, stop=asyncio.Event())).accepted == LATER


async def _goes_when_told(room: Room, issue: IssueId, server: RealServer) -> None:
    before = len(server.mails)
    async with room.at_work(Ticker(now=NOW + 2 * HOUR)) as app:
        assert (await app.house.ledger.balance(issue)).waiting == LATER
        report = await pipeline.deliver(app.house, stop=asyncio.Event())
        assert report.trouble is not None
        assert "--after-restore" in (report.trouble.remedy or "")
        assert (report.accepted, len(server.mails)) == (0, before)
    said = await room.called("resume", "--after-restore", "--json")
    document = json.loads(said.out)
    assert (said.code, document["restored"]) == (0, True)
    [listed] = [one for one in document["issues"] if one["status"] == "sealed"]
    assert (listed["issue"], listed["waiting"]) == (issue, LATER)
    async with room.at_work(Ticker(now=NOW + 2 * HOUR)) as app:
        assert await restoring.paused(app.house) is None
        assert (await pipeline.deliver(app.house, stop=asyncio.Event())).accepted == LATER
    assert len(server.mails) == before + LATER
