"""Building feeds of 500 full texts beside feedgen with its dc and media extensions.  make bench.

Both write the same stories in one process, in turns; reading back, judging and packing are
reported apart.  Read the ratios.
"""

import argparse
import gzip
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from random import Random
from statistics import median

import brotli
from feedgen.feed import FeedGenerator

from publisher.feed_gate import WRITERS, gated_files
from publisher.model.feeds import Feed
from publisher.render.feed_facts import differences
from tests.support.build import NOON, STATEMENT, make_image, make_profile
from tests.support.outfeeds import make_feed, make_feed_entry

_SYLLABLES = ("на", "бе", "реж", "ная", "мост", "ри", "ver", "ka", "lin", "опять", "зи", "ма")


def stories(many: int, size: int) -> Feed:
    """A feed of `many` entries with bodies of about `size` bytes, by chance, always the same."""
    dice = Random(7)  # noqa: S311 - the same every time

    def words(count: int) -> str:
        return " ".join("".join(dice.choices(_SYLLABLES, k=3)) for _ in range(count))

    def body() -> str:
        paragraphs, length = [], 0
        while length < size:
            paragraphs.append(
                f'<p>{words(30)} <a href="https://a.test/x?y=1&amp;z=2">{words(2)}</a></p>'
            )
            length += len(paragraphs[-1].encode())
        return "\n".join(
            [*paragraphs, f'<p lang="ru"><small>{STATEMENT}</small></p>', "<p>16+</p>"]
        )

    entries = tuple(
        make_feed_entry(
            id=f"tag:a.test,2026:story/{number}/en",
            url=f"https://a.test/{number}",
            title=words(8),
            summary=words(20),
            content=body(),
            image=make_image(),
            published_at=NOON - timedelta(minutes=number),
            updated_at=NOON - timedelta(minutes=number),
        )
        for number in range(many)
    )
    return make_feed(entries=entries)


def plain_feedgen(feed: Feed) -> bytes:
    """The same stories as feedgen's documentation has it, with the extensions it ships."""
    generator = FeedGenerator()
    generator.load_extension("dc")
    generator.load_extension("media")
    generator.title(feed.title)
    generator.description(feed.subtitle)
    generator.link(href=feed.home_url)
    generator.language("en")
    generator.copyright(feed.copyright)
    for one in feed.entries:
        entry = generator.add_entry(order="append")
        entry.id(one.id)
        entry.title(one.title)
        entry.link(href=one.url)
        entry.description(one.summary, isSummary=True)
        entry.content(one.content)
        entry.pubDate(one.published_at)
        entry.category(term=str(one.section))
        entry.dc.dc_creator(list(one.authors))
        entry.dc.dc_rights(feed.copyright)
        if one.image is not None and one.image_url is not None:
            entry.enclosure(one.image_url, str(one.image.size), one.image.media_type)
            entry.media.content(
                {"url": one.image_url, "width": str(one.image.width), "medium": "image"}
            )
    return bytes(generator.rss_str(pretty=True))


def timed(work: Callable[[], object]) -> float:
    """Milliseconds of this process's own CPU: all of it happens in it, and others may be busy."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1e3


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--entries", type=int, default=500)
    asked.add_argument("--rounds", type=int, default=15)
    given = asked.parse_args()
    feed = stories(given.entries, 8_000)
    made = {name: write(feed) for name, write in WRITERS.items()}
    profile = make_profile()
    whole = gated_files(feed, ("rss",), profile)
    assert len(whole.files) == 1, whole.problems
    jobs: dict[str, Callable[[], object]] = {
        "feedgen, dc + media: RSS": lambda: plain_feedgen(feed),
        **{f"ours: {name}": (lambda write=write: write(feed)) for name, write in WRITERS.items()},
        **{
            f"  read back and compared: {name}": (
                lambda name=name: differences(feed, name, made[name])
            )
            for name in WRITERS
        },
        "  gzip 6: RSS": lambda: gzip.compress(made["rss"], 6, mtime=0),
        "  brotli 5: RSS": lambda: brotli.compress(made["rss"], quality=5),
        "  the whole gate: RSS": lambda: gated_files(feed, ("rss",), profile),
    }
    seconds: dict[str, list[float]] = {name: [] for name in jobs}
    for _ in range(given.rounds):
        for name, work in jobs.items():
            seconds[name].append(timed(work))
    base = median(seconds["feedgen, dc + media: RSS"])
    sys.stdout.write(
        f"{given.entries} entries of 8 KB; medians of {given.rounds}, CPU time; target: RSS 1.2\n"
    )
    for name, values in seconds.items():
        took = median(values)
        sys.stdout.write(f"{name:<36}{took:>9.1f} ms{took / base:>8.2f}\n")


if __name__ == "__main__":
    main()
