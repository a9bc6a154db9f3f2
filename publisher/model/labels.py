"""LabelList: names the newsroom itself wants labelled, in every form they take.

Nothing is downloaded and no list comes with the program: the words and the names are the
newsroom's own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from publisher.model.names import Language


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledName:
    """A name as the label prints it, and how texts may write it."""

    name: str
    forms: tuple[str, ...]  # inflected and transliterated ones; `name` itself is always one


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelList:
    """Names that carry one label."""

    id: str  # "agents"
    note: Mapping[Language, str]  # the sentence to print, with the slot {name}
    names: tuple[LabelledName, ...]
    checked: date  # when somebody last compared it with the register
    max_age: timedelta | None = None  # older than this, nothing goes out (rule L15)
