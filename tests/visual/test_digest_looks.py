"""A full day's digest as Chromium shows it, measured against the rules of the look.

Boxes, sizes and colours are the same on every machine; typefaces are not, so heights are not asked.
"""

import re
from collections.abc import Mapping
from typing import Any

import pytest
from playwright.sync_api import Browser

from publisher.model.names import Language
from tests.support.browser import (
    DESKTOP,
    PHONE,
    Setting,
    contrast,
    measured,
    needs_chromium,
    shown,
)
from tests.support.build import EN, RU, STATEMENT
from tests.visual.conftest import Look, digest_page

pytestmark = needs_chromium

SETTINGS = [
    Setting(width=width, dark=dark, images=images)
    for width in (DESKTOP, PHONE)
    for dark in (False, True)
    for images in (True, False)
]
everywhere = pytest.mark.parametrize("setting", SETTINGS, ids=lambda one: one.name)
both = pytest.mark.parametrize("language", [EN, RU])

SIZES = {13: {18, 19}, 17: {24, 26, 27}, 20: {26}, 28: {32}, 34: {40}}  # px: lines of each
PAPER = {False: [0xFD, 0xFC, 0xF9], True: [0x17, 0x16, 0x14]}
TINT = {False: [0xEC, 0xE8, 0xDF], True: [0x2B, 0x28, 0x24]}
INK = {False: [0x1C, 0x1B, 0x19], True: [0xEC, 0xE7, 0xDD]}
GREY = {False: [0x5A, 0x56, 0x4F], True: [0xB3, 0xAC, 0xA0]}
ACCENT = {False: [0x8A, 0x1C, 0x1C], True: [0xE3, 0x9A, 0x8D]}
SECTIONS = {
    EN: {"Russia", "World", "Moscow", "Business", "Opinion", "City Guide", "Meanwhile…"},
    RU: {"Россия", "Мир", "Москва", "Бизнес", "Мнения", "Афиша и гид", "Тем временем…"},
}
BOX = {EN: "Corrections", RU: "Исправления"}
LEAVE = {EN: "Unsubscribe", RU: "Отписаться"}
SMALL_LINK = 44  # px


def words_of(seen: Mapping[str, Any]) -> str:
    return " ".join(one["words"] for one in seen["texts"]).replace("\xa0", " ")


def told(seen: Mapping[str, Any], words: str) -> list[Mapping[str, Any]]:
    return [one for one in seen["texts"] if one["words"].replace("\xa0", " ") == words]


@everywhere
@both
def test_nothing_stands_outside_the_window(
    language: Language, setting: Setting, look: Look
) -> None:
    seen = look(language, setting)

    assert seen["wide"] == setting.width
    for one in (*seen["texts"], *seen["links"], *seen["images"]):
        assert one["x"] >= seen["sheet"]["x"], one
        assert one["x"] + one["width"] <= seen["sheet"]["x"] + seen["sheet"]["width"] + 0.5, one


@everywhere
@both
def test_one_column_of_600_px_in_the_middle(
    language: Language, setting: Setting, look: Look
) -> None:
    seen = look(language, setting)
    wide = min(600, setting.width)
    gutter = 24 if setting.width > wide else 20

    assert (seen["sheet"]["x"], seen["sheet"]["width"]) == ((setting.width - wide) / 2, wide)
    assert min(one["x"] for one in seen["texts"]) == seen["sheet"]["x"] + gutter
    lead = seen["images"][0]
    assert (lead["x"], lead["width"]) == (seen["sheet"]["x"] + gutter, wide - 2 * gutter)


@everywhere
@both
def test_five_sizes_of_type_and_none_smaller(
    language: Language, setting: Setting, look: Look
) -> None:
    for one in look(language, setting)["texts"]:
        assert one["line"] in SIZES.get(one["size"], ()), one
        serif = "Georgia" in one["face"]
        mark = one["size"] == 17 and one["weight"] == 700
        assert serif is (one["size"] > 13 and not (mark and not serif)), one


