"""The golden mails as Python's own parsers read them: part by part what the files beside them say."""

from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from html import escape
from pathlib import Path

import pytest

from tests.support.golden import GOLDEN

MAILS = sorted(GOLDEN.glob("*/*.eml"))
READER = "reader@embankment.test"
LEAVE = "https://embankment.test/unsubscribe/preview"


def parsed(path: Path) -> EmailMessage:
    message = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
    assert isinstance(message, EmailMessage)
    return message


def beside(path: Path, kind: str, *, html: bool = False) -> str:
    """The file an editor opens, with the values of the preview in its slots."""
    text = path.with_suffix(kind).read_text("utf-8")
    shown = escape(READER) if html else READER
    return text.replace("{{slot:address}}", shown).replace("{{slot:leave}}", LEAVE)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_both_parts_are_what_the_files_say(path: Path) -> None:
    message = parsed(path)
    text, html = message.iter_parts()

    assert [part.get_content_type() for part in message.walk()] == [
        *("multipart/alternative", "text/plain", "text/html")
    ]
    assert text.get_content().replace("\r\n", "\n") == beside(path, ".txt")
    assert html.get_content().replace("\r\n", "\n") == beside(path, ".html", html=True)


@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_parser_finds_a_defect(path: Path) -> None:
    for part in parsed(path).walk():
        assert part.defects == []
        assert [name for name, value in part.items() if value.defects] == []


@pytest.mark.parametrize("path", MAILS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_head_comes_back(path: Path) -> None:
    message = parsed(path)
    old = BytesParser(policy=policy.compat32).parsebytes(path.read_bytes())

    assert message["From"].addresses[0].display_name == "The Embankment"
    assert message["To"].addresses[0].addr_spec == READER
    assert message["Subject"] in beside(path, ".html") or "<title>" not in beside(path, ".html")
    assert str(message["Date"]) == "Mon, 23 Nov 2026 08:00:00 +0300"
    assert message["List-Unsubscribe"] == f"<{LEAVE}>" == old["List-Unsubscribe"]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Content-Language"] == path.stem


def test_there_are_golden_mails() -> None:
    assert len(MAILS) >= 10
