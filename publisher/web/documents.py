"""One published file in every form it is sent in, headers included: made once, never changed.

Bytes and validators are of one reading of the file, so old bytes never go out under new headers.
"""

import os
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path
from typing import Final
from urllib.parse import quote

import brotli
from starlette.types import Message

from publisher.manifest import PACKED, Listed, digest
from publisher.model.feeds import MEDIA_TYPES
from publisher.web.negotiation import IDENTITY, coding_for, prefers_page

FEED_CACHE: Final = "public, max-age=300, stale-if-error=86400"
KINDS: Final[Mapping[str, str]] = {
    **{f".{name}": kind for name, kind in MEDIA_TYPES.items()},
    ".css": "text/css",
    ".xml": "application/xml",
}
# What browsers show by its style sheet, or as text: they save a feed, or show it as one long line.
_SHOWN: Final[Mapping[str, str]] = {
    "application/rss+xml": "application/xml",
    "application/atom+xml": "application/xml",
    "application/feed+json": "application/json",
}
# A feed shown as a page runs nothing and fetches nothing but its style sheet.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_URI: Final = ":/?#[]@!$&'()*+;=-._~%"  # what an address may hold; a comma would part two links
_KEPT: Final = 100  # choices of a document; the first ones, of the programs that come most
_LONG: Final = 500  # bytes of headers
_LEVEL: Final = 6  # of gzip, where the builder left no packed form

Headers = list[tuple[bytes, bytes]]
_UNPACK: Mapping[str, Callable[[bytes], bytes]] = {
    "gzip": lambda data: zlib.decompress(data, wbits=31),
    "br": brotli.decompress,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A document in one content coding: messages ready to send."""

    etag: bytes
    feed: Message  # 200 as what it is
    page: Message  # 200 for who would rather have a page
    same: Message  # 304
    body: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What somebody gets of a document."""

    etag: bytes
    found: Message  # 200
    same: Message  # 304
    body: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A file of the public folder as the web has it."""

    modified: int  # seconds
    vary: bytes
    forms: Mapping[str, Form]  # by content coding
    offered: tuple[str, ...]  # content codings, smallest first
    _chosen: dict[tuple[bytes | None, bytes | None], Choice] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def choose(self, accept_encoding: bytes | None, accept: bytes | None) -> Choice | None:
        """What to send for these headers; None where no coding is acceptable.

        Programs are few and come by the thousand: what was decided is kept, for so many.
        """
        asked = accept_encoding, accept
        known = self._chosen.get(asked)
        if known is not None:
            return known
        coding = coding_for(accept_encoding, self.offered)
        if coding is None:
            return None
        form = self.forms[coding]
        found = form.page if prefers_page(accept) else form.feed
        choice = Choice(etag=form.etag, found=found, same=form.same, body=form.body)
        if len(self._chosen) < _KEPT and sum(map(len, filter(None, asked))) < _LONG:
            self._chosen[asked] = choice
        return choice


def read_document(file: Path, listed: Listed | None) -> Document | None:
    """Read a file and its packed forms; None where there is none.

    A packed form that is not of these bytes is not looked at: a build may be under way.  `listed`:
    what the manifest says; its date counts for the bytes it was written for.
    """
    try:
        with file.open("rb") as opened:  # both of one file: it may be replaced meanwhile
            data, modified = opened.read(), int(os.fstat(opened.fileno()).st_mtime)
    except OSError:
        return None
    sha = digest(data)
    if listed is not None and listed.sha256 == sha:
        modified = int(listed.modified.timestamp())
    kind = KINDS[file.suffix]
    vary = b"Accept-Encoding, Accept" if kind in _SHOWN else b"Accept-Encoding"
    shared = [
        (b"last-modified", formatdate(modified, usegmt=True).encode()),
        (b"cache-control", FEED_CACHE.encode()),
        (b"vary", vary),
        *_links(listed),
    ]
    bodies = {IDENTITY: data, **dict(_packed(file, data))}
    return Document(
        modified=modified,
        vary=vary,
        forms={coding: _form(kind, sha, coding, body, shared) for coding, body in bodies.items()},
        offered=tuple(sorted(bodies, key=lambda coding: len(bodies[coding]))),
    )


def _packed(file: Path, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Forms that are smaller than the bytes and give them back; gzip where none is there."""
    found: dict[str, bytes] = {}
    for suffix, coding in PACKED.items():
        form = packed_form(file.with_name(f"{file.name}{suffix}"), coding, data)
        if form is not None:
            found[coding] = form
    if not found:
        found["gzip"] = zlib.compress(data, _LEVEL, wbits=31)
    yield from ((coding, form) for coding, form in found.items() if len(form) < len(data))


def packed_form(file: Path, coding: str, data: bytes) -> bytes | None:
    """A packed form that gives these bytes back; None for any other."""
    try:
        form = file.read_bytes()
        return form if _UNPACK[coding](form) == data else None
    except (OSError, zlib.error, brotli.error):
        return None


def _form(kind: str, sha: str, coding: str, body: bytes, shared: Headers) -> Form:
    etag = f'"{sha[:32]}"' if coding == IDENTITY else f'"{sha[:32]}-{coding}"'
    validators = [(b"etag", etag.encode()), *shared]
    sent = [
        *validators,
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"accept-ranges", b"none"),
    ]
    if coding != IDENTITY:
        sent.append((b"content-encoding", coding.encode()))
    shown = _SHOWN.get(kind)
    feed = [(b"content-type", f"{kind}; charset=utf-8".encode()), *sent]
    page = feed if shown is None else [(b"content-type", f"{shown}; charset=utf-8".encode()), *sent]
    if shown is not None:
        page.append((b"content-security-policy", _POLICY.encode()))
    return Form(
        etag=etag.encode(),
        feed=start(200, feed),
        page=start(200, page),
        same=start(304, validators),
        body={"type": "http.response.body", "body": body},
    )


def start(status: int, headers: Headers) -> Message:
    """The head of an answer."""
    return {"type": "http.response.start", "status": status, "headers": headers}


def _links(listed: Listed | None) -> Headers:
    """WebSub section 4: subscribers look at headers first."""
    if listed is None or listed.address is None:
        return []
    links = [*((hub, "hub") for hub in listed.hubs), (listed.address, "self")]
    return [
        (b"link", f'<{quote(address, safe=_URI)}>; rel="{rel}"'.encode()) for address, rel in links
    ]
