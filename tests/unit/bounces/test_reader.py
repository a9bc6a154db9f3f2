"""What a mail that came back says."""

import time
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.bounces.reader import read
from publisher.model.bounces import Kind, Reading, Reason, Weight
from tests.support.bounces import arf, dsn, letter

ANNA = "anna@readers.test"
PATH = "bounce+abcdefghijklmnopqrstuvwxyz234567"
TOKEN = "Abcdefghijklmnopqrstuvwxyz_0-9"  # noqa: S105 - of an unsubscribe link
OURS = f"""\
Return-Path: <{PATH}@bounces.embankment.test>
From: The Embankment <digest@embankment.test>
To: Anna <{ANNA}>
Message-ID: <m1@embankment.test>
List-Unsubscribe: <https://embankment.test/unsubscribe/{TOKEN}>,
 <mailto:leave+{TOKEN}@bounces.embankment.test?subject=unsubscribe>
Subject: A bridge opens

The first walkers crossed at dawn.
"""


def only(reading: Reading) -> tuple[str, Reason, str]:
    [failure] = reading.failures
    return failure.recipient, failure.reason, failure.status


# --- delivery status notifications --------------------------------------------------------------


def test_a_notification_names_recipient_reason_and_reporter() -> None:
    reading = read(dsn(to=f"{PATH}@bounces.embankment.test", original=OURS))

    assert reading.kind is Kind.BOUNCE
    assert only(reading) == (ANNA, Reason.USER_UNKNOWN, "5.1.1")
    assert reading.failures[0].weight is Weight.HARD
    assert reading.failures[0].text == "550 5.1.1 User unknown"
    assert reading.reporter == "mx.readers.test"


def test_everything_that_tells_whose_it_was_is_found() -> None:
    traces = read(dsn(to=f"{PATH}@bounces.embankment.test", original=OURS)).traces

    assert traces.returns == (PATH,)
    assert traces.leaves == (TOKEN,)
    assert traces.message_ids == ("m1@embankment.test",)
    assert traces.addresses == (ANNA,)


def test_the_envelope_tells_where_the_head_does_not() -> None:
    assert read(dsn(), to=[f"{PATH}@bounces.embankment.test"]).traces.returns == (PATH,)


def test_a_delay_is_no_bounce() -> None:
    said = "connect to mail.readers.test[192.0.2.7]:25: Connection timed out"
    reading = read(dsn(action="delayed", status="4.4.1", said=said))

    assert reading.kind is Kind.DELAY
    assert only(reading) == (ANNA, Reason.UNREACHABLE, "4.4.1")


def test_good_news_is_no_bounce() -> None:
    assert read(dsn(action="delivered", status="2.0.0", said="250 Ok")).kind is Kind.REPLY


# --- words for people ---------------------------------------------------------------------------

