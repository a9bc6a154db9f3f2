from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from publisher.model.issues import Block
from publisher.model.names import SectionId, StoryKey
from publisher.model.sources import Rights
from publisher.render.cleaning import clean, web_url
from publisher.render.sheet import DigestView
from publisher.render.view import PrintOrder, digest_view
from tests.support.build import DUE, EN, RU, make_article, make_image, make_issue, make_profile
from tests.support.sheets import day_article, localizers, make_order, ordinary_day

WORDS = localizers()


def view_of(order: PrintOrder) -> DigestView:
    return digest_view(order, "subject", WORDS)


def lead_of(**overrides: Any) -> Any:
    return view_of(make_order(make_article(**overrides))).lead


def test_the_masthead_is_registered_dated_numbered_and_marked() -> None:
    masthead = view_of(ordinary_day(RU)).masthead

    assert (masthead.name, masthead.edition) == ("The Embankment", "Утренний выпуск")
    assert masthead.date == "Понедельник, 23 ноября 2026 г."
    assert (masthead.number, masthead.age) == (12, "16+")


def test_without_a_mark_nothing_is_shown() -> None:
    assert view_of(make_order(issue=make_issue(age=None))).masthead.age == ""


def test_law_11_an_image_without_credit_is_not_printed() -> None:
    assert lead_of(image=make_image()).photo is not None
    assert lead_of(image=make_image(credit=None)).photo is None
    assert lead_of(image=make_image(credit="")).photo is None


def test_law_11_a_quoted_story_has_headline_summary_credit_and_link_only() -> None:
    story = lead_of(rights=Rights.QUOTE, credit="The Wire", image=make_image(), authors=())

    assert story.photo is None
    assert story.names[-1] == "The\u00a0Wire"
    assert story.summary


def test_a_section_has_at_most_one_photo() -> None:
    stories = [day_article(key, EN, image=make_image()) for key in ("film", "rink")]
    rubric = view_of(make_order(make_article(), *stories)).rubrics[0]

    assert [story.photo is not None for story in rubric.stories] == [True, False]


@pytest.mark.parametrize(
    ("width", "height", "shown", "file"),
    [
        (1200, 800, (552, 368), "0123456789abcdef.png"),
        (400, 300, (400, 266), "0123456789abcdef-3x2.png"),
        (800, 1200, (552, 368), "0123456789abcdef-3x2.png"),
    ],
    ids=["wide", "small", "tall"],
)
def test_the_leads_photo_is_cut_to_3_2_and_fits_the_column(
    width: int, height: int, shown: tuple[int, int], file: str
) -> None:
    photo = lead_of(image=make_image(width=width, height=height)).photo

    assert (photo.width, photo.height) == shown
    assert photo.src == f"https://embankment.test/media/{file}"


def test_check_23_a_story_in_another_language_is_marked() -> None:
    order = make_order(day_article("river", RU), language=EN)
    headline = view_of(order).lead.headline  # type: ignore[union-attr]

    assert (headline.language, headline.mark) == (RU, "(in Russian)")
    assert headline.title.startswith("Город открыл «длинную» набережную")


def test_check_25_a_picture_without_credit_is_not_printed() -> None:
    assert lead_of(image=make_image()).photo is not None
    assert lead_of(image=make_image(credit=None)).photo is None
    assert lead_of(image=make_image(credit="")).photo is None


def test_a_listing_shows_its_own_mark_and_others_do_not() -> None:
    order = make_order(
        make_article(), day_article("film", EN, age=12), day_article("tram", EN, age=6)
    )
    moscow, guide = view_of(order).rubrics

    assert guide.stories[0].headline.age == "12+"
    assert moscow.stories[0].headline.age == ""


def test_an_unrated_listing_takes_the_profiles_mark() -> None:
    order = make_order(
        make_article(), day_article("film", EN, age=None), profile=make_profile(unrated=18)
    )

    assert view_of(order).rubrics[0].stories[0].headline.age == "18+"


