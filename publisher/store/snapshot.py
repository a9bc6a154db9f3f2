"""Nouns as JSON and back, exactly: what is frozen in `content` columns."""

from typing import Any, TypeVar

from pydantic import TypeAdapter

T = TypeVar("T")


_adapters: dict[type, TypeAdapter[Any]] = {}


def _adapter(kind: type[T]) -> TypeAdapter[T]:
    """Compiling one costs milliseconds, so it is done once per noun and process."""
    if kind not in _adapters:
        _adapters[kind] = TypeAdapter(kind)
    return _adapters[kind]


def freeze(kind: type[T], noun: T) -> str:
    """A frozen dataclass as one line of JSON; the same noun gives the same text."""
    return _adapter(kind).dump_json(noun).decode()


def thaw(kind: type[T], content: str) -> T:
    """The noun a text was frozen from."""
    return _adapter(kind).validate_json(content)


Row = Any  # a SQLAlchemy row: its columns are attributes
