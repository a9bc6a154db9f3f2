"""What a language needs beyond words, as its folder in locales/ says it (language.toml)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Typography:
    """The rules of one typography pass; whatever is left empty is not touched."""

    quotes: tuple[str, ...] = ()  # outer pair, for straight double quotes
    inner: tuple[str, ...] = ()  # the pair within a pair
    apostrophe: str = ""  # for a straight one
    ellipsis: str = ""  # for three dots
    dash: str = ""  # for a dash between spaces, spaces included
    short: tuple[str, ...] = ()  # words that keep to the word after them
    clitics: tuple[str, ...] = ()  # words that keep to the word before them
    signs: str = ""  # characters that keep to what follows: "№"
    initials: bool = False  # «А. П. Соколова» stays on one line
    abbreviations: tuple[str, ...] = ()  # of three letters or more: their point ends no sentence
    numbers: bool = False  # a number keeps to its word, thousands keep together


@dataclass(frozen=True, slots=True, kw_only=True)
class Manners:
    """Everything about a language that is not a sentence."""

    source: bool = False  # msgids are written in it: its catalog may be sparse
    tracking: str = "0.06em"  # letter-spacing of capitals
    marks: Mapping[str, str] = field(default_factory=dict)  # "ru" -> "(in Russian)"
    zones: Mapping[str, str] = field(default_factory=dict)  # "MSK" -> «мск»
    typography: Typography = Typography()


def manners_from(table: Mapping[str, Any]) -> Manners:
    """Build Manners from a parsed language.toml; raises TypeError on what it does not know."""
    known = dict(table)
    rules = {name: _frozen(value) for name, value in known.pop("typography", {}).items()}
    return _build(Manners, known | {"typography": _build(Typography, rules)})


def _build(noun: type[T], values: Mapping[str, Any]) -> T:
    names = {one.name for one in fields(noun)}  # type: ignore[arg-type] # ours are dataclasses
    if unknown := sorted(set(values) - names):
        raise TypeError(", ".join(unknown))
    return noun(**values)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
