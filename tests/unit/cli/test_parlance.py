"""Help and usage errors are whole in both languages of the screen."""

import json
import re
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from inspect import getdoc
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from publisher.assets import Assets
from publisher.cli.main import COMMANDS, run
from publisher.cli.main import _build as build
from publisher.i18n.catalogs import load_catalogs
from publisher.i18n.extract import said_in
from publisher.i18n.localizer import paragraphs
from publisher.model.names import Language
from tests.support.golden import golden_for
from tests.support.newsroom import Said

RU = Language("ru")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)


def called(*words: str, **environ: str) -> Said:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
        code = run(words, environ)
    return Said(code, out.getvalue(), err.getvalue())


@pytest.mark.parametrize("language", ["en", "ru"])
@pytest.mark.parametrize(
    "words", ["", "send", "deliveries", "subscribers", "subscribers import"], ids=str
)
def test_what_help_says(request: pytest.FixtureRequest, language: str, words: str) -> None:
    said = called(*words.split(), "--help", "--lang", language)

    assert (said.code, said.err) == (0, "")
    name = "-".join(["publisher", *words.split()])
    golden_for(request.config)(f"help/{name}.{language}.txt", said.out.encode())


def test_every_command_is_described_in_russian() -> None:
    known = load_catalogs(Assets().folders("locales"), [RU])[RU]
    untold = {words for words in shown() if known.raw(words) == words}

    assert untold == {"accepted, rejected, uncertain…"}  # which are typed as they are


def shown() -> Iterator[str]:
    """Everything that a --help of ours takes from a command, in English."""
    for name in COMMANDS:
        root: Any = get_command(build(name))
        for one in (
            root,
            root.commands[name],
            *getattr(root.commands[name], "commands", {}).values(),
        ):
            yield from paragraphs(one.help or "")
            yield from (option.help for option in one.params)


def test_the_docstrings_of_commands_are_in_the_catalogs() -> None:
    said = {one.key for one in said_in([Path(import_module("publisher").__file__ or "").parent])}

    for name, entry in COMMANDS.items():
        if not entry.group:
            words = getdoc(getattr(import_module(entry.module), name)) or ""
            assert said >= set(paragraphs(words))


MISTAKES = [
    ("sned", "Нет команды 'sned'. Может быть, 'send'?"),
    ("zzzz", "Нет команды 'zzzz'."),
    ("subscribers imprt", "Нет команды 'imprt'. Может быть, 'import'?"),
    ("send --foo", "Нет ключа --foo"),
    ("check --dif", "Нет ключа --dif (похожие: --diff)"),
    ("deliveries", "Не указано, что должно стоять на месте 'ISSUE'."),
    ("articles withdraw abc", "Не указан ключ '--reason'."),
    ("stop one another", "Лишние слова в команде (another)"),
    ("send --correction-of", "У ключа '--correction-of' должно быть значение."),
    ("send --no-wait=3 x", "У ключа '--no-wait' не бывает значения."),
    ("issues --limit many", "Неверное значение '--limit': это должно быть целое число"),
    ("issues --limit 0", "Неверное значение '--limit': должно быть не меньше 1"),
    ("issues --limit 10001", "Неверное значение '--limit': должно быть не больше 10000"),
    ("send", "Неверное значение ISSUE: назовите выпуск"),
    ("resume", "Неверное значение ISSUE: назовите выпуск или укажите --after-restore"),
    ("articles correct x", "Неверное значение: напишите WORDS или --off"),
    ("articles withdraw x --reason=", "Неверное значение --reason: напишите почему"),
    ("deliveries x --csv --json", "Неверное значение --csv: либо --csv, либо --json"),
    ("stop x --config", "у --config должно быть значение"),
]


@pytest.mark.parametrize(("words", "russian"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_a_usage_error_is_russian_where_russian_is_asked_for(words: str, russian: str) -> None:
    asked = called(*words.split(), "--lang", "ru")
    spoken = called(*words.split(), LANG="ru_RU.UTF-8")

    assert asked == spoken
    assert asked.code == 2
    assert asked.err.endswith(f"Ошибка: {russian}\n")
    assert not re.search(r"Try|Usage|Error", asked.err)


def test_a_word_that_is_empty_is_one_too_many_as_well() -> None:
    assert called("stop", "x", "", "--lang", "ru").err.endswith("Лишние слова в команде ()\n")


@pytest.mark.parametrize("words", [words for words, _ in MISTAKES])
def test_and_english_where_nothing_is(words: str) -> None:
    said = called(*words.split(), LANG="C")

    assert said.code == 2
    assert "Error: " in said.err
    assert not re.search("[а-я]", said.err)


def test_a_program_hears_of_a_usage_error_in_the_same_words() -> None:
    said = called("sned", "--json", "--lang", "ru")
    [problem] = json.loads(said.out)["error"]

    assert problem["message"] == "Команда написана неверно: Нет команды 'sned'. Может быть, 'send'?"


def test_where_nothing_is_asked_the_help_answers() -> None:
    said = called("subscribers", "--lang", "ru")

    assert said.code == 2
    assert said.err.strip() == called("subscribers", "--help", "--lang", "ru").out.strip()


def test_help_of_a_command_with_a_lang_of_its_own_is_in_the_language_asked_for() -> None:
    assert "Ключи:" in called("preview", "--help", "--lang", "ru").out


@pytest.mark.parametrize("words", ["help send", "send -h", "send --help"])
def test_help_is_asked_for_in_several_ways(words: str) -> None:
    assert called(*words.split()) == called("send", "--help")


@pytest.mark.parametrize("words", ["help", "-h"])
def test_the_same_for_the_program(words: str) -> None:
    assert called(words, "--lang", "ru") == called("--help", "--lang", "ru")


def test_help_comes_though_the_newsrooms_own_catalog_is_broken(tmp_path: Path) -> None:
    own = tmp_path / "locales" / "ru" / "LC_MESSAGES"
    own.mkdir(parents=True)
    (own / "publisher.po").write_text('msgid "broken', "utf-8")

    assert "Ключи:" in called("send", "--help", "--lang", "ru").out
