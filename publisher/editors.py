"""The ports of an editor's hand; those of everything else, and what all promise: ports.py."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from publisher.model.articles import Article, Withdrawal
from publisher.model.issues import Issue, Order
from publisher.model.names import ArticleId, EditionId, IssueId, SourceId, StoryKey


class Newsdesk(Protocol):
    """The editor's hand on stored articles, withdrawn or not; every act is a row of the audit."""

    async def named(self, beginning: str, *, limit: int = 5) -> Sequence[Article]:
        """The article of this id alone; else those whose id begins so, in order."""
        ...

    async def past(self, article: ArticleId) -> Sequence[Article]:
        """Its earlier versions, oldest first."""
        ...

    async def withdraw(self, article: ArticleId, withdrawal: Withdrawal) -> Article:
        """A new version that is withdrawn; one that was is left alone.  KeyError: there is none."""
        ...

    async def restore(self, article: ArticleId, *, now: datetime, by: str) -> Article:
        """A new version that is not; one that never was is left alone.  KeyError: there is none."""
        ...

    async def retell(
        self, article: ArticleId, story: StoryKey, *, now: datetime, by: str
    ) -> Article:
        """A new version under another story; StoryTaken where that story has its language.

        Law 10: issues that carried this article have carried that story then.
        """
        ...

    async def carried(self, stories: Collection[StoryKey]) -> Sequence[IssueId]:
        """The issues, sealed ones, that carried any of these, oldest due time first."""
        ...

    async def shown_elsewhere(self, file: str, *, but: ArticleId) -> bool:
        """Whether another article that is not withdrawn shows this picture."""
        ...

    async def weekly(self, *, now: datetime) -> Mapping[SourceId, float]:
        """Articles a week, by source: of the last four weeks by their publication."""
        ...


class Wishes(Protocol):
    """What editors want of issues to come; every act is a row of the audit."""

    async def order(self, issue: IssueId, order: Order, *, now: datetime, by: str) -> Issue:
        """Keep it with an unsealed issue, whose approvals end; MoveForbidden after the seal."""
        ...

    async def pin(
        self, edition: EditionId, story: StoryKey, *, now: datetime, by: str, on: bool = True
    ) -> None:
        """Let a story lead the edition's next issue, or no longer; said twice changes nothing."""
        ...

    async def pinned(self, edition: EditionId) -> Sequence[StoryKey]:
        """Newest pin first."""
        ...

    async def correct(
        self, article: ArticleId, words: str | None, *, now: datetime, by: str
    ) -> Article:
        """A new version with that correction, or without one.  KeyError: there is no such one."""
        ...
