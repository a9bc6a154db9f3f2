"""Variant, Group, Seat: what readers chose and are owed, and which Digest that makes theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from publisher.model.names import ArticleId, CorrectionKey, DigestId, Language, SectionId

ALL = "all"
ADVERTISING = "-ads"  # ends the name of a variant that is the one before it, with advertising
MOST_VARIANTS = 64  # digests of one issue (law 4)
MOST_CORRECTIONS = 12  # of one issue; the rest waits for the next


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """Whom a Digest of an Issue is for, within a language."""

    sections: frozenset[SectionId] | None = None  # None: all
    corrections: frozenset[CorrectionKey] = frozenset()  # owed to these readers
    advertising: bool = False  # they agreed to it

    @property
    def name(self) -> str:
        """Short, the same for the same variant; "all" is everything but what few are owed."""
        sections = "" if self.sections is None else f"s{_short(self.sections)}"
        corrections = f"c{_short(self.corrections)}" if self.corrections else ""
        plain = "-".join(filter(None, (sections, corrections))) or ALL
        return plain + ADVERTISING if self.advertising else plain


def _short(words: frozenset[SectionId] | frozenset[CorrectionKey]) -> str:
    return sha256("\n".join(sorted(words)).encode()).hexdigest()[:10]


EVERYTHING = Variant()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Readers of an edition who chose the same and are owed the same."""

    language: Language
    sections: frozenset[SectionId] | None  # None: all
    corrections: frozenset[CorrectionKey] = frozenset()
    advertising: bool = False
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Which variant a group's readers are given; None: the issue has nothing for them.

    Advertising is not asked here: the start of a delivery sees who agrees to it then.
    """

    language: Language
    sections: frozenset[SectionId] | None
    corrections: frozenset[CorrectionKey]
    variant: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waves:
    """When readers' deliveries are due: by their zone where it is named here."""

    first: datetime | None = None  # of everybody else; None: at once
    by_zone: Mapping[str, datetime] = field(default_factory=dict)


AT_ONCE = Waves()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seating:
    """Who gets which digest of an issue; whoever is not named here gets "all"."""

    seats: tuple[Seat, ...] = ()
    # What each digest told: article -> the key of the correction it came with, "" where none.
    told: Mapping[DigestId, Mapping[ArticleId, str]] = field(default_factory=dict)
    waves: Waves = AT_ONCE


ALL_ALIKE = Seating()
