"""pydantic's errors as Problems, with our words and the line.  None of its own are ever shown."""

import types
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from publisher.model.problems import Problem, msgid
from publisher.settings.fields import MANY, ONE
from publisher.settings.lines import KeyPath
from publisher.settings.mistakes import Mistake, suggestion
from publisher.settings.schema import Config
from publisher.settings.words import shown

_TAGS = frozenset({ONE, MANY, "[key]"})  # parts of pydantic's paths that are no keys

# pydantic's error type -> what is wrong, and how to mend it.
_WORDS: Mapping[str, tuple[str, str]] = {
    "missing": (msgid("The key “{name}” is missing."), msgid("Add it: {example}")),
    "string_type": (
        msgid("A text is needed here, not {found}."),
        msgid("Write it in quotes."),
    ),
    "int_type": (
        msgid("A whole number is needed here, not {found}."),
        msgid("Write digits only, without quotes."),
    ),
    "bool_type": (
        msgid("A yes or no is needed here, not {found}."),
        msgid("Write true or false, without quotes."),
    ),
    "list_type": (
        msgid("A list is needed here, not {found}."),
        msgid("Write it in square brackets."),
    ),
    "dict_type": (
        msgid("A table is needed here, not {found}."),
        msgid("Write keys in braces, or below a heading in square brackets."),
    ),
    "date_type": (
        msgid("A day is needed here, not {found}."),
        msgid("Write it as 2027-02-01, without quotes."),
    ),
    "greater_than_equal": (
        msgid("{found} is too small."),
        msgid("Write {ge} or more."),
    ),
    "less_than_equal": (
        msgid("{found} is too large."),
        msgid("Write {le} or less."),
    ),
    "too_short": (
        msgid("The table is empty."),
        msgid("At least one is needed here."),
    ),
}
_SAME = {"model_type": "dict_type", "model_attributes_type": "dict_type"}
_OTHERWISE = (
    msgid("The value {found} cannot stand here."),
    msgid("See the example in the handbook for what can."),
)
_EXAMPLES: Mapping[str, str] = {
    "site": "[site]",
    "mail": "[mail]",
    "sections": "[sections]",
    "legal": "[[legal.main]]",
    "name": 'name = { en = "…" }',
    "title": 'title = { en = "…" }',
    "from": 'from = { en = "Name <name@…>" }',
    "base_url": 'base_url = "https://…"',
    "languages": 'languages = ["en", "ru"]',
    "timezone": 'timezone = "Europe/Moscow"',
    "feed_authority": 'feed_authority = "…,2026"',
    "kind": 'kind = "folder"',
    "rights": 'rights = "own"',
    "send": 'send = "every working day at 08:00"',
    "ruleset": 'ruleset = "ru-network-2018"',
}


def path_of(error: ErrorDetails) -> KeyPath:
    """Where an error stands, as a path of keys and indices."""
    return tuple(part for part in error["loc"] if part not in _TAGS)


def problem_of(error: ErrorDetails, inputs: Mapping[str, Any]) -> Mistake:
    """What an error says, in our words."""
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Mistake):
        return cause
    path, kind = path_of(error), error["type"]
    if kind == "extra_forbidden":
        return _extra(path)
    name = str(path[-1]) if path else ""
    message, remedy = _WORDS.get(_SAME.get(kind, kind), _OTHERWISE)
    slots: dict[str, str | int] = {"found": shown(error["input"])}
    if kind == "missing":
        slots = {"name": name, "example": _EXAMPLES.get(name, f"{name} = …")}
    limits = {key: value for key, value in error.get("ctx", {}).items() if key in {"ge", "le"}}
    return Mistake(message, remedy=remedy, **slots, **limits)
