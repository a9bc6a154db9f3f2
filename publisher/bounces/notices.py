"""What a sending service tells by JSON in a mail (Amazon SES by way of SNS).  Pure."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MOST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Recipients as (address, status, what the server said)."""

    complaint: bool
    recipients: tuple[tuple[str, str, str], ...]
    reporter: str


def notice(words: str) -> Notice | None:
    """The notice in a mail's text; None where there is none."""
    start = words.find("{")
    if start < 0 or "otificationType" not in words:
        return None
    found = _unpacked(words[start:])
    body = found.get("bounce") or found.get("complaint")
    if not isinstance(body, dict):
        return None
    recipients = tuple(_recipients(body))[:_MOST]
    return Notice(
        complaint="complaint" in found,
        recipients=recipients,
        reporter=str(body.get("reportingMTA") or "").partition(";")[2].strip(),
    )


def _unpacked(text: str) -> Mapping[str, Any]:
    """The innermost object: SNS wraps the notice as text."""
    try:
        found, _ = json.JSONDecoder(strict=False).raw_decode(text)
        while isinstance(found, dict) and isinstance(found.get("Message"), str):
            found = json.loads(found["Message"])
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _recipients(body: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name in ("bouncedRecipients", "complainedRecipients"):
        listed = body.get(name)
        for one in listed if isinstance(listed, list) else []:
            if isinstance(one, dict) and isinstance(one.get("emailAddress"), str):
                text = str(one.get("diagnosticCode") or "").partition(";")[2].strip()
                yield one["emailAddress"], str(one.get("status") or ""), text
