"""Laws of a whole mail: no name, title or address forges a header, and both forms say the same."""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.utils import parseaddr
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from publisher.links import leave_url
from publisher.model.addresses import address_of, normalise
from publisher.model.digests import Digest
from publisher.model.names import DeliveryId, DigestId, IssueId
from publisher.render.decode import decode
from publisher.render.headers import Unmailable, display_name, wire_address
from publisher.render.listing import mailing_list
from publisher.render.mime import compile_letter
from publisher.render.splice import Personal, Splicer
from publisher.settings.addresses import base_address, mailbox, signing_domain
from publisher.settings.mistakes import Mistake
from publisher.settings.schema_system import _selector
from tests.support.build import (
    EN,
    NOON,
    RU,
    make_edition,
    make_identity,
    make_issue,
    make_newsroom,
)
from tests.unit.render.test_mime import LETTER, LIST

ANY = st.text(max_size=60)
POISON = st.sampled_from(
    [
        *("\r\nBcc: all@x.test", "\r\n\r\n<p>", "\r\n.\r\nMAIL FROM:<>", "\nBcc: x", "\rBcc: x"),
        *("\n", "\r", "\0", "\t", "\x0b", "\x0c", "\x1b", "\x1c", "\x1e", "\x7f", "\x85"),
        *("\u2028", "\u2029", "\u202e", "\u200b", "\ufeff", "\ud800", "\udc0d", "\udc0a"),
        *("=?foo?B?eA==?=", "=?utf-8?Q?=0D=0ABcc:_x?=", "=?utf-8?B?x?=", "=?", "?=", "From "),
        *(
            '"',
            "\\",
            "<",
            ">",
            "@",
            ",",
            ";",
            ":",
            "(",
            " ",
            "=",
            ".",
            "я",
            "👩‍💻",
            "שלום",
            "x" * 999,
        ),
    ]
)
POISONED = st.lists(st.one_of(ANY, POISON), max_size=5).map("".join)
WORDS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0"), max_size=200)
SLOTTED = st.lists(
    st.one_of(
        WORDS, st.sampled_from(["{{slot:address}}", "{{slot:leave}}", "{{slot:name}}", "\n"])
    ),
    max_size=8,
).map("".join)
NAMES = {
    *("from", "to", "reply-to", "subject", "date", "message-id", "list-id", "list-unsubscribe"),
    *("list-unsubscribe-post", "list-help", "archived-at", "feedback-id", "x-mailru-msgtype"),
    *("precedence", "auto-submitted", "content-language", "mime-version", "content-type"),
}
SHAPE = ["multipart/alternative", "text/plain", "text/html"]
# Every field that says what others wrote, and how it comes into the letter.
FOREIGN: dict[str, Callable[[str], dict[str, Any]]] = {
    "subject": lambda words: {"subject": words},
    "sender": lambda words: {"sender": f"{words} <digest@embankment.test>"},
    "sender's address": lambda words: {"sender": f"The Embankment <{words}@embankment.test>"},
    "sender's domain": lambda words: {"sender": f"digest@{words}.test"},
    "reply_to": lambda words: {"reply_to": f"{words} <editors@embankment.test>"},
    "list": lambda words: {"list": replace(LIST, name=words)},
    "list's id": lambda words: {"list": replace(LIST, id=f"{words}.embankment.test")},
    "help": lambda words: {"list": replace(LIST, help=f"mailto:{words}?subject=help")},
    "archived_at": lambda words: {"list": replace(LIST, archived_at=f"https://x.test/{words}")},
    "feedback_id": lambda words: {"list": replace(LIST, feedback_id=f"{words}:ru:embankment")},
    "message_type": lambda words: {"list": replace(LIST, message_type=words)},
    "html": lambda words: {"html": f"<p>{words}</p>\n{words}\n"},
    "text": lambda words: {"text": f"{words}\n{words}"},
}
ANNA = Personal(
    address="anna@readers.test",
    leave_url="https://x.test/u/1",
    message_id="m@x.test",
    sent_at=NOON,
)


def digest(**changes: str) -> Digest:
    letter = replace(LETTER, **changes)  # type: ignore[arg-type] # all are str
    return Digest(
        id=DigestId("d"),
        issue=IssueId("i"),
        language=RU,
        variant="all",
        subject=letter.subject,
        sender=letter.sender,
        html=letter.html,
        text=letter.text,
        compiled=compile_letter(letter),
    )


PLAIN = Splicer(digest().compiled)


