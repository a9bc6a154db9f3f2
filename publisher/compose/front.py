"""The front page as a choice: what is newest, what leads, what stands below it.  Prints nothing."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from publisher.compose.labels import NO_LABELS, Labels, labels_in, words_in
from publisher.compose.legal_digest import asks_listing_marks
from publisher.compose.marks import mark_of
from publisher.model.articles import AgeMark, Article
from publisher.model.front import Front, FrontBlock
from publisher.model.labels import LabelList
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom, Section

TICKER: Final = 8
_LEADS: Final = timedelta(days=1)  # a picture older than this leads nothing
_TOLD, _BRIEFS = 2, 3  # stories of a section with a sentence, and by headline alone


def plan_front(articles: Sequence[Article], newsroom: Newsroom, *, now: datetime) -> Front:
    """Choose from `articles` (see `feed_entries.printed`), which are newest first."""
    lead = _lead(articles, now)
    rest = [one for one in articles if one is not lead]
    return Front(
        ticker=tuple(articles[:TICKER]),
        lead=lead,
        blocks=tuple(
            block for section in newsroom.sections if (block := _block(section, rest)).told
        ),
    )


def front_labels(front: Front, lists: Sequence[LabelList], language: Language) -> Labels:
    """The sentences to print beside the stories that mention a name, and once for headlines."""
    if not lists:
        return NO_LABELS
    return Labels(
        of={
            one.id: sentences
            for one in front.told
            if (sentences := labels_in(words_in(one), lists, language))
        },
        rest=labels_in([one.title for one in front.named], lists, language),
    )


def front_listed(
    front: Front, newsroom: Newsroom, profile: LegalProfile
) -> Iterator[tuple[str, AgeMark]]:
    """Titles that must bear a mark of their own (rule L19), with that mark."""
    if not asks_listing_marks(profile):
        return
    for article in (*front.told, *front.named):
        mark = mark_of(article, (profile,))
        section = newsroom.section(article.section) if article.section else None
        if mark is not None and section is not None and section.listing:
            yield article.title, mark


def _lead(articles: Sequence[Article], now: datetime) -> Article | None:
    """The newest with a picture, if it is of the last day; else the newest."""
    fresh = (one for one in articles if one.published_at >= now - _LEADS)
    return next((one for one in fresh if one.image), articles[0] if articles else None)


def _block(section: Section, rest: Sequence[Article]) -> FrontBlock:
    ours = [one for one in rest if one.section == section.id]
    return FrontBlock(
        section=section,
        told=tuple(ours[:_TOLD]),
        briefs=tuple(ours[_TOLD : _TOLD + _BRIEFS]),
    )
