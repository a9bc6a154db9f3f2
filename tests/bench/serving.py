"""A 304 and a gzipped 200 from the kiosk, beside a bare ASGI app and nginx.  make bench.

The bare app answers a constant: the same status, headers and bytes, on the same uvicorn with the
same settings.  nginx has the same files.  They take turns, each with a core of its own, and the
load comes from another.  Read the ratios.
"""

import argparse
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from publisher.feed_gate import WRITERS
from tests.bench.counters import APPS, FEED, stay_on
from tests.bench.feeds import stories
from tests.support.kiosk import shelve
from tests.support.newsroom import free_port
from tests.support.nginx import NGINX, nginx

LINES = 8  # connections kept open
ASKED = (
    f"GET /{FEED} HTTP/1.1\r\nHost: embankment.test\r\nAccept-Encoding: gzip, deflate\r\n"
    "User-Agent: feedparser/6.0.11 +https://github.com/kurtmckee/feedparser/\r\nA-IM: feed\r\n"
    "Accept: application/atom+xml,application/rdf+xml,application/rss+xml,application/x-netcdf,"
    "application/xml;q=0.9,text/xml;q=0.2,*/*;q=0.1\r\n"
)
NGINX_SITE = """
    types { application/rss+xml rss; }
    server {
        listen 127.0.0.1:PORT;
        root "ROOT";
        gzip_static on;
        keepalive_requests 10000000;
        add_header Cache-Control "public, max-age=300, stale-if-error=86400";
        add_header Vary "Accept-Encoding, Accept";
        add_header X-Content-Type-Options nosniff;
        add_header Link '<https://embankment.test/feeds/en/all.rss>; rel="self"';
    }
"""


# --- servers --------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Server:
    name: str
    port: int
    pid: int


@contextmanager
def running(name: str, public: Path) -> Iterator[Server]:
    """A process of its own, as counters.py has it."""
    command = [sys.executable, "-m", "tests.bench.counters", name, str(public)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield Server(name=name, port=int(process.stdout.readline()), pid=process.pid)
        process.stdin.close()


@contextmanager
def servers(public: Path, folder: Path) -> Iterator[list[Server]]:
    with ExitStack() as stack:
        found = [stack.enter_context(running(name, public)) for name in APPS]
        if NGINX:
            port = free_port()
            site = NGINX_SITE.replace("PORT", str(port)).replace("ROOT", str(public))
            pid = stack.enter_context(nginx(folder, site, port))
            found.append(Server(name="nginx", port=port, pid=pid))
        else:
            sys.stdout.write("nginx is not installed: left out\n")
        yield found


# --- load -------------------------------------------------------------------------------------------


class Load:
    """Connections kept open, one request under way on each."""

    def __init__(self, port: int) -> None:
        self._lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(LINES)]
        self._watch = selectors.DefaultSelector()
        for line in self._lines:
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._watch.register(line, selectors.EVENT_READ)

    def close(self) -> None:
        self._watch.close()
        for line in self._lines:
            line.close()

    def once(self, request: bytes) -> bytes:
        """One answer, whole."""
        line, got = self._lines[0], b""
        line.sendall(request)
        while True:
            more = line.recv(1 << 20)
            assert more, "the server hung up"
            got += more
            head, found, body = got.partition(b"\r\n\r\n")
            if found and (request.startswith(b"HEAD") or len(body) == _length(head)):
                return got

    def run(self, request: bytes, seconds: float) -> tuple[int, float]:
        """Answers, and seconds they took; each is as long as the first one."""
        size, done = len(self.once(request)), 0
        left = dict.fromkeys(self._lines, size)
        for line in self._lines:
            line.sendall(request)
        began = time.perf_counter()
        ends = began + seconds
        while (now := time.perf_counter()) < ends:
            for key, _ in self._watch.select(1):
                line = key.fileobj
                assert isinstance(line, socket.socket)
                left[line] -= len(line.recv(1 << 20))
                if not left[line]:
                    done += 1
                    left[line] = size
                    line.sendall(request)
        took = now - began
        for line in self._lines:
            while left[line]:
                left[line] -= len(line.recv(left[line]))
        return done, took


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line[15:])
    return 0


def tag_of(answer: bytes) -> str:
    head = answer.partition(b"\r\n\r\n")[0].decode("latin-1")
    return next(line[5:].strip() for line in head.split("\r\n") if line.lower().startswith("etag:"))


