"""Files of one folder over HTTP: conditional GET, nothing else, nothing outside.

Validators come from the content, never from the clock (RFC 9110 section 8.8).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

MEDIA_KINDS: Mapping[str, str] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
MEDIA_CACHE = "public, max-age=31536000, immutable"  # media are named by their hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Answers GET and HEAD for {path} below `folder`, where its kind is known."""

    folder: Path
    kinds: Mapping[str, str]  # suffix -> content type
    cache: str  # Cache-Control

    async def answer(self, request: Request) -> Response:
        """The file, "not modified", or 404."""
        return await self.named(request.path_params["path"], request)

    async def named(self, name: str, request: Request) -> Response:
        """The same for one file."""
        kind = self.kinds.get(os.path.splitext(name)[1])  # noqa: PTH122 - a Path would tidy the name
        found = _read(self.folder, name) if kind else None
        if found is None:
            return PlainTextResponse("404\n", status_code=404)
        body, modified = found
        headers = {
            "ETag": f'"{sha256(body).hexdigest()[:32]}"',
            "Last-Modified": formatdate(modified, usegmt=True),
            "Cache-Control": self.cache,
            "X-Content-Type-Options": "nosniff",
        }
        if _unchanged(request, headers["ETag"], modified):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=kind, headers=headers)


def _read(folder: Path, name: str) -> tuple[bytes, int] | None:
    """Bytes and modification time of a regular file; None for any other name.

    Only plain names count: what is hidden, empty, dotted, or a link out of the folder is not here.
    """
    if any(not part or part.startswith(".") for part in name.split("/")):
        return None
    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            return None
        with path.open("rb") as file:  # both of one file: it may be replaced meanwhile
            return file.read(), int(os.fstat(file.fileno()).st_mtime)
    except (OSError, RuntimeError, ValueError):  # absent, a loop of links, a NUL in the name
        return None


def _unchanged(request: Request, etag: str, modified: int) -> bool:
    """If-None-Match first; If-Modified-Since only where the other is absent (RFC 9110 13.2.2)."""
    if wanted := request.headers.getlist("if-none-match"):
        tags = {tag.strip().removeprefix("W/") for tag in ",".join(wanted).split(",")}
        return "*" in tags or etag in tags
    if (since := request.headers.get("if-modified-since")) is not None:
        try:
            return modified <= parsedate_to_datetime(since).timestamp()
        except (ValueError, TypeError, OverflowError):
            return False  # a date that is none is ignored
    return False
