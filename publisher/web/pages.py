"""Web pages as HTML: who fills templates, and the headers every page goes out with."""

from collections.abc import Mapping
from typing import Protocol

from starlette.responses import HTMLResponse

from publisher.i18n.localizer import Localizer


class Pages(Protocol):
    """Whoever fills templates; render.templates does."""

    def render(self, name: str, *, text: Localizer, **context: object) -> str: ...


def headers(*, frames: str = "'none'") -> Mapping[str, str]:
    """For a page of ours: nothing from elsewhere, no script, no frame around it, never kept.

    `frames` is what the page itself may frame, as a source list of CSP level 3.
    """
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
        f"img-src 'self'; font-src 'self'; frame-src {frames}; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",  # an address may hold a reader's token
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }


def page(html: str, *, status: int = 200, frames: str = "'none'") -> HTMLResponse:
    """The filled template as an answer."""
    return HTMLResponse(html, status_code=status, headers=headers(frames=frames))
