"""The two engines of the collecting bench, each a process that makes passes when told to.

Run as: python -m tests.bench.engines ours|reader FOLDER SOURCES PORT.  A line on stdin is a pass;
the answer is one line of JSON: seconds, entries new, sources unchanged.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench.farm import ENTRIES, address


def say(**facts: Any) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


def urls(sources: int, port: int) -> list[str]:
    return [f"http://{address(number)}:{port}/" for number in range(sources)]


async def ours(folder: Path, sources: int, port: int) -> None:
    """A newsroom of its own, its heavy work in processes beside it, as `publisher collect` has."""
    from publisher import pipeline
    from publisher.app import load_settings, running
    from publisher.beside import processes_for
    from tests.support.newsroom import make_room

    room = make_room(folder, smtp=2525, stories=())
    tables = (
        f'[sources.s{number}]\nkind = "feed"\nurl = "{url}"\nlanguage = "en"\nrights = "own"\n'
        'section = "moscow"\nallow_private = true\n'
        for number, url in enumerate(urls(sources, port))
    )
    (room.config / "sources.toml").write_text("".join(tables), "utf-8")
    settings = load_settings(room.config, {})
    async with running(settings, beside=processes_for(sources)) as app:
        chosen = [one for one in app.house.newsroom.sources if one != "stories"]
        say(ready=True)
        while await asyncio.to_thread(sys.stdin.readline):
            began = time.perf_counter()
            turns = await pipeline.collect(app.house, chosen)
            seconds = time.perf_counter() - began
            failed = [turn.source for turn in turns if turn.failed]
            assert not failed, failed
            say(
                seconds=seconds,
                new=sum(turn.new for turn in turns),
                unchanged=sum(turn.unchanged for turn in turns),
            )


def reader(folder: Path, sources: int, port: int) -> None:
    """lemon24/reader with eight workers, as its documentation has it."""
    from reader import make_reader

    folder.mkdir(parents=True)
    made = make_reader(str(folder / "reader.sqlite"), feed_root=None)
    for url in urls(sources, port):
        made.add_feed(url)
    say(ready=True)
    before = 0
    while sys.stdin.readline():
        began = time.perf_counter()
        made.update_feeds(workers=8, scheduled=False)
        seconds = time.perf_counter() - began
        total = made.get_entry_counts().total or 0
        assert total == sources * ENTRIES, total
        say(seconds=seconds, new=total - before, unchanged=sources if before else 0)
        before = total


if __name__ == "__main__":
    where, many, door = Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    if sys.argv[1] == "ours":
        from publisher.cli.desk import quick_run

        quick_run(ours(where, many, door))
    else:
        reader(where, many, door)
