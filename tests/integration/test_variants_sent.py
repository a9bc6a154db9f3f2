"""Readers' choices from a CSV to their mailbox: sections, advertising, and nothing else."""

import asyncio
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from publisher import pipeline
from publisher.errors import Refused
from publisher.model.issues import IssueStatus
from tests.support.newsroom import Room, composed, make_living_room
from tests.support.smtp_server import RealServer, real_server

HEADER = "email,language,editions,name,consent_text,consent_at,consent_source,sections,advertising"
READERS = {
    "anna": ("en", "", ""),
    "boris": ("en", "world", ""),
    "clara": ("en", "", "yes"),
    "dora": ("ru", "moscow", "yes"),
    "egor": ("ru", "", "no"),
}
AD = "{advertiser: ООО «Мост», erid: 2Vtzq1}"


async def newsroom(folder: Path, port: int) -> Room:
    room = make_living_room(folder, smtp=port)
    for language in ("en", "ru"):
        room.story("tram", language, section="world")
        room.story("bank", language, sponsored=AD)
    rows = [
        f"{name}@readers.test,{language},morning,,Send it.,2026-02-01T09:00:00+00:00,form,{sections},{ads}"
        for name, (language, sections, ads) in READERS.items()
    ]
    file = room.folder / "people.csv"
    file.write_text("\n".join([HEADER, *rows]), "utf-8")
    assert (await room.called("subscribers", "import", str(file))).code == 0
    return room


def mails(server: RealServer) -> dict[str, tuple[str, str]]:
    """Subject and text of each reader."""
    found = {}
    for mail in server.mails:
        message = BytesParser(policy=policy.default).parsebytes(mail.data)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        assert body is not None
        name = mail.recipient.partition("@")[0]
        assert name not in found
        found[name] = (str(message["Subject"]), " ".join(body.get_content().split()))
    return found


async def test_everybody_gets_just_what_they_chose_with_a_subject_that_counts_it(
    tmp_path: Path,
) -> None:
    async with real_server() as server:
        room = await newsroom(tmp_path / "room", server.port)
        async with room.at_work() as app:
            issue = await composed(app)
            sealed = await pipeline.seal(app.house, issue.id, by="test")
            await pipeline.deliver(app.house, stop=asyncio.Event())
            digests = await app.house.digests.of(issue.id)
    got = mails(server)

    assert sealed.status is IssueStatus.SEALED
    assert set(got) == set(READERS)
    assert {name for name, (_, text) in got.items() if "2Vtzq1" in text} == {"clara", "dora"}
    assert {name for name, (_, text) in got.items() if "tram" in text} == set(READERS) - {"dora"}
    assert {name for name, (_, text) in got.items() if "library" in text} == set(READERS) - {
        "boris"
    }
    assert got["anna"][0].startswith("3 stories for ")
    assert got["boris"][0].startswith("1 story for ")
    assert got["dora"][0].startswith("2 материала за ")
    assert len(digests) == len({one.variant + one.language for one in digests}) == 6


async def test_advertising_without_its_token_holds_the_issue(tmp_path: Path) -> None:
    """Rule L13, on a variant that only some readers would get."""
    async with real_server() as server:
        room = await newsroom(tmp_path / "room", server.port)
        for language in ("en", "ru"):
            room.story("bank", language, sponsored="{advertiser: ООО «Мост»}")
        async with room.at_work() as app:
            issue = await composed(app)
            with pytest.raises(Refused):
                await pipeline.seal(app.house, issue.id, by="test")

    assert issue.status is IssueStatus.HELD
    assert any(one.rule == "L13" for one in issue.problems)
    assert server.mails == []
