"""Which story goes first."""

from collections.abc import Sequence

from publisher.model.issues import Item
from publisher.model.names import StoryKey
from publisher.model.newsroom import Newsroom


def choose_lead(items: Sequence[Item], newsroom: Newsroom) -> StoryKey | None:
    """The story to put first, of items in print order; None when nothing is printed.

    The first breaking story; else, of the first section that is no listing, the newest with an
    image, or the first.  What is only linked and what is paid for never leads.
    """
    printed = [item for item in items if not item.linked and not item.sponsored]
    breaking = [item for item in printed if is_breaking(item)]
    if breaking:
        return breaking[0].story
    listings = {section.id for section in newsroom.sections if section.listing}
    news = [item for item in printed if item.section not in listings] or printed
    first = [item for item in news if item.section == news[0].section]
    pictured = sorted(filter(_has_image, first), key=newest_first)
    return next((item.story for item in [*pictured, *first]), None)


def is_breaking(item: Item) -> bool:
    """Whether one of its versions is breaking news."""
    return any(article.breaking for article in item.versions)


def newest_first(item: Item) -> tuple[float, StoryKey]:
    """To sort by: the newest first, one order for those of one instant."""
    return -item.versions[0].published_at.timestamp(), item.story


def _has_image(item: Item) -> bool:
    return any(article.image is not None for article in item.versions)  # printable: credited
