"""Delivery status notifications (RFC 3464, RFC 6533), well-formed or not, wherever they stand."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from publisher.bounces.addresses import address_in
from publisher.bounces.letter import GLOBAL_STATUS, STATUS, Letter

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]+)[ \t]*:[ \t]*(.*)")
_INLINE = re.compile(r"^[> ]*(?:Final|Original)-Recipient:", re.IGNORECASE | re.MULTILINE)
_QUOTING = re.compile(r"^>[> ]*", re.MULTILINE)  # a report that a person forwarded
_RECIPIENT = ("final-recipient", "x-actual-recipient", "original-recipient")
_OF_RECIPIENT = frozenset({*_RECIPIENT, "action", "status", "diagnostic-code", "remote-mta"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """One recipient's fields."""

    recipient: str
    original: str  # as we wrote to them, where the report says so
    action: str  # failed, delayed, delivered, relayed, expanded
    status: str
    diagnostic: str
    reporter: str


def notifications(letter: Letter) -> list[Notified]:
    """What the report says of each recipient; nothing where it holds no such report."""
    texts = [text for kind, text in letter.reports if kind in {STATUS, GLOBAL_STATUS}]
    if not texts and _INLINE.search(letter.words):
        texts = [_QUOTING.sub("", letter.words)]
    return [one for text in texts for one in _read(text)]


def _read(text: str) -> Iterator[Notified]:
    reporter = ""
    group: dict[str, str] = {}
    for block in _blocks(text):
        reporter = block.get("reporting-mta", reporter)
        if not _OF_RECIPIENT & block.keys():
            continue
        if _names(group) and _names(block):
            yield _notified(group, reporter)
            group = {}
        group |= {name: value for name, value in block.items() if name not in group}
    if _names(group):
        yield _notified(group, reporter)


def _names(group: Mapping[str, str]) -> bool:
    return any(address_in(group.get(name, "")) for name in _RECIPIENT)


def _notified(group: Mapping[str, str], reporter: str) -> Notified:
    named = (address_in(group.get(name, "")) for name in _RECIPIENT)
    return Notified(
        recipient=_bare(group.get("final-recipient", "")) or next(one for one in named if one),
        original=address_in(group.get("original-recipient", "")),
        action=group.get("action", "").split(" ")[0].strip(" ;").lower(),
        status=group.get("status", ""),
        diagnostic=_without_type(group.get("diagnostic-code", "")),
        reporter=_without_type(reporter),
    )


def _bare(value: str) -> str:
    """What stands there, where it has the form of an address; hosts of old have no dots."""
    inner = value.rpartition(";")[2].strip().strip("<>")
    return inner if re.fullmatch(r"[^\s@<>,]+@[\w.-]+", inner) else ""


def _blocks(text: str) -> Iterator[dict[str, str]]:
    """Blocks of unfolded fields; one that names a second recipient is two."""
    block: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        found = _FIELD.match(line)
        if not line.strip():
            yield block
            block, last = {}, ""
        elif line[0] in " \t" and last:
            block[last] += " " + line.strip()
        elif found:
            last = found[1].lower()
            if last in block:
                yield block
                block = {}
            block[last] = found[2].strip()
        elif last == "diagnostic-code":  # folded by somebody who forgot the blank
            block[last] += " " + line.strip()
    yield block


def _without_type(value: str) -> str:
    """The value behind "smtp;" or "dns;"."""
    kind, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and re.fullmatch(r"[\w. -]{1,24}", kind) else value.strip()
