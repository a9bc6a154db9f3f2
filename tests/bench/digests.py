"""An issue of 30 stories in two languages, from the shelves through the gate, beside premailer
alone; and a mail of it spliced, beside the naive way.  make bench BENCH=digests.

premailer alone is the two calls that the issue contains, as premailer comes, validation off, on the
same pages.  The
naive way fills the template, inlines and builds an EmailMessage for every subscriber.  Rows take
turns within one run; each figure is the median of its rounds.
"""

import argparse
import asyncio
import cProfile
import os
import pstats
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from pathlib import Path
from statistics import median
from time import perf_counter
from unittest.mock import patch

from premailer import Premailer

from publisher import pipeline
from publisher.app import App
from publisher.gate import examine
from publisher.model.digests import Digest
from publisher.model.issues import Issue
from publisher.model.names import DeliveryId
from publisher.render import email, inline
from publisher.render.splice import Personal, Splicer
from tests.support.build import NOON
from tests.support.newsroom import MORNING, Room, composed, make_room

STORIES = 30
SPLICED = 5_000
MICRO = 1e6


def newsroom(folder: Path) -> Room:
    """Thirty stories in both languages, of which every one is printed."""
    room = make_room(folder, smtp=1, stories=())
    room.edit(
        "items = { min = 1, max = 24, per_section = 6 }", "items = { max = 40, per_section = 20 }"
    )
    for number in range(STORIES):
        words = " ".join(f"sentence {n} of what it is for" for n in range(8))
        for language in ("en", "ru"):
            section = "moscow" if number % 2 else "world"
            room.story(f"story-{number}", language, section=section, summary=words)
    return room


class Bench:
    """The newsroom at work, and one method a row."""

    def __init__(self, app: App, issue: Issue) -> None:
        self.app, self.issue = app, issue
        self.pages: list[str] = []
        self.digests: tuple[Digest, ...] = ()

    async def ready(self) -> None:
        """Everything read and compiled that is read once; the pages premailer is given, kept."""
        with _kept(self.pages):
            self.digests = (await examine(self.app.house, self.issue)).digests
        assert (len(self.pages), len(self.digests)) == (2, 2)
        self.splicer = Splicer(self.digests[0].compiled)

    async def issue_whole(self) -> float:
        """Compose from the database, render both languages, read both as a client would."""
        began = perf_counter()
        made = await pipeline.draft(self.app.house, MORNING)
        assert made.issue is not None
        assert sum(not item.linked for item in made.issue.items) == STORIES
        assert not [one for one in (await examine(self.app.house, made.issue)).problems if one.rule]
        return perf_counter() - began

    async def premailer_alone(self) -> float:
        began = perf_counter()
        for page in self.pages:
            Premailer(page, **inline.OPTIONS).transform(pretty_print=False)
        return perf_counter() - began

    async def spliced(self) -> float:
        """One mail."""
        readers = [_reader(number) for number in range(SPLICED)]
        began = perf_counter()
        for one in readers:
            self.splicer(DeliveryId(1), one, envelope_from="b@embankment.test")
        return (perf_counter() - began) / SPLICED

    async def naive(self) -> float:
        """One mail: the template filled, inlined and put into an EmailMessage for this reader."""
        began = perf_counter()
        digest = (await examine_nothing(self.app, self.issue))[0]
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"], mail["To"] = digest.sender, "reader@readers.test"
        mail["Subject"] = digest.subject
        mail.set_content(digest.text)
        mail.add_alternative(digest.html, subtype="html")
        mail.as_bytes()
        return perf_counter() - began


async def examine_nothing(app: App, issue: Issue) -> tuple[Digest, ...]:
    """One language rendered, judged by nobody."""
    from publisher.compose.desk import profiles_of
    from publisher.compose.variants import plain_pages
    from publisher.render.view import PrintOrder

    newsroom = app.house.newsroom
    edition = newsroom.editions[issue.edition]
    page = plain_pages(issue, edition, newsroom)[0]
    order = PrintOrder(
        layout=page.layout,
        issue=issue,
        edition=edition,
        newsroom=newsroom,
        profile=profiles_of(newsroom, edition, issue.due_at)[page.language],
    )
    return (email.render_digest(order, app.house.assets),)


@contextmanager
def _kept(pages: list[str]) -> Iterator[None]:
    def keep(html: str) -> str:
        pages.append(html)
        return inline.inline_styles(html)

    with patch.object(email, "inline_styles", keep):
        yield


def _reader(number: int) -> Personal:
    return Personal(
        address=f"reader{number}@readers.test",
        name="Анна Орлова",
        leave_url=f"https://embankment.test/unsubscribe/{number:040}",
        leave_by_mail=f"leave+{number:040}@bounces.embankment.test",
        message_id=f"{number:032x}@embankment.test",
        sent_at=NOON,
    )


async def measure(rounds: int, *, profile: bool) -> dict[str, float]:
    """Seconds, by row."""
    with tempfile.TemporaryDirectory() as name:
        async with newsroom(Path(name) / "room").at_work() as app:
            bench = Bench(app, await composed(app))
            await bench.ready()
            rows: dict[str, Callable[[], Awaitable[float]]] = {
                "compose, render, gate: 30 stories, 2 languages": bench.issue_whole,
                "premailer alone, its 2 calls": bench.premailer_alone,
                "one mail, spliced": bench.spliced,
                "one mail, the naive way": bench.naive,
            }
            for row in rows.values():
                await row()
            if profile:
                await _profiled(bench.issue_whole)
            took: dict[str, list[float]] = {row: [] for row in rows}
            for _ in range(rounds):
                for row, run in rows.items():
                    took[row].append(await run())
    return {row: median(times) for row, times in took.items()}


async def _profiled(run: Callable[[], Awaitable[float]]) -> None:
    with cProfile.Profile() as profile:
        await run()
    pstats.Stats(profile).sort_stats("cumulative").print_stats(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    took = asyncio.run(measure(given.rounds, profile=given.profile))
    whole, alone, spliced, naive = took.values()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores")
    for row, seconds in took.items():
        shown = f"{seconds * 1000:9.1f} ms" if seconds > 1e-3 else f"{seconds * MICRO:9.2f} µs"
        print(f"{row:48} {shown}")
    print(f"an issue: {whole / alone:.2f} times the premailer in it (at most 3)")
    print(
        f"a mail: {spliced * MICRO:.1f} µs (at most 20), the naive way {naive / spliced:,.0f} times that"
    )


if __name__ == "__main__":
    main()
