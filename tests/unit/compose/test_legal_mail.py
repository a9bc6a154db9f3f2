"""Rules L08 to L11 and L17 on final mails, and acceptance checks 3 and 13 (legal-and-i18n.md 8)."""

from collections.abc import Iterable
from html import escape
from typing import Any

import pytest

from publisher.compose.legal import blocking
from publisher.compose.legal_mail import copyright_in, inspect_mail
from publisher.model.articles import AgeMark
from publisher.model.digests import DecodedMail
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.problems import Problem
from tests.support.build import EN, RU, STATEMENT, make_profile
from tests.support.footers import (
    LEAVE,
    PARAGRAPH,
    STATEMENT_2017,
    STYLE,
    good_html,
    good_mail,
    good_text,
    profile_2017,
    real_profile,
)


def inspect(
    mail: DecodedMail,
    *,
    profile: LegalProfile | None = None,
    age: AgeMark | None = 16,
    language: Language = RU,
    leave_url: str = LEAVE,
) -> tuple[Problem, ...]:
    return inspect_mail(
        mail,
        profile=profile or make_profile(),
        issue_age=age,
        language=language,
        leave_url=leave_url,
    )


def rules(problems: Iterable[Problem]) -> set[str | None]:
    return {problem.rule for problem in problems}


def with_html(html: str) -> set[str | None]:
    return rules(inspect(good_mail(make_profile(), html=html)))


def with_legal(legal: str) -> set[str | None]:
    return with_html(good_html(STATEMENT, legal=legal))


def with_text(text: str) -> set[str | None]:
    return rules(inspect(good_mail(make_profile(), text=text)))


def with_headers(**headers: str | None) -> set[str | None]:
    mail = good_mail(make_profile())
    changed = {**dict(mail.headers), **{k.replace("_", "-"): v for k, v in headers.items()}}
    kept = tuple((name, value) for name, value in changed.items() if value is not None)
    return rules(inspect(good_mail(make_profile(), headers=kept)))


# --- a good mail --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", [EN, RU])
@pytest.mark.parametrize(
    "profile", [make_profile(), real_profile(), profile_2017()], ids=["sample", "2018", "2017"]
)
def test_check_4_a_good_mail_passes_in_both_languages(
    profile: LegalProfile, language: Language
) -> None:
    line = profile.copyright[language].replace("{year}", "2026")
    [statement] = profile.statements.values()
    mail = good_mail(
        profile,
        html=good_html(statement, line=line),
        text=good_text(statement, line=line),
    )

    assert inspect(mail, profile=profile, language=language) == ()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"html": good_html(STATEMENT, legal="")},
        {"html": ""},
        {"text": ""},
        {"text": good_text("")},
        {"headers": ()},
        {"html": good_html(STATEMENT, mark="")},
        {"html": good_html(STATEMENT, legal=f"<!-- {STATEMENT} -->")},
    ],
    ids=["no footer", "no html", "no text", "no text footer", "no headers", "no mark", "comment"],
)
def test_check_3_every_blocking_rule_refuses_before_anything_is_sent(
    spoilt: dict[str, Any],
) -> None:
    assert blocking(inspect(good_mail(make_profile(), **spoilt)))


# --- L09 ----------------------------------------------------------------------------------------


def test_l09_the_statement_stands_in_both_parts() -> None:
    assert with_html(good_html("Иное.")) == {"L09"}
    assert with_text(good_text("Иное.")) == {"L09"}


def test_l09_the_statement_stands_there_once() -> None:
    paragraph = PARAGRAPH.format(statement=escape(STATEMENT, quote=False))

    assert "L09" in with_legal(paragraph + paragraph)
    assert "L09" in with_text(good_text(STATEMENT) + STATEMENT)


def test_l09_a_profile_without_a_statement_lets_no_mail_pass() -> None:
    mail = good_mail(make_profile())

    assert "L09" in rules(inspect(mail, profile=make_profile(statements={RU: " "})))
    assert "L09" in rules(inspect(mail, profile=make_profile(statements={EN: STATEMENT})))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("№", "No"),
        ("№", "N°"),
        ("ФС77-00000", "ФС77–00000"),  # what a typographer makes of it
        ("ФС77-00000", "ФС77‑00000"),
        ("ФС77-00000", "ФС77- 00000"),
        ("ФС77-00000", "ФС77-000001"),
        ("Сетевое", "сетевое"),
        ("«The", '"The'),
        ("издание", "изда\u00adние"),
        ("издание", "изда\u200bние"),
        ("Сетевое", "Cетевое"),
        ("16+", "12+"),
        ("20 января", "20 февраля"),
    ],
)
def test_l09_case_dashes_quotes_and_signs_are_left_alone(old: str, new: str) -> None:
    changed = STATEMENT.replace(old, new)
    assert changed != STATEMENT

    assert "L09" in with_legal(PARAGRAPH.format(statement=changed))
    assert "L09" in with_text(good_text(changed))


