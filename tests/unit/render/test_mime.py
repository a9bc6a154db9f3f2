import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from zoneinfo import ZoneInfo

import pytest

from publisher.render.decode import decode
from publisher.render.mime import (
    Letter,
    Unmailable,
    compile_letter,
    encode_header,
    encode_mailbox,
    quoted_printable,
    rfc5322_date,
    wire_address,
)
from tests.support.build import RU

THEN = datetime(2017, 9, 8, 7, 28, tzinfo=UTC)
LETTER = Letter(
    seed="morning-20261123-0800/ru/all",
    sender="Набережная, утренняя газета большого города <digest@embankment.test>",
    reply_to="editors@embankment.test",
    subject="21 новый материал за 8 сентября: «Над рекой» & co, all you need to know today",
    sent_at=THEN.astimezone(ZoneInfo("Europe/Moscow")),
    list_name="Утренний выпуск",
    list_id="morning-ru.embankment.test",
    language=RU,
    html='<p>Привет, {{slot:address}}.</p>\n<a href="{{slot:leave}}">Отписаться</a>\n',
    text="Привет.\n{{slot:address}}\n.\n{{slot:leave}}\n",
)


def head_of(message: bytes) -> list[bytes]:
    return message.partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_the_header_block_is_complete_and_in_order() -> None:
    names = [
        line.split(b":")[0].decode() for line in head_of(compile_letter(LETTER)) if line[:1] != b" "
    ]

    assert names == [
        *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Precedence"),
        *("Content-Language", "MIME-Version", "Content-Type"),
    ]


def test_a_cyrillic_sender_begins_on_the_line_of_its_name() -> None:
    head = head_of(compile_letter(LETTER))

    assert head[0].startswith(b"From: =?utf-8?B?")
    assert decode(compile_letter(LETTER)).headers[0] == ("from", LETTER.sender)


def test_no_line_is_too_long_and_every_line_ends_with_crlf() -> None:
    message = compile_letter(replace(LETTER, html="<p>" + "длинно " * 2000 + "</p>{{slot:leave}}"))

    assert all(len(line) <= 76 for line in message.split(b"\r\n"))
    assert not re.search(rb"[^\r]\n|\r[^\n]", message)
    assert message.isascii()


def test_both_parts_come_back_as_they_went_in() -> None:
    message = compile_letter(replace(LETTER, html="= <p>ы </p>\n\n.\n", text="Так \nFrom me\n.\n"))
    parsed = decode(message)

    assert parsed.html == "= <p>ы </p>\r\n\r\n.\r\n"
    assert parsed.text == "Так \r\nFrom me\r\n.\r\n"
    assert parsed.size == len(parsed.html.encode())
    assert [part.get_content_type() for part in message_from_bytes(message).walk()] == [
        *("multipart/alternative", "text/plain", "text/html")
    ]


def test_the_boundary_never_occurs_in_a_part() -> None:
    boundary = re.search(rb'boundary="([^"]+)"', compile_letter(LETTER))
    assert boundary
    message = compile_letter(replace(LETTER, text=boundary[1].decode()))

    assert message.count(boundary[1]) == 4  # declared, twice before a part, once at the end


def test_the_same_letter_gives_the_same_bytes() -> None:
    assert compile_letter(LETTER) == compile_letter(replace(LETTER))


def test_a_slot_stands_alone_between_soft_breaks() -> None:
    message = compile_letter(LETTER)

    assert b"=\r\n\0leave\0=\r\n" in message
    assert b"\r\nTo: \0address\0\r\n" in message
    assert b"\r\nList-Unsubscribe: <\0leave\0>\r\n" in message
    assert message.count(b"\0") == 2 * (3 + 4)


@pytest.mark.parametrize("field", ["subject", "list_name", "sender", "reply_to"])
@pytest.mark.parametrize("poison", ["\r\nBcc: all@x.test", "\n", "\0"])
def test_a_header_cannot_be_forged(field: str, poison: str) -> None:
    value = f"Anna{poison} <a@b.test>"

    with pytest.raises(Unmailable):
        compile_letter(replace(LETTER, **{field: value}))  # type: ignore[arg-type] # all are str


def test_a_nul_in_a_part_is_refused() -> None:
    with pytest.raises(Unmailable):
        compile_letter(replace(LETTER, html="\0leave\0"))


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("Morning", "Subject: Morning"),
        ("", "Subject: =?utf-8?B??="),
        (" x", "Subject: =?utf-8?B?IHg=?="),
        ("a =?utf-8?B?eA==?=", "Subject: =?utf-8?B?YSA9P3V0Zi04P0I/ZUE9PT89?="),
        ("Да", "Subject: =?utf-8?B?0JTQsA==?="),
    ],
)
def test_a_subject_is_encoded_where_it_would_not_read_as_it_is(value: str, line: str) -> None:
    assert encode_header("Subject", value) == line
    assert decode(f"{line}\r\n\r\n".encode()).subject == value


@pytest.mark.parametrize(
    ("mailbox", "header"),
    [
        ("a@b.test", "a@b.test"),
        ("The Embankment <a@b.test>", "The Embankment <a@b.test>"),
        ("A. B, C <a@b.test>", '"A. B, C" <a@b.test>'),
        ('"A, B" <a@b.test>', '"A, B" <a@b.test>'),
        ("Я <a@почта.рф>", "=?utf-8?B?0K8=?= <a@xn--80a1acny.xn--p1ai>"),
    ],
)
def test_mailboxes(mailbox: str, header: str) -> None:
    assert encode_mailbox(mailbox) == header


@pytest.mark.parametrize("address", ["", "a", "@b.test", "a@", "анна@b.test", "a\r\n@b.test"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Unmailable):
        wire_address(address)


def test_check_18_dates_carry_the_offset() -> None:
    assert rfc5322_date(LETTER.sent_at) == "Fri, 08 Sep 2017 10:28:00 +0300"
    with pytest.raises(ValueError, match="naive"):
        rfc5322_date(THEN.replace(tzinfo=None))


@pytest.mark.parametrize("length", range(70, 82))
def test_an_open_line_leaves_room_for_a_soft_break(length: int) -> None:
    lines = quoted_printable("x" * length).split(b"\r\n")

    assert all(len(line) <= 76 for line in lines)
    assert len(lines[-1]) <= 75
