"""Bytes to text: the Russian encodings, declared, undeclared and misdeclared."""

import re
from pathlib import Path

import pytest

from publisher.collect.decode import to_text

SENTENCES = (
    "Мост через реку открыли на рассвете.",
    "В городе ждали этого дня три года, и дождались.",
    "Библиотека работает теперь и ночью: читать можно до утра.",
    "Щедрый эфир: ёлка, объезд и фонари.",
    "Каток на площади принимает гостей с пятницы, вход свободный.",
)
LEGACY = ("windows-1251", "koi8-r", "iso-8859-5")
PAGE = " ".join(SENTENCES)


@pytest.mark.parametrize("sentence", [*SENTENCES, PAGE.upper(), "<b>Мост</b> over the river"])
@pytest.mark.parametrize("encoding", [*LEGACY, "utf-8", "utf-16", "utf-32", "utf-8-sig"])
def test_an_undeclared_sentence_is_read_right(encoding: str, sentence: str) -> None:
    assert to_text(sentence.encode(encoding)) == sentence


@pytest.mark.parametrize("declared", LEGACY)
def test_a_declaration_is_believed_over_http_and_in_the_document(declared: str) -> None:
    xml = f'<?xml version="1.0" encoding="{declared}"?><t>Эх</t>'

    assert to_text("Эх".encode(declared), f'text/xml; charset="{declared}"') == "Эх"
    assert to_text(xml.encode(declared), "text/xml") == xml


@pytest.mark.parametrize(
    "declared", [*LEGACY, "utf-8", "iso-8859-1", "us-ascii", "nonsense", "rot13"]
)
@pytest.mark.parametrize("encoding", [*LEGACY, "utf-8"])
def test_a_wrong_declaration_does_not_spoil_a_page_of_russian(encoding: str, declared: str) -> None:
    xml = f'<?xml version="1.0" encoding="{declared}"?><t>{PAGE}</t>'

    assert to_text(xml.encode(encoding), f"text/xml; charset={declared}") == xml


def test_http_is_believed_before_the_document() -> None:
    xml = '<?xml version="1.0" encoding="koi8-r"?><t>Эхо</t>'

    assert to_text(xml.encode("windows-1251"), "text/xml; charset=windows-1251") == xml


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("Ελλάδα και Θεσσαλονίκη, η πόλη με τη θάλασσα", "iso-8859-7"),
        ("Столичната община откри нов мост над реката тази сутрин", "windows-1251"),
        ("日本の新聞が報じた", "euc-jp"),
        ("café, déjà vu", "iso-8859-1"),
    ],
)
def test_other_languages_are_read_as_declared(words: str, encoding: str) -> None:
    assert to_text(words.encode(encoding), f"text/xml; charset={encoding}") == words


def test_accents_and_quotes_alone_are_western() -> None:
    words = "“The café” — déjà vu"

    assert to_text(words.encode("cp1252")) == words


def test_two_byte_xml_needs_no_mark() -> None:
    xml = "<t>Мост</t>"

    assert to_text(xml.encode("utf-16-le")) == to_text(xml.encode("utf-16-be")) == xml


@pytest.mark.parametrize(
    "name", ["unicode_escape", "utf-7", "idna", "undefined", "punycode", "hex", "é", "utf-16"]
)
def test_a_strange_declaration_is_survived(name: str) -> None:
    assert "Мост" in to_text((PAGE + "Мост").encode("koi8-r"), f"text/xml; charset={name}")


@pytest.mark.parametrize(
    "data", [b"", b"\xff", b"\xff\xfe", b"\xef\xbb\xbf", bytes(range(256)) * 3]
)
def test_any_bytes_become_text(data: bytes) -> None:
    assert "\x00" not in to_text(data)


def test_what_xml_forbids_is_gone() -> None:
    assert to_text("a\x00b\x1fc\ufffed\te\n".encode()) == "abcd\te\n"


@pytest.mark.parametrize("encoding", LEGACY)
def test_five_words_of_the_sample_stories_are_enough_to_tell_the_encoding(encoding: str) -> None:
    stories = sorted((Path(__file__).parents[3] / "sample/content/ru").glob("*.md"))
    words = re.findall("[А-Яа-яё]+", " ".join(path.read_text("utf-8") for path in stories))
    phrases = [" ".join(words[start : start + 5]) for start in range(0, len(words) - 5, 5)]

    assert len(phrases) > 200
    assert [phrase for phrase in phrases if to_text(phrase.encode(encoding)) != phrase] == []
