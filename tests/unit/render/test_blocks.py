"""A newsroom overrides one block of the digest, in HTML or in text, and copies nothing else."""

from pathlib import Path

import pytest

from publisher.assets import Assets
from publisher.errors import Misconfigured
from publisher.model.names import Language
from publisher.render.email import render_digest
from tests.support.build import EN, RU
from tests.support.sheets import ordinary_day

OURS = Assets()
BLOCKS = ["masthead", "lead", "section", "story", "briefs", "legal", "footer"]


def overriding(folder: Path, kind: str, block: str, words: str) -> Assets:
    file = folder / "templates" / "email" / f"digest.{kind}.j2"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'{{% extends "shipped/email/digest.{kind}.j2" %}}\n'
        f"{{% block {block} %}}\n{words}\n{{% endblock %}}\n"
    )
    return Assets(newsroom=folder)


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("kind", ["html", "txt"])
def test_a_block_of_a_newsrooms_own_stands_in_one_part_alone(
    tmp_path: Path, kind: str, block: str
) -> None:
    ours = render_digest(ordinary_day(RU), OURS)
    own = render_digest(
        ordinary_day(RU), overriding(tmp_path, kind, block, "<tr><td>НАШЕ СЛОВО</td></tr>")
    )
    changed, kept = (own.html, own.text) if kind == "html" else (own.text, own.html)

    assert "НАШЕ СЛОВО" in changed
    assert kept == (ours.text if kind == "html" else ours.html)


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_a_story_of_ones_own_knows_which_story_it_is(tmp_path: Path, kind: str) -> None:
    own = overriding(tmp_path, kind, "story", "<tr><td>{{ story.headline.title }}!</td></tr>")
    digest = render_digest(ordinary_day(EN), own)

    assert "A market hall lowers its rents!" in (digest.html if kind == "html" else digest.text)


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_one_piece_is_replaced_wherever_it_stands(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "templates" / "email" / "parts" / f"related.{kind}.j2"
    file.parent.mkdir(parents=True)
    file.write_text("<p>ОДНО СЛОВО</p>")
    digest = render_digest(ordinary_day(RU), Assets(newsroom=tmp_path))

    assert (digest.html if kind == "html" else digest.text).count("ОДНО СЛОВО") == 1


@pytest.mark.parametrize("kind", ["html", "txt"])
def test_a_broken_block_is_refused_with_file_line_and_reason(tmp_path: Path, kind: str) -> None:
    good = overriding(tmp_path, kind, "story", "x")
    render_digest(ordinary_day(EN), good)
    broken = overriding(tmp_path, kind, "story", "{{ story.nobody }}")

    with pytest.raises(Misconfigured) as refused:  # and the good one of a moment ago is not used
        render_digest(ordinary_day(EN), broken)

    [problem] = refused.value.problems
    assert problem.place.file == str(tmp_path / "templates" / "email" / f"digest.{kind}.j2")
    assert problem.place.line == 3
    assert "nobody" in str(problem.args["reason"])


@pytest.mark.parametrize("language", [EN, RU])
def test_every_story_says_where_an_error_in_it_is_told(language: Language) -> None:
    order = ordinary_day(language)
    digest = render_digest(order, OURS)

    for item in order.layout.items:
        assert digest.html.count(f'%20{item.article.id}"') == 1
        assert f" {item.article.id}\n" in digest.text


@pytest.mark.parametrize(
    ("language", "words", "other"),
    [(RU, "Read in English", EN), (EN, "Читать по-русски", RU)],
)
def test_the_masthead_leads_to_the_other_language(
    language: Language, words: str, other: Language
) -> None:
    digest = render_digest(ordinary_day(language), OURS)
    address = f"https://embankment.test/archive/morning/2026-11-23-0800/{other}"

    assert f'href="{address}" hreflang="{other}" lang="{other}"' in digest.html
    assert digest.html.index(words) < digest.html.index("<h2")
    assert f"{words}:\n{address}\n" in digest.text
