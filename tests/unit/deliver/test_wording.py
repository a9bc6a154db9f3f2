"""Commands that cannot be broken out of, and a text that arrives as it was."""

from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from publisher.deliver.wording import BadAddress, Wording, envelope_address, stuffed, word
from publisher.model.addresses import is_plain
from publisher.model.deliveries import Outcome, Phase, Result
from tests.support.build import make_mail

EIGHT, UTF8 = "8bitmime", "smtputf8"


def unstuffed(wire: bytes) -> bytes:
    """What a server makes of it (RFC 5321 section 4.5.2)."""
    end = wire.find(b"\r\n.\r\n")
    assert wire == b".\r\n" or end == len(wire) - 5, "the final dot comes once, at the end"
    lines = wire[:-3].split(b"\r\n")
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        (b"hi\r\n", b"hi\r\n.\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\n.b\r\n", b"a\r\n..\r\n..b\r\n.\r\n"),
        (b"a.b\r\n..\r\n", b"a.b\r\n...\r\n.\r\n"),
        (b"no end", b"no end\r\n.\r\n"),
        (b"", b".\r\n"),
    ],
)
def test_dots_are_doubled_where_a_line_begins(text: bytes, wire: bytes) -> None:
    assert stuffed([text]) == wire


lines = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x.", b"x", b"-"]), max_size=12)


@given(lines, st.data())
def test_the_text_survives_the_wire_wherever_the_chunks_were_cut(
    some: list[bytes], data: st.DataObject
) -> None:
    text = b"".join(line + b"\r\n" for line in some)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)))))
    bounds = [0, *cuts, len(text)]
    chunks = [text[start:end] for start, end in pairwise(bounds)]

    assert stuffed(chunks) == stuffed([text])
    assert unstuffed(stuffed(chunks)) == text


def test_plain_mail_needs_no_extension() -> None:
    wording = word(make_mail(), extensions=())

    assert isinstance(wording, Wording)
    assert wording.mail == b"MAIL FROM:<digest@embankment.test>\r\n"
    assert wording.rcpt == b"RCPT TO:<anna@readers.test>\r\n"


def test_a_mail_without_a_sender_has_the_null_path() -> None:
    wording = word(make_mail(envelope_from=""), extensions=())

    assert isinstance(wording, Wording)
    assert wording.mail == b"MAIL FROM:<>\r\n"


def test_a_domain_in_cyrillic_travels_in_punycode() -> None:
    assert envelope_address("anna@почта.рф") == b"anna@xn--80a1acny.xn--p1ai"


def test_a_cyrillic_local_part_needs_smtputf8() -> None:
    mail = make_mail(recipient="анна@readers.test")
    refused, wording = word(mail, extensions=()), word(mail, extensions=(UTF8,))

    assert isinstance(refused, Result)
    assert (refused.outcome, refused.phase) == (Outcome.PERMANENT, Phase.MAIL)
    assert "SMTPUTF8" in refused.reason
    assert isinstance(wording, Wording)
    assert wording.mail.endswith(b"> SMTPUTF8\r\n")
    assert wording.rcpt == "RCPT TO:<анна@readers.test>\r\n".encode()


def test_eight_bits_are_said_where_they_are_needed_and_offered() -> None:
    mail = make_mail(chunks=("Subject: привет\r\n\r\n".encode(),))
    refused, wording = word(mail, extensions=()), word(mail, extensions=(EIGHT,))

    assert isinstance(refused, Result)
    assert "8BITMIME" in refused.reason
    assert isinstance(wording, Wording)
    assert wording.mail.endswith(b"> BODY=8BITMIME\r\n")


def test_a_mail_that_is_ready_is_not_looked_through_again() -> None:
    ready = make_mail(chunks=(b"Subject: x\r\n\r\n", b"..\r\n"), ready=True)
    wording = word(ready, extensions=())

    assert isinstance(wording, Wording)
    assert b"".join(wording.text) == b"Subject: x\r\n\r\n..\r\n.\r\n"
    assert b"8BITMIME" not in wording.mail


def test_a_ready_mail_of_eight_bits_waits_where_they_are_not_taken_for_it_has_another_form() -> (
    None
):
    ready = make_mail(chunks=("привет\r\n".encode(),), ready=True, eight_bit=True)
    refused, wording = word(ready, extensions=()), word(ready, extensions=(EIGHT,))

    assert isinstance(refused, Result)
    assert (refused.outcome, refused.phase) == (Outcome.TRANSIENT, Phase.MAIL)
    assert isinstance(wording, Wording)
    assert wording.mail.endswith(b"> BODY=8BITMIME\r\n")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "@readers.test",
        "anna@",
        "anna@readers.test\r\nRCPT TO:<eve@readers.test>",
        "anna\n@readers.test",
        "an\0na@readers.test",
        "an na@readers.test",
        "an\u00a0na@readers.test",
        "an\u2028na@readers.test",
        "<anna@readers.test>",
        "anna@readers.test> SMTPUTF8",
        "a" * 65 + "@readers.test",
        "анна@" + "ы" * 70 + ".рф",
        "\udc80@readers.test",
    ],
)
def test_an_address_that_could_break_a_command_is_refused(address: str) -> None:
    with pytest.raises(BadAddress):
        envelope_address(address)
    result = word(make_mail(recipient=address), extensions=(UTF8,))
    assert isinstance(result, Result)
    assert (result.outcome, result.phase, result.reply) == (Outcome.PERMANENT, Phase.MAIL, None)
    assert "recipient" in result.reason


def test_a_bad_sender_is_our_own_fault() -> None:
    result = word(make_mail(envelope_from="digest\r\n@embankment.test"), extensions=())

    assert isinstance(result, Result)
    assert result.phase is Phase.CONNECT


@pytest.mark.parametrize("text", [b"a\n.\nb\r\n", b"a\rb\r\n", b"a\r\r\n", b"a\n\r\n"])
def test_bare_line_ends_are_refused(text: bytes) -> None:
    """Some servers see a final dot in them, and commands behind it."""
    result = word(make_mail(chunks=(text,)), extensions=())

    assert isinstance(result, Result)
    assert result.outcome is Outcome.PERMANENT


_LETTERS = st.text("aZ0.+'&=/-_ @<>,\r\0яé\u2028", max_size=70)


@given(st.one_of(st.emails(), st.builds("{}@{}".format, _LETTERS, _LETTERS), _LETTERS))
@example("a" * 64 + "@" + "b" * 189)
@example("a" * 65 + "@b.test")
@example("a@" + "b" * 253)
@example("anna@Readers.test")
@example("anna@readers.test\n")
def test_an_address_that_goes_unlooked_at_is_one_that_every_look_would_pass(address: str) -> None:
    if not is_plain(address):
        return
    local, _, domain = address.rpartition("@")
    assert address.isascii()
    assert address.isprintable()
    assert not set(address) & set(' <>,"\\()[]:;')
    assert "@" not in local
    assert domain == domain.lower()
    assert 0 < len(local) <= 64
    assert domain
    assert len(address) <= 254
    assert envelope_address(address) == address.encode()


@given(st.text(max_size=40))
def test_no_text_makes_two_commands(address: str) -> None:
    try:
        wire = envelope_address(address)
    except BadAddress:
        return
    assert not set(wire) & set(b"\r\n\0 <>")
