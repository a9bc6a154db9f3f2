"""Pages of the public site through the legal gate, on their final text (law 1).

Filling a template and judging what came of it are one piece of work, made to run in a helper
process.
"""

from dataclasses import dataclass

from publisher.assets import Assets
from publisher.compose import legal
from publisher.compose.front import front_listed
from publisher.compose.labels import Labels, lists_of
from publisher.compose.legal_page import inspect_page
from publisher.errors import Misconfigured
from publisher.model.problems import Problem
from publisher.render.site import SiteOrder, page_file, site_page


@dataclass(frozen=True, slots=True, kw_only=True)
class GatedPage:
    """A page that may be published, or None and why not."""

    html: str | None
    problems: tuple[Problem, ...] = ()


def gated_page(order: SiteOrder, assets: Assets) -> GatedPage:
    """Fill the page; a broken template, or one without what the law wants, publishes nothing."""
    try:
        html = site_page(order, assets)
    except Misconfigured as broken:
        return GatedPage(html=None, problems=broken.problems)
    front = order.front
    printed = (*front.ticker, *front.told, *front.named)
    problems = inspect_page(
        html,
        name=page_file(order.newsroom, order.language, order.page),
        profile=order.profile,
        language=order.language,
        first_title=printed[0].title if printed else "",
        listed=list(front_listed(front, order.newsroom, order.profile)),
        labels=Labels(of=order.labels, rest=order.notes),
        lists=lists_of(order.profile, order.newsroom.labels),
    )
    return GatedPage(html=None if legal.blocking(problems) else html, problems=problems)
