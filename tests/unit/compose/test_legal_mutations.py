"""Whatever is done to the statement is refused; whatever is done around it is not (L09, L10)."""

import string
from html import escape

from hypothesis import given
from hypothesis import strategies as st

from publisher.compose.legal_mail import inspect_mail
from publisher.compose.letters import folded
from tests.support.build import RU, STATEMENT, make_profile
from tests.support.footers import LEAVE, PARAGRAPH, good_html, good_mail, good_text

PROFILE = make_profile()
PLACES = st.integers(min_value=0, max_value=len(STATEMENT) - 1)
LETTERS = [at for at, letter in enumerate(STATEMENT) if not letter.isspace()]
HIDES = st.sampled_from(
    [
        '<span style="display:none">{}</span>',
        '<span style="font-size:1px">{}</span>',
        '<span style="color:#fdfcf9">{}</span>',
        '<span style="visibility:hidden">{}</span>',
        '<b style="opacity:0">{}</b>',
        "<span hidden>{}</span>",
        "<!--{}-->",
        "<s>{}</s>",
    ]
)
SPACES = st.sampled_from([" ", "\n", "  ", "\t", "\u00a0", "&nbsp;", "\u202f", " \r\n   ", "<br>"])
TAGS = st.sampled_from(["<b>{}</b>", "<i>{}</i>", "<span>{}</span>", "{}<!-- x -->", "<wbr>{}"])


def refused(*, html: str | None = None, text: str | None = None) -> bool:
    changes = {"html": html, "text": text}
    mail = good_mail(PROFILE, **{part: new for part, new in changes.items() if new is not None})
    problems = inspect_mail(mail, profile=PROFILE, issue_age=16, language=RU, leave_url=LEAVE)
    return bool(problems)


def html_with(statement: str) -> str:
    return good_html(STATEMENT, legal=PARAGRAPH.format(statement=statement))


@given(at=st.sampled_from(LETTERS))
def test_a_letter_removed_anywhere_is_refused(at: int) -> None:
    changed = STATEMENT[:at] + STATEMENT[at + 1 :]

    assert refused(html=html_with(escape(changed)))
    assert refused(text=good_text(changed))


@given(at=PLACES, other=st.characters(exclude_categories=["Cs", "Cc"]))
def test_a_letter_exchanged_anywhere_is_refused(at: int, other: str) -> None:
    changed = STATEMENT[:at] + other + STATEMENT[at + 1 :]
    innocent = folded(changed) == folded(STATEMENT)

    assert refused(html=html_with(escape(changed))) is not innocent
    assert refused(text=good_text(changed)) is not innocent


@given(at=PLACES, other=st.sampled_from(string.ascii_letters + "\u200b\u00ad\u0301\u202e-–—."))
def test_a_letter_added_anywhere_is_refused(at: int, other: str) -> None:
    changed = STATEMENT[: at + 1] + other + STATEMENT[at + 1 :]
    harmless = at == len(STATEMENT) - 1 and not (other.isalnum() or other == "\u0301")

    assert refused(html=html_with(escape(changed))) or harmless
    assert refused(text=good_text(changed)) or harmless


@given(at=st.sampled_from(LETTERS), hide=HIDES, length=st.integers(min_value=1, max_value=20))
def test_a_part_hidden_anywhere_is_refused(at: int, hide: str, length: int) -> None:
    hidden = escape(STATEMENT[at : at + length])
    html = html_with(STATEMENT[:at] + hide.format(hidden) + STATEMENT[at + length :])

    assert refused(html=html)


@given(spaces=st.lists(SPACES, min_size=STATEMENT.count(" "), max_size=STATEMENT.count(" ")))
def test_white_space_of_any_kind_between_words_passes(spaces: list[str]) -> None:
    words = STATEMENT.split(" ")
    html = "".join(word + space for word, space in zip(words, [*spaces, ""], strict=True))

    assert not refused(html=html_with(html))


@given(at=PLACES, tag=TAGS, length=st.integers(min_value=0, max_value=30))
def test_tags_inside_the_statement_pass(at: int, tag: str, length: int) -> None:
    inner = tag.format(STATEMENT[at : at + length])

    assert not refused(html=html_with(STATEMENT[:at] + inner + STATEMENT[at + length :]))


@given(around=st.text(alphabet=string.ascii_letters + " <>&\n", max_size=200))
def test_whatever_stands_around_it_passes(around: str) -> None:
    words = escape(around)
    html = f"<p>{words}</p>{PARAGRAPH.format(statement=STATEMENT)}<p>{words}</p>"

    assert not refused(html=good_html(STATEMENT, legal=html))