@pytest.mark.parametrize(
    "legal",
    [
        STATEMENT.replace(" ", "\n   "),
        STATEMENT.replace(" ", "&nbsp;"),
        STATEMENT.replace(" ", "\u202f"),
        STATEMENT.replace("издание", "из<b>да</b><!-- x -->ние"),
        STATEMENT.replace("№", "&#8470;").replace("«", "&laquo;").replace("»", "&raquo;"),
        STATEMENT.replace(". ", ".<br>\n"),
        STATEMENT.replace(" 16+", '</td><td class="small" style="color:#5a564f"> 16+'),
        STATEMENT.replace("й", "и\u0306"),
        f'<span class="whole" style="white-space:nowrap">{STATEMENT}</span>',
    ],
    ids=["reflow", "nbsp", "thin", "tags", "entities", "br", "cells", "NFD", "span"],
)
def test_l09_white_space_tags_and_entities_change_nothing(legal: str) -> None:
    row = f'<table><tr class="small"><td class="small" style="font-size:13px;color:#5a564f">{legal}</td></tr></table>'

    assert with_legal(row) == set()


def test_l09_text_may_be_wrapped_anywhere_between_words() -> None:
    assert with_text(good_text(STATEMENT.replace(" ", "\r\n"))) == set()


def test_l09_the_copyright_line_stands_in_both_parts() -> None:
    assert with_html(good_html(STATEMENT, line="")) == {"L09"}
    assert with_text(good_text(STATEMENT, line="")) == {"L09"}
    assert with_text(good_text(STATEMENT, line="© MMXXVI The Embankment")) == {"L09"}


def test_a_copyright_line_takes_any_year() -> None:
    assert copyright_in("© 1992–2031 The Embankment.", "© 1992–{year} The Embankment")
    assert not copyright_in("© 1992– The Embankment", "© 1992–{year} The Embankment")
    assert not copyright_in("© 2026 The Embankment", "")


# --- L10 ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "legal",
    [
        "<!-- {} -->",
        '<p style="display:none">{}</p>',
        '<p style="font-size:1px">{}</p>',
        '<p style="color:#ffffff;background-color:#ffffff">{}</p>',
        "<p hidden>{}</p>",
    ],
    ids=["comment", "display", "one pixel", "white on white", "hidden"],
)
def test_check_13_a_hidden_footer_fails(legal: str) -> None:
    assert "L10" in with_legal(legal.format(STATEMENT))


@pytest.mark.parametrize(
    "rule",
    [
        ".small { display: none }",
        "@media (max-width: 480px) { .small { display: none !important } }",
        "@media (prefers-color-scheme: dark) { .small { color: #171614 !important } }",
        "@media print { p.small { visibility: hidden !important } }",
        "[data-ogsc] p.small { color: #171614 !important }",
        "u + .body .small { font-size: 0 !important }",
        "table td > .small { max-height: 0 !important }",
        "p:last-of-type { opacity: 0 }",
        "@supports (display: grid) { @media screen { p { display: none !important } } }",
    ],
)
def test_l10_a_style_rule_that_hides_it_from_some_readers_fails(rule: str) -> None:
    html = good_html(STATEMENT, style=STYLE + rule)

    assert "L10" in with_html(html)


@pytest.mark.parametrize(
    "rule",
    [
        ".preheader { display: none }",
        "@media (max-width: 480px) { .wide { display: none !important } }",
        ".small { display: none } .small { display: block }",
        "a:hover { color: #fdfcf9 }",
        "@font-face { font-family: X; src: url(x) }",
        "@keyframes fade { from { opacity: 0 } to { opacity: 1 } }",
        "/* .small { display: none } */",
        ".small { color: #fdfcf9 }",  # loses against the style attribute
    ],
)
def test_l10_rules_that_hide_something_else_are_no_reason(rule: str) -> None:
    assert with_html(good_html(STATEMENT, style=STYLE + rule)) == set()


@pytest.mark.parametrize(
    "wrapped",
    [
        "<!--[if mso]>{}<![endif]-->",
        "<!--[if !mso]><!-->{}<!--<![endif]-->",
        "<!--[if !mso]><!-- -->{}<!--<![endif]-->",
        "<![if !mso]>{}<![endif]>",
    ],
)
def test_l10_a_footer_for_outlook_only_or_for_all_but_outlook_fails(wrapped: str) -> None:
    assert "L10" in with_legal(wrapped.format(PARAGRAPH.format(statement=STATEMENT))) | (
        with_legal(wrapped.format(PARAGRAPH.format(statement=STATEMENT))) & {"L09"}
    )


