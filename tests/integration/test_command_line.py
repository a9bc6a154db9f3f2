"""The command line: exit codes, one JSON document, words instead of tracebacks."""

import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.newsroom import Room, Said, make_living_room

COMMANDS = [
    "demo",
    "init",
    "check",
    "collect",
    "articles",
    "sources",
    "feeds",
    "compose",
    "preview",
    "test",
    "approve",
    "order",
    "hold",
    "stop",
    "resume",
    "cancel",
    "send",
    "issues",
    "deliveries",
    "bounces",
    "subscribers",
    "run",
    "migrate",
]
FOOTER = "email/parts/legal.html.j2"


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_living_room(tmp_path / "room", smtp=1)


def in_words(said: Said) -> bool:
    """Something a person can act on, and nothing of the code."""
    unexpected = "Traceback" in said.err or "should not have" in said.err
    sentences = said.err.partition("Error: ")[2] if said.err.startswith("Usage:") else said.err
    unfilled = re.search(r"\{[a-z_]+\}", sentences)
    return bool(said.err.strip()) and not unexpected and not unfilled


# --- as a process -------------------------------------------------------------------------------


def test_help_lists_the_commands_there_are_and_no_other(room: Room) -> None:
    said = room.run("--help")
    listed = said.out.partition("Commands:\n")[2].partition("\n\n")[0]

    assert said.code == 0
    assert re.findall(r"^  (\S+)", listed, re.MULTILINE) == COMMANDS


def test_a_process_leaves_with_0_1_or_2_and_json_on_stdout_alone(room: Room) -> None:
    calls = {
        0: ("--json", "issues"),
        1: ("send", "morning-20200101-0800", "--json"),
        2: ("--json", "compose", "evening"),
    }
    running = {code: room.start(*words) for code, words in calls.items()}
    said = {}
    for code, process in running.items():
        out, err = process.communicate(timeout=60)
        said[code] = Said(process.returncode, out, err)

    assert [one.code for one in said.values()] == [0, 1, 2]
    assert json.loads(said[0].out) == []
    for one in (said[1], said[2]):
        [problem] = json.loads(one.out)["error"]
        assert problem["message"]
        assert in_words(one)


def test_a_process_whose_reader_left_ends_quietly(room: Room) -> None:
    process = room.start("articles", "--json")
    assert process.stdout
    assert process.stderr
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()

    assert process.wait(timeout=60) in {0, 1}
    assert err == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a Linux device")
@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("issues --json", 1),
        ("articles", 1),
        ("subscribers export", 1),
        ("compose evening --json", 2),
        ("send --json", 2),
        ("--help", 1),
    ],
)
@pytest.mark.parametrize("shut", [">/dev/full", ">&-"])
def test_an_answer_that_cannot_be_written_is_said_in_one_line(
    room: Room, words: str, code: int, shut: str
) -> None:
    said = room.shell(f"{words} {shut}")
    lines = [line for line in said.err.splitlines() if "cannot be written" in line]

    assert said.code == code, said.err
    assert len(lines) == 1
    assert in_words(said)


@pytest.mark.parametrize("words", ["issues --json", "articles", "compose evening --json", "--help"])
def test_whoever_reads_no_more_hears_of_no_broken_pipe(room: Room, words: str) -> None:
    said = room.shell(f"{words} | head -0")

    assert "Traceback" not in said.err
    assert "written" not in said.err


def test_an_alphabet_that_lacks_letters_breaks_nothing(room: Room) -> None:
    room.call("collect")
    shown = room.shell("articles --lang ru", PYTHONIOENCODING="ascii")
    listed = room.shell("articles --json", PYTHONIOENCODING="ascii")

    assert (shown.code, shown.err) == (0, "")
    assert "\\u0433" in shown.out
    assert any(one["title"].startswith("Открыт") for one in json.loads(listed.out))


