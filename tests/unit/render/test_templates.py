import pickle
from pathlib import Path

import pytest

from publisher.assets import shipped
from publisher.errors import Misconfigured
from publisher.i18n.localizer import Localizer
from publisher.model.problems import Problem
from publisher.render.templates import Templates, tidy
from tests.support.build import EN, RU
from tests.support.sheets import localizers

WORDS = localizers()


def rendered(tmp_path: Path, source: str, name: str = "page.html.j2", **context: object) -> str:
    (tmp_path / name).write_text(source, "utf-8")
    return Templates([tmp_path]).render(name, text=WORDS[RU], **context)


def refusal(tmp_path: Path, source: str) -> Problem:
    with pytest.raises(Misconfigured) as refused:
        rendered(tmp_path, source)
    (problem,) = refused.value.problems
    return problem


def test_words_come_from_the_catalog_and_arguments_are_escaped(tmp_path: Path) -> None:
    source = '{{ say("Photo: {credit}", credit=who) }}'

    assert rendered(tmp_path, source, who="<b>") == "Фото: &lt;b&gt;"
    assert rendered(tmp_path, source, "page.txt.j2", who="<b>") == "Фото: <b>"


def test_plurals_and_trans_blocks_speak_the_same_language(tmp_path: Path) -> None:
    plural = '{{ plural("{n} story for {date}", "{n} stories for {date}", n=21, date="x<y") }}'

    assert rendered(tmp_path, plural) == "21 материал за x&lt;y"
    assert rendered(tmp_path, plural, "page.txt.j2") == "21 материал за x<y"
    assert rendered(tmp_path, "{% trans %}Privacy{% endtrans %}") == "Конфиденциальность"


def test_each_language_has_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text('{{ say("Privacy") }} {{ text.language }}')
    templates = Templates([tmp_path])

    assert templates.render("page.html.j2", text=WORDS[RU]) == "Конфиденциальность ru"
    assert templates.render("page.html.j2", text=WORDS[EN]) == "Privacy en"


def test_new_words_are_used_at_once(tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text('{{ say("Privacy") }}')
    templates = Templates([tmp_path])
    templates.render("page.html.j2", text=WORDS[RU])

    assert templates.render("page.html.j2", text=Localizer(language=RU)) == "Privacy"


def test_a_newsroom_overrides_one_file(tmp_path: Path) -> None:
    own = tmp_path / "web"
    own.mkdir()
    (own / "page.html.j2").write_text("own")
    (tmp_path / "ours" / "web").mkdir(parents=True)
    (tmp_path / "ours" / "web" / "page.html.j2").write_text("{% block a %}A{% endblock %}-B")
    folders = [tmp_path, tmp_path / "ours"]

    assert Templates(folders).render("web/page.html.j2", text=WORDS[EN]) == "own"


def test_a_newsroom_overrides_one_block_of_a_file_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "page.html.j2").write_text("{% block a %}A{% endblock %}-B")
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "page.html.j2").write_text(
        '{% extends "shipped/page.html.j2" %}{% block a %}X{% endblock %}'
    )
    templates = Templates([tmp_path / "own", tmp_path / "ours"])

    assert templates.render("page.html.j2", text=WORDS[EN]) == "X-B"


def test_a_missing_template_is_a_problem_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        Templates([tmp_path]).render("email/digest.html.j2", text=WORDS[EN])

    assert refused.value.problems[0].args == {"name": "email/digest.html.j2"}


def test_a_missing_part_is_named_itself(tmp_path: Path) -> None:
    problem = refusal(tmp_path, '{% include "parts/gone.html.j2" %}')

    assert problem.args == {"name": "parts/gone.html.j2"}


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("<p>\n{% if %}", "Expected an expression"),
        ("<p>\n{{ nobody }}", "'nobody' is undefined"),
        ("<p>\n{{ [] / 2 }}", "unsupported operand"),
        ('<p>\n{{ say("Photo: {credit}") }}', "credit"),
    ],
    ids=["syntax", "undefined", "type", "slot"],
)
def test_a_broken_template_is_a_problem_with_file_line_and_reason(
    tmp_path: Path, source: str, reason: str
) -> None:
    problem = refusal(tmp_path, source)

    assert problem.place.file == str(tmp_path / "page.html.j2")
    assert problem.place.line == 2
    assert reason in str(problem.args["reason"])


def test_a_refusal_comes_back_whole_from_another_process(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as refused:
        rendered(tmp_path, "{% if %}")

    back = pickle.loads(pickle.dumps(refused.value))  # noqa: S301 - our own words a line ago

    assert back.problems == refused.value.problems


def test_text_is_wrapped_but_addresses_are_not_broken(tmp_path: Path) -> None:
    url = "https://embankment.test/" + "x" * 90
    text = rendered(
        tmp_path, "{{ words | wrap }}", "page.txt.j2", words=f"{'слово ' * 20}{url} в\u00a0доме"
    )

    assert max(len(line) for line in text.splitlines() if url not in line) <= 72
    assert url in text.splitlines()
    assert "\u00a0" not in text


def test_tidy_text_has_no_stray_space() -> None:
    assert tidy("\n\na  \n \n\n\nb\n\n") == "a\n\nb\n"


def test_everything_that_ships_parses() -> None:
    folder = shipped("templates")
    names = [file.relative_to(folder).as_posix() for file in folder.rglob("*.j2")]

    assert "email/digest.html.j2" in names
    for name in names:
        Templates([folder])._environment(WORDS[EN]).get_template(name)


def test_a_file_put_before_one_in_use_is_seen_at_once(tmp_path: Path) -> None:
    own, ours = tmp_path / "own", tmp_path / "ours"
    own.mkdir()
    ours.mkdir()
    (ours / "page.txt.j2").write_text("ours", "utf-8")
    templates = Templates([own, ours])
    text = localizers(EN)[EN]
    before = templates.render("page.txt.j2", text=text)
    (own / "page.txt.j2").write_text("own", "utf-8")
    between = templates.render("page.txt.j2", text=text)
    (own / "page.txt.j2").unlink()

    assert (before, between) == ("ours", "own")
    assert templates.render("page.txt.j2", text=text) == "ours"