def test_l10_one_footer_for_outlook_and_one_for_the_others_passes() -> None:
    paragraph = PARAGRAPH.format(statement=STATEMENT)
    both = f"<!--[if mso]>{paragraph}<![endif]--><!--[if !mso]><!-->{paragraph}<!--<![endif]-->"

    assert with_legal(both) == set()


@pytest.mark.parametrize(
    "foreign",
    ['<link rel="stylesheet" href="https://x.test/a.css">', "<style>@import url(a.css);</style>"],
)
def test_l10_a_style_sheet_from_elsewhere_cannot_be_judged(foreign: str) -> None:
    html = good_html(STATEMENT).replace("</head>", f"{foreign}</head>")

    assert "L10" in with_html(html)


# --- L08, L11 -----------------------------------------------------------------------------------


def test_l08_the_mark_is_in_the_masthead_of_both_parts() -> None:
    html, text = good_html(STATEMENT), good_text(STATEMENT)

    assert with_html(
        html.replace('color:#1c1b19">16+</td>', 'color:#1c1b19"></td>').replace(">16+</p>", "></p>")
    ) == {"L08"}
    assert with_text(text.replace("· 16+", "").replace("\n16+\n", "\n")) == {"L08"}


def test_l08_a_mark_hidden_in_the_masthead_is_none() -> None:
    hidden = good_html(STATEMENT).replace("font-weight:bold;color:#1c1b19", "display:none")

    assert with_html(hidden) == {"L08"}


@pytest.mark.parametrize("style", ["font-weight:normal", "font-weight:bold;font-size:11px"])
def test_l08_the_mark_is_bold_and_no_smaller_than_the_text(style: str) -> None:
    html = good_html(STATEMENT).replace("font-weight:bold;color:#1c1b19", f"{style};color:#1c1b19")

    assert with_html(html) == {"L08"}


def test_l08_the_mark_of_the_issue_is_asked_for_not_any() -> None:
    assert rules(inspect(good_mail(make_profile()), age=18)) == {"L08"}
    assert inspect(good_mail(make_profile()), age=None) == ()


def test_l08_a_mark_below_the_statement_may_repeat_the_one_above() -> None:
    bare = STATEMENT.removesuffix(" 16+")
    profile = make_profile(statements={RU: bare})
    mail = good_mail(
        profile,
        html=good_html(bare).replace("Отписаться", "16+ Отписаться"),
        text=good_text(bare) + "16+\n",
    )

    assert inspect(mail, profile=profile) == ()


@pytest.mark.parametrize(
    ("above", "found"),
    [("16+ ", set()), ("116+ ", {"L08"}), ("16+ and more ", {"L08"}), ("", {"L08"})],
)
def test_l08_a_mark_right_above_the_statement_repeats_the_one_in_the_masthead(
    above: str, found: set[str]
) -> None:
    """So our own templates print it, for the statement of a certificate holds no mark."""
    bare = STATEMENT.removesuffix(" 16+")
    profile = make_profile(statements={RU: bare})
    html = good_html(bare).replace(bare, f"{above}{bare}").replace(">16+</p>", "></p>")
    text = good_text(bare).replace("\n16+\n", "\n").replace(bare, f"{above}{bare}")

    assert rules(inspect(good_mail(profile, html=html, text=text), profile=profile)) == found


TRANSLATION = "The Embankment is registered."


@pytest.mark.parametrize(
    ("block", "found"),
    [
        (f"16+ {{}} {TRANSLATION}", set()),
        (f"16+ {TRANSLATION} {{}}", set()),
        (f"{TRANSLATION} 16+ {{}}", set()),
        (f"16+ more {TRANSLATION} {{}}", {"L08"}),
        (f"16+ {TRANSLATION} more {{}}", {"L08"}),
        (f"{TRANSLATION} {{}}", {"L08"}),
    ],
)
def test_l08_one_mark_stands_above_the_statement_and_its_translation_in_whatever_order(
    block: str, found: set[str]
) -> None:
    bare = STATEMENT.removesuffix(" 16+")
    both = block.format(bare)
    for statements in ({EN: TRANSLATION, RU: bare}, {RU: bare, EN: TRANSLATION}):
        profile = make_profile(statements=statements)
        html = good_html(bare).replace(bare, both).replace(">16+</p>", "></p>")
        text = good_text(bare).replace("\n16+\n", "\n").replace(bare, both)

        assert rules(inspect(good_mail(profile, html=html, text=text), profile=profile)) == found