def memory_of(pid: int) -> float:
    """MiB; 0 where the system does not say."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS:"))


def cpu_of(pid: int) -> float:
    """Seconds that it and its children have worked; 0 where the system does not say."""
    try:
        told = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return 0
    own = (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")
    return own + sum(cpu_of(int(child)) for child in children)


@dataclass(kw_only=True)
class Tally:
    """One server at one job, over all rounds."""

    rates: list[float] = field(default_factory=list)
    answers: int = 0
    worked: float = 0  # seconds of CPU

    @property
    def cost(self) -> float:
        """Microseconds of CPU for an answer: the same on a busy machine."""
        return self.worked / self.answers * 1e6


def odd_requests(many: int, turn: int) -> Iterator[bytes]:
    """No two alike: what a decision might be kept for."""
    for number in range(many):
        odd = f"{turn}-{number}-{'x' * 150}"
        yield (
            f"HEAD /{FEED}?{odd} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip, {odd}\r\n"
            f"Accept: text/{odd}, */*;q=0.5\r\nUser-Agent: reader/{odd}\r\n"
            f'If-None-Match: "{odd}"\r\nIf-Modified-Since: nonsense {odd}\r\n\r\n'
        ).encode()


# --- the run ----------------------------------------------------------------------------------------


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--rounds", type=int, default=9)
    asked.add_argument("--seconds", type=float, default=1)
    asked.add_argument("--entries", type=int, default=50)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as name:
        public = Path(name) / "public"
        data = WRITERS["rss"](stories(given.entries, 8_000))
        shelve(public, FEED, data, hubs=())
        packed = (public / f"{FEED}.gz").stat().st_size
        sys.stdout.write(
            f"A feed of {given.entries} full texts, {len(data):,} bytes, {packed:,} packed; "
            f"{given.rounds} rounds of {given.seconds:g} s, {LINES} connections.  Target: 0.8\n"
        )
        stay_on(1)
        with servers(public, Path(name)) as found:
            _measure(found, given.rounds, given.seconds)
            _weigh(next(one for one in found if one.name == "ours"), public)


def _measure(found: list[Server], rounds: int, seconds: float) -> None:
    loads = {one.name: Load(one.port) for one in found}
    pids = {one.name: one.pid for one in found}
    plain = f"{ASKED}\r\n".encode()
    tags = {name: tag_of(load.once(plain)) for name, load in loads.items()}
    known = ASKED.replace(f"/{FEED} ", f"/{FEED}?known ")  # which is all the bare app looks at
    jobs = {
        "304": {
            name: f"{known}If-None-Match: {tag}\r\n\r\n".encode() for name, tag in tags.items()
        },
        "200, gzip": dict.fromkeys(tags, plain),
    }
    tallies = {(job, name): Tally() for job in jobs for name in loads}
    for _ in range(rounds):
        for (job, name), tally in tallies.items():
            request, pid = jobs[job][name], pids[name]
            answer = loads[name].once(request)
            assert answer.split(b" ", 2)[1].decode() == job[:3], answer[:500]
            before = cpu_of(pid)
            answers, took = loads[name].run(request, seconds)
            tally.worked += cpu_of(pid) - before
            tally.answers += answers
            tally.rates.append(answers / took)
    for load in loads.values():
        load.close()
    sys.stdout.write(f"{'':<26}{'a second':>10}{'ratio':>8}{'CPU, µs':>10}{'ratio':>8}\n")
    for (job, name), tally in tallies.items():
        base = tallies[job, "bare uvicorn"]
        pairs = zip(tally.rates, base.rates, strict=True)
        ratio = median(mine / theirs for mine, theirs in pairs)
        sys.stdout.write(
            f"{job:<12}{name:<14}{median(tally.rates):>10,.0f}{ratio:>8.2f}"
            f"{tally.cost:>10.1f}{base.cost / (tally.cost or 1):>8.2f}\n"
        )


def _weigh(server: Server, public: Path) -> None:
    """Memory behind what was served, behind requests of which no two are alike, behind builds."""
    data = (public / FEED).read_bytes()
    weights = [memory_of(server.pid)]
    for turn in range(3):
        with closing(Load(server.port)) as load:
            for request in odd_requests(2_000, turn):
                load.once(request)
        for build in range(5):
            shelve(public, FEED, data + b"<!-- %d %d -->" % (turn, build), hubs=())
            time.sleep(0.6)  # until the next look
            with closing(Load(server.port)) as load:
                load.once(f"{ASKED}\r\n".encode())
        weights.append(memory_of(server.pid))
    told = ", ".join(f"{one:.1f}" for one in weights)
    sys.stdout.write(
        f"memory of ours, MiB: {told}; after each turn 2,000 odd requests and 5 builds more\n"
    )


if __name__ == "__main__":
    main()