def test_a_sign_that_an_alphabet_lacks_is_written_as_one_that_is_like_it(room: Room) -> None:
    plain = room.shell("compose evening", PYTHONIOENCODING="ascii")
    words = "compose evening --lang ru 2>&1 | iconv -f koi8-r -t utf-8"
    russian = room.shell(words, PYTHONIOENCODING="koi8-r:strict")

    assert plain.err == 'x There is no edition "evening".\nEditions: morning\n'
    assert russian.out == 'x Рассылки "evening" нет.\nРассылки: morning\n'
    assert (plain.code, russian.code) == (2, 2)


def test_a_mail_that_a_detector_stumbles_over_prints_no_traceback(room: Room) -> None:
    file = room.folder / "odd.eml"
    head = b"From: a@b.test\nSubject: hello\nX-Mailer: \xd0\xff\n"
    parts = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nsorry\n--b--\n"
    file.write_bytes(head + parts)
    said = room.run("bounces", str(file))

    assert (said.code, said.err) == (0, "")


# --- how it is called ---------------------------------------------------------------------------


def test_json_may_stand_before_and_after_the_command(room: Room) -> None:
    room.call("collect")
    before, after = room.call("--json", "articles"), room.call("articles", "--json")

    assert before == after
    assert (before.code, before.err) == (0, "")
    assert len(json.loads(before.out)) == 4


def test_who_acts_may_stand_before_and_after_the_command(tmp_path: Path) -> None:
    room = make_living_room(tmp_path / "room", smtp=1, approval="two")
    room.call("collect")
    issue = room.json("compose", "morning")["issue"]

    first = room.json("--as", "Anna", "approve", issue)
    second = room.json("approve", issue, "--as=Boris")

    assert (first["status"], second["status"]) == ("draft", "approved")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("send",),
        ("issues", "--limit", "many"),
        ("issues", "--limit", "0"),
        ("issues", "--nonsense"),
        ("issues", "--as"),
        ("compose", "evening"),
        ("compose", "morning", "--at", "tomorrow"),
        ("compose", "morning", "--at", "2026-11-23T08:00"),
        ("compose", "morning", "--at", "9999-12-31T23:59:59Z"),
        ("compose", "morning", "--at", "0001-01-01T00:00:00+14:00"),
        ("issues", "--edition", "evening"),
        ("issues", "--config", "nowhere"),
        ("issues", "--lang", "xx"),
        ("subscribers", "nonsense"),
        ("subscribers", "add", "a@b.test"),
    ],
    ids=" ".join,
)
def test_bad_usage_is_exit_code_2(room: Room, words: tuple[str, ...]) -> None:
    said, document = room.call(*words), room.call(*words, "--json")

    assert said.code == document.code == 2
    assert said.out == ""
    assert in_words(said)
    [problem, *_] = json.loads(document.out)["error"]
    assert problem["message"]


