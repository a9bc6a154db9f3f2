"""`publisher subscribers`: people come and go, one by one and as CSV."""

import asyncio
import csv
import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest

from tests.support.build import make_applicant, make_consent
from tests.support.newsroom import Room, Said, make_living_room

HEADER = "email,language,editions,name,consent_text,consent_at,consent_source"
ANNA = "anna@readers.test,en,morning,Anna Orlova,Send me the Briefing.,2026-02-01T09:00:00+00:00,web form"
BORIS = 'boris@readers.test,ru,morning,"Борис, сын Петра",Присылайте мне выпуск.,2026-02-02T09:00:00+00:00,письмо'


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return make_living_room(tmp_path / "room", smtp=1)


def imported(room: Room, *rows: str, header: str = HEADER) -> Said:
    file = room.folder / "people.csv"
    file.write_text("\n".join([header, *rows]) + "\n", "utf-8")
    return room.call("subscribers", "import", str(file), "--json")


def exported(room: Room) -> list[str]:
    return room.call("subscribers", "export").out.splitlines()


def test_what_was_imported_is_exported_word_for_word(room: Room) -> None:
    said = imported(room, ANNA, BORIS)

    assert said.code == 0
    assert json.loads(said.out) == {"new": 2, "known": 0, "refused": 0}
    assert exported(room) == [HEADER, ANNA, BORIS]


def test_an_export_is_imported_again_without_a_change(room: Room, tmp_path: Path) -> None:
    imported(room, ANNA, BORIS)
    file = tmp_path / "out.csv"
    before = exported(room)
    written = room.call("subscribers", "export", str(file))
    said = room.json("subscribers", "import", str(file))

    assert (written.code, written.out) == (0, "")
    assert file.read_text("utf-8").splitlines() == before
    assert said == {"new": 0, "known": 2, "refused": 0}
    assert exported(room) == before


def test_a_file_from_a_spreadsheet_may_begin_with_a_mark(room: Room) -> None:
    file = room.folder / "people.csv"
    file.write_bytes(b"\xef\xbb\xbf" + f"{HEADER}\r\n{ANNA}\r\n".encode())

    assert room.json("subscribers", "import", str(file))["new"] == 1


def test_bad_rows_are_named_by_line_and_the_good_ones_stay(room: Room) -> None:
    naive = ANNA.replace("+00:00", "")
    rows = [
        ANNA,
        ANNA.replace("anna@readers.test", "no address"),
        ANNA.replace(",en,", ",de,"),
        ANNA.replace("morning", "evening"),
        ANNA.replace("Send me the Briefing.", " "),
        naive,
        ANNA.replace("2026-02-01T09:00:00+00:00", "yesterday"),
        BORIS,
    ]
    said = imported(room, *rows)

    assert said.code == 1
    assert json.loads(said.out) == {"new": 2, "known": 0, "refused": 6}
    named = [line for line in said.err.splitlines() if "people.csv:" in line]
    assert [int(line.partition("people.csv:")[2].split(":")[0]) for line in named] == [*range(3, 9)]
    assert exported(room) == [HEADER, ANNA, BORIS]


def test_a_file_with_too_many_wrong_rows_brings_in_the_good_ones_before_them_and_says_so(
    room: Room,
) -> None:
    wrong = ANNA.replace("anna@readers.test", "no address")
    said = imported(room, ANNA, *[wrong] * 100, BORIS)
    told = room.call("subscribers", "import", str(room.folder / "people.csv"), "--lang", "ru")

    assert said.code == told.code == 1
    assert json.loads(said.out) == {"new": 1, "known": 0, "refused": 100, "unread_from": 103}
    assert said.err.splitlines()[-1].endswith(
        "people.csv:103: 100 rows are wrong; from here on nothing was read."
    )
    assert exported(room) == [HEADER, ANNA]
    assert told.out.splitlines() == [
        "Новых: 0. Уже известных: 1.",
        "Пропущено строк: 100.",
        "Исправьте названное и загрузите файл ещё раз: никто не появится дважды.",
    ]


def test_a_hundred_wrong_rows_and_no_other_left_are_all_there_is_to_say(room: Room) -> None:
    wrong = ANNA.replace("anna@readers.test", "no address")
    said = imported(room, ANNA, *[wrong] * 99, BORIS, wrong)

    assert json.loads(said.out) == {"new": 2, "known": 0, "refused": 100}
    assert "nothing was read" not in said.err


