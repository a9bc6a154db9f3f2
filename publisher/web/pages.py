"""Web pages as HTML: who fills templates, and the headers every page goes out with."""

from collections.abc import Mapping
from typing import Protocol

from starlette.responses import HTMLResponse

from publisher.i18n.localizer import Localizer


class Pages(Protocol):
    """Whoever fills templates; render.templates does."""

    def render(self, name: str, *, text: Localizer, **context: object) -> str: ...


def headers(*, frames: str = "'none'", scripts: str = "'none'") -> Mapping[str, str]:
    """For a page of ours: nothing from elsewhere, no frame around it, never kept.

    `frames` is what the page itself may frame, as a source list of CSP level 3, and `scripts` what
    it may run.
    """
    return {
        "Cache-Control": "no-store",
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
        f"img-src 'self'; font-src 'self'; script-src {scripts}; frame-src {frames}; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        "Referrer-Policy": "no-referrer",  # an address may hold a reader's token
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noindex",
    }


def public_headers() -> Mapping[str, str]:
    """For a page that is the same for everybody: it may be kept and found, and runs our script."""
    shared = {"X-Robots-Tag", "Cache-Control"}
    return {name: value for name, value in headers(scripts="'self'").items() if name not in shared}


def page(
    html: str, *, status: int = 200, frames: str = "'none'", scripts: str = "'none'"
) -> HTMLResponse:
    """The filled template as an answer."""
    own = headers(frames=frames, scripts=scripts)
    return HTMLResponse(html, status_code=status, headers=own)