def test_l11_html_above_100_000_bytes_fails() -> None:
    html = good_html(STATEMENT).replace("<h2>", f"<p>{'а' * 50_000}</p><h2>")

    assert with_html(html) == {"L11"}
    assert rules(inspect(good_mail(make_profile(), size=100_001))) == {"L11"}
    assert inspect(good_mail(make_profile(), size=100_000)) == ()


# --- L17 ----------------------------------------------------------------------------------------

OTHER = LEAVE.replace("eyJ", "eyK")


@pytest.mark.parametrize(
    "headers",
    [
        {"list_unsubscribe": None},
        {"list_unsubscribe": LEAVE},  # without brackets
        {"list_unsubscribe": "<mailto:leave@embankment.test>"},
        {"list_unsubscribe": f"<{LEAVE}>, <{OTHER}>"},
        {"list_unsubscribe": f"<{OTHER}>"},
        {"list_unsubscribe_post": None},
        {"list_unsubscribe_post": "List-Unsubscribe=One-Click; x"},
        {"list_unsubscribe_post": "list-unsubscribe=one-click"},
    ],
)
def test_l17_both_headers_are_needed_to_the_letter(headers: dict[str, str | None]) -> None:
    assert with_headers(**headers) == {"L17"}


def test_l17_a_mailto_beside_the_address_is_welcome() -> None:
    assert with_headers(list_unsubscribe=f"<{LEAVE}>, <mailto:leave@embankment.test>") == set()


def test_l17_a_header_twice_is_refused() -> None:
    mail = good_mail(make_profile())
    twice = (*mail.headers, ("list-unsubscribe", f"<{LEAVE}>"))

    assert rules(inspect(good_mail(make_profile(), headers=twice))) == {"L17"}


@pytest.mark.parametrize(
    "link",
    [
        f'<a href="{OTHER}" style="font-size:13px;color:#1c1b19">Отписаться</a>',
        f'<a href="{LEAVE}" style="font-size:13px;color:#1c1b19"> </a>',
        f'<a href="{LEAVE}" style="font-size:13px;color:#1c1b19">&nbsp;</a>',
        f'<a href="{LEAVE}" style="font-size:13px;color:#1c1b19">&#8203;</a>',
        f'<a href="{LEAVE}" style="display:none">Отписаться</a>',
        f'<a href="{LEAVE}" style="color:#fdfcf9">Отписаться</a>',
        f'<!-- <a href="{LEAVE}">Отписаться</a> -->',
        "Отписаться",
    ],
)
def test_l17_the_link_is_visible_and_the_headers_own(link: str) -> None:
    html = good_html(STATEMENT)
    start, end = html.index(f'<a class="ink" href="{LEAVE}"'), html.index("Отписаться</a>")
    spoilt = html[:start] + link + html[end + len("Отписаться</a>") :]

    assert with_html(spoilt) == {"L17"}


@pytest.mark.parametrize("leave", ["", OTHER, f"{LEAVE}x"])
def test_l17_the_text_part_shows_the_same_address(leave: str) -> None:
    assert with_text(good_text(STATEMENT, leave=leave)) == {"L17"}


def test_l17_a_shared_beginning_is_enough_to_know_our_address() -> None:
    mail = good_mail(make_profile())

    assert inspect(mail, leave_url="https://embankment.test/unsubscribe/") == ()
    assert rules(inspect(mail, leave_url="https://elsewhere.test/")) == {"L17"}
    assert rules(inspect(mail, leave_url="")) == {"L17"}


@pytest.mark.parametrize(
    ("base", "passes"),
    [
        ("https://embankment.test", True),
        ("http://embankment.test", False),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1.embankment.test", False),
        ("ftp://embankment.test", False),
        ("//embankment.test", False),
    ],
)
def test_l17_the_address_is_https_unless_on_this_machine(base: str, *, passes: bool) -> None:
    url = f"{base}/unsubscribe/token"
    mail = good_mail(
        make_profile(),
        html=good_html(STATEMENT, leave=url),
        text=good_text(STATEMENT, leave=url),
        headers=(
            ("list-unsubscribe", f"<{url}>"),
            ("list-unsubscribe-post", "List-Unsubscribe=One-Click"),
        ),
    )

    assert (inspect(mail, leave_url=url) == ()) is passes


def test_the_form_of_2017_is_found_verbatim() -> None:
    assert STATEMENT_2017 in good_mail(profile_2017()).text
