"""Issue: one dated number of an Edition, a frozen selection; and its states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from hashlib import sha256

from publisher.model.articles import AgeMark, Article
from publisher.model.editions import Window
from publisher.model.names import (
    ArticleId,
    CorrectionKey,
    EditionId,
    IssueId,
    Language,
    SectionId,
    StoryKey,
)
from publisher.model.problems import Problem
from publisher.model.variants import EVERYTHING, Variant


class IssueStatus(Enum):
    DRAFT = "draft"  # composed, may still change
    HELD = "held"  # something blocks it; the Problems say what
    APPROVED = "approved"  # an editor said yes
    SKIPPED = "skipped"  # nothing to say in this window
    SEALED = "sealed"  # frozen, deliveries exist
    STOPPED = "stopped"  # an editor halted the sending
    SENT = "sent"  # every delivery rests, the balance holds
    CANCELLED = "cancelled"  # an editor said no


PUBLIC = frozenset({IssueStatus.SEALED, IssueStatus.SENT})  # what a reader may have got
MOVES: Mapping[IssueStatus, frozenset[IssueStatus]] = {
    IssueStatus.DRAFT: frozenset(
        {IssueStatus.HELD, IssueStatus.APPROVED, IssueStatus.SKIPPED, IssueStatus.CANCELLED}
    ),
    IssueStatus.HELD: frozenset({IssueStatus.DRAFT}),
    IssueStatus.APPROVED: frozenset(
        {IssueStatus.DRAFT, IssueStatus.HELD, IssueStatus.SEALED, IssueStatus.CANCELLED}
    ),
    IssueStatus.SKIPPED: frozenset(),
    IssueStatus.SEALED: frozenset({IssueStatus.STOPPED, IssueStatus.SENT}),
    IssueStatus.STOPPED: frozenset({IssueStatus.SEALED, IssueStatus.CANCELLED}),
    IssueStatus.SENT: frozenset(),
    IssueStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A story in an issue: every language version that existed when it was composed."""

    story: StoryKey
    section: SectionId
    versions: tuple[Article, ...]  # at least one, in the site's order of languages
    linked: bool = False  # carried as a link under "more", beyond the caps
    update: bool = False  # was mailed before and has changed since: printed marked as an update

    @property
    def sponsored(self) -> bool:
        """Advertising: printed in a block of its own, counted with no stories."""
        return any(article.sponsored for article in self.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A correction owed to those who were mailed the article before; the article as it is now."""

    section: SectionId
    article: Article  # its `correction` is what they are told

    @property
    def key(self) -> CorrectionKey:
        """Another one when the editor words it anew."""
        return correction_key(self.article)


def correction_key(article: Article) -> CorrectionKey:
    """Of what an article corrects; empty where it corrects nothing."""
    if not article.correction:
        return CorrectionKey("")
    return CorrectionKey(f"{article.id}:{sha256(article.correction.encode()).hexdigest()[:12]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An editor's wishes for an issue, kept when it is composed again."""

    lead: StoryKey | None = None  # goes first, whatever the rule says
    taken: tuple[StoryKey, ...] = ()  # printed whole whatever the caps say; mailed ones as updates
    out: tuple[StoryKey, ...] = ()  # left to the next issue
    places: tuple[tuple[StoryKey, int], ...] = ()  # where in its section, from 1
    intro: Mapping[Language, str] = field(default_factory=dict)  # paragraphs between empty lines
    subject: Mapping[Language, str] = field(default_factory=dict)  # instead of the edition's rule


AS_BY_RULE = Order()


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who said yes, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated number of an Edition."""

    id: IssueId
    edition: EditionId
    number: int  # from 1, counts the sealed issues of the edition
    status: IssueStatus
    window: Window
    due_at: datetime  # UTC; the same instant as window.end
    items: tuple[Item, ...]  # in print order: sections, the lead first in its own; then sponsored
    lead: StoryKey | None
    age: AgeMark | None  # highest of its items and the masthead; None: no mark applies
    composed_at: datetime
    sealed_at: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    problems: tuple[Problem, ...] = ()  # why HELD, SKIPPED; or warnings
    profiles: Mapping[Language, str]  # language -> hash of the legal profile version used
    order: Order = AS_BY_RULE
    corrections: tuple[Correction, ...] = ()  # to stories mailed earlier, for those who got them
    ads_by_consent: tuple[Language, ...] = ()  # where only who agreed may be shown advertising
    twice_a_day: bool = False  # its edition has another issue that day: the subject says the hour
    beside_others: bool = False  # another edition goes out that day: the subject says which one
    only_to: IssueId | None = None  # goes to those who were sent that one, and to nobody else
    correction_of: IssueId | None = None  # made to correct that one: has no window of its own

    def carries(self, article: ArticleId) -> bool:
        """Whether this very article is in it, in whatever version, or a correction of it."""
        told = (one.id for item in self.items for one in item.versions)
        return article in told or any(one.article.id == article for one in self.corrections)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastIssue:
    """What the archive lists of an issue, in one language."""

    id: IssueId
    number: int
    due_at: datetime
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedItem:
    """An Item as one reader sees it: the version in their language, or a marked fallback."""

    section: SectionId
    article: Article
    fallback: bool  # article.language is not the reader's
    update: bool = False  # mailed before: marked as an update


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One section of a layout."""

    section: SectionId
    items: tuple[PrintedItem, ...]  # without the lead
    more: tuple[PrintedItem, ...] = ()  # links only


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the readers of one language see, in order."""

    issue: IssueId
    language: Language
    lead: PrintedItem | None
    blocks: tuple[Block, ...]  # no empty ones
    count: int  # stories printed, lead included, "more" links not

    intro: str = ""  # the editor's word; paragraphs between empty lines
    subject: str = ""  # the editor's; empty: by the edition's rule
    corrections: tuple[PrintedItem, ...] = ()  # a box of their own: what `article.correction` says
    sponsored: tuple[PrintedItem, ...] = ()  # advertising, in a block of its own
    variant: Variant = EVERYTHING

    @property
    def items(self) -> tuple[PrintedItem, ...]:
        """Every story printed, lead first, without the links under "more"."""
        lead = (self.lead,) if self.lead else ()
        return lead + tuple(item for block in self.blocks for item in block.items)