EXIM = f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {ANNA}
    host mx.readers.test [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<{ANNA}>:
    552 5.2.2 Mailbox full

------ This is a copy of the message, including all the headers. ------

{OURS}"""
QMAIL = f"""\
Hi. This is the qmail-send program at mx.relay.test.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{ANNA}>:
192.0.2.7 does not like recipient.
Remote host said: 550 sorry, no mailbox here by that name (#5.1.1)
Giving up on 192.0.2.7.

--- Below this line is a copy of the message.

{OURS}"""
GMAIL = f"""\
** Address not found **

Your message wasn't delivered to {ANNA} because the address couldn't be found.
Check for typos or unnecessary spaces and try again.

The response from the remote server was:
550 5.1.1 <{ANNA}> User unknown

----- Original message -----

{OURS}"""
MAILRU = f"""\
Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.

К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:

  {ANNA}
    Ящик получателя переполнен

**********************

------ This is a copy of the message, including all the headers. ------

{OURS}"""
EXCHANGE = f"""\
Delivery has failed to these recipients or groups:

{ANNA}
The email address you entered couldn't be found. Please check the recipient's email address.

Diagnostic information for administrators:
Generating server: mail.readers.test
{ANNA}
#550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup ##
"""


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (EXIM, Reason.MAILBOX_FULL),
        (QMAIL, Reason.USER_UNKNOWN),
        (GMAIL, Reason.USER_UNKNOWN),
        (MAILRU, Reason.MAILBOX_FULL),
        (EXCHANGE, Reason.USER_UNKNOWN),
    ],
    ids=["exim", "qmail", "gmail", "mail.ru", "exchange"],
)
def test_bounces_written_for_people_are_read(words: str, reason: Reason) -> None:
    sender = "Mail Delivery System <mailer-daemon@mx.readers.test>"
    reading = read(letter("digest@embankment.test", words, sender=sender, Subject="Failure notice"))

    assert reading.kind is Kind.BOUNCE
    [failure] = reading.failures
    assert (failure.recipient, failure.reason) == (ANNA, reason)
    if words is not EXCHANGE:
        assert reading.traces.message_ids == ("m1@embankment.test",)
        assert reading.traces.leaves == (TOKEN,)


# --- complaints ---------------------------------------------------------------------------------


def test_a_complaint_names_the_reader_and_our_traces() -> None:
    fields = f"Original-Mail-From: <{PATH}@bounces.embankment.test>\nOriginal-Rcpt-To: {ANNA}\n"
    reading = read(arf(fields=fields, original=OURS))

    assert reading.kind is Kind.COMPLAINT
    assert only(reading) == (ANNA, Reason.COMPLAINT, "")
    assert reading.traces.returns == (PATH,)


def test_a_complaint_that_names_nobody_still_carries_what_we_signed() -> None:
    """Yandex and Yahoo black the reader out."""
    redacted = OURS.replace(ANNA, "redacted").replace(PATH, "redacted")
    reading = read(arf(original=redacted))

    assert reading.kind is Kind.COMPLAINT
    assert [one.recipient for one in reading.failures] == [""]
    assert reading.traces.leaves == (TOKEN,)


def test_a_quoted_mail_that_somebody_packed_is_unpacked() -> None:
    packed = b64encode(OURS.replace("\n", "\r\n").encode()).decode()
    plain = arf(original=packed)
    raw = plain.replace(
        b"Content-Type: text/rfc822-headers",
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64",
    )

    assert read(raw).traces.leaves == (TOKEN,)
    assert only(read(raw))[0] == ANNA


def test_not_spam_is_no_complaint_and_failed_authentication_is_our_fault() -> None:
    assert read(arf(kind="not-spam", original=OURS)).kind is Kind.REPLY
    reading = read(arf(kind="auth-failure", original=OURS))
    assert (reading.kind, reading.failures[0].weight) == (Kind.BOUNCE, Weight.OURS)


# --- leaving, answering, and the rest -----------------------------------------------------------


def test_a_mail_to_the_mailbox_that_unsubscribes_asks_to_leave() -> None:
    to = f"leave+{TOKEN}@bounces.embankment.test"

    assert read(letter(to, "unsubscribe")).wants_out == (TOKEN,)
    assert read(letter("digest@embankment.test", ""), to=[to]).wants_out == (TOKEN,)


def test_a_server_that_writes_the_envelope_small_costs_no_wish_to_leave() -> None:
    """The token's letters differ in case; the head has them as they were."""
    to = f"leave+{TOKEN}@bounces.embankment.test"

    assert read(letter(to, "unsubscribe"), to=[to.lower()]).wants_out == (TOKEN.lower(), TOKEN)


def test_an_answering_machine_says_nothing_about_an_address() -> None:
    away = letter(
        f"{PATH}@bounces.embankment.test",
        "I am away until May; write to boris@readers.test, whose mailbox is never full.",
        Subject="Out of office: A bridge opens",
        Auto_Submitted="auto-replied",
    )

    assert read(away).kind is Kind.REPLY


def test_what_a_person_writes_is_for_a_person_to_read() -> None:
    words = "Please do not send me this any more. The mailbox of my aunt is full of it too."

    assert read(letter(f"{PATH}@bounces.embankment.test", words)).kind is Kind.UNREAD


def test_a_person_who_sends_a_mail_of_ours_on_is_no_bounce() -> None:
    raw = (
        b"From: Anna <anna@readers.test>\r\nTo: editors@embankment.test\r\n"
        b"Subject: Fwd: A bridge opens\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="B"\r\n\r\n--B\r\n\r\n'
        b"My mailbox is full, please do not send me this. It bounces.\r\n"
        b"--B\r\nContent-Type: message/rfc822\r\n\r\n" + OURS.encode() + b"\r\n--B--\r\n"
    )

    assert read(raw).kind is Kind.UNREAD


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 50, b"From: ", b"\r\n\r\n", b"a" * 100_000])
def test_what_is_no_mail_is_unread(raw: bytes) -> None:
    assert read(raw).kind is Kind.UNREAD


@given(st.binary(max_size=400), st.integers(0, 1200), st.integers(0, 60))
def test_a_mangled_report_never_breaks_the_reader(noise: bytes, at: int, cut: int) -> None:
    raw = dsn(original=OURS)
    mangled = raw[:at] + noise + raw[at + cut :]

    assert read(mangled).kind in Kind


