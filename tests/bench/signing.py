"""One reader's mail: spliced and signed, beside dkimpy, the naive way and nodemailer.  make bench.

All sign the same 40 KB bilingual digest, relaxed/relaxed, whole body, RSA-2048 or Ed25519; the
rows take turns within one run, and each figure is the median of its rounds.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from shutil import which
from statistics import median
from time import perf_counter

import dkim as dkimpy

from publisher.assets import Assets
from publisher.deliver.dkim import Signer
from publisher.deliver.dkim_keys import read_dkim
from publisher.deliver.signing import Signatories
from publisher.model.digests import Digest
from publisher.model.dkim import Algorithm, Dkim, DkimFiles
from publisher.model.names import DeliveryId
from publisher.render.email import render_digest
from publisher.render.inline import inline_styles
from publisher.render.splice import Personal, Splicer
from tests.support.build import NOON, RU
from tests.support.sheets import ordinary_day
from tests.support.signing import DOMAIN, pem, verified, written_key

AT = 1_790_000_000
SIGNED_HEADERS = (
    *(b"from", b"to", b"reply-to", b"subject", b"date", b"message-id", b"list-id"),
    *(b"list-unsubscribe", b"list-unsubscribe-post", b"mime-version", b"content-type"),
)
NODE = """
const DKIM = require('nodemailer/lib/dkim');
const { readFileSync } = require('fs');
const [folder, count] = process.argv.slice(1);
const dkim = new DKIM({ domainName: 'embankment.test', keySelector: 's1',
  privateKey: readFileSync(folder + '/rsa.pem', 'utf8') });
const mail = readFileSync(folder + '/mail.eml');
const one = () => new Promise((done, failed) => {
  let size = 0;
  const signed = dkim.sign(mail);
  signed.on('data', chunk => { size += chunk.length; });
  signed.on('end', () => done(size));
  signed.on('error', failed);
});
(async () => {
  for (let n = 0; n < 50; n++) await one();
  const began = process.hrtime.bigint();
  for (let n = 0; n < Number(count); n++) await one();
  console.log(JSON.stringify({ seconds: Number(process.hrtime.bigint() - began) / 1e9 }));
})();
"""


def reader(number: int) -> Personal:
    return Personal(
        address=f"reader{number}@readers.test",
        name="Анна Орлова",
        leave_url=f"https://embankment.test/unsubscribe/{number:040}",
        leave_by_mail=f"leave+{number:040}@bounces.embankment.test",
        message_id=f"{number:032x}@embankment.test",
        sent_at=NOON,
    )


class Bench:
    """The digest, the keys, and one method a row: seconds for so many mails."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.digest = _digest()
        self.splicer = Splicer(self.digest.compiled)
        self.dkim = {
            "RSA-2048": _dkim(folder, Algorithm.RSA),
            "Ed25519": _dkim(folder, Algorithm.ED25519),
            "both": _dkim(folder, *Algorithm),
        }
        self.signers = {name: Signer(one, self.splicer.fixed) for name, one in self.dkim.items()}
        self.plain = b"".join(self.splicer.chunks(reader(0)))
        (folder / "mail.eml").write_bytes(self.plain)
        (folder / "rsa.pem").write_bytes(pem(Algorithm.RSA))
        for name, signer in self.signers.items():
            chunks = self.splicer.chunks(reader(1))
            found = verified(signer(chunks, at=AT) + b"".join(chunks), self.dkim[name])
            assert all(found), (name, found)

    def splice(self, count: int, *, eight_bit: bool) -> float:
        delivery, readers = DeliveryId(1), [reader(number) for number in range(count)]
        began = perf_counter()
        for one in readers:
            self.splicer(delivery, one, envelope_from="b@embankment.test", eight_bit=eight_bit)
        return perf_counter() - began

    def naive(self, count: int) -> float:
        """Inline and build an EmailMessage for every reader."""
        html, began = self.digest.html, perf_counter()
        for number in range(count):
            mail = EmailMessage(policy=policy.SMTP)
            mail["From"], mail["To"] = "digest@embankment.test", f"reader{number}@readers.test"
            mail["Subject"] = self.digest.subject
            mail.set_content(self.digest.text)
            mail.add_alternative(inline_styles(html), subtype="html")
            mail.as_bytes()
        return perf_counter() - began

    def ours(self, count: int, *, kind: str, threads: int) -> float:
        """Splice and sign, twenty mails under way as with twenty connections."""
        return asyncio.run(self._ours(count, self.signers[kind], threads))

    async def _ours(self, count: int, signer: Signer, threads: int) -> float:
        numbers = iter(range(count))

        async with Signatories(threads) as sign:

            async def line() -> None:
                for number in numbers:
                    chunks = self.splicer.chunks(reader(number))
                    await sign(partial(signer, chunks, at=AT))

            began = perf_counter()
            async with asyncio.TaskGroup() as group:
                for _ in range(20):
                    group.create_task(line())
            return perf_counter() - began

    def dkimpy(self, count: int, *, algorithm: Algorithm) -> float:
        key = pem(algorithm) if algorithm is Algorithm.RSA else _seed(pem(algorithm))
        kind = algorithm.value.encode()
        began = perf_counter()
        for _ in range(count):
            dkimpy.sign(
                self.plain,
                b"s1",
                DOMAIN.encode(),
                key,
                canonicalize=(b"relaxed", b"relaxed"),
                signature_algorithm=kind,
                include_headers=SIGNED_HEADERS,
            )
        return perf_counter() - began

    def nodemailer(self, count: int) -> float:
        ran = subprocess.run(
            ["node", "-e", NODE, "--", str(self.folder), str(count)],
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=True,
        )
        return float(json.loads(ran.stdout)["seconds"])


