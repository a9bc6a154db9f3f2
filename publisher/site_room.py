"""The public site beside the feeds: front page and page of feeds, in every language.

Made when feeds are made, so that no visit costs a query.  What the gate refuses keeps its last
good file.
"""

from collections.abc import Iterator

from publisher.compose.feed_catalogue import catalogue
from publisher.compose.front import front_labels, plan_front
from publisher.compose.labels import lists_of
from publisher.feed_files import FeedFiles
from publisher.feed_room import FeedRoom
from publisher.gate import show_logo
from publisher.house import House
from publisher.model.problems import Problem
from publisher.page_gate import gated_page
from publisher.render.site import FEEDS, FRONT, SiteOrder, page_file

STATIC = "static"
_OURS = f"templates/web/{STATIC}"
_FACE = ".woff2"  # packed already


async def write_site(
    room: FeedRoom, files: FeedFiles
) -> tuple[dict[str, bool], tuple[Problem, ...]]:
    """Every page and what pages are drawn with: its file and whether it is new; why some are not.

    Nothing of it is in a feed's own folder but the page that lists the feeds.
    """
    house = room.house
    show_logo(house)
    written = await write_static(house, files)
    problems: list[Problem] = []
    for order in _orders(room):
        made = await house.crunch(gated_page, order, house.assets)
        problems += made.problems
        if made.html is not None:
            path = page_file(order.newsroom, order.language, order.page)
            written[path] = await files.put(path, made.html.encode())
    return written, tuple(problems)


async def write_static(house: House, files: FeedFiles) -> dict[str, bool]:
    """Typefaces and scripts: the newsroom's own files before ours."""
    folders = house.assets.folders("templates")
    names = {one.name for top in folders for one in (top / "web" / STATIC).glob("*.*")}
    written = {}
    for name in sorted(names):
        if (found := house.assets.find(f"{_OURS}/{name}")) is not None:
            path, data = f"{STATIC}/{name}", found.read_bytes()
            face = name.endswith(_FACE)
            written[path] = house.files.write(path, data) if face else await files.put(path, data)
    return written


def _orders(room: FeedRoom) -> Iterator[SiteOrder]:
    newsroom, lists = room.house.newsroom, lists_of(room.profile, room.house.newsroom.labels)
    places = catalogue(newsroom, room.house.text)
    for language in newsroom.site.languages:
        front = plan_front(room.may_print[language], newsroom, now=room.now)
        labels = front_labels(front, lists, language)
        yield SiteOrder(
            newsroom=newsroom,
            language=language,
            profile=room.profile,
            now=room.now,
            page=FRONT,
            front=front,
            labels=labels.of,
            notes=labels.rest,
        )
        yield SiteOrder(
            newsroom=newsroom,
            language=language,
            profile=room.profile,
            now=room.now,
            page=FEEDS,
            places=places,
        )
