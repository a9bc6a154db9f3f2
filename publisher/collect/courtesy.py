"""What an answer's headers ask of us: when to come again, and who tells of changes.  Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

Headers = Mapping[str, str]  # names lower case

_DIRECTIVE = re.compile(r"([a-z-]+)(?:\s*=\s*\"?([^\",]*)\"?)?", re.IGNORECASE)
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)
_LONGEST_QUIET = timedelta(days=31)
_LINK = re.compile(r"<([^<>]*)>((?:\s*;\s*[\w*-]+(?:\s*=\s*(?:\"[^\"]*\"|[^\s\",;]+))?)*)")
_RELATIONS = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^\s\",;]+))", re.IGNORECASE)


def fresh_for(headers: Headers, now: datetime) -> timedelta | None:
    """How long an answer stays fresh (RFC 9111 section 4.2); None where it does not say.

    max-age less Age; else Expires less Date.  no-cache and no-store void both.
    """
    said = {
        name.lower(): value for name, value in _DIRECTIVE.findall(headers.get("cache-control", ""))
    }
    if "no-cache" in said or "no-store" in said:
        return None
    if _SECONDS.fullmatch(said.get("max-age", "")):
        age = headers.get("age", "")
        spent = int(age) if _SECONDS.fullmatch(age) else 0
        return timedelta(seconds=max(int(said["max-age"]) - spent, 0))
    if "expires" not in headers:
        return None
    ends = _date(headers["expires"])
    if ends is None:
        return timedelta(0)  # section 5.3: "0" and other nonsense is the past
    return max(ends - (_date(headers.get("date", "")) or now), timedelta(0))


def quiet_until(retry_after: str | None, now: datetime) -> datetime | None:
    """The instant a Retry-After names, in seconds or as a date (RFC 9110 section 10.2.3).

    At most 31 days from now; None for what is neither.
    """
    said = (retry_after or "").strip()
    until = now + timedelta(seconds=int(said)) if _SECONDS.fullmatch(said) else _date(said)
    return min(max(until, now), now + _LONGEST_QUIET) if until else None


def linked(headers: Headers, relation: str) -> str | None:
    """Where the Link header of that relation leads, as it is written (RFC 8288 section 3)."""
    for target, parameters in _LINK.findall(headers.get("link", "")):
        relations = _RELATIONS.search(parameters)
        if relations and relation in (relations[1] or relations[2]).lower().split():
            return str(target).strip()
    return None


def _date(words: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(words)
    except (ValueError, IndexError, TypeError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
