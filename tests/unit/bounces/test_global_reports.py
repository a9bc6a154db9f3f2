"""Reports on addresses with letters beyond ASCII (RFC 6533), as Postfix writes them."""

from base64 import encodebytes
from quopri import encodestring

import pytest

from publisher.bounces.reader import read
from publisher.model.bounces import Kind, Reason

_REPORT = """\
From: MAILER-DAEMON@mx.readers.test (Mail Delivery System)
To: digest@embankment.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=global-delivery-status; boundary="B1"

--B1
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

<иван@почта.test>: host mail.readers.test said: 552 5.2.2 Ящик переполнен

--B1
Content-Type: message/global-delivery-status
Content-Transfer-Encoding: {packing}

{status}
--B1
Content-Type: {attached}
Content-Transfer-Encoding: {packing}

{head}
--B1--
"""
_HEAD = """\
Return-Path: <bounce+aaaaaaaaaaaaaaaaaaaaaaaaaaaa@bounces.test>
List-Unsubscribe: <https://embankment.test/unsubscribe/bbbbbbbbbbbbbbbbbbbbbbbbbbbb>
Message-ID: <1@embankment.test>
To: иван@почта.test
"""
_STATUS = """\
Reporting-MTA: dns; mx.readers.test

Final-Recipient: utf-8; иван@почта.test
Original-Recipient: utf-8;иван@почта.test
Action: failed
Status: 5.2.2
Diagnostic-Code: smtp; 552 5.2.2 Ящик переполнен
"""
_PACKINGS = {
    "8bit": lambda status: status,
    "base64": lambda status: encodebytes(status.encode()).decode(),
    "quoted-printable": lambda status: encodestring(status.encode()).decode(),
}


@pytest.mark.parametrize("packing", _PACKINGS)
@pytest.mark.parametrize("attached", ["message/global", "message/global-headers"])
@pytest.mark.parametrize("line", ["\n", "\r\n"])
def test_a_report_in_utf_8_is_read_with_what_it_quotes(
    packing: str, attached: str, line: str
) -> None:
    pack = _PACKINGS[packing]
    text = _REPORT.format(
        packing=packing, attached=attached, status=pack(_STATUS), head=pack(_HEAD)
    )
    reading = read(text.replace("\n", line).encode())

    assert (reading.kind, reading.reporter) == (Kind.BOUNCE, "mx.readers.test")
    [failure] = reading.failures
    assert (failure.recipient, failure.status) == ("иван@почта.test", "5.2.2")
    assert failure.reason is Reason.MAILBOX_FULL
    assert failure.text == "552 5.2.2 Ящик переполнен"
    assert reading.traces.returns == ("bounce+aaaaaaaaaaaaaaaaaaaaaaaaaaaa",)
    assert reading.traces.leaves == ("b" * 28,)
    assert reading.traces.message_ids == ("1@embankment.test",)
