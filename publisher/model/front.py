"""Front: what stands on the front page of one language."""

from dataclasses import dataclass

from publisher.model.articles import Article
from publisher.model.newsroom import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontBlock:
    """A section of the page."""

    section: Section
    told: tuple[Article, ...]  # with a sentence
    briefs: tuple[Article, ...] = ()  # headlines


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """One language's front page; every article in it may be printed."""

    ticker: tuple[Article, ...]  # newest first
    lead: Article | None
    blocks: tuple[FrontBlock, ...]  # in the order of config

    @property
    def told(self) -> tuple[Article, ...]:
        """What is printed with more than its headline."""
        lead = (self.lead,) if self.lead else ()
        return (*lead, *(one for block in self.blocks for one in block.told))

    @property
    def named(self) -> tuple[Article, ...]:
        """What is printed by its headline alone."""
        return (*self.ticker, *(one for block in self.blocks for one in block.briefs))
