"""The one choke point for HTML."""

import pytest

from publisher.collect.clean import _cleaner, clean, plain_text, shortened

BASE = "https://wire.test/news/a"


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>a <b>b</b></p>", "<p>a <b>b</b></p>"),
        ("a<script>x</script>b", "ab"),
        ("<p onclick=x style='y' class=z id=q>a</p>", "<p>a</p>"),
        ("<a href='javascript:x'>a</a>", "<a>a</a>"),
        ("<a href=' java\tscript:x'>a</a>", "<a>a</a>"),
        ("<a href='&#1;javascript:x'>a</a>", "<a>a</a>"),
        ("<a href='data:text/html,x'>a</a>", "<a>a</a>"),
        ("<a href='mailto:a@b.test' hreflang=ru>a</a>", '<a href="mailto:a@b.test" hreflang="ru">a</a>'),
        ("<a href='/x'>a</a>", "<a>a</a>"),
        ("<iframe src='https://x.test'>a</iframe><form><input></form>b", "b"),
        ("<svg><a xlink:href='javascript:x'>a</a></svg>b", "b"),
        ("<!-- a -->b", "b"),
        ("<p>a<img src='https://spy.test/p.gif'></p>", "<p>a</p>"),
        ("<figure><img src=x><figcaption>Who</figcaption></figure>b", "b"),
        ("<figure><blockquote>a</blockquote><figcaption>b</figcaption></figure>", "<figure><blockquote>a</blockquote><figcaption>b</figcaption></figure>"),
        ("<p><a href='https://x.test'><img src=x></a></p>b", "b"),
        ("<p>&nbsp;</p>b<p> <br></p>", "b"),
        ("&#1;a&#xfffe;\x00b", "ab"),
        ("", ""),
    ],
)  # fmt: skip
def test_only_what_may_be_printed_is_left(html: str, kept: str) -> None:
    assert clean(html) == kept


@pytest.mark.parametrize(
    ("href", "whole"),
    [
        ("b", "https://wire.test/news/b"),
        ("/b?c=1&amp;d=2", "https://wire.test/b?c=1&amp;d=2"),
        ("//other.test/b", "https://other.test/b"),
        ("#c", "https://wire.test/news/a#c"),
        ("https://x.test/", "https://x.test/"),
    ],
)
def test_relative_links_lead_from_the_base(href: str, whole: str) -> None:
    assert clean(f"<a href='{href}'>a</a>", base=BASE) == f'<a href="{whole}">a</a>'


@pytest.mark.parametrize("base", ["http://[bad", "http://exa mple/", "", "nonsense"])
def test_a_base_that_is_none_drops_relative_links(base: str) -> None:
    assert clean("<a href='b'>a</a><i>c</i>", base=base) == "<a>a</a><i>c</i>"


def test_too_much_markup_becomes_words() -> None:
    assert clean("<i>" * 20_000 + "1 &lt; 2 &amp; <3") == "1 &lt; 2 &amp; &lt;3"


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>a</p><p>b &amp; <i>c</i></p>", "a b & c"),
        ("1 &lt; 2", "1 < 2"),
        ("<ul><li>a<li>b</ul>", "a b"),
        ("<a title='x > y'>a</a>", "a"),
        ("a&nbsp;b\n\n c", "a b c"),
        ("&amp;lt;b&amp;gt;", "&lt;b&gt;"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
    ],
)
def test_plain_text_is_the_words_alone(html: str, words: str) -> None:
    assert plain_text(html) == words


@pytest.mark.parametrize(
    ("limit", "text"),
    [(99, "one two three"), (13, "one two three"), (12, "one two…"), (5, "one…"), (2, "o…")],
)
def test_a_text_is_cut_between_words(limit: int, text: str) -> None:
    assert shortened("one two three", limit) == text


@pytest.mark.parametrize(
    ("html", "relative"),
    [
        ('<a href="https://a.test/1">x</a>', False),
        ("<A HREF='https://a.test/1'>x</A>", False),
        ('<a href = "mailto:a@b.test">x</a>', False),
        ('<a href="/1">x</a>', True),
        ('<a href="https://a.test/1">x</a> <a href="2">y</a>', True),
        ("<a hReF=3>x</a>", True),
    ],
)
def test_a_text_of_whole_links_needs_no_base(html: str, relative: bool) -> None:
    """Each base costs a cleaner of its own, which takes longer than the cleaning."""
    made = _cleaner.cache_info().misses
    clean(html, base=f"https://base.test/{html!r}")

    assert (_cleaner.cache_info().misses > made) is relative