def head_names(message: bytes) -> list[str]:
    """By the barest reading there is: what stands before a colon on a line that is not folded."""
    head = message.partition(b"\r\n\r\n")[0]
    assert not re.search(rb"[^\r]\n|\r[^\n]|\0", head)
    lines = re.split(rb"\r\n(?![ \t])", head)
    return [line.partition(b":")[0].decode("ascii").lower() for line in lines]


@given(name=POISONED, address=POISONED, leave=POISONED, by_mail=POISONED, message_id=POISONED)
@example(name="x\r\n", address="a@b.test\r\nBcc: x", leave="x", by_mail="", message_id="x")
def test_no_value_of_a_reader_forges_a_header(
    name: str, address: str, leave: str, by_mail: str, message_id: str
) -> None:
    values = {
        "address": address,
        "leave_url": leave,
        "leave_by_mail": by_mail,
        "message_id": message_id,
    }
    for key, value in values.items():
        try:
            message = b"".join(PLAIN.chunks(replace(ANNA, name=name, **{key: value})))
        except Unmailable:
            continue
        assert_one_head(message)


def assert_one_head(message: bytes) -> None:
    """Each field once and no other, however it is read; lines as long as mail may have."""
    assert sorted(head_names(message)) == sorted(NAMES)
    for rules in (policy.default, policy.compat32, policy.SMTPUTF8):
        parsed = BytesParser(policy=rules).parsebytes(message)
        assert sorted(name.lower() for name in parsed) == sorted(NAMES)
        assert [part.get_content_type() for part in parsed.walk()] == SHAPE
        assert not any(part.defects for part in parsed.walk())
    head = message.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 for line in head.split(b"\r\n"))
    assert b"\r\n.\r\n" not in message
    assert not re.search(rb"\r\n(\.|From )", message)


@given(words=st.fixed_dictionaries(dict.fromkeys(FOREIGN, POISONED)))
@example(words=dict.fromkeys(FOREIGN, "=?foo?B?eA==?=, x"))
@example(words=dict.fromkeys(FOREIGN, "x" * 300))
@example(words=dict.fromkeys(FOREIGN, "x" * 999))
@example(words=dict.fromkeys(FOREIGN, "Анна Орлова " * 30))
def test_no_words_of_an_editor_or_a_site_forge_a_header(words: dict[str, str]) -> None:
    made = 0
    for field, value in words.items():
        try:
            message = compile_letter(replace(LETTER, **FOREIGN[field](value)))
        except Unmailable:
            continue
        made += 1
        assert_one_head(b"".join(Splicer(message).chunks(ANNA)))
        assert decode(message)
    if all(map(str.isprintable, words.values())):
        assert made >= len({"subject", "list"})


@given(POISONED.filter(bool))
def test_no_domain_or_selector_forges_a_signature(words: str) -> None:
    """What config lets through stands in the field as it is."""
    for let_in, value in ((signing_domain, f"{words}.test"), (_selector, words)):
        with suppress(Mistake):
            assert re.fullmatch(r"[A-Za-z0-9.-]+", let_in(value))


@given(POISONED)
def test_an_address_let_in_can_be_written(words: str) -> None:
    for value in (words, f"{words}@readers.test", f"anna@{words}.test"):
        with suppress(ValueError):
            anna = replace(ANNA, address=normalise(value), name=words)
            assert_one_head(b"".join(PLAIN.chunks(anna)))


@given(
    name=st.one_of(st.sampled_from(["Анна Орлова", 'A "B" C', "O'Hara, B.", "a  b", "=?x?="]), ANY)
)
def test_the_name_of_a_reader_comes_back(name: str) -> None:
    """For every reader of RFC 2047; Python's newer parser adds a space between two words of it."""
    mail = b"".join(PLAIN.chunks(replace(ANNA, name=name)))
    shown = display_name(name)
    written = message_from_bytes(mail)["To"].replace("\r\n", "")

    found, address = parseaddr(written)
    assert (str(make_header(decode_header(found))), address) == (shown, ANNA.address)
    [to] = BytesParser(policy=policy.default).parsebytes(mail)["To"].addresses
    assert to.addr_spec == ANNA.address
    if mail.partition(b"\r\nReply-To")[0].partition(b"\r\nTo:")[2].count(b"=?utf-8") <= 1:
        assert to.display_name == shown