def test_the_good_rows_before_a_lost_quote_come_in_and_are_counted(room: Room) -> None:
    said = imported(room, ANNA, BORIS.replace('Петра"', "Петра"), ANNA)

    assert said.code == 1
    assert json.loads(said.out)["new"] == 1
    assert "From here on this is no CSV" in said.err
    assert exported(room) == [HEADER, ANNA]


def test_a_row_after_one_of_two_lines_is_still_named_by_its_line(room: Room) -> None:
    two_lines = ANNA.replace("Anna Orlova", '"Anna\nOrlova"')
    said = imported(room, two_lines, "nobody,en,morning,,Yes.,2026-02-01T09:00:00Z,form")

    assert said.code == 1
    assert "people.csv:4" in said.err


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("email,language", "editions, name, consent_text, consent_at, consent_source"),
        ("", "email"),
    ],
    ids=["columns missing", "empty"],
)
def test_a_file_without_the_columns_changes_nothing(room: Room, header: str, words: str) -> None:
    said = imported(room, ANNA, header=header)

    assert said.code == 1
    assert "people.csv:1" in said.err
    assert words in said.err
    assert f"Begin the file with: {HEADER}" in said.err
    assert exported(room) == [HEADER]


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xfe" + f"{HEADER}\n{ANNA}\n".encode("utf-16-le"),
        f"{HEADER}\n{BORIS}\n".encode("cp1251"),
        f'{HEADER}\n{ANNA}\n"never closed,en,morning'.encode(),
        f"{HEADER}\n{ANNA}\n".encode() + b"\x00\n",
    ],
    ids=["utf-16", "cp1251", "open quote", "nul"],
)
def test_a_file_that_is_no_csv_in_utf8_ends_in_words(room: Room, data: bytes) -> None:
    file = room.folder / "people.csv"
    file.write_bytes(data)
    said = room.call("subscribers", "import", str(file), "--json")

    assert said.code == 1
    assert "people.csv" in said.err
    assert "should not have" not in said.err
    assert json.loads(said.out)


@pytest.mark.parametrize("parted", [";", "\t"])
def test_a_spreadsheet_may_part_cells_by_semicolons_or_tabs(room: Room, parted: str) -> None:
    name = '"Борис; сын Петра"'
    boris = parted.join(["boris@readers.test", "ru", "morning", name, *BORIS.split(",")[-3:]])
    said = imported(room, boris, header=HEADER.replace(",", parted))
    shown = room.json("subscribers", "show", "boris@readers.test")

    assert json.loads(said.out) == {"new": 1, "known": 0, "refused": 0}
    assert shown["name"] == "Борис; сын Петра"


def test_a_cell_with_a_semicolon_is_quoted_on_its_way_out(room: Room) -> None:
    imported(room, ANNA.replace("Orlova", "Orlova; Petrova"))

    assert '"Anna Orlova; Petrova"' in exported(room)[1]


def test_an_export_as_json_has_the_same_rows(room: Room) -> None:
    nobody = room.json("subscribers", "export")
    imported(room, ANNA, BORIS)
    rows = room.json("subscribers", "export")
    file = room.folder / "out.csv"
    written = room.json("subscribers", "export", str(file))

    assert nobody == []
    assert rows == list(csv.DictReader(StringIO("\n".join(exported(room)))))
    assert written == {"file": str(file), "written": 2}
    assert file.read_text("utf-8").splitlines() == exported(room)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xef\xbb\xbf" + f"{HEADER}\n{BORIS}\n".encode(), 0),
        (f"{HEADER}\n{BORIS}\n".encode("cp1251"), 1),
    ],
    ids=["a mark", "cp1251"],
)
def test_stdin_is_read_as_a_file_is(room: Room, data: bytes, code: int) -> None:
    file = room.folder / "people.csv"
    file.write_bytes(data)
    said = room.shell(f"subscribers import - <{file}", LC_ALL="C", PYTHONUTF8="0")

    assert said.code == code, said.err
    assert ("Save the file as UTF-8" in said.err) is (code == 1)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("anna@readers.test", "anna", "«anna» — не адрес электронной почты."),
        ("Anna Orlova", "Anna\0", "В столбце name есть знак, который нельзя сохранить."),
        (",morning,", ",evening,", "Рассылки «evening» нет."),
        (",morning,", ",,", "Не названа ни одна рассылка."),
        (",en,", ",de,", "Языка «de» у редакции нет"),
        ("Send me the Briefing.", "", "Нет consent_text"),
    ],
)
def test_a_row_that_is_left_out_is_explained_in_the_editors_language(
    room: Room, old: str, new: str, words: str
) -> None:
    file = room.folder / "people.csv"
    file.write_text(f"{HEADER}\n{ANNA.replace(old, new)}\n", "utf-8")
    said = room.call("subscribers", "import", str(file), "--lang", "ru")

    assert said.code == 1
    assert f"people.csv:2: {words}" in said.err
    assert "Пропущено строк: 1." in said.out.splitlines()


