"""Sitemaps and listings walked for real: which pages are asked for, and what a bad one costs."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import pytest

from publisher.collect.fetch import HttpFetcher, open_fetcher
from publisher.collect.follow import Legs, Walk, alternates_of, follow_listing, follow_sitemap
from publisher.model.articles import Article
from publisher.model.problems import Severity
from publisher.model.sources import Rights, SourceKind
from tests.support.build import NOON, RU, make_article, make_entry, make_source
from tests.support.origin import Origin, open_origin

P = ParamSpec("P")
T = TypeVar("T")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"


async def at_once(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The port Crunch, in this process."""
    return work(*args, **kwargs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Legs at an origin, and what they walked past."""

    origin: Origin
    legs: Legs

    async def sitemap(self, path: str = "/map.xml", *, first_pass: bool = False) -> Walk:
        page = await self.legs.fetched(self.origin.url(path))
        walk = await follow_sitemap(self.legs, page, first_pass=first_pass)
        assert walk is not None
        return walk

    async def listing(self, path: str = "/list") -> Walk:
        page = await self.legs.fetched(self.origin.url(path))
        walk = await follow_listing(self.legs, page, first_pass=False)
        assert walk is not None
        return walk

    def knowing(self, **articles: Article) -> "Walker":
        """The same, where the pages /name are stored as these."""
        stored = {self.origin.url(f"/{name}"): one for name, one in articles.items()}
        return replace(self, legs=replace(self.legs, known=_standing(stored)))

    def asking(self, **source: Any) -> "Walker":
        return replace(self, legs=replace(self.legs, source=replace(self.legs.source, **source)))

    @property
    def asked(self) -> list[str]:
        """The paths of articles, in the order they were asked for."""
        return [one.path for one in self.origin.asked if one.path not in {"/map.xml", "/list"}]

    def story(self, path: str, title: str = "") -> str:
        head = f"<title>{title or path[1:]}</title><meta name='description' content='Words'>"
        return self.origin.page(
            path, f"<html><head>{head}</head></html>".encode(), content_type="text/html"
        )

    def listed(self, *urls: str, path: str = "/map.xml") -> str:
        inside = "".join(f"<url>{one}</url>" for one in urls)
        document = f'<urlset xmlns:news="{NEWS}">{inside}</urlset>'
        return self.origin.page(path, document.encode())

    def linking(self, *paths: str) -> str:
        links = "".join(f'<a href="{path}">x</a>' for path in paths)
        body = f"<nav><a href='/about'>About</a></nav><main>{links}</main>"
        return self.origin.page("/list", body.encode(), content_type="text/html")


def _standing(
    stored: Mapping[str, Article],
) -> Callable[[Collection[str]], Any]:
    async def known(keys: Collection[str]) -> Mapping[str, Article]:
        return {key: stored[key] for key in keys if key in stored}

    return known


@pytest.fixture
async def fetcher() -> AsyncIterator[HttpFetcher]:
    async with open_fetcher("Publisher (+https://embankment.test)", gap=timedelta(0)) as ours:
        yield ours


@pytest.fixture
async def walker(fetcher: HttpFetcher) -> AsyncIterator[Walker]:
    source = make_source(kind=SourceKind.SITEMAP, allow_private=True, links="main a")
    legs = Legs(source=source, known=_standing({}), fetcher=fetcher, crunch=at_once, now=NOON)
    async with open_origin() as origin:
        yield Walker(origin=origin, legs=legs)


def seen(at: datetime, **overrides: Any) -> Article:
    return make_article(collected_at=at, published_at=at, updated_at=None, **overrides)


def loc(url: str, *, changed: datetime | None = None, title: str | None = None) -> str:
    """One page of a sitemap; with a title it is a news one, whose date is `changed`."""
    if title is not None:
        stamp = (
            f"<news:publication_date>{changed.isoformat()}</news:publication_date>"
            if changed
            else ""
        )
        return f"<loc>{url}</loc><news:news><news:title>{title}</news:title>{stamp}</news:news>"
    return f"<loc>{url}</loc>" + (f"<lastmod>{changed.isoformat()}</lastmod>" if changed else "")


# --- sitemaps -----------------------------------------------------------------------------------


async def test_pages_are_read_newest_first_and_twenty_a_pass(walker: Walker) -> None:
    paths = [f"/s{number:02}" for number in range(25)]
    walker.listed(
        *(
            loc(walker.story(path), changed=NOON - number * HOUR)
            for number, path in reversed(list(enumerate(paths)))
        )
    )

    walk = await walker.sitemap()

    assert walker.asked[:10] == paths[:10]
    assert len(set(walker.asked)) == len(walk.entries) == 20
    assert (walk.left, walk.problems) == (5, ())


async def test_pages_older_than_a_week_are_not_followed(walker: Walker) -> None:
    walker.listed(
        loc(walker.story("/new"), changed=NOON - 7 * DAY),
        loc(walker.story("/old"), changed=NOON - 7 * DAY - HOUR),
        loc(walker.story("/told"), changed=NOON - 8 * DAY, title="Told"),
    )

    await walker.sitemap(first_pass=True)

    assert walker.asked == ["/new"]


async def test_pages_without_a_date_are_followed_on_the_first_pass_alone(walker: Walker) -> None:
    walker.listed(loc(walker.story("/a")), loc(walker.story("/b"), changed=NOON))

    await walker.sitemap()
    later = walker.asked.copy()
    await walker.sitemap(first_pass=True)

    assert later == ["/b"]
    assert walker.asked == ["/b", "/b", "/a"]


async def test_a_known_page_is_read_again_only_when_it_changed_since(walker: Walker) -> None:
    walker.listed(
        *(loc(walker.story(f"/{name}"), changed=NOON - HOUR) for name in ("a", "b", "c", "e")),
        loc(walker.story("/d"), changed=NOON, title="D"),
    )
    read_before, read_after = seen(NOON - 2 * HOUR), seen(NOON)
    corrected = replace(read_before, updated_at=NOON)

    walk = await walker.knowing(
        a=read_before, b=read_after, c=corrected, d=read_before, e=seen(NOON - HOUR)
    ).sitemap()

    assert walker.asked == ["/a"]
    assert (len(walk.entries), walk.left) == (1, 0)


async def test_a_page_named_twice_is_asked_for_once(walker: Walker) -> None:
    url = walker.story("/a")
    walker.listed(loc(url, changed=NOON), loc(f"{url}?utm_source=map", changed=NOON))

    walk = await walker.sitemap()

    assert walker.asked == ["/a"]
    assert [one.key for one in walk.entries] == [url]


async def test_of_an_index_five_parts_that_changed_lately_are_read_newest_first(
    walker: Walker,
) -> None:
    ages = {"/p0": 30 * HOUR, "/p1": HOUR, "/p2": 4 * DAY, "/p3": 2 * HOUR, "/p4": 3 * HOUR}
    ages |= {"/p5": 4 * HOUR, "/p6": 5 * HOUR}
    parts = ""
    for path, age in ages.items():
        walker.listed(loc(walker.story(f"/story{path[2]}"), changed=NOON), path=path)
        changed = (NOON - age).isoformat()
        parts += f"<sitemap><loc>{path}</loc><lastmod>{changed}</lastmod></sitemap>"
    walker.origin.page("/map.xml", f"<sitemapindex>{parts}</sitemapindex>".encode())

    await walker.sitemap()

    assert walker.asked[:5] == ["/p1", "/p3", "/p4", "/p5", "/p6"]
    assert sorted(walker.asked[5:]) == ["/story1", "/story3", "/story4", "/story5", "/story6"]


async def test_parts_of_an_index_that_did_not_change_for_three_days_are_the_archive(
    walker: Walker,
) -> None:
    parts = ""
    for path, age in {"/p0": 3 * DAY, "/p1": 3 * DAY + HOUR}.items():
        walker.listed(path=path)
        changed = (NOON - age).isoformat()
        parts += f"<sitemap><loc>{path}</loc><lastmod>{changed}</lastmod></sitemap>"
    walker.origin.page("/map.xml", f"<sitemapindex>{parts}</sitemapindex>".encode())

    await walker.sitemap(first_pass=True)

    assert walker.asked == ["/p0"]


async def test_a_part_that_is_missing_or_no_sitemap_costs_itself(walker: Walker) -> None:
    walker.listed(loc(walker.story("/a"), changed=NOON), path="/good")
    walker.origin.page("/bad", b"<html><body>Sorry</body></html>")
    parts = "".join(f"<sitemap><loc>/{name}</loc></sitemap>" for name in ("gone", "bad", "good"))
    walker.origin.page("/map.xml", f"<sitemapindex>{parts}</sitemapindex>".encode())

    walk = await walker.sitemap()

    assert [one.title for one in walk.entries] == ["a"]
    assert [(one.place and one.place.file, one.severity) for one in walk.problems] == [
        (walker.origin.url("/gone"), Severity.WARN),
        (walker.origin.url("/bad"), Severity.WARN),
    ]


async def test_a_page_that_fails_costs_itself_alone_and_says_so(walker: Walker) -> None:
    walker.origin.page("/empty", b"<p></p>", content_type="text/html")
    walker.listed(
        loc(walker.origin.url("/gone"), changed=NOON),
        loc(walker.origin.url("/empty"), changed=NOON - HOUR),
        loc(walker.story("/fine"), changed=NOON - 2 * HOUR),
    )

    walk = await walker.sitemap()

    gone, empty = walk.problems
    assert [one.title for one in walk.entries] == ["fine"]
    assert gone.place is not None
    assert gone.place.file == walker.origin.url("/gone")
    assert (gone.severity, gone.args["detail"]) == (Severity.WARN, "404 Not Found")
    assert empty.args["url"] == walker.origin.url("/empty")


async def test_a_quoted_source_needs_no_more_than_the_headline(walker: Walker) -> None:
    url = walker.origin.url("/gone")
    walker.listed(loc(url, changed=NOON, title="Bread and roses"))

    quoted = await walker.asking(rights=Rights.QUOTE).sitemap()
    owned = await walker.sitemap()

    (entry,) = quoted.entries
    assert (entry.key, entry.title, entry.body, entry.published_at) == (
        url, "Bread and roses", "", NOON,
    )  # fmt: skip
    assert quoted.problems == ()
    assert (owned.entries, len(owned.problems)) == ((), 1)


async def test_the_headline_of_the_sitemap_counts_and_a_new_one_is_material(
    walker: Walker,
) -> None:
    url = walker.story("/a", title="Bread and roses – The Wire")
    walker.listed(loc(url, changed=NOON, title="Bread and roses"))
    (before,) = (await walker.sitemap()).entries
    walker.listed(loc(url, changed=NOON, title="Bread without roses"))

    (after,) = (await walker.sitemap()).entries

    assert (before.title, after.title) == ("Bread and roses", "Bread without roses")
    assert before.words != after.words


async def test_a_page_is_known_by_the_address_it_is_listed_under(walker: Walker) -> None:
    walker.story("/b")
    walker.origin.redirect("/a", "/b")
    walker.listed(loc(walker.origin.url("/a?utm_source=map"), changed=NOON))

    (entry,) = (await walker.sitemap()).entries

    assert (entry.key, entry.url) == (walker.origin.url("/a"), walker.origin.url("/b"))


async def test_what_is_no_sitemap_is_none(walker: Walker) -> None:
    page = await walker.legs.fetched(walker.story("/map.xml"))

    assert await follow_sitemap(walker.legs, page, first_pass=True) is None


async def test_private_pages_are_followed_only_where_the_source_allows_it(walker: Walker) -> None:
    walker.listed(loc(walker.story("/a"), changed=NOON))
    page = await walker.legs.fetched(walker.origin.url("/map.xml"))

    walk = await follow_sitemap(walker.asking(allow_private=False).legs, page, first_pass=True)

    assert walk is not None
    assert (walk.entries, len(walk.problems), walker.asked) == ((), 1, [])


# --- listings -----------------------------------------------------------------------------------


async def test_a_listing_is_followed_in_its_order_and_by_its_selector(walker: Walker) -> None:
    paths = [f"/{letter}" for letter in "qwertyuiopasdfghjklzxcv"]
    for path in paths:
        walker.story(path)
    walker.linking(*paths)

    walk = await walker.listing()

    assert walker.asked[:10] == paths[:10]
    assert len(set(walker.asked)) == 20
    assert walk.left == 3


async def test_known_pages_of_a_listing_are_read_again_for_two_days_after_new_ones(
    walker: Walker,
) -> None:
    for name in ("young", "old", "new"):
        walker.story(f"/{name}")
    walker.linking("/young", "/old", "/new")
    known = walker.knowing(young=seen(NOON - DAY), old=seen(NOON - 2 * DAY))

    walk = await known.listing()

    assert walker.asked == ["/new", "/young"]
    assert walk.left == 0


async def test_a_listing_without_links_is_none(walker: Walker) -> None:
    walker.linking()
    page = await walker.legs.fetched(walker.origin.url("/list"))

    assert await follow_listing(walker.legs, page, first_pass=True) is None


# --- other languages ----------------------------------------------------------------------------


async def test_pages_of_entries_are_asked_for_their_other_languages(walker: Walker) -> None:
    head = '<link rel="alternate" hreflang="ru" href="/ru/a">'
    url = walker.origin.page("/a", head.encode(), content_type="text/html")
    entries = [make_entry(key="a", url=url), make_entry(key="b", url=walker.origin.url("/gone"))]

    found = await alternates_of(walker.legs, entries)

    assert found == {"a": ((RU, walker.origin.url("/ru/a")),)}


async def test_pages_that_always_fail_block_the_others_for_no_more_than_a_while(
    walker: Walker,
) -> None:
    broken = [f"/broken{number}" for number in range(30)]
    walker.linking(*broken, walker.story("/last"))

    walks = []
    for minute in range(4):
        later = replace(walker.legs, now=NOON + timedelta(minutes=minute))
        walks.append(await replace(walker, legs=later).listing())

    assert any(one.title == "last" for walk in walks for one in walk.entries)
