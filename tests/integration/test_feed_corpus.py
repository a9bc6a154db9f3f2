"""Third-party feeds: read without an exception, with feedparser's counts, both paths alike."""

import re
from pathlib import Path

import pytest

from publisher.collect import fast_feeds, feeds, slow_feeds
from publisher.collect.decode import to_text
from publisher.collect.feeds import FeedDocument, parse
from tests.support.build import make_source

CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "feeds"
SHARES = 8
_TYPE = re.compile(rb"Header:\s*Content-type:\s*(.+)", re.IGNORECASE)

pytestmark = pytest.mark.skipif(
    not CORPUS.is_dir(), reason="the feed corpus is not beside this checkout: NOT CHECKED"
)


def documents(share: int) -> list[Path]:
    files = sorted(path for path in CORPUS.rglob("*") if path.is_file())
    return [path for path in files if "schema" not in path.name][share::SHARES]


def read(path: Path) -> tuple[bytes, str]:
    body = path.read_bytes()
    said = _TYPE.search(body)
    return body, said[1].decode("latin-1").strip() if said else ""


def parsed(path: Path) -> FeedDocument:
    return parse(*read(path), "https://wire.test/feed", make_source())


@pytest.mark.parametrize("share", range(SHARES))
def test_every_file_is_read_with_the_entries_that_feedparser_finds(share: int) -> None:
    wrong = {}
    for path in documents(share):
        found = parsed(path)
        document = feeds._from_root(to_text(*read(path)))
        theirs = None if document.lstrip()[:1] in {"", "{"} else slow_feeds.read(document)
        if theirs and theirs.get("version"):
            counts = len(found.entries) + len(found.problems), len(theirs["entries"])
            if counts[0] != counts[1]:
                wrong[path.name] = counts

    assert wrong == {}


@pytest.mark.parametrize("share", range(SHARES))
def test_the_fast_path_gives_the_entries_of_the_slow_one(
    share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick = {path: parsed(path) for path in documents(share)}
    monkeypatch.setattr(fast_feeds, "read", lambda document: None)

    assert [path.name for path, found in quick.items() if parsed(path) != found] == []


def test_the_fast_path_takes_a_good_part_of_even_these_odd_documents() -> None:
    taken = [
        path
        for share in range(SHARES)
        for path in documents(share)
        if (document := feeds._from_root(to_text(*read(path)))) and fast_feeds.read(document)
    ]

    assert len(taken) > 900
