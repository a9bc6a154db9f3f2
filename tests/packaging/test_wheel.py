"""The wheel: what travels in it, and that it does the main job far from the checkout."""

import gettext
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

import pytest

import publisher

CHECKOUT = Path(publisher.__file__).resolve().parents[1]
NO_INDEX = ("No matching distribution found", "Could not find a version", "ConnectionError")


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """A virtual environment with the wheel, outside the checkout."""

    bin: Path
    home: Path  # a folder to work in
    environ: Mapping[str, str]

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return _run([str(self.bin / words[0]), *words[1:]], cwd=self.home, environ=self.environ)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `pip install .` builds it; the build's own tools come from the package index."""
    folder = tmp_path_factory.mktemp("wheel")
    built = _run(
        [sys.executable, "-m", "pip", "wheel", str(CHECKOUT), "--no-deps", "-w", str(folder)],
        cwd=folder,
        environ=os.environ,
    )
    if built.returncode and any(words in built.stderr + built.stdout for words in NO_INDEX):
        pytest.skip("no package index to fetch the build's tools from")
    assert built.returncode == 0, built.stdout + built.stderr
    [file] = folder.glob("publisher-*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The libraries are lent by this environment, whose own editable Publisher stays behind."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv = folder / "venv"
    environ = {
        name: value for name, value in os.environ.items() if not name.startswith("PYTHON")
    } | {"HOME": str(folder)}
    _done([sys.executable, "-m", "venv", "--without-pip", str(venv)], folder, environ)
    python = venv / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    _done([*pip, "--no-deps", "--no-index", str(wheel)], folder, environ)
    [own] = venv.glob("lib/python*/site-packages")
    (own / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n", "utf-8")
    return Installed(bin=venv / "bin", home=folder, environ=environ)


def test_everything_the_program_reads_travels_in_the_wheel(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())

    for folder in ("templates", "config", "sample/content", "sample/wire", "sample/starter"):
        files = [path for path in (CHECKOUT / folder).rglob("*") if path.is_file()]
        missing = [path for path in files if _packed(path) not in names]
        assert files
        assert missing == []
    assert _packed(CHECKOUT / "sample" / "subscribers.csv") in names


def test_the_wheel_holds_the_package_and_nothing_beside_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()

    tops = {name.partition("/")[0] for name in names}
    assert tops == {"publisher", f"{wheel.name.rsplit('-', 3)[0]}.dist-info"}
    assert len(names) == len(set(names))
    assert not [name for name in names if name.endswith((".pyc", ".db", ".key", ".pot"))]


def test_the_wheel_names_no_folder_of_the_machine_it_was_built_on(wheel: Path) -> None:
    here = {os.fsencode(path) for path in (CHECKOUT, Path.home(), Path(sys.prefix))} - {b"/"}
    with zipfile.ZipFile(wheel) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}

    assert not [name for name in files if name.startswith("/") or ".." in name.split("/")]
    assert not [name for name, data in files.items() if any(path in data for path in here)]


@pytest.mark.parametrize("language", ["en", "ru"])
def test_the_catalogs_travel_compiled(wheel: Path, language: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        name = f"publisher/_data/locales/{language}/LC_MESSAGES/publisher.mo"
        catalog = gettext.GNUTranslations(BytesIO(archive.read(name)))
        manners = f"publisher/_data/locales/{language}/language.toml"
        assert manners in archive.namelist()

    said = catalog.gettext("Unsubscribe")
    assert (said == "Unsubscribe") == (language == "en")


def test_the_demo_runs_outside_the_checkout_and_a_second_time_sends_nothing(
    installed: Installed,
) -> None:
    where = installed("python", "-c", "import publisher; print(publisher.__file__)")
    first = installed("publisher", "demo", "--json")
    second = installed("publisher", "demo", "--json")

    assert CHECKOUT not in Path(where.stdout.strip()).parents
    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    done, again = json.loads(first.stdout), json.loads(second.stdout)
    assert done["balance"]["accepted"] == done["mails"] == again["mails"] > 0
    assert (done["new"] > 0, again["new"], again["issue"]) == (True, 0, None)
    folder = installed.home / "publisher-demo"
    assert len(list((folder / "mailbox" / "new").iterdir())) == done["mails"]
    assert {path.name for path in (folder / "preview").iterdir()} == {
        f"{language}.{kind}" for language in ("en", "ru") for kind in ("html", "txt", "eml")
    }


def test_a_new_newsroom_can_be_laid_out_from_the_wheel(installed: Installed) -> None:
    made = installed("publisher", "init", "newsroom", "--json")
    checked = installed("publisher", "--config", "newsroom/config", "check", "--lang", "ru")

    assert made.returncode == 0, made.stderr
    assert "config/newsroom.toml" in json.loads(made.stdout)["files"]
    assert checked.returncode in {0, 1}  # the starter's legal profile is to be filled in
    assert "Traceback" not in checked.stderr


def test_help_comes_at_once(installed: Installed) -> None:
    """In seconds of the processor: how many others want it is not our affair."""
    took = []
    for _ in range(5):
        begun = _used()
        assert installed("publisher", "--help").returncode == 0
        took.append(_used() - begun)

    print(f"publisher --help: {median(took):.2f} s")
    assert median(took) < 2


def _used() -> float:
    """By all processes that this one has called and seen end."""
    times = os.times()
    return times.children_user + times.children_system


def _packed(path: Path) -> str:
    return f"publisher/_data/{path.relative_to(CHECKOUT).as_posix()}"


def _run(
    words: Sequence[str], *, cwd: Path, environ: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=cwd, env=dict(environ), capture_output=True, text=True, timeout=110, check=False
    )


def _done(words: Sequence[str], cwd: Path, environ: Mapping[str, str]) -> None:
    done = _run(words, cwd=cwd, environ=environ)
    assert done.returncode == 0, done.stdout + done.stderr
