"""The pre-flight of a finished mail: red blocks, amber warns, green says nothing."""

from dataclasses import replace
from typing import Any

import pytest

from publisher.compose.client_support import dropped
from publisher.compose.colours import Colour, contrast, inverted
from publisher.compose.preflight import (
    CHECKS,
    Light,
    finding,
    look_over,
    red_problems,
    spam_problems,
)
from publisher.compose.preflight_proof import Proof
from publisher.compose.preflight_words import width
from publisher.model.digests import DecodedMail

BASE = "https://embankment.test"
STORY = f"{BASE}/ru/bridge"
BODY = f"""<h1>The Embankment</h1>
<h2><a href="{STORY}" style="color:#1c1b19">Мост</a></h2>
<img src="{BASE}/media/a.png" alt="Мост" width="10"><p style="font-size:13px">Фото: Анна</p>
<p><a href="mailto:editors@embankment.test">Редакция</a></p>
<p><a href="{BASE}/unsubscribe/x">Отписаться</a></p>"""
TEXT = f"The Embankment\nМост\n{STORY}\nФото: Анна\n{BASE}/unsubscribe/x\n"


def proof(body: str = BODY, *, style: str = "", **mail: Any) -> Proof:
    html = (
        f"<html><head><style>a{{color:#1c1b19}}{style}</style></head>"
        f'<body style="background:#fdfcf9;color:#1c1b19">{body}</body></html>'
    )
    decoded = DecodedMail(subject="Мост", html=html, text=TEXT, headers=(), size=len(html.encode()))
    return Proof(
        mail=replace(decoded, **mail),
        base_url=BASE,
        pictures={"a.png": frozenset({"Анна", "Anna"})},
        present=frozenset({"a.png"}),
        pages=frozenset({"/unsubscribe/", "/archive/morning/"}),
    )


def lights(one: Proof) -> dict[str, str]:
    """What is not green."""
    found = {each.check: each.light.value for each in look_over(one)}
    return {check: light for check, light in found.items() if light != "green"}


def with_(extra: str) -> dict[str, str]:
    return lights(proof(BODY + extra))


def test_a_good_mail_is_green_all_over() -> None:
    assert lights(proof()) == {}
    assert [one.check for one in look_over(proof())] == [
        name for name in CHECKS if name not in {"law", "spam"}
    ]


@pytest.mark.parametrize(
    ("size", "light"), [(80_000, {}), (90_000, {"size": "amber"}), (100_001, {"size": "red"})]
)
def test_size_is_measured_against_where_gmail_cuts(size: int, light: dict[str, str]) -> None:
    assert lights(proof(size=size)) == light


@pytest.mark.parametrize(
    ("style", "light"),
    [
        (".a{color:#000}" * 900, {}),
        (".a{color:#000}" * 1100, {"styles": "amber"}),
        (".a{color:#000}" * 1200, {"styles": "red"}),
        ("@media (max-width:1px){.a{color:#000}} @media (max-width:2px){.b{color:#000}}", {}),
    ],
)
def test_style_sheets_stay_below_what_gmail_takes(style: str, light: dict[str, str]) -> None:
    assert lights(proof(style=style)) == light


def test_an_at_rule_inside_an_at_rule_is_seen() -> None:
    nested = "@media screen { .a { color: #000 } @media (max-width: 1px) { .b { color: #000 } } }"

    assert lights(proof(style=nested)) == {"styles": "amber"}


@pytest.mark.parametrize(
    "address",
    ["", "#", "/ru/bridge", "bridge.html", "https://", "javascript:alert(1)", "ftp://a.test/x",
     "https://[broken", "https:// a.test", f"{BASE}/media/b.png", f"{BASE}/archive/evening/x/ru"],
)  # fmt: skip
def test_a_link_that_leads_nowhere_blocks(address: str) -> None:
    assert with_(f'<a href="{address}">Дальше</a>').get("links") == "red"


@pytest.mark.parametrize(
    "address",
    [f"{BASE}/media/a.png", f"{BASE}/archive/morning/2026-11-23-0800/ru", f"{BASE}/about", BASE],
)
def test_our_own_pages_are_known(address: str) -> None:
    html, text = BODY + f'<a href="{address}">Дальше</a>', f"{TEXT}{address}\n"

    assert lights(proof(html, text=text)) == {}


def test_a_link_without_encryption_is_looked_at() -> None:
    html = BODY + '<a href="http://old.test/a">Старое</a>'

    assert lights(proof(html, text=f"{TEXT}http://old.test/a")) == {"links": "amber"}


@pytest.mark.parametrize(
    ("image", "light"),
    [
        (f'<img src="{BASE}/media/gone.png" alt="Мост">', "red"),
        ('<img src="https://elsewhere.test/pixel.gif" alt="">', "red"),
        ('<img alt="Мост">', "red"),
        (f'<img src="{BASE}/media/a.png">', "red"),
        (f'<img src="{BASE}/media/a.png" alt=" ">', "amber"),
    ],
)
def test_pictures_are_ours_there_and_described(image: str, light: str) -> None:
    assert with_(image) == {"pictures": light}


