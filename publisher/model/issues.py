"""Issue: one dated number of an Edition, a frozen selection; and its states."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from publisher.model.articles import AgeMark, Article
from publisher.model.editions import Window
from publisher.model.names import ArticleId, EditionId, IssueId, Language, SectionId, StoryKey
from publisher.model.problems import Problem


class IssueStatus(Enum):
    DRAFT = "draft"  # composed, may still change
    HELD = "held"  # something blocks it; the Problems say what
    APPROVED = "approved"  # an editor said yes
    SKIPPED = "skipped"  # nothing to say in this window
    SEALED = "sealed"  # frozen, deliveries exist
    STOPPED = "stopped"  # an editor halted the sending
    SENT = "sent"  # every delivery rests, the balance holds
    CANCELLED = "cancelled"  # an editor said no


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
    items: tuple[Item, ...]  # in print order: sections in order, lead first in its section
    lead: StoryKey | None
    age: AgeMark | None  # highest of its items and the masthead; None: no mark applies
    composed_at: datetime
    sealed_at: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    problems: tuple[Problem, ...] = ()  # why HELD, SKIPPED; or warnings
    profiles: Mapping[Language, str]  # language -> hash of the legal profile version used

    def carries(self, article: ArticleId) -> bool:
        """Whether this very article is in it, in whatever version."""
        return any(one.id == article for item in self.items for one in item.versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedItem:
    """An Item as one reader sees it: the version in their language, or a marked fallback."""

    section: SectionId
    article: Article
    fallback: bool  # article.language is not the reader's


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

    @property
    def items(self) -> tuple[PrintedItem, ...]:
        """Every story printed, lead first, without the links under "more"."""
        lead = (self.lead,) if self.lead else ()
        return lead + tuple(item for block in self.blocks for item in block.items)
