"""A backup that is put back: nothing goes until somebody has seen what may have gone."""

import asyncio
import json
import re
import shutil
import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from publisher import pipeline, restoring
from publisher.app import App, load_settings, running
from publisher.errors import Refused
from publisher.model.issues import IssueStatus
from publisher.model.people import Subscriber
from publisher.store import stamps
from publisher.web.public import application
from tests.support.build import make_applicant
from tests.support.newsroom import NOW, Room, composed, enrol, make_living_room, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import real_server
from tests.support.web import visiting


def put_back(room: Room, backup: Path, *, anew: bool) -> None:
    """The database as it was; anew: as another file, else over the one that stands."""
    file = room.folder / "var" / "publisher.db"
    for rest in ("-wal", "-shm"):
        file.with_name(file.name + rest).unlink(missing_ok=True)
    if anew:
        fresh = file.with_suffix(".new")
        shutil.copyfile(backup, fresh)
        fresh.replace(file)
    else:
        shutil.copyfile(backup, file)


def back_up(room: Room, tmp_path: Path) -> Path:
    backup = tmp_path / "backup.db"
    backup.unlink(missing_ok=True)
    with sqlite3.connect(room.folder / "var" / "publisher.db") as standing:
        standing.execute("VACUUM INTO ?", (str(backup),))
    standing.close()
    return backup


async def sent(room: Room, tmp_path: Path) -> Path:
    """An issue sealed, a backup made, the issue sent; the backup."""
    async with room.at_work(Ticker(now=NOW)) as app:
        await enrol(app, 4)
        issue = await composed(app)
        await app.house.stamps.paused_since(now=NOW)
        await pipeline.seal(app.house, issue.id, by="test")
        backup = back_up(room, tmp_path)
        report = await pipeline.deliver(app.house, stop=asyncio.Event())
        assert report.accepted == 4
    return backup


