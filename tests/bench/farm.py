"""A farm of feeds on many addresses of this machine, far faster than whoever reads them.

Run as a process: python -m tests.bench.farm SOURCES VALIDATORS, where VALIDATORS is "yes" (an ETag,
and 304 to it) or "no" (200 and the same bytes every time).  It prints its port, then serves.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from random import Random
from socket import AF_INET

ENTRIES = 50
_NEWEST = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
_SYLLABLES = [
    "ка",
    "ро",
    "ми",
    "ст",
    "ан",
    "ве",
    "до",
    "ли",
    "но",
    "пра",
    "тер",
    "жи",
    "зов",
    "бур",
    "эн",
    "ло",
    "mo",
    "ter",
    "lin",
    "ka",
    "sho",
    "ver",
    "pan",
    "dre",
    "ol",
    "us",
]
_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?><rss version="2.0"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>Feed {0}</title>'
    "<link>http://s{0}.test/</link><description>A feed of the farm</description>"
)


def address(number: int) -> str:
    """Where source `number` lies."""
    return f"127.1.{number // 200}.{number % 200 + 1}"


def feed(number: int, random: Random, vocabulary: list[str]) -> bytes:
    """RSS with fifty full texts of about 2 KB, written by chance and the same every time."""

    def words(many: int) -> str:
        return " ".join(random.choice(vocabulary) for _ in range(many))

    def item(place: int) -> str:
        paragraph = '<p>{} <a href="http://s{}.test/{}">{}</a> <b>{}</b></p>'
        text = "".join(
            paragraph.format(words(18), number, place, words(3), words(2)) for _ in range(7)
        )
        at = format_datetime(_NEWEST - timedelta(minutes=17 * place + number % 13))
        return (
            f"<item><title>{words(7)} {number}-{place}</title>"
            f"<link>http://s{number}.test/news/{place}</link>"
            f'<guid isPermaLink="false">s{number}-{place}</guid><pubDate>{at}</pubDate>'
            f"<dc:creator>{words(2)}</dc:creator><category>City</category>"
            f"<description>{words(25)}</description>"
            f"<content:encoded><![CDATA[{text}]]></content:encoded></item>"
        )

    items = "".join(item(place) for place in range(ENTRIES))
    return f"{_HEAD.format(number)}{items}</channel></rss>".encode()


class _Plot(asyncio.Protocol):
    def __init__(self, feeds: dict[str, tuple[bytes, bytes]], *, validators: bool) -> None:
        self._feeds, self._validators = feeds, validators
        self._asked = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._asked += data
        if b"\r\n\r\n" not in self._asked:
            return
        asked, self._asked = self._asked, b""
        body, etag = self._feeds[self._transport.get_extra_info("sockname")[0]]
        said = b'ETag: "' + etag + b'"\r\n' if self._validators else b""
        if self._validators and etag in asked:
            self._transport.write(b"HTTP/1.1 304 Not Modified\r\n" + said + b"\r\n")
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\n" + said
        self._transport.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


async def serve(sources: int, *, validators: bool) -> None:
    """Until somebody ends the process."""
    random = Random(7)  # noqa: S311 - the same farm every time
    made = {
        "".join(random.choice(_SYLLABLES) for _ in range(random.randint(2, 4))) for _ in range(6000)
    }
    vocabulary = sorted(made)
    feeds: dict[str, tuple[bytes, bytes]] = {}
    for number in range(sources):
        body = feed(number, random, vocabulary)
        feeds[address(number)] = (body, sha256(body).hexdigest().encode())
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: _Plot(feeds, validators=validators), None, 0, family=AF_INET, backlog=2000
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), validators=sys.argv[2] == "yes"))
