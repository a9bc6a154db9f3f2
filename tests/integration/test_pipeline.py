"""The hallway with real parts: a folder, SQLite, an SMTP server, feeds on disk."""

import asyncio
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import aiohttp
import feedparser
import pytest

from publisher import hand, pipeline
from publisher.errors import Refused
from publisher.model.deliveries import Balance, DeliveryStatus
from publisher.model.issues import IssueStatus
from publisher.model.people import Suppression, SuppressionReason
from publisher.web.public import application
from publisher.web.server import serving
from tests.support.build import STATEMENT
from tests.support.newsroom import MORNING, NOW, Room, composed, enrol, make_room
from tests.support.smtp_server import real_server


def parsed(data: bytes) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(data)
    assert isinstance(message, EmailMessage)
    return message


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    return " ".join(str(body.get_content()).split())


async def sent(room: Room, readers: int = 4) -> Balance:
    """Collect, compose, seal, deliver."""
    async with room.at_work() as app:
        await enrol(app, readers)
        issue = await composed(app)
        await pipeline.seal(app.house, issue.id, by="test")
        await pipeline.deliver(app.house, stop=asyncio.Event())
        return await app.house.ledger.balance(issue.id)


async def test_every_reader_gets_one_mail_in_their_language_with_every_mark(tmp_path: Path) -> None:
    async with real_server() as server:
        balance = await sent(make_room(tmp_path / "room", smtp=server.port))

    assert (balance.planned, balance.accepted, balance.balanced) == (4, 4, True)
    assert sorted(server.recipients) == [f"r{n}@readers.test" for n in (1, 2, 3, 4)]
    for mail in server.mails:
        message = parsed(mail.data)
        number = int(mail.recipient.removeprefix("r").partition("@")[0])
        language = "en" if number % 2 else "ru"
        assert message["Content-Language"] == language
        assert message["To"] == mail.recipient
        for kind in ("plain", "html"):
            words = part(message, kind)
            assert "16+" in words
            assert "/unsubscribe/" in words
            assert ("Открыт bridge" in words) == (language == "ru")
        assert " ".join(STATEMENT.split()) in part(message, "plain")
        assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


async def test_the_feeds_read_back_to_the_articles_collected(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    async with room.at_work() as app:
        await composed(app)
        await pipeline.publish_feeds(app.house)

    for language, title in (("en", "The bridge opens"), ("ru", "Открыт bridge")):
        for extension in ("rss", "atom"):
            path = room.folder / "public" / "feeds" / language / f"all.{extension}"
            found = feedparser.parse(path.read_bytes())
            assert not found.bozo
            assert len(found.entries) == 2
            assert title in [entry.title for entry in found.entries]
            assert "ЭЛ № ФС77-00000" in found.feed.rights


async def test_the_pipeline_run_twice_sends_nothing_twice(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        await sent(room)
        async with room.at_work() as app:
            turns = await pipeline.collect(app.house, list(app.house.newsroom.sources))
            again = await pipeline.compose(app.house, MORNING)
            await pipeline.deliver(app.house, stop=asyncio.Event())

    assert [turn.unchanged for turn in turns] == [True]
    assert again.issue is None
    assert len(server.mails) == 4


@pytest.mark.parametrize(
    "legal",
    [
        "",
        f'<div style="display:none">{STATEMENT}</div>',
        STATEMENT.replace("00000", "00001"),
    ],
    ids=["removed", "hidden", "one digit changed"],
)
async def test_a_footer_that_is_not_right_opens_no_connection(tmp_path: Path, legal: str) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        override = room.folder / "templates" / "email" / "parts" / "legal.html.j2"
        override.parent.mkdir(parents=True)
        override.write_text(legal, "utf-8")
        async with room.at_work() as app:
            await enrol(app, 4)
            issue = await composed(app)
            with pytest.raises(Refused):
                await pipeline.seal(app.house, issue.id, by="test")
            stored = await app.house.issues.get(issue.id)
        code, _, words = room.run("send", issue.id)

    assert issue.status is IssueStatus.HELD
    assert stored is not None
    assert stored.status is IssueStatus.HELD
    assert code == 1
    assert "Traceback" not in words
    assert words.strip()
    assert server.sessions == 0
    assert server.mails == []


async def test_an_issue_whose_server_is_gone_is_still_there_to_send(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        port = server.port
    balance = await sent(room)
    code, _, words = room.run("send", "morning-20261123-0800")

    assert (balance.waiting, balance.planned) == (4, 4)
    assert code == 1
    assert str(port) in words


async def test_a_one_click_post_between_seal_and_start_stops_that_mail(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await enrol(app, 3)
            issue = await composed(app)
            await pipeline.seal(app.house, issue.id, by="test")
            leaving = await app.house.audience.find("r2@readers.test")
            assert leaving is not None
            token = app.house.keys.leaving(MORNING)(leaving.id, leaving.email)[0]
            async with serving(application(app.reception()), "127.0.0.1", 0) as port:
                url = f"http://127.0.0.1:{port}/unsubscribe/{token}"
                async with aiohttp.ClientSession() as client:
                    answer = await client.post(url, data={"List-Unsubscribe": "One-Click"})
                    assert answer.status == 200
            await pipeline.deliver(app.house, stop=asyncio.Event())
            rows = await app.house.ledger.deliveries(issue.id)

    assert sorted(server.recipients) == ["r1@readers.test", "r3@readers.test"]
    by_address = {one.address: one for one, _ in rows}
    assert by_address["r2@readers.test"].status is DeliveryStatus.SUPPRESSED
    assert by_address["r2@readers.test"].reason == "unsubscribed"


async def test_a_suppressed_address_is_not_mailed(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work() as app:
            await enrol(app, 2)
            await app.house.audience.suppress(
                Suppression(email="r1@readers.test", reason=SuppressionReason.COMPLAINT, at=NOW)
            )
        balance = await sent(room, readers=2)

    assert balance.planned == 1
    assert server.recipients == ["r2@readers.test"]


async def test_an_approval_that_is_missing_keeps_an_issue_back(tmp_path: Path) -> None:
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port, approval="two")
        async with room.at_work() as app:
            await enrol(app, 1)
            issue = await composed(app)
            await hand.approve(app.house, issue.id, by="Anna")
            with pytest.raises(Refused):
                await pipeline.seal(app.house, issue.id, by="test")
            yes = await hand.approve(app.house, issue.id, by="Boris")
            sealed = await pipeline.seal(app.house, issue.id, by="test")

    assert yes.status is IssueStatus.APPROVED
    assert sealed.status is IssueStatus.SEALED
