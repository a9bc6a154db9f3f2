"""Mails as servers write them when something did not arrive, made around a mail of ours."""

from email.message import EmailMessage

_DSN = """\
From: MAILER-DAEMON@mx.readers.test (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B1"
Return-Path: <>

--B1
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.readers.test.

<{recipient}>: host mail.readers.test[192.0.2.7] said: {said} (in reply to RCPT TO command)

--B1
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.readers.test

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mail.readers.test
Diagnostic-Code: smtp; {said}

--B1
Content-Type: {attached}

{original}
--B1--
"""
_ARF = """\
From: <fbl@corp.mail.ru>
To: abuse@embankment.test
Subject: complaint about message from 192.0.2.25
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="B2"

--B2
Content-Type: text/plain; charset=utf-8

This is an email abuse report.

--B2
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Mail.Ru-FBL/1.0
Version: 1
{fields}
--B2
Content-Type: text/rfc822-headers

{original}
--B2--
"""


def dsn(
    *,
    to: str = "digest@embankment.test",
    recipient: str = "anna@readers.test",
    said: str = "550 5.1.1 User unknown",
    status: str = "5.1.1",
    action: str = "failed",
    original: str = "",
) -> bytes:
    """A delivery status notification as Postfix writes it."""
    attached = "message/rfc822" if original else "text/rfc822-headers"
    made = _DSN.format(
        to=to,
        recipient=recipient,
        said=said,
        status=status,
        action=action,
        attached=attached,
        original=original or "Subject: A bridge",
    )
    return made.replace("\n", "\r\n").encode()


def arf(*, kind: str = "abuse", fields: str = "", original: str = "Subject: A bridge") -> bytes:
    """A complaint as providers of mailboxes send it."""
    made = _ARF.format(kind=kind, fields=fields, original=original)
    return made.replace("\n", "\r\n").encode()


def letter(to: str, words: str, **fields: str) -> bytes:
    """A plain mail."""
    message = EmailMessage()
    message["To"] = to
    message["From"] = fields.pop("sender", "anna@readers.test")
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(words)
    return message.as_bytes()


def head_of(mail: bytes) -> str:
    """The head of a mail of ours, as reports quote it."""
    return mail.partition(b"\r\n\r\n")[0].decode("ascii").replace("\r\n", "\n") + "\n"