def _digest() -> Digest:
    return render_digest(ordinary_day(RU), Assets())


def _dkim(folder: Path, *algorithms: Algorithm) -> Dkim:
    files = tuple(written_key(folder, one) for one in algorithms)
    return read_dkim(DkimFiles(domain=DOMAIN, files=files))


def _seed(key: bytes) -> bytes:
    """dkimpy wants the bare seed in base64: the last 32 bytes of PKCS 8."""
    from base64 import b64decode, b64encode

    return b64encode(b64decode(b"".join(key.split(b"\n")[1:-2]))[-32:])


def _has_nodemailer(folder: Path) -> bool:
    if not (which("node") and which("npm")):
        return False
    words = ["npm", "install", "--silent", "--no-audit", "--no-fund", "nodemailer"]
    return subprocess.run(words, cwd=folder, capture_output=True).returncode == 0


def measure(rounds: int) -> tuple[dict[str, float], int]:
    """Microseconds a mail, by row; and the size of the mail."""
    with tempfile.TemporaryDirectory() as name:
        bench = Bench(Path(name))
        cores = min(4, os.cpu_count() or 1)
        rows: dict[str, tuple[Callable[[int], float], int]] = {
            "splice, encoded": (partial(bench.splice, eight_bit=False), 5000),
            "splice, 8 bit": (partial(bench.splice, eight_bit=True), 5000),
            "naive: inline + EmailMessage": (bench.naive, 10),
            "dkimpy, RSA-2048": (partial(bench.dkimpy, algorithm=Algorithm.RSA), 40),
            "dkimpy, Ed25519": (partial(bench.dkimpy, algorithm=Algorithm.ED25519), 100),
        }
        for kind in bench.signers:
            for threads in sorted({1, cores}):
                rows[f"splice + {kind}, {threads} thread(s)"] = (
                    partial(bench.ours, kind=kind, threads=threads),
                    2000,
                )
        if _has_nodemailer(Path(name)):
            rows["nodemailer's DKIM, RSA-2048"] = (bench.nodemailer, 400)
        else:
            print("node or npm is not installed: nodemailer NOT MEASURED", file=sys.stderr)
        found: dict[str, list[float]] = {}
        for _ in range(rounds):
            for row, (run, count) in rows.items():
                found.setdefault(row, []).append(run(count) / count * 1e6)
        return {row: median(times) for row, times in found.items()}, len(bench.plain)


def report(found: dict[str, float], size: int) -> str:
    """A table, each row with its rate and, where it has one, its anchor."""
    best = min(time for row, time in found.items() if row.startswith("splice + RSA"))
    lines = [f"one mail of {size / 1024:.0f} KB, {os.cpu_count()} cores; medians of one run"]
    lines.append(f"{'':<34}{'µs a mail':>11}{'mails/s':>10}{'ours, RSA':>12}")
    for row, time in found.items():
        times = f"{time / best:.1f} times" if "RSA" in row and not row.startswith("splice") else ""
        lines.append(f"{row:<34}{time:>11.1f}{1e6 / time:>10.0f}{times:>12}")
    return "\n".join(lines)


def main() -> None:
    """Measure and say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    results, octets = measure(given.rounds)
    print(json.dumps(results) if given.json else report(results, octets))


if __name__ == "__main__":
    main()
