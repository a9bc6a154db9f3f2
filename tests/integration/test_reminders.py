"""Reminders of a legal profile's review: seen by whoever checks, mailed once each."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from email import policy
from email.parser import BytesParser
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.app import load_settings, running
from publisher.compose.letters import folded
from publisher.errors import Refused
from publisher.reminding import remind
from tests.support.build import STATEMENT
from tests.support.newsroom import NOW, Room, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import real_server


def reviewed_in(folder: Path, days: int, *, smtp: int = 1) -> Room:
    room = make_room(folder, smtp=smtp)
    room.edit("review_by = 2036-02-01", f"review_by = {NOW.date() + timedelta(days=days)}")
    return room


@pytest.mark.parametrize(
    ("days", "queued"), [(61, 0), (60, 1), (31, 1), (30, 1), (7, 1), (0, 1), (-1, 1)]
)
async def test_reminders_begin_sixty_days_ahead(tmp_path: Path, days: int, queued: int) -> None:
    room = reviewed_in(tmp_path / "room", days)
    async with room.at_work() as app:
        assert len(await remind(app.house)) == queued


async def test_each_of_the_three_is_mailed_once_to_the_editors(tmp_path: Path) -> None:
    async with real_server() as server:
        room = reviewed_in(tmp_path / "room", 90, smtp=server.port)
        written = 'reply_to = "editors@embankment.test"'
        room.edit(written, 'reply_to = "The Editors <editors@embankment.test>"')
        clock = Ticker(NOW)
        settings = load_settings(room.config, {})
        async with running(settings, clock=clock) as app:
            for _ in range(100):
                await remind(app.house)
                clock.now += timedelta(days=1)
                await pipeline.deliver(app.house, stop=_never())
    assert server.recipients == ["editors@embankment.test"] * 4  # 60, 30, 7, and overdue
    mail = BytesParser(policy=policy.default).parsebytes(server.mails[0].data)
    due = date.fromisoformat("2027-02-21")
    assert (
        str(mail["Subject"]) == f"Legal profile “main”: to be reviewed by February {due.day}, 2027"
    )
    assert mail["List-Unsubscribe"] is None
    for kind in ("plain", "html"):
        part = mail.get_body((kind,))
        assert part is not None
        words = folded(part.get_content())
        assert "days left: 60" in words
        assert "Let counsel review it in time" in words
        assert STATEMENT in words
        assert words.count("16+") >= 2


async def test_check_says_it_too(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    soon = datetime.now(UTC).date() + timedelta(days=5)
    room.edit("review_by = 2036-02-01", f"review_by = {soon}")

    said = await room.called("check")

    assert f"is to be reviewed by {soon}; days left: " in said.err


@pytest.mark.parametrize(
    ("kind", "block", "words"),
    [
        ("html", "legal", ""),
        ("html", "legal", "<!--{{ super() }}-->"),
        ("html", "legal", '<tbody style="display:none!important">{{ super() }}</tbody>'),
        ("html", "legal", '<tbody style="visibility:hidden">{{ super() }}</tbody>'),
        ("html", "masthead", ""),
        ("html", "masthead", "<!--{{ super() }}-->"),
    ],
)
async def test_a_reminder_that_hides_what_the_law_wants_is_not_mailed(
    tmp_path: Path, kind: str, block: str, words: str
) -> None:
    room = reviewed_in(tmp_path / "room", 7)
    email = room.folder / "templates" / "email"
    email.mkdir(parents=True)
    (email / f"alarm.{kind}.j2").write_text(
        f'{{% extends "shipped/email/alarm.{kind}.j2" %}}\n'
        f"{{% block {block} %}}{words}{{% endblock %}}\n"
    )
    async with room.at_work() as app:
        with pytest.raises(Refused):
            await remind(app.house)


async def test_nor_is_one_whose_text_part_lacks_it(tmp_path: Path) -> None:
    room = reviewed_in(tmp_path / "room", 7)
    email = room.folder / "templates" / "email"
    email.mkdir(parents=True)
    (email / "alarm.txt.j2").write_text("{{ digest.words | first }}\n")
    async with room.at_work() as app:
        with pytest.raises(Refused):
            await remind(app.house)


def _never() -> asyncio.Event:
    return asyncio.Event()
