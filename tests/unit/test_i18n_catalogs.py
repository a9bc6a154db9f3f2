import os
from pathlib import Path

import pytest

from publisher.assets import shipped
from publisher.errors import Misconfigured
from publisher.i18n.catalogs import load_catalogs, stamp
from publisher.model.names import Language
from tests.support.build import EN, RU

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
OURS = shipped("locales")


def write_catalog(folder: Path, language: str, body: str) -> Path:
    file = folder / language / "LC_MESSAGES" / "publisher.po"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(HEADER + body, "utf-8")
    return file


def test_check_21_a_missing_catalog_never_means_english_around_russian(tmp_path: Path) -> None:
    write_catalog(tmp_path, "en", "")

    with pytest.raises(Misconfigured) as refused:
        load_catalogs([tmp_path], [EN, RU])

    (problem,) = refused.value.problems
    assert problem.args == {"language": "ru"}
    assert problem.place.key == "site.languages"


def test_a_newsroom_overrides_sentence_by_sentence(tmp_path: Path) -> None:
    write_catalog(tmp_path, "ru", 'msgid "Unsubscribe"\nmsgstr "Больше не присылать"\n')

    text = load_catalogs([tmp_path, OURS], [RU])[RU]

    assert text.say("Unsubscribe") == "Больше не присылать"
    assert text.say("Photo: {credit}", credit="И. О.") == "Фото: И. О."


def test_a_newsroom_overrides_a_mark_and_keeps_the_others(tmp_path: Path) -> None:
    (tmp_path / "ru").mkdir()
    (tmp_path / "ru" / "language.toml").write_text('[marks]\nen = "(по-английски)"\n', "utf-8")

    manners = load_catalogs([tmp_path, OURS], [RU])[RU].manners

    assert manners.marks["en"] == "(по-английски)"
    assert manners.zones["MSK"] == "мск"
    assert manners.typography.quotes == ("«", "»")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("LC_MESSAGES/publisher.po", "msgid unquoted\n"),
        ("LC_MESSAGES/publisher.mo", "not a catalog at all"),
        ("language.toml", "[marks"),
        ("language.toml", "colour = 'red'"),
    ],
    ids=["po", "mo", "toml", "unknown key"],
)
def test_an_unreadable_file_is_a_problem_with_its_name(
    tmp_path: Path, name: str, content: str
) -> None:
    file = tmp_path / "ru" / name
    file.parent.mkdir(parents=True)
    file.write_text(content, "utf-8")

    with pytest.raises(Misconfigured) as refused:
        load_catalogs([tmp_path, OURS], [RU])

    assert refused.value.problems[0].place.file == str(file)


def test_a_language_that_does_not_exist_is_a_problem(tmp_path: Path) -> None:
    write_catalog(tmp_path, "qqq", "")

    with pytest.raises(Misconfigured) as refused:
        load_catalogs([tmp_path], [Language("qqq")])

    assert "CLDR" in refused.value.problems[0].message


def test_a_source_newer_than_its_compiled_catalog_is_read(tmp_path: Path) -> None:
    source = write_catalog(tmp_path, "ru", 'msgid "Privacy"\nmsgstr "Личное"\n')
    compiled = source.with_suffix(".mo")
    compiled.write_bytes(b"stale")
    os.utime(compiled, ns=(0, 0))

    assert load_catalogs([tmp_path], [RU])[RU].say("Privacy") == "Личное"


def test_a_fuzzy_translation_is_not_used(tmp_path: Path) -> None:
    write_catalog(tmp_path, "ru", '#, fuzzy\nmsgid "Privacy"\nmsgstr "Частная жизнь"\n')

    assert load_catalogs([tmp_path, OURS], [RU])[RU].say("Privacy") == "Конфиденциальность"


def test_the_stamp_changes_with_every_file_that_is_read(tmp_path: Path) -> None:
    before = stamp([tmp_path], [RU])
    file = write_catalog(tmp_path, "ru", "")
    between = stamp([tmp_path], [RU])
    os.utime(file, ns=(1, 1))

    assert len({before, between, stamp([tmp_path], [RU])}) == 3