def test_someone_added_is_shown_with_their_proof_and_removed(room: Room) -> None:
    words = ["--language", "en", "--edition", "morning", "--consent-text", "Yes, please."]
    added = room.json("subscribers", "add", "Anna@Readers.test", *words, "--name", "Anna")
    shown = room.json("subscribers", "show", "Anna@readers.test")
    removed = room.json("subscribers", "remove", "Anna@READERS.test")
    gone = room.json("subscribers", "show", "Anna@readers.test")

    assert added == {"new": 1, "known": 0}
    assert (shown["email"], shown["language"], shown["name"]) == ("Anna@readers.test", "en", "Anna")
    [tie], [consent] = shown["subscriptions"], shown["consents"]
    assert (tie["edition"], tie["left_at"]) == ("morning", None)
    assert (consent["text"], consent["source"]) == ("Yes, please.", "editor")
    assert consent["at"].endswith("Z")
    assert removed["removed"] is True
    assert gone["subscriptions"][0]["left_at"].endswith("Z")
    assert exported(room) == [HEADER]


def test_an_old_list_brings_nobody_back_who_left(room: Room) -> None:
    imported(room, ANNA)
    room.call("subscribers", "remove", "anna@readers.test")
    old = imported(room, ANNA)
    after_old = exported(room)
    later = datetime.now(tz=room.now.tzinfo) + timedelta(seconds=1)
    imported(room, ANNA.replace("2026-02-01T09:00:00+00:00", later.isoformat()))

    assert old.code == 0
    assert after_old == [HEADER]
    assert [row["email"] for row in csv.DictReader(StringIO("\n".join(exported(room))))] == [
        "anna@readers.test"
    ]


CHOSEN = f"{HEADER},sections,advertising"
ZONED = f"{HEADER},timezone"


def test_what_readers_chose_comes_in_and_goes_out_in_columns_of_their_own(room: Room) -> None:
    said = imported(room, f"{ANNA},world moscow,yes", f"{BORIS},,", header=CHOSEN)

    assert json.loads(said.out) == {"new": 2, "known": 0, "refused": 0}
    lines = [CHOSEN, f'{ANNA},"morning=moscow,world",yes', f"{BORIS},,"]
    assert exported(room) == lines
    file = room.folder / "again.csv"
    file.write_text("\n".join(lines), "utf-8")
    assert room.json("subscribers", "import", str(file))["known"] == 2
    assert exported(room) == lines


def test_an_empty_cell_keeps_a_choice_and_all_and_no_end_it(room: Room) -> None:
    imported(room, f"{ANNA},world,yes", header=CHOSEN)
    imported(room, f"{ANNA},,", header=CHOSEN)
    assert exported(room)[1] == f"{ANNA},morning=world,yes"

    imported(room, f"{ANNA},all,no", header=CHOSEN)
    assert exported(room)[1] == f"{ANNA},,no"
    imported(room, f"{ANNA},,yes", header=CHOSEN)
    assert exported(room)[1] == f"{ANNA},,no", "an old list brings no consent back"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("gardening,", "The edition morning has no section “gardening”"),
        ("weekly=world,", "“weekly” has sections, and is none of the editions named: morning."),
        (",perhaps", "advertising is “perhaps”, neither yes nor no"),
    ],
    ids=["section", "edition", "advertising"],
)
def test_a_choice_that_cannot_be_had_leaves_the_row_out(room: Room, cells: str, words: str) -> None:
    said = imported(room, f"{ANNA},{cells}", header=CHOSEN)

    assert said.code == 1
    assert words in said.err


