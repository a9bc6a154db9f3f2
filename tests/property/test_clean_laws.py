"""Laws of cleaning: once is enough, and nothing that runs comes through."""

import re
from html.parser import HTMLParser
from xml.sax.saxutils import escape

from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from publisher.collect.clean import clean, plain_text

_PIECES = [
    *("<p>", "</p>", "<b>", "</b>", "<a href='javascript:alert(1)'>", "</a>", "<table>", "<tr>", "<td>"),
    *("</table>", "<script>", "</script>", "<svg>", "</svg>", "<math>", "<style>", "</style>", "<!--"),
    *("-->", "<img src=x onerror=alert(1)>", "<figure>", "</figure>", "<figcaption>", "<li>", "<ul>"),
    *("</ul>", "<a href='/x' title='\"><script>'>", "&lt;script&gt;", "&#1;", "&#xFFFE;", "<template>"),
    *("<noscript>", "<p title='</noscript><img src=x onerror=x>'>", "<pre>\n\n", "</pre>", "<em>", "</em>"),
    *("<h2>", "<blockquote>", "</blockquote>", "<iframe src=x>", "<textarea>", "<title>", "<select>", "<xmp>"),
    *("\x00", "\ud800", "\uffff", "&nbsp;", " ", "\n", "a", "<", ">", "&", '"', "'", "=", "мост", "<br>"),
]  # fmt: skip
markup = st.one_of(st.text(), st.lists(st.sampled_from(_PIECES), max_size=30).map("".join))
_RUNS = {"script", "style", "iframe", "object", "embed", "svg", "math", "img", "form", "template"}


class _Reader(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


@given(markup)
@example("<p><table><p>a</table>")
@example("<a><table><a>b</a></table></a>")
@example("<pre>\n\na</pre>")
def test_cleaning_twice_changes_nothing(html: str) -> None:
    once = clean(html)

    assert clean(once) == once


@given(markup)
def test_nothing_that_runs_frames_styles_or_tracks_is_left(html: str) -> None:
    read = _Reader(clean(html, base="https://wire.test/"))

    assert not read.tags & _RUNS
    for name, value in read.attributes:
        assert not name.startswith("on")
        assert name != "style"
        assert name != "href" or re.match(r"(https?|mailto):", value)


@given(markup)
def test_what_is_left_may_stand_in_xml(html: str) -> None:
    for words in (clean(html), plain_text(html)):
        etree.fromstring(f"<x>{escape(words)}</x>".encode())


@given(st.text())
def test_words_that_are_no_markup_come_through(words: str) -> None:
    kept = plain_text(escape(words))

    assert kept == " ".join(
        re.sub("[^\t\n\r -\x7e\x80-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "", words).split()
    )
