import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import html as lxml_html

from publisher.assets import Assets
from publisher.compose.legal_mail import inspect_mail
from publisher.compose.preflight import Light, look_over
from publisher.compose.preflight_proof import Proof
from publisher.errors import Misconfigured
from publisher.model.editions import SubjectRule
from publisher.model.names import Language
from publisher.render.decode import decode
from publisher.render.email import render_digest
from publisher.render.splice import eml_preview
from publisher.render.subject import subject_line
from tests.support.build import EN, RU, STATEMENT, make_article, make_edition, make_profile
from tests.support.sheets import day_article, full_day, localizers, make_order, ordinary_day

OURS = Assets()
WORDS = localizers()


@pytest.mark.parametrize("language", [EN, RU])
def test_a_digest_is_lawful(language: Language) -> None:
    digest = render_digest(ordinary_day(language), OURS)

    problems = inspect_mail(
        decode(eml_preview(digest)),
        profile=make_profile(),
        issue_age=16,
        language=language,
        leave_url="https://embankment.test/unsubscribe/preview",
    )

    assert problems == ()


@pytest.mark.parametrize("language", [EN, RU])
def test_check_04_the_statement_stands_once_in_each_part_in_russian(language: Language) -> None:
    digest = render_digest(ordinary_day(language), OURS)
    page = lxml_html.document_fromstring(digest.html)
    (block,) = [p for p in page.iter("p") if (p.text or "") == STATEMENT]

    assert digest.text.splitlines().count(STATEMENT) == 1
    assert block.get("lang") == (None if language == RU else "ru")


def test_the_same_order_gives_the_same_bytes() -> None:
    assert render_digest(ordinary_day(RU), OURS) == render_digest(ordinary_day(RU), OURS)


@pytest.mark.parametrize("language", [EN, RU])
def test_every_story_and_link_is_in_both_parts(language: Language) -> None:
    order = ordinary_day(language)
    digest = render_digest(order, OURS)
    links = {a.get("href") for a in lxml_html.document_fromstring(digest.html).iter("a")}

    for item in order.layout.items:
        assert item.article.url in links
        assert f"\n{item.article.url}\n" in digest.text
    assert "{{slot:leave}}" in links
    assert {link for link in links if link and link.startswith("https")} <= set(digest.text.split())


def test_slots_stand_where_they_are_needed_and_no_token_is_left() -> None:
    digest = render_digest(ordinary_day(RU), OURS)

    for part in (digest.html, digest.text):
        assert part.count("{{slot:leave}}") == 1
        assert part.count("{{slot:address}}") == 1
        assert "xSLOTx" not in part


def test_every_image_is_ours_sized_and_described() -> None:
    page = lxml_html.document_fromstring(render_digest(ordinary_day(EN), OURS).html)
    images = list(page.iter("img"))

    assert len(images) == 2
    for image in images:
        assert image.get("src", "").startswith("https://embankment.test/media/")
        assert image.get("alt")
        assert image.get("width", "").isdigit()
        assert image.get("height", "").isdigit()


def test_foreign_words_say_so() -> None:
    page = lxml_html.document_fromstring(
        render_digest(make_order(day_article("river", RU), language=EN), OURS).html
    )
    (link,) = [a for a in page.iter("a") if "набережную" in a.text_content()]

    assert page.get("lang") == "en"
    assert link.get("hreflang") == "ru"
    assert link[0].get("lang") == "ru"
    assert link.text_content().endswith("(in Russian)")


def test_it_reads_without_any_style_element() -> None:
    markup = render_digest(ordinary_day(RU), OURS).html
    page = lxml_html.document_fromstring(re.sub(r"<style.*?</style>", "", markup, flags=re.DOTALL))

    for element in page.iter("h1", "h2", "h3", "p", "a"):
        assert "color:" in element.get("style", "") or element.get("style", "").startswith("margin")


def test_dark_mode_and_phones_survive_inlining() -> None:
    markup = render_digest(ordinary_day(RU), OURS).html

    assert "@media (prefers-color-scheme: dark)" in markup
    assert "@media screen and (max-width: 599px)" in markup
    assert "[data-ogsc]" in markup
    assert "!important" in markup
    assert "data-premailer" not in markup


def test_nothing_is_loaded_from_anybody_else() -> None:
    markup = render_digest(ordinary_day(EN), OURS).html

    assert not re.search(r"""(?:src|background)="(?!https://embankment\.test/)""", markup)
    assert "url(" not in markup
    assert "<link" not in markup
    assert "<script" not in markup