def test_a_picture_without_its_credit_blocks() -> None:
    hidden = BODY.replace('<p style="font-size:13px">', '<p style="display:none">')

    assert lights(proof(BODY.replace("Фото: Анна", ""))) == {"pictures": "red"}
    assert lights(proof(hidden)) == {"pictures": "red"}


@pytest.mark.parametrize(
    ("words", "light"),
    [
        ('<p style="color:#8a8a8a">Мелко</p>', {"contrast": "amber"}),
        ('<p style="color:#8a8a8a;font-size:28px">Крупно</p>', {}),
        ('<p style="color:#5a564f">Серое</p>', {}),
    ],
)
def test_small_words_need_contrast(words: str, light: dict[str, str]) -> None:
    assert with_(words) == light


def test_contrast_is_asked_for_in_the_dark_and_inverted_as_well() -> None:
    dark = "@media (prefers-color-scheme: dark) { p { color: #888888 !important } }"
    red = '<p style="color:#c00000;background:#ffffff">Красное</p>'

    assert lights(proof(BODY + "<p>Мост</p>", style=dark)) == {"contrast": "amber"}
    assert with_(red) == {}
    assert contrast(inverted(Colour(1, 1, 1)), inverted(Colour(0, 0, 0))) == 21
    assert inverted(Colour(1, 0, 0)) == Colour(1, 0, 0)  # half light: it stays as it is


@pytest.mark.parametrize(
    ("subject", "light"),
    [
        ("Мост", {}),
        ("", {"subject": "red"}),
        ("\u202eтсоМ", {"subject": "red"}),
        ("М" * 70, {}),
        ("М" * 71, {"subject": "amber"}),
        ("❄" * 36, {}),
        ("雪" * 36, {"subject": "amber"}),
    ],
)
def test_a_subject_says_something_and_fits(subject: str, light: dict[str, str]) -> None:
    assert lights(proof(subject=subject)) == light


def test_wide_letters_take_two_columns_and_marks_none() -> None:
    assert (width("Мост"), width("雪"), width("й"), width("и\u0306")) == (4, 2, 1, 1)


@pytest.mark.parametrize("gone", [STORY, "Мост", f"{BASE}/unsubscribe/x"])
def test_the_text_part_has_every_headline_and_address(gone: str) -> None:
    assert lights(proof(text=TEXT.replace(gone, ""))) == {"text": "red"}


def test_headlines_are_compared_without_their_typography() -> None:
    html = BODY + "<h3>Фильм «Мост»\u00a0— во\u00a0дворе</h3>"

    assert lights(proof(html, text=f'{TEXT}Фильм "Мост" - во\nдворе')) == {}


def test_a_latin_letter_in_a_russian_word_is_seen() -> None:
    assert lights(proof(text=f"{TEXT}Cетевое издание")) == {"spelling": "amber"}


@pytest.mark.parametrize(
    "extra",
    [
        '<div style="display:grid">а</div>',
        '<div style="background:linear-gradient(#fff,#eee)">а</div>',
        '<div style="width:50vw">а</div>',
        "<video></video>",
        '<div style="position:relative">а</div>',
        '<div style="transform:rotate(1deg)">а</div>',
    ],
)
def test_what_mail_programs_drop_is_named(extra: str) -> None:
    assert with_(extra).get("clients") == "amber"


def test_what_may_be_dropped_without_loss_is_no_matter() -> None:
    style = "@media (prefers-color-scheme: dark) { a:hover { cursor: pointer } }"

    assert lights(proof(style=style)) == {}


def test_the_table_of_clients_says_what_caniemail_says() -> None:
    table = dropped()

    assert "Gmail" in table["@media prefers-color-scheme"]
    assert table["display:flex"] == ("Outlook",)
    assert table["<form>"] == ("Outlook", "Yahoo", "Mail.ru")
    assert len(table) > 150
    assert "font-size" not in table


def test_red_is_what_the_gate_holds_an_issue_for() -> None:
    spoilt = proof(BODY + '<a href="/x">x</a>' + '<div style="display:grid">а</div>')

    assert {problem.rule for problem in red_problems(spoilt)} == {"links"}
    assert [one.message for one in red_problems(proof())] == []
    assert len(list(red_problems(spoilt))) == 1


@pytest.mark.parametrize(
    ("score", "light"),
    [(None, Light.GREEN), (-1.0, Light.GREEN), (2.5, Light.AMBER), (5.0, Light.RED)],
)
def test_spamassassins_score_is_read_by_its_own_limit(score: float | None, light: Light) -> None:
    assert finding("spam", tuple(spam_problems(score))).light is light


def test_every_problem_names_its_check() -> None:
    found = look_over(proof(BODY + '<a href="/x">x</a>', subject=""))

    assert {problem.rule for one in found for problem in one.problems} == {"links", "subject"}
