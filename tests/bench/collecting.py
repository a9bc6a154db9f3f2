"""Collecting against lemon24/reader: all new, all 304, all 200 with the same bytes.  make bench.

The two engines alternate within one run on the same farm; each pass is timed inside its engine,
and memory is the sum of PSS over all processes of an engine, sampled from outside.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench.farm import ENTRIES
from tests.bench.memory import Memory

ENGINES = ("ours", "reader")
PASSES = ("all new", "304", "200, same bytes")


@contextmanager
def process(*words: str) -> Iterator[subprocess.Popen[str]]:
    made = subprocess.Popen(
        [sys.executable, "-m", *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield made
    finally:
        assert made.stdin is not None
        made.stdin.close()
        try:
            made.wait(10)
        except subprocess.TimeoutExpired:
            made.terminate()
            made.wait(10)


def line(of: subprocess.Popen[str]) -> Any:
    assert of.stdout is not None
    said = of.stdout.readline()
    assert said, f"{of.args} died"
    return json.loads(said)


def measure(sources: int, rounds: int) -> dict[str, Any]:
    seconds: dict[tuple[str, str], list[float]] = {}
    peaks: dict[str, float] = dict.fromkeys(ENGINES, 0.0)
    for _ in range(rounds):
        for validators in ("yes", "no"):
            with ExitStack() as stack:
                folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
                farm = stack.enter_context(process("tests.bench.farm", str(sources), validators))
                port = str(line(farm))
                again = PASSES[1] if validators == "yes" else PASSES[2]
                for engine in ENGINES:
                    words = (
                        "tests.bench.engines",
                        engine,
                        str(folder / engine),
                        str(sources),
                        port,
                    )
                    with process(*words) as running:
                        line(running)
                        memory = Memory(running.pid)
                        memory.start()
                        for name in (PASSES[0], again, again):
                            time.sleep(1)
                            assert running.stdin is not None
                            running.stdin.write("go\n")
                            running.stdin.flush()
                            took = line(running)
                            expected = sources * ENTRIES if name == PASSES[0] else 0
                            assert took["new"] == expected, (engine, name, took)
                            seconds.setdefault((name, engine), []).append(took["seconds"])
                        memory.done.set()
                        memory.join()
                        peaks[engine] = max(peaks[engine], memory.peak)
    return {"seconds": {key: median(values) for key, values in seconds.items()}, "peaks": peaks}


def report(found: dict[str, Any], sources: int) -> str:
    seconds, peaks = found["seconds"], found["peaks"]
    rows = [f"{sources} sources of {ENTRIES} entries; medians of one run; target: 5 times, 200 MiB"]
    rows.append(f"{'pass':<18}{'ours, s':>10}{'reader, s':>11}{'times':>8}")
    for name in PASSES:
        ours, theirs = seconds[name, "ours"], seconds[name, "reader"]
        rows.append(f"{name:<18}{ours:>10.2f}{theirs:>11.2f}{theirs / ours:>8.1f}")
    rows.append(f"{'peak PSS, MiB':<18}{peaks['ours']:>10.0f}{peaks['reader']:>11.0f}")
    return "\n".join(rows)


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--sources", type=int, default=500)
    asked.add_argument("--rounds", type=int, default=1)
    given = asked.parse_args()
    sys.stdout.write(report(measure(given.sources, given.rounds), given.sources) + "\n")


if __name__ == "__main__":
    main()
