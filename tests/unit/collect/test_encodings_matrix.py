"""Russian in every encoding, said rightly, wrongly or not at all."""

import pytest

from publisher.collect.feeds import parse
from tests.support.build import make_source

TITLE = "Мост через реку открыт: «первые пешеходы» прошли на рассвете"
BODY = (
    "Комиссия собралась в понедельник и решила, что мост, опоры которого заложили весной, можно "
    "открыть до ледостава, если успеют привезти фонари. Пешеходам отдадут северную сторону, а "
    "трамваи пойдут не раньше марта."
)
ENCODINGS = ("windows-1251", "koi8-r", "iso-8859-5", "utf-8")
PYTHONS = {
    "windows-1251": "cp1251",
    "koi8-r": "koi8-r",
    "iso-8859-5": "iso8859-5",
    "utf-8": "utf-8",
}


def document(encoding: str, declared: str | None) -> bytes:
    said = f' encoding="{declared}"' if declared else ""
    title = (
        TITLE
        if encoding in {"utf-8", "windows-1251"}
        else TITLE.replace("«", '"').replace("»", '"')
    )
    text = (
        f'<?xml version="1.0"{said}?><rss version="2.0"><channel><title>Лента</title><item>'
        f"<title>{title}</title><guid>1</guid><description>{BODY}</description></item></channel></rss>"
    )
    return text.encode(PYTHONS[encoding])


def bare(title: str) -> str:
    """Without quotes: two of the encodings have no « »."""
    return "".join(sign for sign in title if sign not in '«»"')


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("in_xml", "in_http"),
    [
        (True, None),
        (False, True),
        (True, True),
        (False, None),
        (True, "utf-8"),
        (True, "iso-8859-1"),
        (False, "utf-8"),
        (False, "windows-1251"),
    ],
    ids=[
        "xml",
        "http",
        "both",
        "undeclared",
        "http says utf-8",
        "http says latin",
        "only utf-8",
        "only 1251",
    ],
)
def test_every_encoding_is_read_whatever_is_said(
    encoding: str, in_xml: bool, in_http: bool | str | None
) -> None:
    charset = encoding if in_http is True else in_http
    content_type = f"application/xml; charset={charset}" if charset else "application/xml"

    found = parse(
        document(encoding, encoding if in_xml else None),
        content_type,
        "https://a.test/",
        make_source(),
    )

    (entry,) = found.entries
    assert bare(entry.title) == bare(TITLE)
    assert BODY[:100] in entry.body


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("declared", ENCODINGS)
def test_a_wrong_declaration_is_seen_through(encoding: str, declared: str) -> None:
    found = parse(document(encoding, declared), "text/xml", "https://a.test/", make_source())

    assert BODY[:100] in found.entries[0].body