@pytest.mark.parametrize(
    "words",
    [
        ("send", "morning-20200101-0800"),
        ("approve", "nonsense"),
        ("hold", "nonsense"),
        ("cancel", "nonsense"),
        ("preview", "nonsense"),
        ("deliveries", "nonsense"),
        ("collect", "nobody"),
        ("subscribers", "show", "nobody@readers.test"),
        ("subscribers", "remove", "no address"),
        ("subscribers", "import", "nowhere.csv"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_exit_code_1(room: Room, words: tuple[str, ...]) -> None:
    said = room.call(*words)

    assert said.code == 1
    assert in_words(said)


def test_every_word_is_russian_where_russian_is_asked_for(room: Room) -> None:
    room.call("collect")
    said = [
        room.call("--lang", "ru", "check"),
        room.call("articles", "--lang", "ru"),
        room.call("compose", "morning", "--lang=ru"),
        room.call("send", "nonsense", "--lang", "ru"),
        room.call("collect", "nobody", "--lang", "ru"),
    ]

    assert [one.code for one in said] == [0, 0, 0, 1, 1]
    for one in said:
        assert re.search("[а-я]{4}", one.out + one.err)
    assert said[0].out.endswith("Всё в порядке.\n")
    assert "There is no" not in said[3].err + said[4].err


# --- a bad database -------------------------------------------------------------------------------


def of_another_program(file: Path) -> None:
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE users (name TEXT)")
        other.commit()


def without_a_table_of_its_indexes(file: Path) -> None:
    """As a file is that was written over while it was open."""
    with closing(sqlite3.connect(file)) as ours:
        ours.execute("PRAGMA writable_schema = ON")
        ours.execute("DELETE FROM sqlite_master WHERE type = 'table' AND name = 'subscriptions'")
        ours.commit()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (without_a_table_of_its_indexes, "is damaged, or its file"),
        (lambda file: file.write_bytes(b"no database at all " * 999), "is damaged, or its file"),
        (lambda file: file.write_bytes(file.read_bytes()[:20_000]), "is damaged, or its file"),
        (of_another_program, "holds the tables of another program"),
    ],
    ids=["schema", "none", "damaged", "foreign"],
)
def test_a_file_that_is_no_database_of_ours_is_refused_in_words_and_left_alone(
    room: Room, spoil: Callable[[Path], object], words: str
) -> None:
    file = room.folder / "var" / "publisher.db"
    assert room.call("migrate").code == 0
    with closing(sqlite3.connect(file)) as ours:
        ours.execute("PRAGMA journal_mode = DELETE")
    if spoil is of_another_program:
        file.unlink()
    spoil(file)
    before = file.read_bytes()
    said = room.call("issues", "--json")

    assert said.code == 1
    assert words in said.err
    assert "should not have" not in said.err
    assert spoil is not of_another_program or len(file.read_bytes()) == len(before)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("send", "\udcff"), "Одно из слов команды не в кодировке UTF-8."),
        (("subscribers", "import", "nowhere.csv"), "nowhere.csv: нет такого файла или папки."),
        (("bounces", "nowhere.eml"), "nowhere.eml: нет такого файла или папки."),
        (("subscribers", "export", "."), ".: это папка."),
    ],
)
def test_what_the_system_says_is_said_in_the_editors_language(
    room: Room, words: tuple[str, ...], said: str
) -> None:
    answer = room.call(*words, "--lang", "ru")

    assert answer.code == 1
    assert answer.err.strip().endswith(said)


def test_a_language_of_the_screen_that_there_is_not_is_answered_with_those_there_are(
    room: Room,
) -> None:
    said = room.call("issues", "--lang", "xx")

    assert said.code == 2
    assert said.err == "✗ There is no language “xx” here.\nThere are: en, ru\n"


@pytest.mark.parametrize("language", ["ru", "RU", "ru_RU", "ru-RU"])
def test_a_language_may_be_written_as_systems_write_it(room: Room, language: str) -> None:
    assert room.call("stop", "nothing", "--lang", language).err.startswith("✗ Выпуска nothing нет.")


# --- bad config ---------------------------------------------------------------------------------

Harm = Callable[[Room], None]


def edit(old: str, new: str) -> Harm:
    return lambda room: room.edit(old, new)


@pytest.mark.parametrize(
    ("harm", "place", "words"),
    [
        (edit("[site]", "[site"), "config/newsroom.toml:1", "not TOML"),
        (edit("timezone =", "timezon ="), "config/newsroom.toml:5", "Did you mean “timezone”?"),
        (edit("Europe/Moscow", "Mars/Olympus"), "config/newsroom.toml:5", "time zone"),
        (edit("port = 1", 'port = "smtp"'), "smtp.relays.main.port", "number"),
        (edit("min = 1", "min = 99"), "editions.morning.items", "no issue can be both"),
        (edit(', ru = "Москва"', ""), "sections.moscow.title", "ru"),
    ],
    ids=["broken", "unknown key", "zone", "type", "impossible", "untranslated"],
)
def test_bad_config_is_exit_code_2_with_file_and_line(
    room: Room, harm: Harm, place: str, words: str
) -> None:
    harm(room)
    said, document = room.call("check"), room.call("run", "--json")

    assert (said.code, document.code) == (2, 2)
    assert in_words(said)
    assert place in said.err
    assert words in said.err
    problems = json.loads(document.out)["error"]
    assert all(one["file"] == "config/newsroom.toml" and one["line"] for one in problems)


