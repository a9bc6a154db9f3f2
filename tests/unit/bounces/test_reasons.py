"""Codes and words as reasons."""

import pytest

from publisher.bounces.reasons import best_status, why
from publisher.model.bounces import WEIGHTS, Reason, Weight

SAID = [
    (
        "5.1.1",
        "550 5.1.1 <a@b.test>: Recipient address rejected: User unknown",
        Reason.USER_UNKNOWN,
    ),
    ("", "550 No such user here", Reason.USER_UNKNOWN),
    ("5.0.0", "550 Message was not accepted -- invalid mailbox.", Reason.USER_UNKNOWN),
    ("", "Нет такого пользователя", Reason.USER_UNKNOWN),
    ("5.1.2", "Host or domain name not found", Reason.HOST_UNKNOWN),
    ("5.4.4", "Unable to route: no mail hosts for domain", Reason.HOST_UNKNOWN),
    # What is said of our own sender, and would cost every reader of a mail house its mail.
    ("5.7.27", "Sender address has null MX", Reason.AUTHENTICATION),
    ("5.7.27", "refused", Reason.AUTHENTICATION),
    ("5.1.0", "550 5.1.0 sender domain has null MX", Reason.AUTHENTICATION),
    ("5.7.1", "Sender domain does not accept mail (nullMX)", Reason.AUTHENTICATION),
    ("5.1.0", "<n@b.test>: Sender address rejected: User unknown in relay table", Reason.BLOCKED),
    ("5.1.1", "<n@b.test> sender address rejected: user unknown", Reason.BLOCKED),
    (
        "",
        "550-Verification failed for <n@b.test> No such user Sender verify failed",
        Reason.BLOCKED,
    ),
    ("", "550 Sender verify failed", Reason.BLOCKED),
    ("5.7.750", "Client blocked from sending from unregistered domain", Reason.BLOCKED),
    ("5.7.8", "535 5.7.8 Authentication credentials invalid", Reason.AUTHENTICATION),
    # And of the reader's house, which takes no mail from outside: no fault of ours.
    ("5.7.134", "RESOLVER.RST.SenderNotAuthenticatedForMailbox; required", Reason.REFUSED),
    ("5.7.1", "RESOLVER.RST.AuthRequired; authentication required", Reason.REFUSED),
    (
        "5.1.1",
        "Recipient address rejected: undeliverable address: User unknown",
        Reason.USER_UNKNOWN,
    ),
    ("4.2.1", "The user you contact is receiving mail too quickly", Reason.BUSY),
    ("5.1.10", "Recipient address has a null MX", Reason.TAKES_NO_MAIL),
    ("5.2.2", "552 5.2.2 Over quota", Reason.MAILBOX_FULL),
    ("", "Ящик получателя переполнен", Reason.MAILBOX_FULL),
    ("4.2.2", "The email account that you tried to reach is over quota", Reason.MAILBOX_FULL),
    ("5.2.1", "The email account that you tried to reach is disabled", Reason.DISABLED),
    (
        "5.7.26",
        "Unauthenticated email is not accepted due to domain's DMARC",
        Reason.AUTHENTICATION,
    ),
    ("5.7.515", "Access denied, sending domain does not meet", Reason.AUTHENTICATION),
    ("5.7.25", "The IP address does not have a PTR record", Reason.AUTHENTICATION),
    ("5.7.1", "SPF check failed", Reason.AUTHENTICATION),
    ("5.7.1", "Service unavailable; client blocked using zen.spamhaus.org", Reason.BLOCKED),
    ("5.7.1", "Relay access denied", Reason.RELAYING),
    ("5.1.8", "Sender address rejected: Domain not found", Reason.BLOCKED),
    ("5.1.0", "550 5.1.0 <n@b.test> sender rejected", Reason.BLOCKED),
    ("5.1.3", "553 http://www.spamhaus.org/query/bl?ip=192.0.2.2", Reason.BLOCKED),
    ("", "unknown@b.test: 552 Mailbox full", Reason.MAILBOX_FULL),
    ("", "Name service error: Host not found, try again", Reason.UNREACHABLE),
    ("5.7.1", "Message rejected as spam", Reason.SPAM),
    ("5.7.1", "Message rejected under suspicion of SPAM https://yandex.ru/", Reason.SPAM),
    ("5.7.0", "blocked by local policy", Reason.POLICY),
    ("5.3.4", "Message size exceeds fixed limit", Reason.TOO_BIG),
    ("4.7.28", "Gmail has detected an unusual rate of mail", Reason.BUSY),
    ("4.4.7", "delivery time expired", Reason.EXPIRED),
    ("4.4.1", "Connection timed out", Reason.UNREACHABLE),
    ("", "", Reason.UNKNOWN),
]


@pytest.mark.parametrize(("status", "text", "reason"), SAID, ids=[f"{s[0]} {s[1]}" for s in SAID])
def test_what_the_server_says_has_a_reason(status: str, text: str, reason: Reason) -> None:
    assert why(status, text) is reason


def test_the_words_of_the_report_help_where_the_server_says_nothing() -> None:
    assert why("5.0.0", "554 error", around="mail.local: unknown user: anna") is Reason.USER_UNKNOWN


def test_unknown_after_data_is_somebodys_filter() -> None:
    around = "host mx.test said: 550 Unknown user (in reply to end of DATA command)"

    assert why("5.0.0", "550 Unknown user", around=around) is Reason.REFUSED


def test_what_is_said_to_mail_is_said_of_us() -> None:
    text = "SMTP error after MAIL FROM:<n@b.test>: 550 user unknown"

    assert WEIGHTS[why("", text)] is Weight.OURS


def test_what_is_said_with_a_four_is_not_said_for_ever() -> None:
    assert WEIGHTS[why("4.0.0", "DNS: NXDOMAIN, domain name not found")] is Weight.SOFT
    assert WEIGHTS[why("4.1.1", "450 User unknown in local recipient table")] is Weight.SOFT


def test_a_code_that_says_nothing_gives_way_to_one_that_does() -> None:
    assert best_status("5.0.0", "550 5.1.1 no such user") == "5.1.1"
    assert best_status("5.1.1", "552 5.2.2 over quota") == "5.1.1"
    assert best_status("", "at 10.5.1.1 port 25") == ""


def test_every_reason_has_a_weight() -> None:
    assert WEIGHTS.keys() == set(Reason)
