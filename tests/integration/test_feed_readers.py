"""The sample newsroom's feeds in the hands of real readers: what they show is what was meant.

feedparser, fastfeedparser, newsboat and rss2email fetch over HTTP, in both languages, in every
format that each of them reads.
"""

import calendar
import mailbox
import os
import shutil
import sqlite3
import subprocess
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Any

import fastfeedparser
import feedparser
import pytest
from lxml import html

from publisher.model.feeds import Feed, FeedEntry
from publisher.render.feeds import credited
from tests.support.kiosk import Client, kiosk
from tests.support.samplefeeds import SampleFeeds, sample_feeds

FEEDS = ("feeds/en/all", "feeds/ru/all")
NEWSBOAT, R2E = shutil.which("newsboat"), shutil.which("r2e")

pytestmark = pytest.mark.filterwarnings(
    "ignore:To avoid breaking existing:DeprecationWarning:feedparser"
)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One entry, as far as a reader shows it; None: it does not."""

    title: str
    url: str
    at: int  # seconds
    words: str  # of the content
    links: tuple[str, ...]  # of the content, pictures' among them
    authors: tuple[str, ...] | None = None
    enclosure: tuple[str, str, int] | None = None  # address, type, length


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> SampleFeeds:
    return sample_feeds(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def client(sample: SampleFeeds) -> Iterator[Client]:
    with kiosk(sample.public) as client:
        yield client


def meant(feed: Feed, *, enclosures: bool = True, authors: bool = True) -> dict[str, Shown]:
    return {
        entry.id: Shown(
            title=entry.title,
            url=entry.url,
            at=int(entry.published_at.timestamp()),
            authors=entry.authors if authors else None,
            enclosure=_enclosed(entry) if enclosures else None,
            **_read(entry.content),
        )
        for entry in feed.entries
    }


def _enclosed(entry: FeedEntry) -> tuple[str, str, int] | None:
    image, url = credited(entry)
    return (url, image.media_type, image.size) if image and url else None


def _read(content: str) -> Any:
    """Its words in order, and where it leads: what sanitising must not change."""
    tree = html.fromstring(f"<div>{content}</div>")
    return {
        "words": " ".join(tree.text_content().split()),
        "links": tuple(link for _, _, link, _ in tree.iterlinks()),
    }


def address(client: Client, path: str) -> str:
    return f"http://127.0.0.1:{client.port}/{path}"


# --- feedparser ------------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["rss", "atom"])
@pytest.mark.parametrize("path", FEEDS)
def test_feedparser_shows_what_was_meant(
    sample: SampleFeeds, client: Client, path: str, extension: str
) -> None:
    url, feed = address(client, f"{path}.{extension}"), sample.meant[path]
    found = feedparser.parse(url)

    assert (found.status, found.bozo, found.encoding) == (200, False, "utf-8")
    assert (found.feed.title, found.feed.link) == (feed.title, feed.home_url)
    assert found.feed.language == feed.language
    assert {one.id: _parsed(one) for one in found.entries} == meant(feed)
    assert [one.id for one in found.entries] == [one.id for one in feed.entries]


def _parsed(entry: Any) -> Shown:
    enclosed = [(one.href, one.type, int(one.length)) for one in entry.enclosures]
    return Shown(
        title=entry.title,
        url=entry.link,
        at=calendar.timegm(entry.published_parsed),
        authors=tuple(one.name for one in entry.get("authors", ()) if one),
        enclosure=enclosed[0] if enclosed else None,
        **_read(entry.content[0].value),
    )


def test_feedparser_reads_every_feed_of_the_sample(sample: SampleFeeds, client: Client) -> None:
    for path, feed in sample.meant.items():
        for extension in ("rss", "atom"):
            found = feedparser.parse(address(client, f"{path}.{extension}"))
            assert not found.bozo, path
            assert (found.feed.title, found.feed.get("language")) == (feed.title, feed.language)
            assert {one.id: _parsed(one) for one in found.entries} == meant(feed), path


@pytest.mark.parametrize("said", ["etag", "modified"])
def test_feedparser_polls_for_nothing_where_nothing_is_new(client: Client, said: str) -> None:
    url = address(client, "feeds/ru/all.rss")
    first = feedparser.parse(url)
    again = feedparser.parse(url, **{said: first[said]})

    assert (again.status, again.entries) == (304, [])


# --- fastfeedparser --------------------------------------------------------------------------------


@pytest.mark.parametrize("extension", ["rss", "atom", "json"])
@pytest.mark.parametrize("path", FEEDS)
def test_fastfeedparser_shows_what_was_meant(
    sample: SampleFeeds, client: Client, path: str, extension: str
) -> None:
    feed = sample.meant[path]
    with urllib.request.urlopen(address(client, f"{path}.{extension}")) as answer:  # noqa: S310
        found = fastfeedparser.parse(answer.read())

    assert (found.feed.title, found.feed.link) == (feed.title, feed.home_url)
    # It shows one author of several, and the first of Atom's links as the enclosure's.
    shown = {one.id: _fast(one) for one in found.entries}
    assert shown == meant(feed, enclosures=extension != "atom", authors=False)
    for entry in feed.entries:
        one = next(one for one in found.entries if one.id == entry.id)
        assert (one.get("author") or "") in {*entry.authors, ", ".join(entry.authors), feed.author}


def _fast(entry: Any) -> Shown:
    enclosed = [(one["url"], one["type"], one["length"]) for one in entry.get("enclosures", ())]
    return Shown(
        title=entry.title,
        url=entry.link,
        at=int(datetime.fromisoformat(entry.published).timestamp()),
        enclosure=enclosed[0] if enclosed else None,
        **_read(entry.content[0]["value"]),
    )


# --- newsboat --------------------------------------------------------------------------------------


@pytest.mark.skipif(NEWSBOAT is None, reason="newsboat is not installed: NOT CHECKED")
@pytest.mark.parametrize("extension", ["rss", "atom"])
def test_newsboat_shows_what_was_meant(
    sample: SampleFeeds, client: Client, tmp_path: Path, extension: str
) -> None:
    """A reader for terminals; it counts no pictures among its enclosures."""
    urls = {path: address(client, f"{path}.{extension}") for path in FEEDS}
    (tmp_path / "urls").write_text("\n".join(urls.values()) + "\n")
    _reload(tmp_path)
    cache = sqlite3.connect(tmp_path / "cache.db")
    titles = dict(cache.execute("SELECT rssurl, title FROM rss_feed"))
    homes = dict(cache.execute("SELECT rssurl, url FROM rss_feed"))

    for path, url in urls.items():
        feed = sample.meant[path]
        assert (titles[url], homes[url]) == (feed.title, feed.home_url)
        rows = cache.execute(
            "SELECT guid, title, url, pubDate, author, content FROM rss_item WHERE feedurl = ?",
            (url,),
        ).fetchall()
        assert {row[0]: _kept(row) for row in rows} == {
            entry.id: Shown(
                title=entry.title,
                url=entry.url,
                at=int(entry.published_at.timestamp()),
                authors=(", ".join(entry.authors),),
                **_read(entry.content),
            )
            for entry in feed.entries
        }
    cache.close()


def _kept(row: Sequence[Any]) -> Shown:
    return Shown(title=row[1], url=row[2], at=row[3], authors=(row[4],), **_read(row[5]))


def _reload(folder: Path) -> None:
    config = folder / "config"
    config.touch()
    command = [NEWSBOAT, "-u", folder / "urls", "-c", folder / "cache.db", "-C", config]
    done = subprocess.run(
        [*command, "-x", "reload"],
        env=os.environ | {"HOME": str(folder), "LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


# --- rss2email -------------------------------------------------------------------------------------


@pytest.mark.skipif(R2E is None, reason="rss2email is not installed: NOT CHECKED")
@pytest.mark.parametrize("extension", ["rss", "atom"])
def test_rss2email_mails_what_was_meant(
    sample: SampleFeeds, client: Client, tmp_path: Path, extension: str
) -> None:
    urls = {path: address(client, f"{path}.{extension}") for path in FEEDS}
    mails = _mailed(tmp_path, urls)

    for path, url in urls.items():
        feed = sample.meant[path]
        ours = {mail["X-RSS-ID"]: mail for mail in mails if mail["X-RSS-Feed"] == url}
        assert ours.keys() == {entry.id for entry in feed.entries}
        for entry in feed.entries:
            _is_mailed_right(ours[entry.id], entry)


def _is_mailed_right(mail: EmailMessage, entry: FeedEntry) -> None:
    assert mail["Subject"] == entry.title
    assert mail["X-RSS-URL"] == entry.url
    at = mail["Date"].datetime.replace(tzinfo=UTC)  # it writes UTC as -0000
    assert at == entry.updated_at.replace(microsecond=0)
    if entry.authors:
        assert parseaddr(mail["From"])[0] == entry.authors[0]
    body = mail.get_body()
    assert body is not None
    tree = html.fromstring(body.get_content())
    [inner] = tree.xpath('//div[@id="body"]')
    assert _read(html.tostring(inner, encoding="unicode")) == _read(entry.content)
    [footer] = tree.xpath('//div[@class="footer"]')
    leads = [link for _, _, link, _ in footer.iterlinks()]
    enclosed = _enclosed(entry)
    assert leads[0] == entry.url
    assert enclosed is None or enclosed[0] in leads


def _mailed(folder: Path, urls: dict[str, str]) -> list[EmailMessage]:
    mailbox.Maildir(folder / "mail")
    mailbox.Maildir(folder / "mail" / "feeds")
    feeds = "".join(f"[feed.f{number}]\nurl = {url}\n" for number, url in enumerate(urls.values()))
    (folder / "r2e.cfg").write_text(
        "[DEFAULT]\nfrom = feeds@reader.test\nto = me@reader.test\nemail-protocol = maildir\n"
        f"maildir-path = {folder}/mail\nmaildir-mailbox = feeds\nhtml-mail = True\n"
        f"name-format = {{author}}\ndate-header = True\n{feeds}"
    )
    done = subprocess.run(
        [str(R2E), "-c", folder / "r2e.cfg", "-d", folder / "r2e.json", "run"],
        env=os.environ | {"HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    files = [file for file in (folder / "mail" / "feeds").rglob("*") if file.is_file()]
    made = [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]
    return [mail for mail in made if isinstance(mail, EmailMessage)]
