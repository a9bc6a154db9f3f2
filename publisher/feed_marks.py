"""What a feed file was made of, as one hash: the same again needs no second building."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from publisher.model.feeds import Feed
from publisher.model.labels import LabelList
from publisher.model.legal import LegalProfile

_MAKERS = ("compose", "model", "render")  # whose code decides what bytes come of it
_LIBRARIES = ("feedgen", "lxml")


def made_of(
    feed: Feed, formats: Sequence[str], profile: LegalProfile, lists: Sequence[LabelList]
) -> str:
    """The same for the same feed, law and program; a noun's repr tells all of it."""
    told = sha256(_program().encode())
    for part in (feed, tuple(formats), profile, tuple(lists)):
        told.update(repr(part).encode("utf-8", "backslashreplace"))
    return told.hexdigest()


@lru_cache(maxsize=1)
def _program() -> str:
    """This program's own writers: an update builds everything anew."""
    package = Path(__file__).parent
    told = sha256(" ".join(version(name) for name in _LIBRARIES).encode())
    for file in _sources(package):
        told.update(file.read_bytes())
    return told.hexdigest()


def _sources(package: Path) -> Iterable[Path]:
    yield package / "feed_gate.py"
    for room in _MAKERS:
        yield from sorted((package / room).glob("*.py"))
