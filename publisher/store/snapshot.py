"""Nouns as JSON and back, exactly: what is frozen in `content` columns."""

from typing import Any, TypeVar

from pydantic import TypeAdapter

from publisher.errors import Refused
from publisher.model.problems import Problem, msgid

T = TypeVar("T")
Row = Any  # a SQLAlchemy row: its columns are attributes

_HEAD = '{"v":1,"noun":'  # the shape of nouns when they were frozen; a later one can tell them

_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    """Compiling one costs milliseconds, so it is done once per noun and process."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def freeze(kind: type[T], noun: T) -> str:
    """A frozen dataclass as one line of JSON; the same noun gives the same text."""
    return f"{_HEAD}{_adapter(kind).dump_json(noun).decode()}}}"


def thaw(kind: type[T], content: str) -> T:
    """The noun a text was frozen from.  Raises Refused for a shape this version does not know."""
    if not content.startswith(_HEAD):
        raise Refused(made_by_a_newer_version())
    return _adapter(kind).validate_json(content[len(_HEAD) : -1])


def made_by_a_newer_version() -> Problem:
    """What is stored can be read by a later version only."""
    return Problem(
        message=msgid("The database was made by a newer version of Publisher."),
        remedy=msgid("Install that version, or restore the backup made before it."),
    )
