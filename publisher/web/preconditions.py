"""Whether what is asked for under a condition is to be sent (RFC 9110 section 13).  Pure."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

# An entity tag of a list (section 8.8.3), or whatever else stands between two commas.
_TAG: Final = re.compile(rb'(W/)?("[\x21\x23-\x7e\x80-\xff]*")(?=[ \t]*(?:,|\Z))|[^, \t][^,]*')


class Verdict(Enum):
    """What a condition comes to."""

    SEND = "send"  # no condition, or it holds
    SAME = "same"  # 304: they have it
    FAILED = "failed"  # 412: they want another one


def judge(asked: Mapping[bytes, bytes], *, etag: bytes, modified: int) -> Verdict:
    """GET or HEAD for a representation with these validators, in the order of section 13.2.2.

    `asked` has the request's headers by their name in lower case, repeated ones joined by commas.
    """
    if _wants_another(asked, etag, modified):
        return Verdict.FAILED
    if (tags := asked.get(b"if-none-match")) is not None:
        return Verdict.SAME if tags == etag or _names(tags, etag) else Verdict.SEND
    since = asked.get(b"if-modified-since")
    if since is not None and (date := _date(since)) is not None and modified <= date:
        return Verdict.SAME
    return Verdict.SEND


def is_conditional(asked: Mapping[bytes, bytes]) -> bool:
    """Whether they say what they have, in a form that can be understood."""
    if b"if-none-match" in asked:
        return True
    since = asked.get(b"if-modified-since")
    return since is not None and _date(since) is not None


def _wants_another(asked: Mapping[bytes, bytes], etag: bytes, modified: int) -> bool:
    if (tags := asked.get(b"if-match")) is not None:
        return not _names(tags, etag, weakly=False)
    since = asked.get(b"if-unmodified-since")
    return since is not None and (date := _date(since)) is not None and modified > date


def _names(tags: bytes, etag: bytes, *, weakly: bool = True) -> bool:
    """Whether a list of entity tags has this one, or is `*`; see section 8.8.3.2."""
    if tags.strip(b" \t") == b"*":
        return True
    return any(tag == etag and (weakly or not weak) for weak, tag in _TAG.findall(tags))


def _date(value: bytes) -> float | None:
    """Seconds; None for what is no HTTP date, or several (section 13.1.3)."""
    if value.count(b",") > 1:
        return None
    try:
        date = parsedate_to_datetime(value.decode("ascii"))
        # asctime bears no zone, and is UTC (section 5.6.7)
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
