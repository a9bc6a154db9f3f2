"""`articles …`, `stop` and `resume`: the editor's hand, through the command line."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from publisher import pipeline
from publisher.app import App
from publisher.model.articles import Changes
from publisher.model.issues import Issue, IssueStatus
from publisher.model.names import ArticleId, StoryKey
from tests.support.build import make_article
from tests.support.newsroom import MORNING, NOW, Room, composed, enrol, make_living_room, make_room
from tests.support.sending import Ticker
from tests.support.smtp_server import real_server

WHY = ("--reason", "A court's order.")
CONSENT = ("--consent-text", "Send me the Morning Briefing.", "--consent-source", "a letter")


@pytest.fixture
def room(tmp_path: Path) -> Room:
    """Two paired stories, collected."""
    made = make_living_room(tmp_path / "room", smtp=1)
    assert made.call("collect").code == 0
    return made


@pytest.fixture
def strangers(tmp_path: Path) -> Room:
    """An English and a Russian article that nobody paired, collected."""
    made = make_living_room(tmp_path / "room", smtp=1, stories=())
    made.story("bridge", "en")
    made.story("most", "ru")
    assert made.call("collect").code == 0
    return made


def ids(room: Room, *options: str) -> dict[str, str]:
    """By story and language."""
    listed = room.json("articles", *options)
    return {f"{one['story']}/{one['language']}": one["id"] for one in listed}


def told(room: Room) -> set[str]:
    return {one["story"] for one in room.json("articles")}


# --- the list ---------------------------------------------------------------------------------


def test_articles_is_the_list_still_and_shows_what_to_call_them(room: Room) -> None:
    found = ids(room)
    table = room.call("articles").out
    one = room.json("articles", "--limit", "1")
    held = room.json("articles", "--held")

    assert set(found) == {"bridge/en", "bridge/ru", "library/en", "library/ru"}
    assert all(name in table for name in found.values())
    assert len(one) == 1
    assert held == []


def test_help_names_what_can_be_done(room: Room) -> None:
    said = room.call("articles", "--help")

    assert said.code == 0
    assert all(word in said.out for word in ("withdraw", "restore", "pair", "unpair", "--held"))


# --- withdraw and restore ---------------------------------------------------------------------


def test_a_withdrawn_article_is_listed_as_such_and_can_be_restored(room: Room) -> None:
    room.call("feeds")
    bridge = ids(room)["bridge/en"]
    document = room.json("articles", "withdraw", bridge[:6], *WHY, "--as", "Anna")
    left, gone = ids(room), room.json("articles", "--withdrawn")
    table = room.call("articles", "--withdrawn").out
    restored = room.json("articles", "restore", bridge)

    assert document == {
        "withdrawn": [bridge],
        "feeds": 16,  # and the front page
        "pictures": [],
        "reopened": [],
        "stopped": [],
        "mailed": [],
        "problems": [],
    }
    assert "bridge/en" not in left
    assert [one["id"] for one in gone] == [bridge]
    assert gone[0]["withdrawn"]["by"] == "Anna"
    assert gone[0]["withdrawn"]["reason"] == "A court's order."
    assert gone[0]["withdrawn"]["at"].endswith("Z")
    assert all(words in table for words in (bridge, "Anna", "court's"))
    assert restored["restored"] == bridge
    assert ids(room)["bridge/en"] == bridge
    assert ids(room, "--withdrawn") == {}
    feed = (room.folder / "public/feeds/en/all.rss").read_text("utf-8")
    assert "The bridge opens" in feed


def test_all_languages_of_a_story_go_when_asked(room: Room) -> None:
    found = ids(room)
    document = room.json("articles", "withdraw", found["bridge/ru"], "--all-languages", *WHY)

    assert set(document["withdrawn"]) == {found["bridge/en"], found["bridge/ru"]}
    assert told(room) == {"library"}


def test_a_draft_is_composed_anew_and_said_so(room: Room) -> None:
    issue = room.json("compose", "morning")["issue"]
    said = room.call("articles", "withdraw", ids(room)["bridge/en"], "--all-languages", *WHY)

    assert said.code == 0
    assert f"{issue} was composed anew" in said.out
    assert room.json("issues")[0]["status"] == "draft"


def test_withdrawing_twice_is_well(room: Room) -> None:
    bridge = ids(room)["bridge/en"]
    room.call("articles", "withdraw", bridge, *WHY, "--as", "Anna")
    again = room.call("articles", "withdraw", bridge, "--reason", "Again.")
    [gone] = room.json("articles", "--withdrawn")

    assert again.code == 0
    assert "Anna: A court's order." in again.err
    assert gone["withdrawn"]["reason"] == "A court's order."


def test_a_slip_of_the_hand_keeps_no_other_article_public(room: Room) -> None:
    bridge = ids(room)["bridge/en"]
    said = room.call("articles", "withdraw", "nothing-like-it", bridge, *WHY)

    assert said.code == 1
    assert "nothing-like-it" in said.err
    assert ids(room, "--withdrawn") == {"bridge/en": bridge}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("withdraw", "0123456789abcdef", *WHY), 1, "There is no article “0123456789abcdef”"),
        (("withdraw", "012", *WHY), 1, "too short"),
        (("withdraw", "0123456789abcdef"), 2, "--reason"),
        (("withdraw", "0123456789abcdef", "--reason", "  "), 2, "--reason"),
        (("restore", "0123456789abcdef"), 1, "There is no article"),
        (("pair", "0123456789abcdef", "0123456789abcdee"), 1, "There is no article"),
        (("unpair", "0123456789abcdef"), 1, "There is no article"),
    ],
)
def test_a_wrong_call_is_refused_in_words(
    room: Room, words: tuple[str, ...], code: int, said: str
) -> None:
    heard = room.call("articles", *words)

    assert heard.code == code
    assert said in heard.err
    assert "Traceback" not in heard.err
    assert len(ids(room)) == 4


def test_what_is_not_withdrawn_is_not_restored(room: Room) -> None:
    heard = room.call("articles", "restore", ids(room)["bridge/en"])

    assert heard.code == 1
    assert "is not withdrawn" in heard.err


async def test_a_beginning_that_fits_two_is_not_guessed(tmp_path: Path) -> None:
    room = make_room(tmp_path / "room", smtp=1)
    two = [
        make_article(id=ArticleId(f"abcdef{n}"), key=f"k{n}", story=StoryKey(f"s{n}"))
        for n in (1, 2)
    ]
    async with room.at_work() as app:
        await app.house.intake.admit(lambda admission: admission.save(Changes(new=tuple(two))))
    heard = await room.called("articles", "withdraw", "abcdef", *WHY)
    exact = await room.called("articles", "withdraw", "abcdef1", *WHY, "--json")

    assert heard.code == 1
    assert "abcdef1, abcdef2" in heard.err
    assert json.loads(exact.out)["withdrawn"] == ["abcdef1"]


# --- pair and unpair --------------------------------------------------------------------------


def test_two_articles_are_paired_and_parted(strangers: Room) -> None:
    found = ids(strangers)
    bridge, most = found["bridge/en"], found["most/ru"]
    paired = strangers.json("articles", "pair", bridge, most)
    again = strangers.call("articles", "pair", bridge, most)
    after = told(strangers)
    parted = strangers.json("articles", "unpair", most)
    alone = strangers.call("articles", "unpair", most)

    assert paired == {"story": "bridge", "articles": [most, bridge], "reopened": []}
    assert (again.code, after) == (1, {"bridge"})
    assert "paired already" in again.err
    assert parted["stories"] == {most: f"stories:{most}"}
    assert told(strangers) == {"bridge", f"stories:{most}"}
    assert alone.code == 1
    assert "paired with nothing" in alone.err


def test_where_the_story_bears_its_name_the_others_leave(strangers: Room) -> None:
    found = ids(strangers)
    bridge, most = found["bridge/en"], found["most/ru"]
    strangers.json("articles", "pair", bridge, most)
    strangers.json("articles", "unpair", most)
    strangers.json("articles", "pair", most, bridge)
    parted = strangers.json("articles", "unpair", most)

    assert parted["stories"] == {bridge: f"stories:{bridge}"}
    assert told(strangers) == {f"stories:{bridge}", f"stories:{most}"}


def test_only_two_living_languages_make_a_pair(room: Room) -> None:
    found = ids(room)
    english, other = found["bridge/en"], found["library/en"]
    itself = room.call("articles", "pair", english, english)
    alike = room.call("articles", "pair", english, other)
    taken = room.call("articles", "pair", english, found["library/ru"])
    room.call("articles", "withdraw", found["library/ru"], *WHY)
    gone = room.call("articles", "pair", english, found["library/ru"])

    assert [one.code for one in (itself, alike, taken, gone)] == [1, 1, 1, 1]
    assert "with itself" in itself.err
    assert "both in “en”" in alike.err
    assert f"already: {found['bridge/ru']}" in taken.err
    assert "is withdrawn" in gone.err
    assert told(room) == {"bridge", "library"}


def test_a_draft_with_them_is_composed_anew(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1, stories=("tunnel", "ferry"))
    room.story("bridge", "en")
    room.story("most", "ru")
    room.call("collect")
    issue = room.json("compose", "morning")
    found = ids(room)
    paired = room.json("articles", "pair", found["bridge/en"], found["most/ru"])
    again = room.json("compose", "morning")

    assert issue["stories"] == 4
    assert paired["reopened"] == [issue["issue"]]
    assert again["stories"] == 3


# --- law 10 -----------------------------------------------------------------------------------


async def _sent(app: App) -> Issue:
    issue = await composed(app)
    await pipeline.seal(app.house, issue.id, by="test")
    await pipeline.deliver(app.house, stop=asyncio.Event())
    return issue


def _stories(issue: Issue | None) -> set[str]:
    return {str(item.story) for item in issue.items} if issue else set()


async def _next_day(room: Room, clock: Ticker, *stories: tuple[str, str]) -> set[str]:
    for story in stories:
        room.story(*story)
    async with room.at_work(clock) as app:
        await pipeline.collect(app.house, list(app.house.newsroom.sources))
        clock.now += timedelta(days=1)
        return _stories((await pipeline.compose(app.house, MORNING)).issue)


async def test_law_10_parted_articles_that_were_mailed_are_not_mailed_again(
    tmp_path: Path,
) -> None:
    clock = Ticker(now=NOW)
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work(clock) as app:
            await enrol(app, 1)
            await _sent(app)
        found = await asyncio.to_thread(ids, room)
        parted = await room.called("articles", "unpair", found["bridge/ru"])
        tuesday = await _next_day(room, clock, ("tunnel", "en"), ("tunnel", "ru"))

    assert "it was mailed, and is not again" in parted.out
    assert tuesday == {"tunnel"}


async def test_law_10_a_translation_of_what_was_mailed_is_no_news_and_stays_so_until_parted(
    tmp_path: Path,
) -> None:
    clock = Ticker(now=NOW)
    async with real_server() as server:
        room = make_room(tmp_path / "room", smtp=server.port)
        async with room.at_work(clock) as app:
            await enrol(app, 1)
            await _sent(app)
        later = [
            ("most", "ru"),
            ("tunnel", "en"),
            ("tunnel", "ru"),
            ("ferry", "en"),
            ("ferry", "ru"),
        ]
        unpaired = await _next_day(room, clock, *later)
        found = await asyncio.to_thread(ids, room)
        await room.called("articles", "unpair", found["bridge/ru"])
        paired = await room.called("articles", "pair", found["most/ru"], found["bridge/en"])
        story = {one["story"] for one in await _listed(room) if one["id"] == found["most/ru"]}
        joined = await _next_day(room, clock)
        parted = await room.called("articles", "unpair", found["most/ru"])
        free = await _next_day(room, clock)

    assert unpaired == {"most", "tunnel", "ferry"}
    assert "no language is mailed again" in paired.out
    assert story == {"bridge"}  # the one that was carried
    assert joined == {"tunnel", "ferry"}
    assert "an issue may still carry it" in parted.out
    assert free == {f"stories:{found['most/ru']}", "tunnel", "ferry"}


async def _listed(room: Room) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = await asyncio.to_thread(room.json, "articles")
    return listed


# --- stop and resume --------------------------------------------------------------------------


async def test_an_editor_stops_an_issue_lets_it_go_on_and_everyone_gets_it_once(
    tmp_path: Path,
) -> None:
    async with real_server() as server:
        room = make_living_room(tmp_path / "room", smtp=server.port)
        issue = await asyncio.to_thread(_sealed, room)
        stopped = await room.called("stop", issue, "--json")
        again = await room.called("stop", issue)
        refused = await room.beside("send", issue)
        nobody = list(server.mails)
        resumed = await room.called("resume", issue)
        sent = await room.beside("send", issue, "--json")

    document = json.loads(stopped.out)
    assert (document["issue"], document["status"]) == (issue, "stopped")
    assert document["balance"]["waiting"] == 3
    assert again.code == 0
    assert f"publisher resume {issue}" in again.out
    assert f"publisher cancel {issue}" in again.out
    assert (refused.code, nobody) == (1, [])
    assert "was stopped" in refused.err
    assert resumed.code == 0
    assert f"publisher send {issue}" in resumed.out
    assert json.loads(sent.out)["balance"]["accepted"] == 3
    assert len(server.mails) == len(set(server.recipients)) == 3


def _sealed(room: Room) -> str:
    for name in ("anna", "boris", "vera"):
        words = ("add", f"{name}@readers.test", "--language", "en", "--edition", "morning")
        assert room.call("subscribers", *words, *CONSENT).code == 0
    assert room.call("collect").code == 0
    issue = str(room.json("compose", "morning")["issue"])
    assert room.call("send", issue, "--no-wait").code == 0
    return issue


def test_a_withdrawal_tells_what_to_do_with_an_issue_in_flight(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    issue = _sealed(room)
    said = room.call("articles", "withdraw", ids(room)["bridge/en"], *WHY)
    cancelled = room.json("cancel", issue)
    [listed] = room.json("deliveries", issue, "--limit", "1")["deliveries"]

    assert said.code == 0
    assert f"publisher cancel {issue}" in said.out
    assert f"publisher resume {issue}" in said.out
    assert "3 readers" in said.out
    assert cancelled["status"] == listed["status"] == "cancelled"


def test_only_what_is_being_sent_can_be_stopped(room: Room) -> None:
    issue = room.json("compose", "morning")["issue"]
    said = [room.call(word, name) for word in ("stop", "resume") for name in (issue, "morning-1")]

    assert [one.code for one in said] == [1, 1, 1, 1]
    assert "is draft" in said[0].err
    assert "There is no issue morning-1" in said[1].err
    assert all("should not have" not in one.err for one in said)


def test_what_a_stopped_or_cancelled_issue_was_is_said_in_either_language(room: Room) -> None:
    issue = _sealed(room)
    room.call("stop", issue)
    refused = room.call("send", issue, "--lang", "ru")
    cancelled = room.call("cancel", issue, "--lang", "ru")
    too_late = room.call("stop", issue, "--lang", "ru")

    assert f"publisher resume {issue}" in refused.err
    assert cancelled.out == (
        f"Выпуск {issue} отменён: отправлено 0 из 3, больше его никто не получит.\n"
    )
    assert f"{issue} сейчас не рассылается: отменён." in too_late.err


def test_no_table_has_two_columns_of_one_name(room: Room) -> None:
    issue = _sealed(room)
    for words in (("articles",), ("issues",), ("deliveries", issue), ("order", issue)):
        first = room.call(*words, "--lang", "ru").out.splitlines()
        headings = [line.split("  ") for line in first if re.match("[А-Я]", line)]
        for line in headings:
            names = [name.strip() for name in line if name.strip()]
            assert len(names) == len(set(names)), line
    assert "Последняя попытка" in room.call("deliveries", issue, "--lang", "ru").out


async def test_an_issue_whose_edition_is_gone_can_be_stopped_and_cancelled(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1)
    issue = await asyncio.to_thread(_sealed, room)
    room.edit("[editions.morning]", "[editions.evening]")
    stopped = await room.called("stop", issue)
    cancelled = await room.called("cancel", issue)
    async with room.at_work() as app:
        stored = await app.house.issues.with_status(IssueStatus.CANCELLED)

    assert (stopped.code, cancelled.code) == (0, 0)
    assert [one.id for one in stored] == [issue]
