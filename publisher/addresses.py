"""Web addresses: what in them only tracks, and whether two spell the same page.  Pure."""

import re
from functools import lru_cache
from urllib.parse import unquote_plus, urlsplit, urlunsplit

_TRACKS = re.compile(
    r"(?:utm_\w+|mtm_\w+|pk_\w+|at_(?:medium|campaign)|mc_[ce]id|_openstat|openstat|yclid|ysclid"
    r"|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|twclid|igshid|igsh|srsltid|vero_id|ref_src"
    r"|_hsenc|_hsmi|oly_(?:anon|enc)_id|rb_clickid|s_cid|cmpid|wt_mc|frommail|etext)",
    re.IGNORECASE,
)
_USUAL_PORTS = frozenset({("http", 80), ("https", 443)})
_KEPT = 4096  # addresses remembered: a feed names the same ones pass after pass


def untracked(url: str) -> str:
    """The address without parameters that only track; everything else as it is spelt."""
    if "?" not in url:
        return url
    head, mark, fragment = url.partition("#")
    page, _, query = head.partition("?")
    kept = [one for one in query.split("&") if not _TRACKS.fullmatch(_name(one))]
    if len(kept) == query.count("&") + 1:
        return url
    return page + ("?" if kept else "") + "&".join(kept) + mark + fragment


@lru_cache(maxsize=_KEPT)
def plain_address(url: str) -> str:
    """For comparison only: two spellings of one page give one string; what is no address stays.

    Scheme, "www.", the usual port, fragment, tracking and a slash at the end do not count.
    """
    try:
        parts = urlsplit(untracked(url.strip()))
        host, port = _host(parts.hostname or ""), parts.port
    except ValueError:
        return url
    if parts.scheme not in {"http", "https"} or not host:
        return url
    place = host if port is None or (parts.scheme, port) in _USUAL_PORTS else f"{host}:{port}"
    return urlunsplit(("https", place, parts.path.rstrip("/"), parts.query, ""))


def _name(parameter: str) -> str:
    return unquote_plus(parameter.partition("=")[0])


def _host(host: str) -> str:
    """Lower case, in ASCII (RFC 5891), without "www."."""
    if not host.isascii():
        host = host.encode("idna").decode("ascii")
    return f"[{host}]" if ":" in host else host.rstrip(".").removeprefix("www.")
