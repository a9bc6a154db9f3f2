"""Lay the sample newsroom out in a folder, its times moved into the last due window.

It is laid out once; what an editor changed there afterwards stays.
"""

import re
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from shutil import copytree

from publisher.assets import shipped
from publisher.errors import Refused
from publisher.model.problems import Problem, msgid

WRITTEN_FOR = datetime.fromisoformat("2026-11-23T08:00+03:00")  # the samples' own due time
_MARK = ".demo"  # there from the beginning: what was laid out by half is ours to lay out again
_SITE, _WEB, _SMTP = "http://127.0.0.1:8025", "127.0.0.1:8025", "port = 2525"
_PAPER = "https://embankment.test"  # the site the stories were written for; here we are it
_STAMP = re.compile(r"^(published|updated): *(\S+)$", re.MULTILINE)
_AGO = re.compile(r"\{\{time:-(?:(\d+)h)?(?:(\d+)m)?\}\}")


def is_laid_out(folder: Path) -> bool:
    """Whether a demo stands there, complete: the subscribers are laid out last.

    Somebody's own newsroom is none: the demo would mail its readers.
    """
    return all((folder / part).exists() for part in (_MARK, "config", "subscribers.csv"))


def claim(folder: Path) -> None:
    """Take a folder for the demo.  Raises Refused where anything else is in it."""
    mark = folder / _MARK
    if not mark.exists() and folder.is_dir() and any(folder.iterdir()):
        raise Refused(
            Problem(
                message=msgid("{folder} is not empty, and no demo."),
                args={"folder": str(folder)},
                remedy=msgid("Choose another folder for the demo: --dir DIR"),
            )
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.touch()


def lay_out_config(folder: Path) -> None:
    """The sample's config with free ports of this machine; kept from then on."""
    web, smtp = free_ports(2)
    (folder / "config").mkdir(parents=True, exist_ok=True)
    for source in sorted(shipped("config").glob("*.toml")):
        text = source.read_text("utf-8")
        text = text.replace(_SITE, f"http://127.0.0.1:{web}").replace(_WEB, f"127.0.0.1:{web}")
        text = text.replace(_SMTP, f"port = {smtp}")
        (folder / "config" / source.name).write_text(text, "utf-8")


def lay_out_content(folder: Path, *, due: datetime, base_url: str) -> None:
    """Stories, pictures, the wire and the subscribers, as if written for the issue due then."""
    sample = shipped("sample")
    copytree(sample / "content", folder / "content", dirs_exist_ok=True)
    for path in sorted((folder / "content").rglob("*.md")):
        text = path.read_text("utf-8").replace(_PAPER, base_url)
        path.write_text(_moved(text, by=due - WRITTEN_FOR), "utf-8")
    wire = (sample / "wire" / "business.xml.in").read_text("utf-8")
    wire = wire.replace("{{base}}", base_url)
    wire = _AGO.sub(lambda ago: format_datetime(due - _span(ago.groups("0"))), wire)
    (folder / "wire").mkdir(exist_ok=True)
    (folder / "wire" / "business.xml").write_text(wire, "utf-8")
    (folder / "subscribers.csv").write_bytes((sample / "subscribers.csv").read_bytes())


def free_ports(count: int) -> tuple[int, ...]:
    """Ports of 127.0.0.1 that nobody holds at this moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = tuple(one.getsockname()[1] for one in sockets)
    for one in sockets:
        one.close()
    return ports


def written(folder: Path) -> Mapping[str, int]:
    """How many stories lie there, by language."""
    return {
        language.name: sum(1 for _ in language.glob("*.md"))
        for language in sorted((folder / "content").iterdir())
        if language.is_dir() and language.name != "images"
    }


def _moved(text: str, *, by: timedelta) -> str:
    """The front matter's times, moved; the body is not looked at."""
    _, matter, body = text.split("---\n", 2)
    matter = _STAMP.sub(
        lambda found: f"{found[1]}: {(datetime.fromisoformat(found[2]) + by).isoformat()}", matter
    )
    return f"---\n{matter}---\n{body}"


def _span(parts: tuple[str, ...]) -> timedelta:
    hours, minutes = parts
    return timedelta(hours=int(hours), minutes=int(minutes))
