"""Keys that are read and kept, but not acted on by this version: each said once."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.settings.fields import Kept
from publisher.settings.lines import KeyPath


def kept(value: Any, path: KeyPath = ()) -> Iterator[KeyPath]:
    """The paths of keys that were written and change nothing."""
    match value:
        case BaseModel():
            for name in value.model_fields_set:
                yield from _field(value, name, path)
        case dict():
            for key, inner in value.items():
                yield from kept(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from kept(inner, (*path, index))


def not_acted_on(place: Place) -> Problem:
    """The note about one of them."""
    return Problem(
        message=msgid("“{key}” is kept, but this version does not act on it."),
        args={"key": place.key or ""},
        severity=Severity.NOTE,
        place=place,
    )


def _field(table: BaseModel, name: str, path: KeyPath) -> Iterator[KeyPath]:
    field = type(table).model_fields[name]
    value = getattr(table, name)
    mark = next((one for one in field.metadata if isinstance(one, Kept)), None)
    here = (*path, field.alias or name)
    if mark is None:
        yield from kept(value, here)
    elif value not in mark.silent:
        yield here
