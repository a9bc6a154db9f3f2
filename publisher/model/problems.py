"""Problem: something an editor must fix, as a message key with arguments and a place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


def msgid(text: str) -> str:
    """Mark an English sentence for the catalogs; the words are looked up at the screen."""
    return text


class Severity(Enum):
    BLOCK = "block"  # nothing goes on until it is mended
    WARN = "warn"  # goes on once somebody put name and date under it
    NOTE = "note"  # said, and nothing else


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an editor finds it; every part may be unknown."""

    file: str | None = None  # relative to the folder above config/ where possible
    line: int | None = None  # 1-based
    key: str | None = None  # dotted, as in TOML: sources.site-en.every


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """What is wrong, and how to mend it.

    `message` and `remedy` are msgids: English sentences with {named} slots, filled from `args`
    after translation.
    """

    message: str
    args: Mapping[str, str | int] = field(default_factory=dict)
    remedy: str | None = None
    severity: Severity = Severity.BLOCK
    rule: str | None = None  # "L09": the legal rule or check that speaks
    place: Place = NOWHERE

    @property
    def english(self) -> str:
        """The message with its values, for a log: whoever reads those knows the msgids."""
        return self.message.format(**self.args)
