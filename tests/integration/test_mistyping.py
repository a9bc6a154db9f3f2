"""An editor who mistypes, or whom the system lets down, is helped on in their language."""

from pathlib import Path

import pytest

from tests.support.build import EN, make_applicant, make_consent
from tests.support.newsroom import NOW, Room, make_living_room
from tests.support.smtp_server import RealServer, real_server


@pytest.fixture
def room(tmp_path: Path) -> Room:
    made = make_living_room(tmp_path / "room", smtp=1)
    made.call("collect")
    return made


def composed(room: Room) -> str:
    return str(room.json("compose", "morning")["issue"])


def test_an_issue_that_is_not_there_is_answered_with_the_nearest(room: Room) -> None:
    issue = composed(room)
    near = f"There is no issue {{}}.\nDid you mean {issue}? See them all with: publisher issues\n"
    for name in (issue[:-1], issue.replace("morning", "mornign"), "morning"):
        for command in ("deliveries", "send", "stop", "hold", "preview"):
            if (command, name) != ("preview", "morning"):  # the next one of that edition
                assert room.call(command, name).err == "✗ " + near.format(name)

    assert room.call("stop", "abc").err == (
        "✗ There is no issue abc.\nSee them all with: publisher issues\n"
    )


def test_what_is_not_being_sent_cannot_be_stopped_or_resumed_and_what_can_is_said(
    room: Room,
) -> None:
    issue = composed(room)
    stopped, resumed = room.call("stop", issue), room.call("resume", issue, "--lang", "ru")
    room.call("cancel", issue)
    late = room.call("stop", issue, "--lang", "ru")

    assert (stopped.code, resumed.code, late.code) == (1, 1, 1)
    assert stopped.err == (
        f"✗ {issue} is not being sent: it is draft.\nTo keep it back: publisher hold {issue}\n"
    )
    assert resumed.err == (
        f"✗ {issue} не был остановлен: черновик.\nРазослать его: publisher send {issue}\n"
    )
    assert late.err == f"✗ {issue} сейчас не рассылается: отменён.\n"


def test_who_would_hold_what_is_being_sent_is_told_how_to_halt_it(room: Room) -> None:
    consent = ("--consent-text", "Yes.")
    room.call(
        "subscribers", "add", "a@b.test", "--language", "en", "--edition", "morning", *consent
    )
    issue = composed(room)
    room.call("send", issue, "--no-wait")
    said = room.call("hold", issue)
    room.call("stop", issue)

    assert said.code == 1
    assert said.err == f"✗ {issue} is being sent.\nTo halt its sending: publisher stop {issue}\n"
    assert room.call("hold", issue).err == f"✗ {issue} is stopped; it cannot become held.\n"


def test_an_issue_and_after_restore_at_once_are_told_apart(room: Room) -> None:
    said = room.call("resume", "morning", "--after-restore")

    assert said.code == 2
    assert "--after-restore is for all of them; leave the issue out" in said.err


async def test_the_ledger_says_what_it_leaves_out_and_calls_states_by_their_names(
    tmp_path: Path,
) -> None:
    server = RealServer(at_rcpt={"r2@readers.test": "451 4.3.0 Later"})
    async with real_server(server):
        room = make_living_room(tmp_path / "room", smtp=server.port)
        await room.called("collect")
        async with room.at_work() as app:
            people = [
                make_applicant(email=f"r{n}@readers.test", language=EN, consent=make_consent())
                for n in (1, 2, 3)
            ]
            await app.house.audience.enrol(people, now=NOW)
        issue = str((await room.called("compose", "morning", "--json")).out.split('"')[3])
        sent = await room.beside("send", issue)
    few = await room.called("deliveries", issue, "--limit", "1")
    all_of_them = await room.called("deliveries", issue, "--limit", "3")
    later = await room.called("deliveries", issue, "--status", "отложено", "--lang", "ru")
    by_key = await room.called("deliveries", issue, "--status", "deferred", "--lang", "ru")
    nobody = await room.called("deliveries", issue, "--address", "nobody@readers.test")

    assert f"{issue}: 1 still wait, the next one until " in sent.out
    assert "The first 1; --limit shows more, --csv all of them." in few.out
    assert "The first" not in all_of_them.out
    assert "Came back" not in all_of_them.out
    assert later.out == by_key.out
    assert [line.split()[:3] for line in later.out.splitlines()[1:2]] == [
        ["r2@readers.test", "en", "отложено"]
    ]
    assert "None of its deliveries is what you ask for." in nobody.out


def test_what_keeps_a_mail_server_away_is_said_in_the_editors_language(room: Room) -> None:
    said = room.run("--lang", "ru", "test", composed(room), "me@readers.test")

    assert said.code == 1
    assert said.err.splitlines()[0] == (
        "✗ Нет связи с почтовым сервером main (127.0.0.1:1): в соединении отказано"
    )
