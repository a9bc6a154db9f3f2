"""Ours, as a process of its own: a sealed issue of so many readers, delivered; one JSON line.

`python -m tests.bench.mail_ours PORT COUNT [--sign]`.  Timed: pipeline.deliver, from the first
claim to the last acknowledgement in the ledger; SQLite on disk, signing included.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Coroutine
from dataclasses import replace
from pathlib import Path
from time import perf_counter, process_time, thread_time
from typing import Any

from publisher import pipeline
from publisher.app import App
from publisher.assets import Assets
from publisher.cli.desk import quick_run
from publisher.deliver.dkim_keys import read_dkim
from publisher.model.digests import Digest
from publisher.model.dkim import Algorithm, DkimFiles
from publisher.model.issues import IssueStatus
from publisher.model.names import IssueId
from publisher.render.email import render_digest
from tests.support.build import RU
from tests.support.newsroom import composed, enrol, make_living_room
from tests.support.sheets import ordinary_day
from tests.support.signing import DOMAIN, written_key


def the_digest() -> Digest:
    """What every row sends: 40 KB in two languages' worth of an ordinary day."""
    return render_digest(ordinary_day(RU), Assets())


async def seal(app: App, readers: int) -> IssueId:
    """An issue for so many readers; its digest is the one that all rows send."""
    await enrol(app, readers)
    issue = await composed(app)
    await app.house.issues.save(replace(issue, status=IssueStatus.APPROVED))
    now = app.house.clock()
    digest = replace(the_digest(), issue=issue.id)
    going = replace(issue, status=IssueStatus.SEALED, sealed_at=now)
    planned = await app.house.outbox.seal(going, [digest], now=now)
    assert planned == readers, planned
    return issue.id


async def measure(port: int, readers: int, *, sign: bool, connections: int) -> dict[str, float]:
    """Seconds, of the clock and of our own processor's (`loop`: of the event loop's thread)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        room = make_living_room(folder / "room", smtp=port, connections=connections)
        async with room.at_work() as app:
            issue = await seal(app, readers)
            house = app.house
            if sign:
                key = written_key(folder, Algorithm.RSA)
                house = replace(house, dkim=read_dkim(DkimFiles(domain=DOMAIN, files=(key,))))
            began, busy, own = perf_counter(), process_time(), thread_time()
            report = await pipeline.deliver(house, stop=asyncio.Event())
            seconds, cpu = perf_counter() - began, process_time() - busy
            loop = thread_time() - own
            balance = await house.ledger.balance(issue)
            assert (report.accepted, balance.accepted) == (readers, readers), report
    return {"seconds": seconds, "cpu": cpu, "loop": loop}


async def said(work: Coroutine[Any, Any, dict[str, float]]) -> None:
    """One line of JSON."""
    sys.stdout.write(json.dumps(await work) + "\n")


def run() -> None:
    """As the command line runs it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("count", type=int)
    parser.add_argument("--sign", action="store_true")
    parser.add_argument("--connections", type=int, default=20)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    work = measure(given.port, given.count, sign=given.sign, connections=given.connections)
    if given.profile:
        import cProfile
        import pstats

        profile = cProfile.Profile()
        profile.enable()
        quick_run(said(work))
        profile.disable()
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)
        return
    quick_run(said(work))


if __name__ == "__main__":
    run()