@everywhere
@both
def test_every_word_stands_out_from_its_ground(
    language: Language, setting: Setting, look: Look
) -> None:
    """7:1, in dark too: more than WCAG's AA asks."""
    seen = look(language, setting)

    assert seen["ground"] == PAPER[setting.dark]
    for one in seen["texts"]:
        assert contrast(one["color"], one["ground"]) >= 7, one
        assert not one["covered"], one
        assert one["color"] in (INK[setting.dark], GREY[setting.dark], ACCENT[setting.dark]), one


@everywhere
@both
def test_the_accent_is_for_names_of_sections_only(
    language: Language, setting: Setting, look: Look
) -> None:
    texts = look(language, setting)["texts"]
    accented = {one["words"] for one in texts if one["color"] == ACCENT[setting.dark]}

    assert accented == SECTIONS[language] | {BOX[language]}


@everywhere
@both
def test_a_finger_finds_every_link(language: Language, setting: Setting, look: Look) -> None:
    for one in look(language, setting)["links"]:
        assert one["height"] >= SMALL_LINK, one
        assert one["width"] >= 24, one


@everywhere
@both
def test_headlines_are_links_in_ink_and_other_links_are_underlined(
    language: Language, setting: Setting, look: Look
) -> None:
    seen = look(language, setting)
    headlines = [one for one in seen["texts"] if one["size"] in {20, 28}]
    titles = {one["words"] for one in headlines}

    assert len(headlines) >= 8
    assert all(one["link"] and one["color"] == INK[setting.dark] for one in headlines)
    assert not any(one["underlined"] for one in headlines)
    small = [one for one in seen["texts"] if one["link"] and one["tag"] == "a"]
    assert len(small) >= 10
    assert all(one["underlined"] for one in small if one["words"] not in titles)


@everywhere
@both
def test_the_law_is_seen(language: Language, setting: Setting, look: Look) -> None:
    """Statement, mark and the way out, whatever the device and its colours."""
    seen = look(language, setting)
    [statement] = told(seen, STATEMENT)
    marks = told(seen, "16+")
    [leave] = told(seen, LEAVE[language])

    assert statement["lang"] == "ru"
    bold = [one for one in marks if one["size"] >= 17 and one["weight"] >= 700]
    assert len(bold) == 2
    assert bold[0]["y"] < told(seen, "The Embankment")[0]["y"] + 100  # in the masthead
    assert bold[1]["y"] < statement["y"] < leave["y"]
    assert leave["link"]


@everywhere
@both
def test_foreign_words_say_their_language(language: Language, setting: Setting, look: Look) -> None:
    """A screen reader must not read Russian with an English voice."""
    if language == EN:
        texts = look(language, setting)["texts"]
        for one in texts:
            if len(re.findall(r"[а-яё]", one["words"].lower())) > 5:
                assert one["lang"] == "ru" or "erid" in one["words"], one


@pytest.mark.parametrize(
    "setting", [one for one in SETTINGS if not one.images], ids=lambda s: s.name
)
@both
def test_without_images_a_tinted_box_says_what_they_show(
    language: Language, setting: Setting, look: Look
) -> None:
    seen = look(language, setting)

    assert len(seen["images"]) == 2
    for one in seen["images"]:
        assert not one["shown"]
        assert len(one["alt"]) > 5
        assert one["ground"] == TINT[setting.dark]
        assert contrast(one["color"], one["ground"]) >= 7
        assert one["size"] >= 13
        assert one["height"] >= 60  # px: the space is kept
    assert words_of(seen).count("Vera Lindqvist") == 2
    assert words_of(seen) == words_of(
        look(language, Setting(width=setting.width, dark=setting.dark))
    )


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
@both
def test_with_every_style_sheet_removed_it_reads_the_same(
    language: Language, width: int, look: Look, browser: Browser
) -> None:
    """As in Gmail for addresses of other houses, which drops <style> whole."""
    bare = re.sub(r"<style.*?</style>", "", digest_page(language), flags=re.DOTALL)
    assert "<style" not in bare
    with shown(browser, bare, Setting(width=width)) as page:
        seen = measured(page)
    whole = look(language, Setting(width=width))

    assert words_of(seen) == words_of(whole)
    assert seen["wide"] == width
    facts = ("words", "size", "line", "weight", "color", "ground", "underlined", "lang")
    assert [[one[f] for f in facts] for one in seen["texts"]] == [
        [one[f] for f in facts] for one in whole["texts"]
    ]
