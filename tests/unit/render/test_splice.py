import timeit
from dataclasses import replace
from datetime import UTC, datetime
from traceback import format_exception
from zoneinfo import ZoneInfo

import pytest

from publisher.assets import Assets
from publisher.model.digests import Digest
from publisher.model.names import DeliveryId
from publisher.render.decode import decode
from publisher.render.email import render_digest
from publisher.render.headers import Unmailable
from publisher.render.mime import compile_letter
from publisher.render.splice import Personal, Splicer, eml_preview
from tests.support.build import DUE, MOSCOW, RU
from tests.support.sheets import ordinary_day
from tests.unit.render.test_mime import LETTER

BERLIN = ZoneInfo("Europe/Berlin")
LEAVE = "https://embankment.test/unsubscribe/" + "a1B-_=." * 20
PERSONAL = Personal(
    address="o'brien&co@readers.test",
    leave_url=LEAVE,
    message_id="m1@embankment.test",
    sent_at=DUE.astimezone(MOSCOW),
)


@pytest.fixture(scope="module")
def digest() -> Digest:
    return render_digest(ordinary_day(RU), Assets())


def spliced(digest: Digest, personal: Personal = PERSONAL) -> bytes:
    return b"".join(Splicer(digest.compiled).chunks(personal))


def test_a_mail_carries_its_readers_values_and_no_marker(digest: Digest) -> None:
    anna = replace(PERSONAL, address="anna@readers.test", name="Анна Орлова")
    mail = Splicer(digest.compiled)(DeliveryId(1), anna, envelope_from="bounce@embankment.test")
    message = b"".join(mail.chunks)
    headers = dict(decode(message).headers)

    assert (mail.recipient, mail.message_id) == ("anna@readers.test", "m1@embankment.test")
    assert headers["to"] == "Анна Орлова <anna@readers.test>"
    assert headers["date"] == "Mon, 23 Nov 2026 08:00:00 +0300"
    assert headers["message-id"] == "<m1@embankment.test>"
    assert headers["list-unsubscribe"] == f"<{LEAVE}>"
    assert b"\0" not in message
    assert b"slot" not in message


def test_the_link_is_the_same_in_both_parts_and_the_header(digest: Digest) -> None:
    mail = decode(spliced(digest))

    assert mail.html.count(LEAVE) == 1
    assert mail.text.splitlines().count(LEAVE) == 1
    assert dict(mail.headers)["list-unsubscribe"] == f"<{LEAVE}>"


def test_an_address_is_escaped_in_html_and_only_there(digest: Digest) -> None:
    mail = decode(spliced(digest))

    assert "o&#x27;brien&amp;co@readers.test" in mail.html
    assert "\r\no'brien&co@readers.test\r\n" in mail.text
    assert dict(mail.headers)["to"] == "o'brien&co@readers.test"


def test_no_line_of_a_mail_is_too_long_but_the_link(digest: Digest) -> None:
    lines = spliced(digest).split(b"\r\n")

    assert [line for line in lines if len(line) > 76] == [f"List-Unsubscribe: <{LEAVE}>".encode()]


def test_a_mail_differs_from_another_only_in_its_values(digest: Digest) -> None:
    other = replace(PERSONAL, address="b@readers.test")
    first, second = (
        Splicer(digest.compiled).chunks(PERSONAL),
        Splicer(digest.compiled).chunks(other),
    )

    assert first[::2] == second[::2]


def test_a_domain_that_is_not_ascii_travels_in_punycode(digest: Digest) -> None:
    mail = decode(spliced(digest, replace(PERSONAL, address="anna@почта.рф")))

    assert dict(mail.headers)["to"] == "anna@xn--80a1acny.xn--p1ai"
    assert "anna@почта.рф" in mail.text


@pytest.mark.parametrize(
    "poisoned",
    [
        {"address": "a@b.test\r\nBcc: all@x.test"},
        {"address": ""},
        {"leave_url": "https://x.test/\0"},
        {"leave_url": "https://x.test/>,<mailto:x@y.test"},
        {"leave_by_mail": "leave+x@y.test>"},
        {"message_id": ""},
        {"message_id": "a\nb@c"},
        {"message_id": "a> <b@c"},
    ],
)
def test_a_value_that_could_forge_a_header_is_refused(
    digest: Digest, poisoned: dict[str, str]
) -> None:
    with pytest.raises(Unmailable):
        spliced(digest, replace(PERSONAL, **poisoned))


