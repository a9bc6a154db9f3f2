"""The form for servers that take 8BITMIME says the same in fewer bytes."""

import re
from dataclasses import replace
from email import message_from_bytes

import html5lib
import pytest

from publisher.assets import Assets
from publisher.model.digests import Digest, Mail
from publisher.model.names import DeliveryId
from publisher.render.decode import decode
from publisher.render.email import render_digest
from publisher.render.mime import compile_letter
from publisher.render.splice import Personal, Splicer
from publisher.render.transfer import eight_bit
from tests.support.build import EN, NOON, RU
from tests.support.sheets import ordinary_day
from tests.unit.render.test_mime import LETTER

ANNA = Personal(
    address="o'brien&co@readers.test",
    name="Анна",
    leave_url="https://embankment.test/unsubscribe/x",
    message_id="m1@embankment.test",
    sent_at=NOON,
)


@pytest.fixture(scope="module", params=[EN, RU])
def digest(request: pytest.FixtureRequest) -> Digest:
    return render_digest(ordinary_day(request.param), Assets())


def made(digest: Digest, personal: Personal = ANNA, *, wide: bool) -> tuple[Mail, bytes]:
    mail = Splicer(digest.compiled)(
        DeliveryId(1), personal, envelope_from="b@embankment.test", eight_bit=wide
    )
    return mail, b"".join(mail.chunks)


def unstuffed(message: bytes) -> bytes:
    return message.replace(b"\r\n..", b"\r\n.")


def test_both_forms_read_the_same(digest: Digest) -> None:
    narrow, wide = (
        decode(made(digest, wide=False)[1]),
        decode(unstuffed(made(digest, wide=True)[1])),
    )

    assert (narrow.html, narrow.text, narrow.subject) == (wide.html, wide.text, wide.subject)
    assert set(narrow.headers) < set(wide.headers)
    assert set(wide.headers) - set(narrow.headers) == {("content-transfer-encoding", "8bit")}


def test_a_mail_says_what_the_server_must_take(digest: Digest) -> None:
    narrow, encoded = made(digest, wide=False)
    wide, raw = made(digest, wide=True)

    assert (narrow.ready, narrow.eight_bit, encoded.isascii()) == (True, False, True)
    assert (wide.ready, wide.eight_bit, raw.isascii()) == (True, True, False)
    assert len(raw) < 0.9 * len(encoded)


@pytest.mark.parametrize("wide", [False, True])
def test_a_ready_mail_needs_nothing_more(digest: Digest, *, wide: bool) -> None:
    _, message = made(digest, wide=wide)

    assert message.endswith(b"\r\n")
    assert not re.search(rb"[^\r]\n|\r[^\n]", message)
    assert not re.search(rb"(^|\r\n)\.([^.]|\r\n)", message)
    assert all(len(line) <= 998 for line in message.split(b"\r\n"))


def test_every_part_says_how_it_is_written(digest: Digest) -> None:
    parsed = message_from_bytes(unstuffed(made(digest, wide=True)[1]))

    assert [part["Content-Transfer-Encoding"] for part in parsed.walk()] == ["8bit"] * 3


def compiled(html: str, text: str) -> Digest:
    letter = compile_letter(replace(LETTER, html=html, text=text))
    return Digest(
        id="d",  # type: ignore[arg-type] # a NewType of str
        issue="i",  # type: ignore[arg-type]
        language=RU,
        variant="all",
        subject="",
        sender=LETTER.sender,
        html=html,
        text=text,
        compiled=letter,
    )


def test_a_part_with_a_line_that_is_too_long_stays_encoded() -> None:
    digest = compiled("<p>" + "длинно" * 100 + "</p>\n", "коротко\n")
    parsed = message_from_bytes(made(digest, wide=True)[1])

    assert [part["Content-Transfer-Encoding"] for part in parsed.walk()] == [
        *("8bit", "8bit", "quoted-printable")
    ]


def test_a_value_that_is_too_long_for_its_line_keeps_the_mail_encoded() -> None:
    digest = compiled("я" * 350 + "{{slot:leave}}\n", "я\n")
    long = replace(ANNA, leave_url="https://embankment.test/" + "x" * 400)

    assert made(digest, wide=True)[0].eight_bit
    assert not made(digest, long, wide=True)[0].eight_bit


def test_a_dot_that_begins_a_line_is_doubled_wherever_it_comes_from() -> None:
    digest = compiled(".я\n", ".\n{{slot:address}}\n.{{slot:address}}\n")
    dotted = replace(ANNA, address=".@b.test")
    _, message = made(digest, dotted, wide=True)

    assert b"\r\n..\r\n..@b.test\r\n...@b.test\r\n" in message
    assert decode(unstuffed(message)).text == ".\r\n.@b.test\r\n..@b.test\r\n"


def test_what_is_ascii_anyway_needs_no_8bitmime() -> None:
    digest = compiled("<p>plain</p>\n", "plain\n")

    assert not made(digest, replace(ANNA, name=""), wide=True)[0].eight_bit


def test_a_message_without_parts_stays_as_it_is() -> None:
    message = b"Subject: x\r\n\r\n.text\r\n"

    assert eight_bit(message) == message


def words(html: str) -> list[str]:
    """What a browser makes of it, as text and attributes; blanks are blanks."""
    page = html5lib.parse(html, namespaceHTMLElements=False)
    found = []
    for element in page.iter():
        if isinstance(element.tag, str):
            found += [element.tag, *(" ".join(pair) for pair in sorted(element.items()))]
        found += [*(element.text or "").split(), *(element.tail or "").split()]
    return found


@pytest.mark.parametrize(
    "html",
    [
        "<p>" + "длинно и долго " * 300 + "</p>\n",
        '<p style="color: red; margin: 0">x > y</p>' * 100,
        '<a href="{{slot:leave}}" title="a  b">уйти</a> ' * 40,
        '<!--[if mso]><table role="presentation"><tr><td><![endif]-->я <b>ы</b> ' * 60,
        "<p>a</p>\n<style>a { b: c }\n</style>" + "<td class='x'>5 < 6</td>" * 100,
    ],
)
def test_long_lines_of_html_are_broken_where_it_means_the_same(html: str) -> None:
    whole = f"<!doctype html><html><body>{html}</body></html>\n"
    mail, message = made(compiled(whole, "я\n"), wide=True)
    one, other = decode(made(compiled(whole, "я\n"), wide=False)[1]), decode(unstuffed(message))

    assert mail.eight_bit
    assert b"quoted-printable" not in message
    assert all(len(line) <= 998 for line in message.split(b"\r\n"))
    assert words(one.html) == words(other.html)
    assert one.html.split() == other.html.split()
