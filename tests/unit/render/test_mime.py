import re
from binascii import a2b_qp
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from quopri import decodestring

import pytest

from publisher.render.decode import decode
from publisher.render.headers import (
    Unmailable,
    ascii_uri,
    display_name,
    encode_header,
    encode_mailbox,
    named_address,
    rfc5322_date,
    wire_address,
)
from publisher.render.mime import Letter, MailingList, compile_letter, quoted_printable
from publisher.render.splice import Personal, Splicer
from publisher.render.transfer import eight_bit
from tests.support.build import MOSCOW, RU

THEN = datetime(2017, 9, 8, 7, 28, tzinfo=UTC)
LIST = MailingList(
    name="Утренний выпуск",
    id="morning-ru.embankment.test",
    help="mailto:editors@embankment.test?subject=help",
    archived_at="https://embankment.test/archive/morning/2026-11-23-0800/ru",
    feedback_id="20261123-0800:ru:morning:embankment-test",
    message_type="morningru",
)
LETTER = Letter(
    seed="morning-20261123-0800/ru/all",
    sender="Набережная, утренняя газета большого города <digest@embankment.test>",
    reply_to="editors@embankment.test",
    subject="21 новый материал за 8 сентября: «Над рекой» & co, all you need to know today",
    language=RU,
    html='<p>Привет, {{slot:address}}.</p>\n<a href="{{slot:leave}}">Отписаться</a>\n',
    text="Привет.\n{{slot:address}}\n.\n{{slot:leave}}\n",
    list=LIST,
)


ANNA = Personal(
    address="anna@readers.test",
    leave_url="https://x.test/u/1",
    message_id="m@x.test",
    sent_at=THEN.astimezone(MOSCOW),
)


def head_of(message: bytes) -> list[bytes]:
    return message.partition(b"\r\n\r\n")[0].split(b"\r\n")


