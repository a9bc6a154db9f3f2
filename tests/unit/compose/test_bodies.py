import pytest

from publisher.compose.bodies import absolute

BASE = "https://embankment.test/en/news/bridge"
MEDIA = "https://embankment.test/media/"


@pytest.mark.parametrize(
    ("html", "expected"),
    [
        (
            '<p>a <a href="/x?a=1&amp;b=2">b</a></p>',
            '<p>a <a href="https://embankment.test/x?a=1&amp;b=2">b</a></p>',
        ),
        ('<a href="rink">x</a>', '<a href="https://embankment.test/en/news/rink">x</a>'),
        ('<a href="#note">x</a>', f'<a href="{BASE}#note">x</a>'),
        ('<a href="//cdn.test/x">x</a>', '<a href="https://cdn.test/x">x</a>'),
        ('<a href="mailto:a@b.test">x</a>', '<a href="mailto:a@b.test">x</a>'),
        ('<a href="https://[bad/">x</a>', "<a>x</a>"),
        ("<a href>x</a>", f'<a href="{BASE}">x</a>'),
        (
            '<img src="/media/a.png" alt="a &quot;b&quot; &gt; c">',
            f'<img src="{MEDIA}a.png" alt="a &quot;b&quot; &gt; c">',
        ),
        ('<img src="/media/a.png" srcset="/media/b.png 2x">', f'<img src="{MEDIA}a.png">'),
        ('<img src="https://tracker.test/p.gif">', ""),
        ("<img>", ""),
        ("<p>a<br/>b<br>c</p>", "<p>a<br>b<br>c</p>"),
        (
            "<p>a &lt; b &amp; c &#8212; d &laquo;e&raquo;</p>",
            "<p>a &lt; b &amp; c &#8212; d &laquo;e&raquo;</p>",
        ),
        ('<p>write href="/x"</p>', '<p>write href="/x"</p>'),
        ("<p>a<!-- hidden --></p>", "<p>a</p>"),
        ("text", "text"),
        ("", ""),
    ],
)
def test_a_body_travels_with_absolute_addresses_and_our_pictures(html: str, expected: str) -> None:
    assert absolute(html, base=BASE, pictures=MEDIA) == expected


def test_doing_it_twice_changes_nothing() -> None:
    html = '<p><a href="/x">a</a><img src="/media/a.png"><br/></p>'
    once = absolute(html, base=BASE, pictures=MEDIA)

    assert absolute(once, base="https://elsewhere.test/", pictures=MEDIA) == once
