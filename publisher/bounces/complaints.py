"""Complaints: a reader called a mail spam, and the provider of their mailbox tells us (RFC 5965).

Mail.ru, Yandex, Yahoo and most others send ARF, with more or less of it blacked out; Microsoft
attaches the mail and names its reader in a field of their own; Apple's mail programs write to the
mailbox that unsubscribes.
"""

import re
from dataclasses import dataclass

from publisher.bounces.addresses import addressed, addresses_in, is_machine
from publisher.bounces.letter import Letter

_REPORTS = ("message/feedback-report", "text/x-feedback-report")
_FIELD = re.compile(r"^([A-Za-z][A-Za-z0-9-]+)[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)
_NAMES = ("original-rcpt-to", "removal-recipient", "complainant", "user-id")
_ATTACHED = ("X-HmXmrOriginalRecipient", "X-Original-To", "Delivered-To", "X-RcptTo", "To")
_COMPLAINS = re.compile(
    r"complaint about (?:the )?message|abuse report|жалоба на (?:письмо|спам)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a provider reports; `kind` is the Feedback-Type, in lower case."""

    kind: str
    recipients: tuple[str, ...]
    returned_to: str  # Original-Mail-From: our return path
    reporter: str


def feedback(letter: Letter) -> Feedback | None:
    """The complaint in a mail, or None."""
    texts = [text for kind, text in letter.reports if kind in _REPORTS]
    if not texts:
        return _attached(letter)
    fields: dict[str, list[str]] = {}
    for name, value in _FIELD.findall("\n".join(texts)):
        fields.setdefault(name.lower(), []).append(" ".join(value.split()))
    named = [
        one for name in _NAMES for value in fields.get(name, []) for one in addresses_in(value)
    ]
    quoted = addressed(letter.original, "To")
    return Feedback(
        kind=fields.get("feedback-type", ["abuse"])[0].lower(),
        recipients=tuple(dict.fromkeys(named or quoted)),
        returned_to=fields.get("original-mail-from", [""])[0],
        reporter=fields.get("reporting-mta", fields.get("user-agent", [""]))[0],
    )


def _attached(letter: Letter) -> Feedback | None:
    """A complaint without the report: the mail itself, and a subject."""
    if letter.original is None or not _COMPLAINS.search(letter.field("Subject")):
        return None
    for name in _ATTACHED:
        if found := [one for one in addressed(letter.original, name) if not is_machine(one)]:
            return Feedback(
                kind="abuse",
                recipients=(found[0],),
                returned_to=letter.original.get("Return-Path", ""),
                reporter=letter.field("From"),
            )
    return None
