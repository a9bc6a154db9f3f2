"""Kind `sitemap`: what a document lists, whatever its dialect."""

import gzip
from datetime import UTC, datetime

import pytest

from publisher.collect.sitemaps import Listed, Sitemap, read_sitemap
from publisher.model.sources import Source
from tests.support.build import EN, RU, make_source

URL = "https://wire.test/sitemap.xml"
OPEN = (
    '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
    ' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    ' xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
    ' xmlns:video="http://www.google.com/schemas/sitemap-video/1.1"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml">'
)


def read(document: str | bytes, source: Source | None = None) -> Sitemap | None:
    body = document if isinstance(document, bytes) else document.encode()
    return read_sitemap(body, "application/xml", URL, source or make_source())


def pages(*urls: str) -> tuple[Listed, ...]:
    found = read(OPEN + "".join(f"<url>{one}</url>" for one in urls) + "</urlset>")
    assert found is not None
    return found.pages


def test_a_news_sitemap_gives_headline_date_and_other_languages() -> None:
    listed = pages(
        "<loc> https://wire.test/a?x=1&amp;y=2 </loc><lastmod>2026-11-22T12:00:00Z</lastmod>"
        "<news:news><news:publication><news:name>Wire</news:name>"
        "<news:language>en</news:language></news:publication>"
        "<news:publication_date>2026-11-22T10:00:00+03:00</news:publication_date>"
        "<news:title>Bread &amp;amp; roses</news:title></news:news>"
        '<xhtml:link rel="alternate" hreflang="ru-RU" href="/ru/a"/>'
        '<xhtml:link rel="alternate" hreflang="x-default" href="/a"/>'
    )

    assert listed == (
        Listed(
            url="https://wire.test/a?x=1&y=2",
            title="Bread & roses",
            published_at=datetime(2026, 11, 22, 7, 0, tzinfo=UTC),
            changed_at=datetime(2026, 11, 22, 12, 0, tzinfo=UTC),
            alternates=((RU, "https://wire.test/ru/a"),),
        ),
    )


def test_a_picture_or_a_film_does_not_pass_for_the_page() -> None:
    (listed,) = pages(
        "<image:image><image:loc>https://wire.test/p.jpg</image:loc>"
        "<image:title>The picture</image:title></image:image>"
        "<video:video><video:title>The film</video:title>"
        "<video:publication_date>2020-01-01</video:publication_date></video:video>"
        "<loc>https://wire.test/a</loc>"
    )

    assert listed == Listed(url="https://wire.test/a")


@pytest.mark.parametrize(
    "namespace",
    [
        "",
        ' xmlns="http://www.google.com/schemas/sitemap/0.84"',
        ' xmlns="https://www.sitemaps.org/schemas/sitemap/0.9/"',
    ],
)
def test_the_namespace_is_taken_as_people_write_it(namespace: str) -> None:
    found = read(f"<urlset{namespace}><url><loc>https://wire.test/a</loc></url></urlset>")

    assert found == Sitemap(pages=(Listed(url="https://wire.test/a"),))


def test_the_first_of_a_repeated_element_counts() -> None:
    (listed,) = pages("<loc>https://wire.test/a</loc><loc>https://wire.test/b</loc>")

    assert listed.url == "https://wire.test/a"


def test_a_day_alone_is_midnight_in_the_zone_of_the_source() -> None:
    (listed,) = pages("<loc>https://wire.test/a</loc><lastmod>2026-11-22</lastmod>")

    assert listed.changed_at == datetime(2026, 11, 21, 21, 0, tzinfo=UTC)


def test_an_index_lists_sitemaps_with_their_dates() -> None:
    found = read(
        '<?xml version="1.0" encoding="UTF-8"?><!-- made nightly --><sitemapindex>'
        "<sitemap><loc>https://wire.test/1.xml</loc><lastmod>2026-11-22T00:00:00Z</lastmod>"
        "</sitemap><sitemap><loc>/2.xml</loc></sitemap></sitemapindex>"
    )

    assert found == Sitemap(
        children=(
            Listed(url="https://wire.test/1.xml", changed_at=datetime(2026, 11, 22, tzinfo=UTC)),
            Listed(url="https://wire.test/2.xml"),
        )
    )


