"""Kind `page`: the links a selector finds."""

import pytest

from publisher.collect.listing import listed_links

URL = "https://wire.test/news/"


def links(document: str, selector: str = "main a") -> tuple[str, ...]:
    return listed_links(document.encode(), "text/html; charset=utf-8", URL, selector)


def test_the_selector_may_hit_links_or_what_holds_them() -> None:
    document = '<nav><a href="/about">About</a></nav><main><h2><a href="a">A</a></h2></main>'

    assert links(document, "main a") == ("https://wire.test/news/a",)
    assert links(document, "main") == ("https://wire.test/news/a",)
    assert links(document, "h2") == ("https://wire.test/news/a",)


def test_links_are_whole_unique_and_in_the_order_of_the_page() -> None:
    document = (
        '<main><a href="/b#comments">B</a><a href=" https://wire.test/a ">A</a>'
        '<a href="/b">B again</a><a href="?page=2">More</a></main>'
    )

    assert links(document) == (
        "https://wire.test/b",
        "https://wire.test/a",
        "https://wire.test/news/?page=2",
    )


def test_what_leads_nowhere_or_back_to_the_listing_is_left_out() -> None:
    document = (
        '<main><a>none</a><a href="">empty</a><a href="#top">up</a><a href="/news/">here</a>'
        '<a href="javascript:void(0)">js</a><a href="mailto:a@wire.test">mail</a>'
        '<a href="ftp://wire.test/a">file</a>'
        '<a href="http://[">half</a><a href="/a">A</a></main>'
    )

    assert links(document) == ("https://wire.test/a",)


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ("https://other.test/x/", "https://other.test/x/a"),
        ("/y/", "https://wire.test/y/a"),
        ("http://[", "https://wire.test/news/a"),
        ("", "https://wire.test/news/a"),
    ],
)
def test_the_base_of_a_page_counts_where_it_is_an_address(base: str, expected: str) -> None:
    assert links(f'<base href="{base}"><main><a href="a">A</a></main>') == (expected,)


def test_selectors_are_those_of_html() -> None:
    document = '<main><A class="Story" HREF="/a">A</A></main>'

    assert links(document, "MAIN A.Story:link") == ("https://wire.test/a",)


@pytest.mark.parametrize("document", ["", "   ", "<!-- nothing -->", "{}", "<main></main>"])
def test_a_page_without_links_gives_none(document: str) -> None:
    assert links(document) == ()


def test_a_page_that_goes_too_deep_costs_no_more_than_itself() -> None:
    assert links("<main><a href='/a'>A</a>" + "<div>" * 100_000) == ("https://wire.test/a",)


def test_russian_addresses_in_another_encoding_are_read() -> None:
    document = '<html><main><a href="/новости/мост-открыли">Мост открыли на рассвете</a></main>'

    found = listed_links(document.encode("cp1251"), "text/html; charset=cp1251", URL, "a")

    assert found == ("https://wire.test/новости/мост-открыли",)
