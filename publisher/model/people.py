"""Subscriber, Subscription, Consent, Suppression: the people, their ties and the proof."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from publisher.model.names import EditionId, Language, SectionId, SubscriberId


class SuppressionReason(Enum):
    HARD_BOUNCE = "hard_bounce"  # the address does not exist
    COMPLAINT = "complaint"  # the reader called it spam
    ERASURE = "erasure"  # the reader asked to be forgotten
    OPERATOR = "operator"  # somebody here said never again
    LIFTED = "lifted"  # a newly confirmed opt-in ended what came before


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """The proof that somebody asked for mail."""

    text: str  # what the reader agreed to, word for word
    at: datetime
    source: str  # where: "web form", "sample", "import 2026-02"
    language: Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a reader chose, where they said anything of it."""

    sections: Mapping[EditionId, frozenset[SectionId] | None] = field(
        default_factory=dict
    )  # None: all
    advertising: bool | None = None  # None: they said nothing of it
    timezone: str | None = None  # of the tz database; None: they said nothing of it


NO_CHOICE = Choices()


@dataclass(frozen=True, slots=True, kw_only=True)
class Applicant:
    """A person as `subscribers add` or a CSV line names them: not yet stored."""

    email: str  # normalised: domain lower case and IDNA-encoded
    language: Language
    editions: tuple[EditionId, ...]
    name: str | None
    consent: Consent
    choices: Choices = NO_CHOICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """The tie to an Edition; `left_at` ends it."""

    edition: EditionId
    since: datetime
    left_at: datetime | None = None
    sections: frozenset[SectionId] | None = None  # chosen ones; None: all


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person who asked for mail."""

    id: SubscriberId
    email: str
    language: Language
    name: str | None
    created_at: datetime
    subscriptions: tuple[Subscription, ...]
    consents: tuple[Consent, ...]
    advertising_at: datetime | None = None  # when they agreed to advertising
    advertising_left_at: datetime | None = None  # and when they ended that
    timezone: str | None = None  # where they live, as the tz database names it
    had_old_links: bool = False  # a reader since unsubscribe links were signed for no address

    @property
    def agrees_to_advertising(self) -> bool:
        """38-FZ, article 18: only who said so, and until they say otherwise."""
        return self.advertising_at is not None and self.advertising_left_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """Never mail this address, and why; append-only, the newest row counts."""

    email: str
    reason: SuppressionReason
    at: datetime
    note: str = ""
