"""Laws of a whole mail: no name, title or address forges a header, and both forms say the same."""

import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.parser import BytesParser
from email.utils import parseaddr

from hypothesis import assume, example, given
from hypothesis import strategies as st

from publisher.model.digests import Digest
from publisher.model.names import DeliveryId, DigestId, IssueId
from publisher.render.decode import decode
from publisher.render.headers import Unmailable, display_name
from publisher.render.mime import compile_letter
from publisher.render.splice import Personal, Splicer
from tests.support.build import NOON, RU
from tests.unit.render.test_mime import LETTER, LIST

ANY = st.text(max_size=60)
POISON = st.sampled_from(["\r\nBcc: all@x.test", "\n", "\r", "\0", "\x85", "\u2028", ">", " ", "="])
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
        assert sorted(head_names(message)) == sorted(NAMES)


@given(subject=POISONED, sender=POISONED, list_name=POISONED)
def test_no_title_forges_a_header(subject: str, sender: str, list_name: str) -> None:
    changes = {
        "subject": subject,
        "sender": f"{sender} <digest@embankment.test>",
        "list": replace(LIST, name=list_name),
    }
    for key, value in changes.items():
        try:
            message = compile_letter(replace(LETTER, **{key: value}))  # type: ignore[arg-type]
        except Unmailable:
            continue
        assert {*head_names(message.replace(b"\0", b""))} == NAMES


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
        assert not re.search(rb"[^\r]\n|\r[^\n]|\r\n\.[^.]", message)
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
