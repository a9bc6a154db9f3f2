"""pydantic's errors as Problems, with our words and the line.  None of its own are ever shown."""

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from publisher.model.problems import msgid
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


def mistake_of(error: ErrorDetails) -> Mistake:
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


# --- keys that are none -------------------------------------------------------------------------

# Keys people try, and what to do instead.
_TRIED: Mapping[str, tuple[str, str]] = {
    "password": (
        msgid("A password does not belong into the config."),
        msgid("Put it into the environment: PUBLISHER_SMTP_NAME_PASSWORD, or …_PASSWORD_FILE."),
    ),
    "ics": (
        msgid("Calendars from .ics files are not part of this version."),
        msgid('Write the days off by hand: off = ["2027-01-01..2027-01-10"]'),
    ),
}


def _extra(path: KeyPath) -> Mistake:
    name = str(path[-1])
    if name in _TRIED:
        message, remedy = _TRIED[name]
        return Mistake(message, remedy=remedy)
    remedy, slots = suggestion(name, keys_at(path[:-1]))
    return Mistake(msgid("There is no key “{name}” here."), remedy=remedy, name=name, **slots)


def keys_at(path: KeyPath) -> tuple[str, ...]:
    """The keys the schema knows at a path; none where names are free."""
    at: Any = Config
    for part in path:
        at = _below(_bare(at), part)
    model = _bare(at)
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        return ()
    return tuple(field.alias or name for name, field in model.model_fields.items())


def _below(kind: Any, part: str | int) -> Any:
    """The type behind one key of a table, any key of a map, or any element of a list."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return next(
            field.annotation
            for name, field in kind.model_fields.items()
            if (field.alias or name) == part
        )
    return get_args(kind)[-1]


def _bare(kind: Any) -> Any:
    """Without Annotated and without "or None"."""
    while get_origin(kind) in {Annotated, Union, UnionType}:
        kind = get_args(kind)[0]
    return kind
