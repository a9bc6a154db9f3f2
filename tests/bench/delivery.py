"""Delivery beside others: the same digest of 40 KB, twenty connections, loopback.  make bench.

Ours is the whole of it: claims, starts and acknowledgements in SQLite (WAL, sync NORMAL), splicing,
signing where it says so.  The rows take turns; each figure is the median of its rounds.
`make bench BENCH=delivery ARGS="--rounds 1 --share 0.2"` is a short form.
"""

import argparse
import json
import os
import platform
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from shutil import which
from statistics import median

from publisher.model.dkim import Algorithm
from publisher.render.splice import Splicer
from tests.bench.mail_ours import the_digest
from tests.bench.memory import Memory
from tests.bench.signing import reader
from tests.support.signing import pem

HERE = Path(__file__).parent
PYTHON = [sys.executable, "-m"]
POSTFIX = {"PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
MIB = 1.048576  # megabytes
LONG = 3600  # seconds: nothing here takes so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing that is measured: its command, how many mails, into which sink."""

    name: str
    words: list[str]
    mails: int
    sink: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What the issue of speed asks: ours against theirs, at least so many times."""

    ours: str
    theirs: str
    least: float


TARGETS = (
    Target(ours="ours, into smtp-sink", theirs="smtp-source, into smtp-sink", least=0.95),
    Target(ours="ours", theirs="nodemailer, composing", least=10),
    Target(ours="ours", theirs="aiosmtplib + EmailMessage", least=25),
    Target(ours="ours, RSA-2048", theirs="naive stack, RSA-2048", least=25),
    Target(ours="ours, RSA-2048", theirs="nodemailer, RSA-2048", least=8),
    Target(ours="ours, 20 ms, pipelined", theirs="ours, 20 ms, unpipelined", least=2.5),
)


class Bench:
    """The folder that all rows read from, and the ports of the sinks."""

    def __init__(self, folder: Path, share: float) -> None:
        self.folder, self.share = folder, share
        digest = the_digest()
        mail = b"".join(Splicer(digest.compiled).chunks(reader(1)))
        self.octets = len(mail)
        (folder / "mail.eml").write_bytes(mail.replace(b"\r\n", b"\n"))
        (folder / "rsa.pem").write_bytes(pem(Algorithm.RSA))
        slot = "{{slot:leave}}"
        parts = {
            "subject": digest.subject,
            "html": _bare(digest.html.replace(slot, "{{ leave }}")),
            "text": _bare(digest.text.replace(slot, "{{ leave }}")),
        }
        (folder / "digest.json").write_text(json.dumps(parts), "utf-8")
        self.ports = {name: _free_port() for name in ("sink", "smtp-sink", "far", "far, plain")}

    @cached_property
    def rows(self) -> list[Row]:
        """Those whose programs are here; what is missing is said loudly.

        Each takes seconds, for node compiles what runs often: its first thousand mails are slower.
        """
        ours, peers = [*PYTHON, "tests.bench.mail_ours"], [*PYTHON, "tests.bench.mail_peers"]
        found = [self._row("ours", ours, 30_000, "sink")]
        if _postfix("smtp-source") and _postfix("smtp-sink"):
            found.append(self._row("ours, into smtp-sink", ours, 60_000, "smtp-sink"))
            found.append(self._source(60_000))
        else:
            _missing("smtp-source, smtp-sink (Debian: postfix)")
        found.append(self._row("aiosmtplib + EmailMessage", peers, 1_000, "sink"))
        found.append(self._row("ours, RSA-2048", ours, 12_000, "sink", sign="--sign"))
        found.append(self._row("naive stack, RSA-2048", peers, 300, "sink", sign="--sign"))
        if self._has_nodemailer():
            node = ["node", str(self.folder / "mail_node.js")]
            found.append(self._row("nodemailer, composing", node, 6_000, "sink"))
            found.append(self._row("nodemailer, RSA-2048", node, 2_000, "sink", sign="sign"))
        else:
            _missing("nodemailer (node and npm)")
        found.append(self._row("ours, 20 ms, pipelined", ours, 3_000, "far"))
        found.append(self._row("ours, 20 ms, unpipelined", ours, 1_000, "far, plain"))
        return found

    @contextmanager
    def sinks(self) -> Iterator[None]:
        """All of them, until the block ends."""
        mine = [*PYTHON, "tests.bench.mail_sink"]
        with ExitStack() as stack:
            stack.enter_context(_running([*mine, str(self.ports["sink"])], ready=True))
            far = ["--delay", "20"]
            stack.enter_context(_running([*mine, str(self.ports["far"]), *far], ready=True))
            plain = [*mine, str(self.ports["far, plain"]), *far, "--plain"]
            stack.enter_context(_running(plain, ready=True))
            if smtp_sink := _postfix("smtp-sink"):
                address = f"127.0.0.1:{self.ports['smtp-sink']}"
                as_nobody = ["-u", "nobody"] if os.getuid() == 0 else []
                stack.enter_context(_running([smtp_sink, *as_nobody, "-8", address, "2000"]))
                _until_open(self.ports["smtp-sink"])
            yield

    def run(self, row: Row) -> float:
        """Mails a second."""
        began = time.perf_counter()
        ran = subprocess.run(
            row.words, capture_output=True, text=True, check=True, timeout=LONG, cwd=HERE.parents[1]
        )
        whole = time.perf_counter() - began
        said = json.loads(ran.stdout.splitlines()[-1]) if ran.stdout.startswith("{") else {}
        return row.mails / float(said.get("seconds", whole))

    def _row(self, name: str, program: list[str], mails: int, sink: str, sign: str = "") -> Row:
        count = max(20, round(mails * self.share))
        words = [*program, str(self.ports[sink]), str(count)]
        if "mail_ours" not in " ".join(program):
            words.append(str(self.folder))
        return Row(name=name, words=[*words, *sign.split()], mails=count, sink=sink)

    def _source(self, mails: int) -> Row:
        count = max(20, round(mails * self.share))
        source = [_postfix("smtp-source") or "", "-d", "-s", "20", "-m", str(count)]
        file = ["-F", str(self.folder / "mail.eml"), "-f", "digest@embankment.test"]
        words = [*source, *file, f"127.0.0.1:{self.ports['smtp-sink']}"]
        return Row(name="smtp-source, into smtp-sink", words=words, mails=count, sink="smtp-sink")

    def _has_nodemailer(self) -> bool:
        if not (which("node") and which("npm")):
            return False
        words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "nodemailer"]
        if subprocess.run(words, cwd=self.folder, capture_output=True).returncode:
            return False
        (self.folder / "mail_node.js").write_text((HERE / "mail_node.js").read_text())
        return True


def memory(sizes: tuple[int, int]) -> dict[int, float]:
    """Megabytes at the peak, by readers: PSS of ours and of all it calls to help, together."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), 1)
        with bench.sinks():
            for readers in sizes:
                words = [*PYTHON, "tests.bench.mail_ours", str(bench.ports["sink"]), str(readers)]
                ours = subprocess.Popen(words, stdout=subprocess.DEVNULL)
                watch = Memory(ours.pid)
                watch.start()
                assert ours.wait(LONG) == 0
                watch.done.set()
                found[readers] = watch.peak * MIB
    return found


def measure(rounds: int, share: float) -> tuple[dict[str, float], int]:
    """Mails a second, by row; and the size of the mail."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name), share)
        found: dict[str, list[float]] = {}
        with bench.sinks():
            for _ in range(rounds):
                for row in bench.rows:
                    found.setdefault(row.name, []).append(bench.run(row))
        return {row: median(rates) for row, rates in found.items()}, bench.octets


def report(found: dict[str, float], octets: int) -> str:
    """A table of rates, and one of targets."""
    python = f"Python {platform.python_version()}, {platform.python_build()[1]}"
    lines = [f"mails of {octets / 1024:.0f} KB, 20 connections, {os.cpu_count()} cores, {python}"]
    lines += [f"{row:<30}{rate:>9.0f} mails/s" for row, rate in found.items()]
    lines.append("")
    for target in TARGETS:
        if {target.ours, target.theirs} <= found.keys():
            ratio = found[target.ours] / found[target.theirs]
            met = "" if ratio >= target.least else "   NOT REACHED"
            pair = f"{target.ours} / {target.theirs}"
            lines.append(f"{pair:<55}{ratio:>7.2f} (target {target.least}){met}")
    return "\n".join(lines)


def _bare(text: str) -> str:
    """Without our other slots, which mean nothing to others."""
    for name in ("address", "name", "message-id", "date", "leave-by-mail"):
        text = text.replace(f"{{{{slot:{name}}}}}", "reader@readers.test")
    return text


def _postfix(program: str) -> str | None:
    return which(program, path=POSTFIX["PATH"])


def _missing(what: str) -> None:
    print(f"NOT MEASURED, for it is not installed: {what}", file=sys.stderr)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _until_open(port: int) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise TimeoutError(port)


@contextmanager
def _running(words: list[str], *, ready: bool = False) -> Iterator[None]:
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        if ready and process.stdout:
            assert process.stdout.readline() == "ready\n"
        yield
    finally:
        process.terminate()
        process.communicate(timeout=30)


def main() -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=float, default=1.0, help="of the mails of each row")
    parser.add_argument("--memory", type=int, nargs=2, default=(10_000, 1_000_000))
    parser.add_argument("--no-memory", action="store_true")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    rates, octets = measure(given.rounds, given.share)
    print(json.dumps(rates) if given.json else report(rates, octets), flush=True)
    if not given.no_memory:
        few, many = sorted(given.memory)
        peaks = memory((few, many))
        print(
            f"\npeak memory, {few:,} readers: {peaks[few]:.0f} MB; {many:,}: {peaks[many]:.0f} MB"
        )


if __name__ == "__main__":
    main()
