"""Public pages in memory: read when they change, packed as the builder left them.

Bounded by the pages there are; a look at a file's size and times is all a visit costs.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from publisher.manifest import PACKED, digest
from publisher.web.documents import packed_form
from publisher.web.negotiation import IDENTITY, coding_for
from publisher.web.preconditions import Verdict, judge

Mark = tuple[tuple[int, int, int] | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """A page in its codings."""

    mark: Mark
    sha: str
    modified: int  # seconds
    forms: Mapping[str, bytes]  # by content coding
    offered: tuple[str, ...]  # smallest first

    def etag(self, coding: str) -> str:
        """A strong one for each coding (RFC 9110 section 8.8.3.3)."""
        suffix = "" if coding == IDENTITY else f"-{coding}"
        return f'"{self.sha[:32]}{suffix}"'


@dataclass(frozen=True, slots=True)
class Leaves:
    """Answers for files below a folder; names come from us, never from a visitor."""

    folder: Path
    _kept: dict[str, Leaf] = field(default_factory=dict)

    def answer(self, path: str, request: Request, headers: Mapping[str, str]) -> Response | None:
        """The page, "not modified", or what a condition comes to; None where there is no page."""
        leaf = self._leaf(path)
        if leaf is None:
            return None
        asked = _asked(request)
        coding = coding_for(asked.get(b"accept-encoding"), leaf.offered) or IDENTITY
        told = {
            **headers,
            "ETag": leaf.etag(coding),
            "Last-Modified": formatdate(leaf.modified, usegmt=True),
            "Vary": "Accept-Encoding",
        }
        match judge(asked, etag=leaf.etag(coding).encode(), modified=leaf.modified):
            case Verdict.SAME:
                return Response(status_code=304, headers=told)
            case Verdict.FAILED:
                return Response(status_code=412)
        packed = {} if coding == IDENTITY else {"Content-Encoding": coding}
        return Response(
            leaf.forms[coding], headers={**told, **packed}, media_type="text/html; charset=utf-8"
        )

    def _leaf(self, path: str) -> Leaf | None:
        file = self.folder / path
        beside = [file.with_name(f"{file.name}{suffix}") for suffix in PACKED]
        mark = tuple(_sign(one) for one in (file, *beside))
        kept = self._kept.get(path)
        if kept is None or kept.mark != mark:
            kept = _read(file, mark)
            if kept is None:
                self._kept.pop(path, None)
                return None
            self._kept[path] = kept
        return kept


def _read(file: Path, mark: Mark) -> Leaf | None:
    try:
        with file.open("rb") as opened:
            data, modified = opened.read(), int(os.fstat(opened.fileno()).st_mtime)
    except OSError:
        return None
    forms = {IDENTITY: data}
    for suffix, coding in PACKED.items():
        form = packed_form(file.with_name(f"{file.name}{suffix}"), coding, data)
        if form is not None:
            forms[coding] = form
    return Leaf(
        mark=mark,
        sha=digest(data),
        modified=modified,
        forms=forms,
        offered=tuple(sorted(forms, key=lambda coding: len(forms[coding]))),
    )


def _sign(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns, found.st_ino


def _asked(request: Request) -> Mapping[bytes, bytes]:
    asked: dict[bytes, bytes] = {}
    for name, value in request.headers.raw:
        asked[name] = asked[name] + b", " + value if name in asked else value
    return asked
