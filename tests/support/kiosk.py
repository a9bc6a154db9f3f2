"""A public folder with feeds in it, the kiosk before an empty house, and clients of both."""

import json
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from publisher.manifest import MANIFEST, Listed, digest, manifest_bytes, read_manifest
from publisher.render.packing import packed
from publisher.store.files import PublicFiles
from publisher.web.kiosk import Kiosk
from publisher.web.repeats import NO_LIMIT, Manners
from tests.support.build import NOON
from tests.support.web import in_a_thread

CHANGED = datetime(2026, 11, 18, 11, 6, 40, tzinfo=UTC)
STAMP = "Wed, 18 Nov 2026 11:06:40 GMT"
BODY = b"<rss>" + "Набережная. ".encode() * 200 + b"</rss>\n"
HUB = "https://hub.test/"
SITE = "https://embankment.test"


def shelve(
    public: Path,
    path: str,
    data: bytes = BODY,
    *,
    modified: datetime = CHANGED,
    hubs: tuple[str, ...] = (HUB,),
) -> bytes:
    """Put a feed as the builder does: forms, bytes, manifest."""
    files = PublicFiles(public)
    files.write(path, data, packed=packed(data), modified=modified)
    listed = read_manifest(files.read(MANIFEST))
    listed[path] = Listed(
        sha256=digest(data), modified=modified, address=f"{SITE}/{path}", hubs=hubs
    )
    files.write(MANIFEST, manifest_bytes(listed))
    return data


@dataclass(frozen=True, kw_only=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # names lower case; repeated ones joined
    names: tuple[str, ...]  # as they came
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Client:
    """Asks with exactly what it is given, one connection after another."""

    port: int

    def ask(
        self,
        path: str = "/feeds/en/all.rss",
        *headers: tuple[str, str],
        method: str = "GET",
        body: bytes = b"",
    ) -> Reply:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            return _reply(connection.getresponse())
        finally:
            connection.close()

    def say(self, raw: bytes) -> bytes:
        """Bytes as they are, and what comes back until the server hangs up."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as line:
            line.sendall(raw)
            return b"".join(iter(lambda: line.recv(65536), b""))


def _reply(answer: HTTPResponse) -> Reply:
    found: dict[str, str] = {}
    for name, value in answer.getheaders():
        lower = name.lower()
        found[lower] = f"{found[lower]}, {value}" if lower in found else value
    return Reply(
        status=answer.status,
        headers=found,
        names=tuple(name.lower() for name, _ in answer.getheaders()),
        body=answer.read(),
    )


async def _house(request: Request) -> Response:
    """Whatever the kiosk passes on; says how much of the request it was given."""
    return PlainTextResponse(json.dumps({"house": request.scope["path"]}), status_code=404)


@contextmanager
def kiosk(
    public: Path, *, manners: Manners = NO_LIMIT, clock: Callable[[], datetime] = lambda: NOON
) -> Iterator[Client]:
    """A real server on a free port."""
    methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "FROB"]
    house = Starlette(routes=[Route("/{path:path}", _house, methods=methods)])
    with in_a_thread(Kiosk(house, public, clock=clock, manners=manners)) as port:
        yield Client(port=port)


def oddities(public: Path, outside: Path) -> None:
    """What must not be served, though it lies in the folder or beside it."""
    (outside / "secret.rss").write_bytes(b"not for you")
    feeds = public / "feeds" / "en"
    feeds.mkdir(parents=True, exist_ok=True)
    (feeds / ".x.rss").write_bytes(b"a draft: not for you")
    (feeds.parent / "notes.txt").write_bytes(b"not for you")
    (feeds / "out.rss").symlink_to(outside / "secret.rss")
    (feeds / "loop.rss").symlink_to(feeds / "loop.rss")
    (feeds / "folder.rss").mkdir()
    os.mkfifo(feeds / "pipe.rss")
    (feeds.parent / ".hidden").mkdir()
    (feeds.parent / ".hidden" / "all.rss").write_bytes(b"not for you")
