"""Files of the public folder over HTTP: feeds and media, conditional GET, nothing else.

Validators come from the content, never from the clock (RFC 9110 section 8.8).
"""

from email.utils import formatdate, parsedate_to_datetime
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

CONTENT_TYPES = {
    ".rss": "application/rss+xml; charset=utf-8",
    ".atom": "application/atom+xml; charset=utf-8",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
}
_FEED_AGE, _MEDIA_AGE = 300, 31_536_000  # seconds; media are named by their hash


class Shelf:
    """Answers GET and HEAD for files below `root` whose kind is known."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    async def __call__(self, request: Request) -> Response:
        """The file, "not modified", or 404; never anything outside the folder."""
        path = (self._root / request.url.path.lstrip("/")).resolve()
        kind = CONTENT_TYPES.get(path.suffix)
        if kind is None or not path.is_relative_to(self._root) or not path.is_file():
            return Response("Not found.\n", status_code=404, media_type="text/plain")
        body, modified = path.read_bytes(), path.stat().st_mtime
        media = path.is_relative_to(self._root / "media")
        headers = {
            "ETag": f'"{sha256(body).hexdigest()[:32]}"',
            "Last-Modified": formatdate(modified, usegmt=True),
            "Cache-Control": (
                f"public, max-age={_MEDIA_AGE}, immutable"
                if media
                else f"public, max-age={_FEED_AGE}, stale-if-error=86400"
            ),
        }
        if _unchanged(request, headers["ETag"], modified):
            return Response(status_code=304, headers=headers)
        return Response(body, media_type=kind, headers=headers)


def _unchanged(request: Request, etag: str, modified: float) -> bool:
    """If-None-Match first; If-Modified-Since only where the other is absent (RFC 9110 13.2.2)."""
    if (wanted := request.headers.get("if-none-match")) is not None:
        tags = {tag.strip().removeprefix("W/") for tag in wanted.split(",")}
        return "*" in tags or etag in tags
    if (since := request.headers.get("if-modified-since")) is not None:
        try:
            return int(modified) <= parsedate_to_datetime(since).timestamp()
        except (ValueError, TypeError):
            return False
    return False
