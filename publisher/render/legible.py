"""Nouns of a feed without what XML cannot hold, for those few that have any."""

from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from publisher.render.feed_extension import clean

T = TypeVar("T")


def legible(noun: T) -> T:
    """The same noun with every text in it cleaned."""
    changed = {one.name: _legible(getattr(noun, one.name)) for one in fields(noun)}  # type: ignore[arg-type] # nouns
    return replace(noun, **changed)  # type: ignore[type-var] # nouns are dataclasses


def _legible(value: Any) -> Any:
    match value:
        case str():
            return clean(value)
        case tuple():
            return tuple(_legible(one) for one in value)
        case _ if is_dataclass(value):
            return legible(value)
        case _:
            return value