async def test_a_database_put_back_over_the_old_one_sends_nothing(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        backup = await sent(room, tmp_path)
        put_back(room, backup, anew=False)
        clock = Ticker(now=NOW + timedelta(days=1))
        async with room.at_work(clock) as app:
            report = await pipeline.deliver(app.house, stop=asyncio.Event())
            gone = await restoring.may_have_gone(app.house)

            assert report.trouble is not None
            assert "--after-restore" in (report.trouble.remedy or "")
            assert len(server.mails) == 4
            assert [(one.status, one.waiting) for one in gone] == [
                (IssueStatus.SEALED, 4),
                (None, 0),  # the next day's, of which the backup knows nothing
            ]
            await app.house.stamps.resume()
            assert (await pipeline.deliver(app.house, stop=asyncio.Event())).accepted == 4
            assert await restoring.paused(app.house) is None


async def test_the_whole_folder_put_back_is_known_by_its_new_file(tmp_path: Path) -> None:
    """Stamp and database come from the same backup, and agree."""
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        await sent(room, tmp_path)
        put_back(room, back_up(room, tmp_path), anew=True)
        async with room.at_work(Ticker(now=NOW)) as app:
            assert await restoring.paused(app.house) is not None


@pytest.mark.parametrize("keeps_times", [True, False])
async def test_the_whole_folder_put_back_in_place_is_known_too(
    tmp_path: Path, keeps_times: bool
) -> None:
    """Each file is written over the one that stands, and no number differs."""
    copy = shutil.copy2 if keeps_times else shutil.copyfile
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work(Ticker(now=NOW)) as app:
            await enrol(app, 1)
            issue = await composed(app)
            assert await app.house.stamps.paused_since(now=NOW) is None
        shutil.copytree(room.folder / "var", tmp_path / "backup")
        async with room.at_work(Ticker(now=NOW)) as app:
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
        for rest in ("-wal", "-shm"):
            (room.folder / "var" / f"publisher.db{rest}").unlink(missing_ok=True)
        for file in (tmp_path / "backup").iterdir():
            copy(file, room.folder / "var" / file.name)
        async with room.at_work(Ticker(now=NOW)) as app:
            assert await restoring.paused(app.house) is not None
            assert len(server.mails) == 1


async def test_nothing_is_sealed_either_and_a_pause_outlives_a_restart(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work(Ticker(now=NOW)) as app:
            await enrol(app, 1)
            issue = await composed(app)
            await app.house.stamps.paused_since(now=NOW)
            backup = back_up(room, tmp_path)
            await pipeline.seal(app.house, issue.id, by="test")
        put_back(room, backup, anew=False)
        for _ in range(2):
            async with room.at_work(Ticker(now=NOW)) as app:
                with pytest.raises(Refused, match="backup"):
                    await pipeline.seal(app.house, issue.id, by="test")
                [gone] = await restoring.may_have_gone(app.house)
                assert (gone.issue, gone.status) == (issue.id, IssueStatus.DRAFT)
        assert server.mails == []


async def test_a_newsroom_that_was_not_restored_goes_on_over_restarts(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        await sent(room, tmp_path)
        async with room.at_work(Ticker(now=NOW)) as app:
            assert await restoring.paused(app.house) is None


def test_what_resume_advises_can_be_done(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    words = ["--language", "en", "--edition", "morning", "--consent-text", "Yes."]
    assert room.call("subscribers", "add", "a@b.test", *words).code == 0
    room.call("collect")
    issue = room.json("compose", "morning")["issue"]
    assert room.call("send", issue, "--no-wait").code == 0
    put_back(room, back_up(room, tmp_path), anew=True)

    said = room.call("resume", "--after-restore")
    at_once = room.call("cancel", issue)
    done = [room.call(word, issue).code for word in ("stop", "cancel")]

    assert "publisher cancel ISSUE" in said.out
    assert "publisher stop ISSUE" in said.out
    assert "publisher hold ISSUE" not in said.out
    assert at_once.code == 1
    assert f"Stop it first: publisher stop {issue}" in at_once.err
    assert done == [0, 0]


async def test_where_no_stamp_can_be_written_nothing_goes_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(folder: Path, stamp: object) -> None:
        raise OSError(28, "No space left on device")

    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work(Ticker(now=NOW)) as app:
            await enrol(app, 4)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            with monkeypatch.context() as disk:
                disk.setattr(stamps, "_write", full)
                with pytest.raises(Refused, match="cannot be written"):
                    await pipeline.deliver(app.house, stop=asyncio.Event())
            assert server.mails == []
            assert (await pipeline.deliver(app.house, stop=asyncio.Event())).accepted == 4


async def test_a_backup_put_in_the_place_of_an_open_database_is_known_by_the_next_claim(
    tmp_path: Path,
) -> None:
    """SQLite has the old file open still, and would send from it for as long as it lives."""

    async def claimed(app: App) -> int:
        lease = timedelta(minutes=1)
        return len(await app.house.outbox.claim(limit=1, now=NOW, lease=lease, owner="test"))

    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work(Ticker(now=NOW)) as app:
        await enrol(app, 4)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
        assert await claimed(app) == 1
        put_back(room, back_up(room, tmp_path), anew=True)
        with pytest.raises(Refused, match="in the place of the database"):
            await claimed(app)
        with pytest.raises(Refused, match="in the place of the database"):
            await pipeline.deliver(app.house, stop=asyncio.Event())
    async with room.at_work(Ticker(now=NOW)) as app:
        assert await restoring.paused(app.house) is not None


async def test_two_newsrooms_in_one_folder_are_told_of_each_other(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work(Ticker(now=NOW)) as app:
        assert await restoring.paused(app.house) is None
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
    other = room.folder / "var" / "other.db"
    shutil.copytree(room.config, room.folder / "other")
    (room.folder / "other" / "system.toml").write_text(
        f'[storage]\nurl = "sqlite:///{other}"\n', "utf-8"
    )
    async with running(load_settings(room.folder / "other", {}), clock=Ticker(now=NOW)) as app:
        problem = await restoring.paused(app.house)

    assert problem is not None
    assert str(room.folder / "var" / "publisher.db") in problem.english
    assert str(other) in problem.english
    assert "folder of its own" in (problem.remedy or "")


def test_who_resumes_one_issue_of_a_backup_hears_that_nothing_goes_yet(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    words = ["--language", "en", "--edition", "morning", "--consent-text", "Yes."]
    assert room.call("subscribers", "add", "a@b.test", *words).code == 0
    room.call("collect")
    issue = room.json("compose", "morning")["issue"]
    assert room.call("send", issue, "--no-wait").code == 0
    before = room.call("resume", issue)
    put_back(room, back_up(room, tmp_path), anew=True)
    said = room.call("resume", issue)

    assert (before.code, before.err, said.code) == (0, "", 0)
    assert said.err.startswith("! This database is a backup that was put back")
    assert "publisher resume --after-restore" in said.err


def test_resume_after_restore_lists_them_and_goes_on(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    room.call("collect")
    issue = room.json("compose", "morning")["issue"]
    assert room.call("send", issue, "--no-wait").code == 0  # nobody reads it: SENT at once
    backup = back_up(room, tmp_path)
    put_back(room, backup, anew=True)

    refused = room.call("send", "--correction-of", issue)
    nothing = room.call("resume")
    said = room.call("resume", "--after-restore", "--json")
    again = room.json("resume", "--after-restore")

    assert (refused.code, nothing.code, said.code) == (1, 2, 0)
    assert json.loads(said.out)["restored"] is True
    assert again == {"restored": False, "issues": []}


async def test_a_link_mailed_since_the_backup_acts_on_its_reader_alone(tmp_path: Path) -> None:
    """Carol joined after the backup was made; Dave joins when it is back, and gets her number."""

    async def joined(app: App, name: str) -> Subscriber:
        email = f"{name}@readers.test"
        await app.house.audience.enrol([make_applicant(email=email)], now=app.house.clock())
        reader = await app.house.audience.find(email)
        assert reader is not None
        return reader

    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work(Ticker(now=NOW)) as app:
            anna = await joined(app, "anna")
            backup = back_up(room, tmp_path)
            carol = await joined(app, "carol")
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
        put_back(room, backup, anew=False)
        links = {one.recipient: _way_out(one.data) for one in server.mails}
        async with room.at_work(Ticker(now=NOW)) as app:
            dave = await joined(app, "dave")
            async with visiting(application(app.reception())) as visitor:
                answers = [
                    (await visitor.ask(links[one.email], method="POST")).status
                    for one in (carol, anna)
                ]
            ties = [await app.house.audience.get(one.id) for one in (dave, anna)]

    assert dave.id == carol.id
    assert answers == [404, 200]
    assert [tie.subscriptions[0].left_at is None for tie in ties if tie] == [True, False]


def _way_out(mail: bytes) -> str:
    found = re.search(rb"List-Unsubscribe: <http://[^/]+(/[^>]+)>", mail)
    assert found is not None
    return found[1].decode("ascii")
