from collections.abc import Callable
from pathlib import Path

import pytest

from publisher.assets import shipped
from publisher.i18n.gate import check_catalogs
from publisher.model.names import Language
from publisher.model.problems import Problem
from tests.support.build import EN, RU

PACKAGE = shipped("publisher")
PLURALS = '"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n"'
HEADER = f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n{PLURALS}\n\n'
CODE = 'text.say("Hello, {name}.")\ntext.plural("{n} cat", "{n} cats", n=2)\n'
GOOD = """\
msgid "Hello, {name}."
msgstr "Здравствуйте, {name}."

msgid "{n} cat"
msgid_plural "{n} cats"
msgstr[0] "{n} кошка"
msgstr[1] "{n} кошки"
msgstr[2] "{n} кошек"
"""
Check = Callable[..., tuple[Problem, ...]]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """The gate over a little project of its own."""

    def run(
        catalog: str = GOOD, code: str = CODE, template: str = "", language: Language = RU
    ) -> tuple[Problem, ...]:
        files = {
            "code/words.py": code,
            "templates/page.html.j2": template,
            "locales/ru/LC_MESSAGES/publisher.po": HEADER + catalog,
        }
        for name, content in files.items():
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
        return check_catalogs(
            tmp_path / "code", [tmp_path / "templates"], [tmp_path / "locales"], [language]
        )

    return run


def test_the_catalogs_that_ship_are_whole() -> None:
    problems = check_catalogs(PACKAGE, [shipped("templates")], [shipped("locales")], [EN, RU])

    assert [(p.message, p.args, p.place) for p in problems] == []


def test_whole_catalogs_pass(check: Check) -> None:
    assert check() == ()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('msgid "Hello, {name}."\nmsgstr "Здравствуйте, {name}."', "", "Not translated"),
        ("Здравствуйте, {name}.", "", "Not translated"),
        ('msgid "Hello', '#, fuzzy\nmsgid "Hello', "fuzzy"),
        ('msgstr[2] "{n} кошек"\n', "", "plural forms"),
        ('{name}."\n\nmsgid', '{nome}."\n\nmsgid', "slots"),
        ("Здравствуйте, {name}", "Здравствуйте, {name", "slots"),
        ("Здравствуйте", "<b>Здравствуйте", "tags"),
        ("Здравствуйте", "Здрaвствуйте", "mixes Latin and Cyrillic"),
        ('msgid "{n} cat"', 'msgid "Good-bye."\nmsgstr "Пока."\n\nmsgid "{n} cat"', "nobody says"),
    ],
    ids=[
        *("missing", "empty", "fuzzy", "two plural forms", "unknown placeholder"),
        *("lost brace", "unbalanced tag", "homoglyph", "not said any more"),
    ],
)
def test_check_20_each_fault_of_a_catalog_is_found(
    check: Check, old: str, new: str, words: str
) -> None:
    assert old in GOOD

    problems = check(GOOD.replace(old, new, 1))

    assert any(words in problem.message for problem in problems), problems


def test_check_20_a_bare_percent_is_found(check: Check) -> None:
    template = "{% trans share=1 %}{{ share }} of all{% endtrans %}"
    catalog = GOOD + '\nmsgid "%(share)s of all"\nmsgstr "%(share)s % всех"\n'

    problems = check(catalog, template=template)

    assert [problem.message for problem in problems] == [
        "A lone % must be written %%: “{sentence}”"
    ]


def test_check_20_a_template_that_does_not_parse_is_found_with_its_line(check: Check) -> None:
    (problem,) = check(template="<p>\n{% if %}\n")

    assert "parse" in problem.message
    assert problem.place.file
    assert problem.place.file.endswith("page.html.j2")
    assert problem.place.line == 2


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ("<p>\nRead more</p>", 2),
        ('<img\nalt="A picture">', 2),
        ("{% if a %}\n\nRead more{% endif %}", 3),
    ],
)
def test_check_20_words_outside_the_catalogs_are_found(
    check: Check, template: str, line: int
) -> None:
    (problem,) = check(template=template)

    assert "outside" in problem.message
    assert problem.place.line == line


def test_styles_comments_and_code_are_not_words(check: Check) -> None:
    template = """\
<!-- made by hand --><style>p { color: red }</style>{# for editors #}
<p class="small">{{ say("Hello, {name}.", name=reader) }}&nbsp;16+</p>
"""
    assert check(template=template) == ()


def test_a_sentence_in_a_template_counts_however_it_is_called(check: Check) -> None:
    template = '{{ text.say("One.") }}{{ _("Two.") }}{% trans %}Three.{% endtrans %}'

    problems = check(template=template)

    assert {problem.args["sentence"] for problem in problems} == {"One.", "Two.", "Three."}


def test_a_language_without_catalog_is_found(check: Check) -> None:
    (problem,) = check(language=Language("de"))

    assert "no catalog" in problem.message


@pytest.mark.parametrize(
    ("template", "line"),
    [
        ('{% include "parts/gone.html.j2" %}', 1),
        ('{% extends "gone.html.j2" %}', 1),
        ('{# a #}\n{% from "gone.html.j2" import photo %}', 2),
        ('\n\n{% import "gone.html.j2" as pieces %}', 3),
        ('{% extends "shipped/page.html.jj" %}', 1),
    ],
)
def test_check_20_a_template_that_asks_for_a_missing_one_is_found(
    check: Check, template: str, line: int
) -> None:
    (problem,) = check(template=template)

    assert "asks for the template" in problem.message
    assert problem.place.line == line


@pytest.mark.parametrize(
    "template",
    [
        '{% include "page.html.j2" %}',
        '{% include "shipped/page.html.j2" %}',
        '{% include "gone.html.j2" ignore missing %}',
        "{% include part %}",
    ],
)
def test_a_template_that_is_there_or_may_be_missing_is_no_fault(
    check: Check, template: str
) -> None:
    assert check(template=template) == ()
