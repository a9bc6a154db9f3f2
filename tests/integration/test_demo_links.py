"""The demo as a whole: every link of its mails and feeds opens on this machine."""

import json
import re
from email import policy
from email.parser import BytesParser
from html import unescape
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import feedparser
import pytest
from aiohttp import ClientSession

from publisher.demo.run import Demo, demonstrating, perform
from tests.support.build import NOON

_LINK = re.compile(r"""(?:href|src)="([^"]+)"|(https?://[^\s<>"']+)""")


@pytest.mark.filterwarnings("ignore:To avoid breaking existing:DeprecationWarning:feedparser")
async def test_every_link_of_the_demos_mails_and_feeds_opens_here(tmp_path: Path) -> None:
    async with demonstrating(tmp_path, {}, lambda: NOON) as show, ClientSession() as session:
        outcome = await perform(show)
        links = _mailed(show) | _fed(show) | _listed(show)
        answers = {}
        for link in sorted(links):
            async with session.get(link, allow_redirects=False) as answer:
                answers[link] = answer.status

    assert outcome.mails == 12
    assert len(links) > 50
    assert {urlsplit(link).netloc for link in links} == {urlsplit(show.url).netloc}
    assert {link: status for link, status in answers.items() if status != 200} == {}


def _mailed(show: Demo) -> set[str]:
    found: set[str] = set()
    for path in show.mailbox.files():
        mail = BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        parts = [part.get_content() for part in mail.walk() if not part.is_multipart()]
        for words in (*parts, str(mail["List-Unsubscribe"]).replace("<", " ").replace(">", " ")):
            found |= _links(unescape(words))
    return found


def _fed(show: Demo) -> set[str]:
    found: set[str] = set()
    feeds = show.folder / "public" / "feeds"
    for path in feeds.rglob("*.json"):
        told = json.loads(path.read_bytes())
        found |= {told["home_page_url"], told["feed_url"]}
        for item in told["items"]:
            found |= {item["url"], *_links(item["content_html"])}
            found |= {one["url"] for one in item.get("attachments", ())}
    for path in (*feeds.rglob("*.rss"), *feeds.rglob("*.atom")):
        feed = feedparser.parse(path.read_bytes())
        found |= {feed.feed.link, *(link.href for link in feed.feed.links)}
        for entry in feed.entries:
            found |= {entry.link, *(link.href for link in entry.links)}
            for content in entry.get("content", ()):
                found |= _links(unescape(content.value))
    return found


def _listed(show: Demo) -> set[str]:
    """The pages that list the feeds, and what they list."""
    found = {f"{show.url}/feeds", f"{show.url}/ru/feeds"}
    for path in (show.folder / "public").rglob("feeds/index.html"):
        words = unescape(path.read_text("utf-8"))
        found |= {urljoin(f"{show.url}/", one) for one, _ in _LINK.findall(words) if one}
    return {link for link in found if link.startswith("http")}


def _links(words: str) -> set[str]:
    pairs = _LINK.findall(words)
    found = {one or other for one, other in pairs}
    return {
        link
        for link in found
        if link.startswith("http") and not link.startswith("http://www.w3.org")
    }