def test_opinion_is_labelled_with_its_author() -> None:
    (opinion,) = view_of(make_order(make_article(), day_article("bench", EN))).rubrics

    assert opinion.stories[0].label == "Opinion"
    assert opinion.stories[0].label_names == ("Anna Orlova",)
    assert opinion.stories[0].names == ()


def test_an_update_is_shown_from_a_minute_on() -> None:
    published = DUE - timedelta(hours=5)

    assert len(lead_of(updated_at=published + timedelta(seconds=59)).facts) == 1
    assert (
        lead_of(updated_at=published + timedelta(minutes=1)).facts[-1]
        == "Updated\u00a003:01\u00a0MSK"
    )


def test_check_19_times_are_absolute() -> None:
    facts = lead_of(published_at=DUE - timedelta(days=2)).facts

    assert facts[-1] == "Nov\u00a021,\u00a008:00\u00a0MSK"


def test_related_links_leave_out_what_is_printed_and_are_at_most_three() -> None:
    keys = [StoryKey(f"r{n}") for n in range(5)]
    others = {key: (make_article(story=key), make_article(story=key, language=RU)) for key in keys}
    lead = make_article(related=tuple(keys))
    order = make_order(
        lead, make_article(story=keys[0], section=SectionId("world")), related=others
    )

    related = view_of(order).lead.related  # type: ignore[union-attr]

    assert [one.url.rpartition("/")[2] for one in related] == ["r1", "r2", "r3"]
    assert {one.language for one in related} == {EN}
    assert related[0].section == "Moscow"


def test_what_a_section_could_not_print_is_linked() -> None:
    order = make_order(make_article(), more=(day_article("rink", EN),))

    assert [one.title for one in view_of(order).rubrics[0].more] == ["Where to skate this week"]


def test_check_05_a_statement_is_not_touched() -> None:
    words = 'Издание "X" - № 5  зарегистрировано {{slot:leave}}'
    imprint = view_of(make_order(profile=make_profile(statements={RU: words}))).imprint

    assert imprint.statements[0].words == words


def test_the_copyright_line_carries_the_year_of_the_issue() -> None:
    assert view_of(ordinary_day(RU)).imprint.copyright == "© 2026 The Embankment"


def test_a_link_that_a_browser_must_not_follow_is_no_link() -> None:
    assert lead_of(url="javascript:alert(1)").headline.url == ""


@pytest.mark.parametrize(
    ("url", "printed"),
    [
        (
            "https://embankment.test/новости?a=1&b=2",
            "https://embankment.test/%D0%BD%D0%BE%D0%B2%D0%BE%D1%81%D1%82%D0%B8?a=1&b=2",
        ),
        ("https://почта.рф/a b", "https://xn--80a1acny.xn--p1ai/a%20b"),
        ("https://x.test/%20{{slot:leave}}", ""),
        ("https://x.test/xSLOTxLEAVEx", ""),
        ("http://[broken", ""),
        ("/relative", ""),
        ("data:text/html,x", ""),
    ],
)
def test_addresses(url: str, printed: str) -> None:
    assert web_url(url) == printed


@pytest.mark.parametrize(
    ("raw", "cleaned"),
    [
        ("a\r\nBcc: x\tb\x00c", "a Bcc: x b c"),
        ("safe \u202eevil\u202c \u2067x\u2069", "safe evil x"),
        ("{{slot:leave}}", "{ {slot:leave}}"),
        ("{{{{slot:leave}}", "{{{ {slot:leave}}"),
        ("xSLOTxADDRESSx", "xslotxADDRESSx"),
        ("\ud800", "?"),
        ("слово слово слово", "слово слово…"),
        ("שלום 😀", "שלום 😀"),
    ],
)
def test_words_are_cleaned(raw: str, cleaned: str) -> None:
    assert clean(raw, 13 if raw.startswith("слово") else 60) == cleaned


def test_an_empty_layout_still_has_a_page() -> None:
    order = make_order()
    empty = replace(
        order,
        layout=replace(
            order.layout, lead=None, blocks=(Block(section=SectionId("world"), items=()),)
        ),
    )

    assert view_of(empty).lead is None