def test_plain_text_is_an_address_a_line() -> None:
    found = read("\ufeffhttps://wire.test/a\r\n\r\nhttps://wire.test/б\nnot one\nftp://wire.test/c")

    assert found is not None
    assert [one.url for one in found.pages] == ["https://wire.test/a", "https://wire.test/б"]


def test_a_gz_file_is_unpacked() -> None:
    packed = gzip.compress(f"{OPEN}<url><loc>https://wire.test/a</loc></url></urlset>".encode())

    assert read(packed) == Sitemap(pages=(Listed(url="https://wire.test/a"),))


def test_a_gz_file_is_unpacked_only_so_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("publisher.collect.sitemaps._LARGEST", 1000)
    lines = "".join(f"https://wire.test/{number:04}\n" for number in range(1000))

    found = read(gzip.compress(lines.encode()))

    assert found is not None
    assert 30 < len(found.pages) < 60


def test_no_more_than_fifty_thousand_addresses_are_taken() -> None:
    found = read("".join(f"https://wire.test/{number}\n" for number in range(50_001)))

    assert found is not None
    assert len(found.pages) == 50_000


@pytest.mark.parametrize(
    "address", ["", "ftp://wire.test/a", "javascript:alert(1)", "http://[", "file:///etc/hosts"]
)
def test_what_is_no_address_of_the_web_costs_itself_alone(address: str) -> None:
    listed = pages(f"<loc>{address}</loc>", "<loc>https://wire.test/b</loc>")

    assert [one.url for one in listed] == ["https://wire.test/b"]


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"<!doctype html><html><body><p>Not here</p></body></html>",
        b"<rss version='2.0'><channel/></rss>",
        b"Not here, sorry",
        b"\x1f\x8b no archive",
        b"<",
        b"<?xml",
    ],
)
def test_what_is_no_sitemap_is_none(document: bytes) -> None:
    assert read(document) is None


def test_half_a_document_gives_the_pages_that_came_whole() -> None:
    found = read(f"{OPEN}<url><loc>https://wire.test/a</loc></url><url><loc>https://wire.te")

    assert found == Sitemap(pages=(Listed(url="https://wire.test/a"),))


def test_entities_neither_explode_nor_open_files() -> None:
    bomb = "".join(f'<!ENTITY e{number} "{f"&e{number - 1};" * 10}">' for number in range(1, 12))
    document = (
        f'<!DOCTYPE urlset [<!ENTITY e0 "boom"><!ENTITY file SYSTEM "file:///etc/hosts">{bomb}]>'
        f"{OPEN}<url><loc>https://wire.test/a</loc><news:news><news:title>&file;&e11;</news:title>"
        "</news:news></url></urlset>"
    )

    assert read(document) == Sitemap(pages=(Listed(url="https://wire.test/a"),))


def test_russian_in_another_encoding_is_read() -> None:
    document = (
        f'<?xml version="1.0" encoding="windows-1251"?>{OPEN}<url><loc>https://wire.test/a</loc>'
        "<news:news><news:title>Мост открыли на рассвете</news:title></news:news></url></urlset>"
    )

    found = read(document.encode("cp1251"), make_source(language=RU))

    assert found is not None
    assert found.pages[0].title == "Мост открыли на рассвете"


def test_languages_keep_the_order_of_the_page() -> None:
    (listed,) = pages(
        "<loc>https://wire.test/a</loc>"
        '<xhtml:link rel="alternate" hreflang="en" href="https://wire.test/a"/>'
        '<xhtml:link rel="alternate" hreflang="RU" href="https://wire.test/ru/a"/>'
    )

    assert listed.alternates == ((EN, "https://wire.test/a"), (RU, "https://wire.test/ru/a"))