def test_a_report_nested_beyond_measure_is_read_in_bounded_time() -> None:
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(400)
    )

    assert read(deep + dsn()).kind in Kind


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("html", b"<style" * 80_000),
        ("html", b"<p " * 80_000),
        ("plain", b"a@" * 250_000),
        ("plain", b"x@" + b"a-" * 250_000),
        ("plain", b"mail to " * 60_000),
        ("plain", b"-" * 500_000),
    ],
)
def test_a_hostile_mail_takes_no_longer_than_another(kind: str, body: bytes) -> None:
    """An expression that tries again at each of half a million places takes minutes."""
    head = b"From: MAILER-DAEMON@mx.test\r\nSubject: Undelivered\r\nContent-Type: text/%s\r\n\r\n"

    assert read(head % kind.encode() + body).kind in Kind


@pytest.mark.parametrize("sender", ["mailer-daemon@filter.test", "noreply@filter.test"])
def test_a_filter_that_wants_a_proof_is_no_bounce(sender: str) -> None:
    raw = letter(
        "digest@embankment.test",
        "Your message to anna@readers.test was not delivered yet: prove that you are a person.",
        sender=sender,
        Subject="Please confirm your message",
    )

    assert read(raw).kind is Kind.REPLY


def test_a_person_who_wants_a_proof_is_left_to_a_person() -> None:
    """Only what a machine wrote is deleted; this asks us, and nobody would know."""
    asked = {"Subject": "Please confirm your mail about the correction"}
    words = "Did you really write that the bridge is closed?"

    assert read(letter("digest@embankment.test", words, **asked)).kind is Kind.UNREAD
    asked["Auto-Submitted"] = "auto-replied"
    assert read(letter("digest@embankment.test", words, **asked)).kind is Kind.REPLY


def test_what_a_library_stumbles_over_is_not_printed(caplog: pytest.LogCaptureFixture) -> None:
    assert read(b"").kind is Kind.UNREAD
    assert not caplog.records


def test_a_virus_that_a_machine_found_is_no_readers_complaint() -> None:
    reading = read(arf(kind="virus"))

    assert reading.kind is Kind.BOUNCE
    assert [one.weight for one in reading.failures] == [Weight.NEITHER]


@pytest.mark.parametrize(
    "rows",
    [
        b"Final-Recipient: rfc822; a@b.test\n",
        b"Final-Recipient: rfc822; a%d@b.test\n\n",
        b"\n",
        b"***original\n\n\n",
    ],
    ids=["one recipient", "many", "none", "originals"],
)
@pytest.mark.parametrize("kind", [b"text/plain", b"message/delivery-status"])
def test_a_report_of_thousands_takes_no_minutes(rows: bytes, kind: bytes) -> None:
    """Half a megabyte of them took half a minute, and all that waits behind it."""
    head = b'Content-Type: multipart/report; boundary="B"\n\n--B\nContent-Type: %s\n\n' % kind
    many = b"".join(rows % at if b"%d" in rows else rows for at in range(500_000 // len(rows)))
    begun = time.process_time()

    reading = read(b"From: mailer-daemon@x.test\nSubject: Undelivered mail\n" + head + many)

    assert time.process_time() - begun < 6  # one or two; more where others share a core
    assert len(reading.failures) <= 20


@pytest.mark.parametrize(
    "subject",
    [
        *("Automatic reply: The Embankment", "Auto-reply", "autoreply: away", "Out of office"),
        *("Out of the Office until 5 May", "Out of office reply: news", "Vacation response"),
        *("Автоответ: в отпуске", "Автоматический ответ: новости", "AUTOMATIC REPLY"),
    ],
)
def test_an_answering_machine_is_known_by_its_title(subject: str) -> None:
    assert read(letter("x@b.test", "I am away.", Subject=subject)).kind is Kind.REPLY


@pytest.mark.parametrize("mark", ["Auto_Submitted", "X_Autoreply", "X_Autorespond"])
def test_an_answering_machine_is_known_by_its_mark(mark: str) -> None:
    answer = letter("x@b.test", "Je suis absente.", Subject="Absence", **{mark: "auto-replied"})

    assert read(answer).kind is Kind.REPLY


@pytest.mark.parametrize(
    "fields",
    [
        *({"Subject": "Vacation pictures for your paper"}, {"Subject": "Auto insurance: a story"}),
        *({"Subject": "Away from home, I miss it"}, {"Subject": "Out of office supplies?"}),
        *({"Subject": "Automatic doors at the bridge"}, {"Subject": "Autonomy"}),
        {"Subject": "A word", "X_Auto_Response_Suppress": "All"},
        {"Subject": "A word", "Auto_Submitted": "no"},
    ],
)
def test_what_a_reader_writes_is_kept_for_a_person(fields: dict[str, str]) -> None:
    """What counts as an answering machine's is deleted."""
    assert read(letter("x@b.test", "Dear editors, thank you.", **fields)).kind is Kind.UNREAD