@pytest.mark.parametrize(
    ("poisoned", "named"),
    [
        ({"address": "a@b.test\r\nBcc: all@x.test"}, "address"),
        ({"leave_url": "https://x.test/u/TOKEN\0"}, "link"),
        ({"leave_url": "https://x.test/u/TOKEN>"}, "link"),
        ({"leave_url": "https://x.test:port/u/TOKEN/ы"}, "link"),
        ({"leave_by_mail": "leave+TOKEN@y.test\n"}, "mailbox that unsubscribes"),
        ({"leave_by_mail": "leave+TOKEN@y.test>"}, "mailbox that unsubscribes"),
        ({"leave_by_mail": "leave+TOKENы@y.test"}, "mailbox that unsubscribes"),
        ({"message_id": "a\nb@c"}, "message-id"),
    ],
)
def test_what_is_wrong_is_named_and_no_link_of_a_reader_is_told(
    digest: Digest, poisoned: dict[str, str], named: str
) -> None:
    with pytest.raises(Unmailable) as refused:
        spliced(digest, replace(PERSONAL, **poisoned))

    assert refused.value.what == named
    assert "TOKEN" not in str(refused.value)
    assert PERSONAL.leave_url not in str(refused.value)
    assert "TOKEN" not in "".join(format_exception(refused.value))


def test_a_digest_kept_from_before_names_and_dates_were_slots_still_becomes_mail(
    digest: Digest,
) -> None:
    old = digest.compiled.replace(b"\0to\0", b"\0address\0").replace(b"\0leave-by-mail\0", b"")
    kept = replace(digest, compiled=old.replace(b"\0date\0", b"Mon, 23 Nov 2026 08:00:00 +0300"))
    headers = dict(decode(spliced(kept, replace(PERSONAL, name="Anna"))).headers)

    assert headers["to"] == PERSONAL.address
    assert headers["date"] == "Mon, 23 Nov 2026 08:00:00 +0300"


@pytest.mark.parametrize("eight_bit", [False, True])
def test_a_value_that_stands_in_the_body_alone_is_refused_too(*, eight_bit: bool) -> None:
    letter = replace(LETTER, list=None, text="{{slot:leave}}\n")
    poisoned = replace(PERSONAL, leave_url="https://x.test/\r\n.\r\nMAIL FROM:<>")

    with pytest.raises(Unmailable):
        Splicer(compile_letter(letter))(
            DeliveryId(1), poisoned, envelope_from="b@x.test", eight_bit=eight_bit
        )


@pytest.mark.parametrize(
    ("sent_at", "printed"),
    [
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC).astimezone(BERLIN), "02:30:00 +0200"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC).astimezone(BERLIN), "02:30:00 +0100"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC).astimezone(MOSCOW), "04:30:00 +0300"),
        (datetime(2026, 10, 25, 1, 30, tzinfo=UTC), "01:30:00 +0000"),
    ],
)
def test_a_date_is_printed_for_its_own_zone_and_hour_whatever_was_printed_before(
    digest: Digest, sent_at: datetime, printed: str
) -> None:
    """Two of them are one wall clock's hour before and after it went back, two one instant."""
    for when in (sent_at, sent_at.astimezone(BERLIN), sent_at):
        mail = decode(spliced(digest, replace(PERSONAL, sent_at=when)))

    assert dict(mail.headers)["date"] == f"Sun, 25 Oct 2026 {printed}"


def test_the_preview_says_what_its_slots_are(digest: Digest) -> None:
    mail = decode(eml_preview(digest, sent_at=PERSONAL.sent_at))

    assert "reader@embankment.test" in mail.html
    assert "https://embankment.test/unsubscribe/preview" in mail.text


def test_a_mail_costs_a_hundredth_of_its_digest(digest: Digest) -> None:
    """Nothing of what all readers share is done again: side by side, for other work runs here."""
    sheet, splicer = ordinary_day(RU), Splicer(digest.compiled)

    rendered = min(timeit.repeat(lambda: render_digest(sheet, Assets()), number=1, repeat=3))
    a_mail = min(timeit.repeat(lambda: splicer.chunks(PERSONAL), number=1, repeat=1000))
    assert a_mail < rendered / 100


@pytest.mark.parametrize(
    "text",
    [
        "From the embankment, {{slot:name}}: {{slot:leave}}",
        "{{slot:name}} {{slot:leave}} {{slot:address}} {{slot:address}}",
    ],
    ids=["it begins with From", "its line has room for no more values"],
)
def test_in_a_part_that_stays_encoded_values_are_encoded_too(text: str) -> None:
    splicer = Splicer(compile_letter(replace(LETTER, text=text)))
    anna = replace(PERSONAL, name="Анна =3D Анна")
    mail = splicer(DeliveryId(1), anna, envelope_from="b@embankment.test", eight_bit=True)

    assert "Анна =3D Анна" in decode(b"".join(mail.chunks)).text
    assert decode(b"".join(mail.chunks)).text == decode(b"".join(splicer.chunks(anna))).text