def test_the_header_block_is_complete_and_in_order() -> None:
    names = [
        line.split(b":")[0].decode() for line in head_of(compile_letter(LETTER)) if line[:1] != b" "
    ]

    assert names == [
        *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Id"),
        *("List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "Archived-At"),
        *("Feedback-ID", "X-Mailru-Msgtype", "Precedence", "Auto-Submitted"),
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
    assert b"\r\nTo: \0to\0\r\n" in message
    assert b"\r\nList-Unsubscribe: <\0leave\0>\0leave-by-mail\0\r\n" in message
    assert message.count(b"\0") == 2 * (5 + 4)


@pytest.mark.parametrize("field", ["subject", "sender", "reply_to"])
@pytest.mark.parametrize("poison", ["\r\nBcc: all@x.test", "\n", "\0"])
def test_a_header_cannot_be_forged(field: str, poison: str) -> None:
    value = f"Anna{poison} <a@b.test>"

    with pytest.raises(Unmailable):
        compile_letter(replace(LETTER, **{field: value}))  # type: ignore[arg-type] # all are str


@pytest.mark.parametrize("field", ["name", "help", "archived_at", "feedback_id", "message_type"])
@pytest.mark.parametrize("poison", ["\r\nBcc: all@x.test", "\n", "\0"])
def test_a_list_cannot_forge_a_header(field: str, poison: str) -> None:
    with pytest.raises(Unmailable):
        compile_letter(replace(LETTER, list=replace(LIST, **{field: f"https://x.test{poison}"})))


def test_a_mail_to_one_person_says_nothing_of_a_list() -> None:
    head = compile_letter(replace(LETTER, list=None)).partition(b"\r\n\r\n")[0]

    assert b"\r\nAuto-Submitted: auto-generated\r\n" in head
    assert not re.search(rb"\r\n(List-|Precedence|Feedback|X-Mailru|Archived)", head)


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


@pytest.mark.parametrize(
    "address", ["", "a", "@b.test", "a@", "a\r\n@b.test", "a b@c.test", "a@b.test>", "a@☃.test"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(Unmailable):
        wire_address(address)


def test_check_18_dates_carry_the_offset() -> None:
    assert rfc5322_date(THEN.astimezone(MOSCOW)) == "Fri, 08 Sep 2017 10:28:00 +0300"
    with pytest.raises(ValueError, match="naive"):
        rfc5322_date(THEN.replace(tzinfo=None))


@pytest.mark.parametrize("length", range(70, 82))
def test_an_open_line_leaves_room_for_a_soft_break(length: int) -> None:
    lines = quoted_printable("x" * length).split(b"\r\n")

    assert all(len(line) <= 76 for line in lines)
    assert len(lines[-1]) <= 75


@pytest.mark.parametrize("text", [".", "..x", "." * 80, "a" * 75 + ".b", ("a" * 74 + ".") * 9])
def test_no_encoded_line_begins_with_a_dot(text: str) -> None:
    encoded = quoted_printable(text)

    assert not re.search(rb"(^|\r\n)\.", encoded)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert decodestring(encoded).decode() == text


def test_no_line_looks_like_the_beginning_of_a_mailbox() -> None:
    assert quoted_printable("From me\nFrom you") == b"=46rom me\r\n=46rom you"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (" Anna\r\nBcc: x ", "Anna Bcc: x"),
        ("\u202eannA", "annA"),
        ("a\0b\tc", "a b c"),
        ("me@x.test", ""),
        ("", ""),
        ("я" * 200, "я" * 100),
    ],
)
def test_a_name_is_cleaned_for_to(name: str, shown: str) -> None:
    assert display_name(name) == shown


def test_a_reader_is_named_in_to() -> None:
    assert named_address("Анна", "a@b.test") == "=?utf-8?B?0JDQvdC90LA=?= <a@b.test>"
    assert named_address("O'Hara, B.", "a@b.test") == '"O\'Hara, B." <a@b.test>'
    assert named_address("", "a@b.test") == "a@b.test"
    assert named_address("Анна", "анна@почта.рф").endswith("<анна@xn--80a1acny.xn--p1ai>")


def test_a_web_address_in_another_script_becomes_ascii() -> None:
    assert ascii_uri("https://почта.рф:8080/путь?a=б#в") == (
        "https://xn--80a1acny.xn--p1ai:8080/%D0%BF%D1%83%D1%82%D1%8C?a=%D0%B1#%D0%B2"
    )
    assert ascii_uri("https://a.test/%2F?b=c") == "https://a.test/%2F?b=c"


@pytest.mark.parametrize("before", range(60, 90))
def test_no_line_begins_with_from_after_a_soft_break(before: int) -> None:
    """Mailboxes in mbox form write a ">" before it, and the signature is wrong."""
    text = "x" * before + "From the bridge. From "
    encoded = quoted_printable(text)

    assert not re.search(rb"(\A|\n)(From |\.)", encoded)
    assert all(len(line) <= 76 for line in encoded.split(b"\r\n"))
    assert a2b_qp(encoded).decode() == text


def test_a_text_with_a_line_that_begins_with_from_stays_encoded_in_eight_bits_too() -> None:
    message = eight_bit(compile_letter(replace(LETTER, text="Так\nFrom me\n", html="<p>Так</p>\n")))

    assert b"\r\nFrom " not in message
    assert "<p>Так</p>".encode() in message
    assert decode(message).text == "Так\r\nFrom me\r\n"


@pytest.mark.parametrize("name", ["=?utf-8?Q?=41?=, Boris", "=?foo?B?eA==?=", "A =?x"])
def test_a_name_that_looks_encoded_is_not_left_in_quotes_to_be_read(name: str) -> None:
    header = encode_mailbox(f'"{name}" <a@b.test>')

    assert header.startswith("=?utf-8?B?")
    assert name in decode(f"From: {header}\r\n\r\n".encode()).headers[0][1]


def test_a_word_in_a_charset_nobody_knows_is_shown_as_it_stands() -> None:
    message = b"Subject: =?foo?B?eA==?=\r\nX-A: =?utf-8?B?x?=\r\n\r\n"

    assert decode(message).headers == (("subject", "=?foo?B?eA==?="), ("x-a", "=?utf-8?B?x?="))


@pytest.mark.parametrize(
    "name",
    ["x" * 300, "Анна " * 60, "👩‍💻🏳️‍🌈" * 40, "שלום עולם " * 30, "العربية", "“A”, B", 'A "B"' * 20],
    ids=["latin", "cyrillic", "emoji", "hebrew", "arabic", "quotes", "ascii quotes"],
)
def test_the_lines_of_any_name_are_as_long_as_lines_should_be(name: str) -> None:
    letter = compile_letter(replace(LETTER, sender=f"{name} <a@b.test>", subject=name))
    anna = replace(ANNA, name=name)
    head = b"".join(Splicer(letter).chunks(anna)).partition(b"\r\n\r\n")[0]
    fields = dict(decode(head + b"\r\n\r\n").headers)

    assert all(len(line) <= 78 for line in head.split(b"\r\n"))
    assert (fields["from"], fields["subject"]) == (f"{name.strip()} <a@b.test>", name)
    assert fields["to"] == f"{display_name(name)} <{ANNA.address}>"


@pytest.mark.parametrize("field", ["subject", "sender", "reply_to", "html", "text"])
def test_half_a_letter_is_refused_in_words(field: str) -> None:
    with pytest.raises(Unmailable):
        compile_letter(replace(LETTER, **{field: "A\ud800 <a@b.test>"}))  # type: ignore[arg-type]


def test_what_cannot_be_folded_is_refused_before_a_line_is_longer_than_mail_may_have() -> None:
    long = "https://x.test/" + "x" * 900

    with pytest.raises(Unmailable):
        compile_letter(replace(LETTER, list=replace(LIST, archived_at=long)))