@pytest.mark.parametrize("cron", ["0 0 30 2 *", "0 0 29 2 mon#6"])
def test_a_schedule_that_never_fires_is_exit_code_2(tmp_path: Path, cron: str) -> None:
    room = make_living_room(tmp_path / "room", smtp=1, send=f'{{ cron = "{cron}" }}')
    said = room.call("issues")

    assert said.code == 2
    assert "editions.morning.send" in said.err
    assert in_words(said)


# --- bad templates ------------------------------------------------------------------------------


def override(room: Room, text: str) -> None:
    file = room.folder / "templates" / FOOTER
    file.parent.mkdir(parents=True)
    file.write_text(text, "utf-8")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{% include 'nowhere.html.j2' %}", "nowhere.html.j2 is missing"),
        ("{% if %}", "cannot be used"),
        ("{{ nobody.knows }}", "'nobody' is undefined"),
        ("{{ _('Never said before') }}", "registration statement"),
    ],
    ids=["missing", "broken", "undefined", "no statement"],
)
def test_a_bad_template_makes_no_issue_that_could_be_sent(
    room: Room, text: str, words: str
) -> None:
    override(room, text)
    room.call("collect")
    said = room.call("compose", "morning")
    issues = room.json("issues")

    assert said.code in {1, 2}
    assert in_words(said)
    assert words in said.err
    assert [one["status"] for one in issues] in ([], ["held"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{% if %}", "does not parse"),
        ("{{ _('Never said before') }}", "Not translated into “ru”: “Never said before”"),
    ],
    ids=["broken", "untranslated"],
)
def test_check_reads_the_templates_as_well(room: Room, text: str, words: str) -> None:
    override(room, text)
    said = room.call("check")

    assert said.code == 1
    assert f"{FOOTER}:1" in said.err
    assert words in said.err


# --- bad articles and folders -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ({"title": '""'}, "no title"),
        ({"published": "2026-11-23 08:00"}, "2026-11-23 08:00"),
        ({"age": "99"}, "0, 6, 12, 16, 18"),
        ({"section": "[a"}, "cannot be read"),
    ],
    ids=["no title", "naive date", "age", "broken head"],
)
def test_a_bad_article_is_named_and_costs_no_other(
    room: Room, head: dict[str, str], words: str
) -> None:
    room.story("tunnel", "en", **head)
    said = room.call("collect")
    stored = room.json("articles")

    assert said.code == 1
    assert "content/en/tunnel.md:" in said.err
    assert words in said.err
    assert in_words(said)
    assert {one["story"] for one in stored} == {"bridge", "library"}


def test_a_source_that_is_gone_is_named_and_costs_no_other(room: Room) -> None:
    room.edit(
        "[sources.stories]",
        '[sources.gone]\nkind = "folder"\npath = "nowhere"\nrights = "own"\n[sources.stories]',
    )
    said = room.call("collect", "--json")

    assert said.code == 1
    assert in_words(said)
    turns = {turn["source"]: turn for turn in json.loads(said.out)}
    assert (turns["gone"]["failed"], turns["stories"]["new"]) == (True, 4)


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("var", ("migrate",)),
        ("var", ("issues",)),
        ("public", ("feeds",)),
        ("preview", ("preview", "morning")),
        ("new", ("init", "{room}/new")),
    ],
    ids=lambda value: value if isinstance(value, str) else " ".join(value[:1]),
)
def test_a_folder_that_cannot_be_made_is_exit_code_1(
    room: Room, taken: str, words: tuple[str, ...]
) -> None:
    """A file stands where the folder should; permissions would not stop root."""
    if taken != "var":
        room.call("collect")
    (room.folder / taken).write_text("in the way", "utf-8")
    said = room.call(*(word.format(room=room.folder) for word in words))

    assert said.code == 1
    assert in_words(said)
    assert f"{room.folder}/{taken}" in said.err
    assert (room.folder / taken).read_text("utf-8") == "in the way"