@given(html=SLOTTED, text=SLOTTED, name=ANY, address=st.emails())
def test_both_forms_of_a_mail_read_the_same(html: str, text: str, name: str, address: str) -> None:
    splicer = Splicer(digest(html=html, text=text).compiled)
    anna = replace(ANNA, name=name, address=address)
    assume(address.isascii())
    narrow = splicer(DeliveryId(1), anna, envelope_from="b@x.test")
    wide = splicer(DeliveryId(1), anna, envelope_from="b@x.test", eight_bit=True)

    raw, encoded = b"".join(wide.chunks), b"".join(narrow.chunks)
    one, two = decode(encoded), decode(raw.replace(b"\r\n..", b"\r\n."))
    assert (one.html.split(), one.text) == (two.html.split(), two.text)
    assert encoded.isascii()
    assert wide.eight_bit == (not raw.isascii())
    for message in (raw, encoded):
        assert message.endswith(b"\r\n")
        assert not re.search(rb"[^\r]\n|\r[^\n]|\r\n\.[^.]|\r\nFrom ", message)
        assert all(len(line) <= 998 for line in message.split(b"\r\n"))
    body = encoded.partition(b"\r\n\r\n")[2]
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))


SHORT = st.text("aZ0.@-_/:=&<>'\"? ,+%", max_size=90)
EVERYWHERE = "{{slot:address}} {{slot:leave}} {{slot:message-id}}\n{{slot:address}}\n{{slot:leave}}"


def outcome(made: Callable[[], list[bytes]]) -> list[bytes] | str:
    try:
        return made()
    except Unmailable as error:
        return error.what


@given(address=SHORT.map("a{}@x.test".format) | SHORT, leave=SHORT, number=SHORT, name=SHORT)
@example(address="a@x.test", leave="https://x.test/u/1", number="1@x.test", name="")
@example(address="a@x.test", leave="https://x.test/u/" + "1" * 80, number="1@x.test", name="Anna")
@example(address=".a@x.test", leave=".", number=".1@x.test", name="")
@example(address="a,b@x.test", leave="https://x.test/u/1", number="1@x.test", name="")
def test_values_written_alike_are_what_each_place_would_write(
    address: str, leave: str, number: str, name: str
) -> None:
    everywhere = Splicer(digest(html=f"<p>{EVERYWHERE}</p>", text=EVERYWHERE).compiled)
    one = replace(ANNA, address=address, leave_url=leave, message_id=number, name=name)
    for form in (everywhere._encoded, everywhere._eight_bit):
        quick = outcome(lambda form=form: form.values(one))  # type: ignore[misc]
        if address and leave and number:  # else refused before it is written anywhere
            assert quick == outcome(
                lambda form=form: [write(one) for _, write in form._writers]  # type: ignore[misc]
            )


MAILBOXES = st.one_of(
    st.builds("{} <{}@{}.test>".format, POISONED, st.text("aZя.+'=?%&/", max_size=12), POISONED),
    st.builds('"{}" <{}>'.format, POISONED, st.emails()),
    st.builds(
        "{}@{}.test".format, st.text("aZя.+'=?%&/#", max_size=12), st.text("aяß-.", max_size=9)
    ),
)


@given(MAILBOXES)
@example('"=?foo?B?eA==?=, x" <a@b.test>')
@example("The Editors <editors+a?b=c&d#e@набережная.рф>")
def test_a_mailbox_that_config_takes_can_be_mailed_from_and_answered(written: str) -> None:
    assume(not re.search("[\ud800-\udfff]", written))  # TOML holds none
    try:
        taken = mailbox(written)
    except Mistake:
        return
    identity = make_identity(sender={EN: taken, RU: taken}, reply_to=taken)
    newsroom = make_newsroom(identity=identity)
    head = mailing_list(make_issue(), make_edition(), newsroom, RU)
    letter = replace(LETTER, sender=taken, reply_to=taken, list=head)
    message = b"".join(Splicer(compile_letter(letter)).chunks(ANNA))

    assert_one_head(message)
    parsed = BytesParser(policy=policy.default).parsebytes(message)
    assert parsed["From"].addresses[0].addr_spec == wire_address(address_of(taken))
    assert parsed["Reply-To"].addresses[0].addr_spec == wire_address(address_of(taken))


@given(st.one_of(POISONED, st.text("aя-./:@[]0?#%", max_size=40)))
def test_a_site_that_config_takes_can_be_named_in_a_head(words: str) -> None:
    for value in (words, f"https://{words}", f"https://x.test/{words}"):
        try:
            taken = base_address(value)
        except Mistake:
            continue
        url = leave_url(taken, "TOKEN")
        listed = replace(LIST, archived_at=f"{taken}/archive", help=taken)
        splicer = Splicer(compile_letter(replace(LETTER, list=listed)))
        assert_one_head(b"".join(splicer.chunks(replace(ANNA, leave_url=url))))