NOBODYS_HOURS = [
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "1989-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59Z",
]


@pytest.mark.parametrize("at", NOBODYS_HOURS)
def test_a_consent_given_at_an_hour_it_cannot_have_been_leaves_the_row_out(
    room: Room, at: str
) -> None:
    said = imported(room, BORIS, ANNA.replace("2026-02-01T09:00:00+00:00", at))

    assert said.code == 1
    assert json.loads(said.out) == {"new": 1, "known": 0, "refused": 1}
    assert "people.csv:3" in said.err
    assert f"consent_at {at} is before 1990 or still to come" in said.err
    assert exported(room) == [HEADER, BORIS]


def test_a_consent_of_today_may_be_written_by_a_clock_that_is_ahead(room: Room) -> None:
    at = (datetime.now(UTC) + timedelta(hours=20)).isoformat()

    assert imported(room, ANNA.replace("2026-02-01T09:00:00+00:00", at)).code == 0
    assert imported(room, BORIS.replace("2026-02-02T09:00:00+00:00", "1990-01-01T00:00Z")).code == 0


@pytest.mark.parametrize("at", NOBODYS_HOURS)
async def test_a_reader_kept_with_such_an_hour_is_shown_written_out_and_can_leave(
    room: Room, at: str
) -> None:
    async with room.at_work() as app:
        applicant = make_applicant(consent=make_consent(at=datetime.fromisoformat(at)))
        await app.house.audience.enrol([applicant], now=app.house.clock())
    await asyncio.to_thread(room.edit, 'timezone = "Europe/Moscow"', 'timezone = "Pacific/Apia"')
    shown = await room.called("subscribers", "show", applicant.email)
    out = await room.called("subscribers", "export")
    gone = await room.called("subscribers", "remove", applicant.email)

    assert [shown.code, out.code, gone.code] == [0, 0, 0], shown.err + out.err + gone.err
    assert len(out.out.splitlines()) == 2


def test_an_address_nobody_could_be_mailed_at_is_refused_with_line_and_reason(room: Room) -> None:
    unseen = ANNA.replace("anna@", "an\u200bna@")
    said = imported(room, BORIS, unseen)
    words = ["--language", "en", "--edition", "morning", "--consent-text", "Yes, please."]
    added = room.call("subscribers", "add", "an\u200bna@readers.test", *words)

    assert (said.code, added.code) == (1, 1)
    assert "people.csv:3" in said.err
    for one in (said, added):
        assert "It holds a letter that cannot be seen, U+200B" in one.err
    assert exported(room) == [HEADER, BORIS]


async def test_an_address_let_in_when_less_was_looked_at_can_be_removed(room: Room) -> None:
    old = "an\u200bna@readers.test"
    async with room.at_work() as app:
        await app.house.audience.enrol([make_applicant(email=old)], now=app.house.clock())

    assert (await room.called("subscribers", "remove", old)).code == 0
    assert (await room.called("subscribers", "export")).out.splitlines() == [HEADER]


@pytest.mark.parametrize("option", ["--name", "--consent-source", "--consent-text"])
def test_what_a_terminal_could_not_read_is_refused_in_words(room: Room, option: str) -> None:
    words = {"--language": "en", "--edition": "morning", "--consent-text": "Yes."}
    given = [word for pair in (words | {option: "\udcff"}).items() for word in pair]
    said = room.call("subscribers", "add", "anna@readers.test", *given)
    shown = room.call("subscribers", "show", "\udcff@readers.test")

    assert (said.code, shown.code) == (1, 1)
    assert "holds a character that cannot be stored" in said.err
    assert "should not have" not in said.err + shown.err
    assert exported(room) == [HEADER]


@pytest.mark.parametrize("zone", ["localtime", "Factory", "posixrules", "Europe/Nowhere"])
def test_a_time_zone_is_a_place_of_the_tz_database(room: Room, zone: str) -> None:
    """What this machine is set to is nowhere else the same."""
    said = imported(room, f"{ANNA},{zone}", header=ZONED)

    assert said.code == 1
    assert f"There is no time zone “{zone}”" in said.err
    assert imported(room, f"{ANNA},Asia/Tokyo", header=ZONED).code == 0