def test_a_title_with_markup_is_words() -> None:
    lead = make_article(title='<script>x</script> & "so"', summary="<b>bold</b> {{slot:leave}}")
    digest = render_digest(make_order(lead), OURS)

    assert "&lt;script&gt;x&lt;/script&gt; &amp; “so”" in digest.html
    assert "<script" not in digest.html
    assert "<script>x</script> & “so”" in digest.text
    assert digest.html.count("{{slot:leave}}") == 1


def test_the_size_of_its_styles_stays_far_below_what_gmail_takes() -> None:
    markup = render_digest(ordinary_day(RU), OURS).html
    styles = re.findall(r"<style[^>]*>(.*?)</style>", markup, flags=re.DOTALL)

    assert sum(len(style.encode()) for style in styles) < 16_000 / 2
    assert len(markup.encode()) < 100_000 / 2


@pytest.mark.parametrize(
    ("rule", "english", "russian"),
    [
        (
            SubjectRule.LEAD,
            "City reopens the “long” embankment after three years · Nov 23",
            "Город открыл «длинную» набережную после трёх лет ремонта · 23 ноября",
        ),
        (SubjectRule.COUNT, "7 stories for November 23", "7 материалов за 23 ноября"),
        (
            SubjectRule.TITLE,
            "Morning Briefing, November 23, 2026",
            "Утренний выпуск, 23 ноября 2026 г.",
        ),
    ],
)
def test_subjects(rule: SubjectRule, english: str, russian: str) -> None:
    edition = make_edition(subject=rule)

    assert subject_line(replace(ordinary_day(EN), edition=edition), WORDS) == english
    assert subject_line(replace(ordinary_day(RU), edition=edition), WORDS) == russian


def test_a_long_title_is_cut_at_a_word_and_the_date_stays() -> None:
    order = make_order(
        make_article(title="word " * 100), edition=make_edition(subject=SubjectRule.LEAD)
    )

    subject = subject_line(order, WORDS)

    assert subject.endswith("word… · Nov 23")
    assert len(subject) < 125


def test_without_a_lead_the_stories_are_counted() -> None:
    order = make_order(edition=make_edition(subject=SubjectRule.LEAD))
    empty = replace(order, layout=replace(order.layout, lead=None, count=0))

    assert subject_line(empty, WORDS) == "0 stories for November 23"


def test_check_21_a_language_without_catalog_is_refused() -> None:
    german = Language("de")
    order = ordinary_day(EN)

    with pytest.raises(Misconfigured):
        render_digest(replace(order, layout=replace(order.layout, language=german)), OURS)


def test_a_newsrooms_template_is_used_and_changes_are_seen(tmp_path: Path) -> None:
    part = tmp_path / "templates" / "email" / "parts" / "masthead.html.j2"
    part.parent.mkdir(parents=True)
    part.write_text("<tr><td>own masthead</td></tr>")
    own = Assets(newsroom=tmp_path)

    assert "own masthead" in render_digest(make_order(), own).html

    part.write_text("{{ nobody }}")
    with pytest.raises(Misconfigured):
        render_digest(make_order(), own)


@pytest.mark.parametrize("rule", list(SubjectRule))
@pytest.mark.parametrize("language", [EN, RU])
def test_two_editions_of_a_day_share_no_subject(rule: SubjectRule, language: Language) -> None:
    """Not even with the same lead and the same number of stories."""
    titles = ({EN: "Morning", RU: "Утро"}, {EN: "Noon", RU: "Полдень"})
    order = ordinary_day(language)
    beside = replace(order.issue, beside_others=True)
    subjects = {
        subject_line(
            replace(order, issue=beside, edition=make_edition(subject=rule, title=title)), WORDS
        )
        for title in titles
    }

    assert len(subjects) == 2
    assert all(any(title[language] in one for one in subjects) for title in titles)


@pytest.mark.parametrize("language", [EN, RU])
def test_a_digest_as_it_ships_passes_the_pre_flight_in_green(language: Language) -> None:
    """A whole day of everything: what editors see is their own doing."""
    digest = render_digest(full_day(language), OURS)
    files = ("0123456789abcdef.png", "fedcba9876543210.png")
    proof = Proof(
        mail=decode(eml_preview(digest)),
        base_url="https://embankment.test",
        pictures={file: frozenset({"Vera Lindqvist"}) for file in files},
        present=frozenset(files),
        pages=frozenset({"/archive/morning/", "/feeds/", "/unsubscribe/"}),
    )

    assert {one.check: one.light for one in look_over(proof) if one.light is not Light.GREEN} == {}
