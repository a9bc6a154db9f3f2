"""How mail is usually sent from Python, as a process of its own; one JSON line.

`python -m tests.bench.mail_peers PORT COUNT FOLDER [--sign]`: an EmailMessage per recipient through
aiosmtplib, twenty connections kept.  With --sign the naive stack: a Jinja template, an EmailMessage
and dkimpy for each.
"""

import argparse
import asyncio
import json
import sys
from email import policy
from email.message import EmailMessage
from pathlib import Path
from time import perf_counter

import aiosmtplib
import dkim
from jinja2 import Environment

CONNECTIONS = 20
_SIGNED = (b"from", b"to", b"subject", b"date", b"message-id", b"list-unsubscribe")
_LONG = policy.SMTP.clone(max_line_length=998)  # else it breaks List-Unsubscribe


class Peer:
    """The digest's two parts, and one way to make a mail of them."""

    def __init__(self, folder: Path, *, sign: bool) -> None:
        parts = json.loads((folder / "digest.json").read_text("utf-8"))
        self._subject, self._sign = parts["subject"], sign
        self._html, self._text = parts["html"], parts["text"]
        self._key = (folder / "rsa.pem").read_bytes()
        environment = Environment(autoescape=True)
        self._page = environment.from_string(self._html)
        self._plain = environment.from_string(self._text)

    def mail(self, number: int) -> bytes:
        """One reader's."""
        leave = f"https://embankment.test/unsubscribe/{number:040}"
        message = EmailMessage(policy=_LONG)
        message["From"] = "The Embankment <digest@embankment.test>"
        message["To"] = f"r{number}@readers.test"
        message["Subject"] = self._subject
        message["Date"] = "Mon, 23 Nov 2026 12:00:00 +0300"
        message["Message-ID"] = f"<{number:032x}@embankment.test>"
        message["List-Unsubscribe"] = f"<{leave}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message.set_content(self._written(self._plain, self._text, leave), cte="quoted-printable")
        html = self._written(self._page, self._html, leave)
        message.add_alternative(html, subtype="html", cte="base64")
        data = message.as_bytes()
        return self._signature(data) + data if self._sign else data

    def _written(self, template: object, source: str, leave: str) -> str:
        if self._sign:
            return str(template.render(leave=leave))  # type: ignore[attr-defined]
        return source.replace("{{ leave }}", leave)

    def _signature(self, data: bytes) -> bytes:
        signature: bytes = dkim.sign(
            data,
            b"s1",
            b"embankment.test",
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=_SIGNED,
        )
        return signature

    async def run(self, port: int, count: int) -> float:
        """Seconds for so many mails."""
        numbers = iter(range(count))
        began = perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(CONNECTIONS):
                group.create_task(self._line(port, numbers))
        return perf_counter() - began

    async def _line(self, port: int, numbers: "asyncio.Future[int] | object") -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, start_tls=False)
        async with client:
            for number in numbers:  # type: ignore[attr-defined]
                recipient = f"r{number}@readers.test"
                await client.sendmail("digest@embankment.test", [recipient], self.mail(number))


def run() -> None:
    """One line of JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--sign", action="store_true")
    given = parser.parse_args()
    peer = Peer(given.folder, sign=given.sign)
    seconds = asyncio.run(peer.run(given.port, given.count))
    sys.stdout.write(json.dumps({"seconds": seconds, "octets": len(peer.mail(1))}) + "\n")


if __name__ == "__main__":
    run()
