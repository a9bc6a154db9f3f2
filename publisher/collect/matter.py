"""Front matter: the YAML head of a story file, every mistake with its line."""

import re
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import yaml

from publisher.collect.clean import one_line
from publisher.model.articles import AGE_MARKS
from publisher.model.problems import Place, Problem, msgid

KEYS = frozenset(
    {
        *("title", "language", "story", "section", "published", "updated", "age", "author"),
        *("summary", "image", "related", "correction", "breaking", "embargo"),
        "sponsored",
    }
)
# What stands inside of a key, by key.
_INSIDE = {
    "image": frozenset({"src", "alt", "caption", "credit"}),
    "sponsored": frozenset({"advertiser", "erid"}),
}
_TRUTH = {"true": True, "false": False}
_SPACED_ZONE = re.compile(r"\s+(?=[+-]\d\d:?\d\d$)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A file's head, checked, and its body; `problems` non-empty: the item is not to be used.

    Values: aware datetimes for times, int for age, bool for breaking, a tuple of texts for author
    and related, a mapping of texts for image and sponsored, one line of text for the rest.
    """

    values: Mapping[str, Any]
    body: str
    problems: tuple[Problem, ...]
    file: str
    lines: Mapping[str, int]  # key -> where it stands

    def place(self, key: str) -> Place:
        """Where a key stands ("image.src" for one inside another); line 1 when it is not there."""
        return Place(file=self.file, line=self.lines.get(key.rpartition(".")[2], 1), key=key)


def read_matter(text: str, file: str) -> Matter:
    """Split a story file and check its head."""
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").split("\n")
    ends = [n for n, line in enumerate(lines) if line.rstrip() == "---"]
    if len(ends) < 2 or ends[0] != 0:  # noqa: PLR2004 - one fence opens, one closes
        return _unusable(
            Problem(
                message=msgid("The file has no front matter."),
                remedy=msgid("Begin it with a line ---, then title: …, then a line ---."),
                place=Place(file=file, line=1),
            )
        )
    head, body = "\n".join(lines[1 : ends[1]]), "\n".join(lines[ends[1] + 1 :])
    try:
        said = yaml.load(head, Loader=_Texts) or {}  # noqa: S506 - builds texts, nothing else
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return _unusable(_not_yaml(error, file))
    if not isinstance(said, dict):
        return _unusable(_not_yaml(None, file))
    return _checked(said, Matter(values={}, body=body, problems=(), file=file, lines=_lines(head)))


class _Texts(yaml.BaseLoader):
    """YAML in which every value is a text, so that the title 12:30 stays one, and No too.

    An alias can make a small file enormous, and a key said twice hides what it said first: both
    are refused.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]  # PyYAML's
            raise yaml.composer.ComposerError(None, None, "an alias (*) is not allowed", mark)
        return super().compose_node(parent, index)

    def construct_mapping(
        self,
        node: yaml.MappingNode,
        deep: bool = False,  # noqa: FBT001, FBT002 - as PyYAML has it
    ) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key.value, str) and key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"“{key.value}” is said twice", key.start_mark
                )
            seen.add(str(key.value))
        return super().construct_mapping(node, deep=True)


def _lines(head: str) -> Mapping[str, int]:
    """The first line of each key; the head begins at line 2."""
    numbered = reversed(list(enumerate(head.split("\n"), start=2)))
    return {line.partition(":")[0].strip(): number for number, line in numbered}


def _checked(said: Mapping[str, object], matter: Matter) -> Matter:
    values: dict[str, Any] = {}
    problems = [_unknown(str(key), matter) for key in said if key not in KEYS]
    for key in sorted(said.keys() & KEYS):
        value = said[key]
        if value in ("", [], {}):
            continue
        try:
            values[key] = _READERS.get(key, _text)(value)
        except _Unfit as unfit:
            problems.append(_unfit(unfit, key, value, matter))
    if not values.get("title") and not any(one.place.key == "title" for one in problems):
        problems.append(_untitled(matter))
    for outer, known in _INSIDE.items():
        inside = values.get(outer, {})
        problems += [_unknown(f"{outer}.{key}", matter) for key in inside if key not in known]
    return Matter(
        values=values,
        body=matter.body,
        problems=tuple(problems),
        file=matter.file,
        lines=matter.lines,
    )


# --- values -------------------------------------------------------------------------------------


class _Unfit(Exception):
    """A value that its key cannot have: the sentence, and how to mend it."""

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise _Unfit(msgid("{key} must be one text."))
    return one_line(value)


def _texts(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    texts = [one_line(one) for one in several if isinstance(one, str)]
    if len(texts) < len(several):
        raise _Unfit(msgid("{key} must be a text or a list of texts."))
    return tuple(filter(None, texts))


def _time(value: object) -> datetime:
    remedy = msgid("Write it like 2026-11-22T09:00+03:00.")
    words = _SPACED_ZONE.sub("", str(value).strip())
    try:
        found = datetime.fromisoformat(words)
    except ValueError:
        raise _Unfit(msgid("{key} is no time: {value}."), remedy) from None
    if found.tzinfo is None:
        raise _Unfit(
            msgid("{key}: {value} names no time zone, so nobody knows which hour is meant."), remedy
        )
    return found


def _age(value: object) -> int:
    words = str(value).strip().removesuffix("+")
    mark = next((mark for mark in AGE_MARKS if str(mark) == words), None)
    if mark is None:
        raise _Unfit(msgid("{key} must be one of 0, 6, 12, 16, 18."))
    return mark


def _truth(value: object) -> bool:
    truth = _TRUTH.get(str(value).strip().lower())
    if truth is None:
        raise _Unfit(msgid("{key} must be true or false."))
    return truth


def _image(value: object) -> Mapping[str, str]:
    return _lines_of(value, "src", msgid("{key} must have src, alt, caption and credit."))


def _sponsored(value: object) -> Mapping[str, str]:
    return _lines_of(value, "advertiser", msgid("{key} must have advertiser and erid."))


def _lines_of(value: object, needed: str, sentence: str) -> Mapping[str, str]:
    if not isinstance(value, dict) or not value.get(needed):
        raise _Unfit(sentence)
    if not all(isinstance(one, str) for one in value.values()):
        raise _Unfit(sentence)
    return {str(key): one_line(one) for key, one in value.items()}


_READERS: Mapping[str, Callable[[object], Any]] = {
    **dict.fromkeys(("published", "updated", "embargo"), _time),
    **dict.fromkeys(("author", "related"), _texts),
    "age": _age,
    "breaking": _truth,
    "image": _image,
    "sponsored": _sponsored,
}


# --- words --------------------------------------------------------------------------------------


def _unfit(unfit: _Unfit, key: str, value: object, matter: Matter) -> Problem:
    return Problem(
        message=unfit.message,
        args={"key": key, "value": str(value)[:80]},
        remedy=unfit.remedy,
        place=matter.place(key),
    )


def _untitled(matter: Matter) -> Problem:
    return Problem(
        message=msgid("The article has no title."),
        remedy=msgid("Add a line: title: …"),
        place=matter.place("title"),
    )


def _unknown(key: str, matter: Matter) -> Problem:
    known = _INSIDE.get(key.partition(".")[0], KEYS) if "." in key else KEYS
    return Problem(
        message=msgid("There is no key “{key}” in front matter."),
        args={"key": key, "known": ", ".join(sorted(known))},
        remedy=msgid("Known keys: {known}."),
        place=matter.place(key),
    )


def _not_yaml(error: Exception | None, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    return Problem(
        message=msgid("The front matter cannot be read: {words}."),
        args={"words": one_line(str(getattr(error, "problem", None) or error or "no keys"))},
        remedy=msgid("A text with a colon or a quote in it stands in quotes of its own."),
        place=Place(file=file, line=mark.line + 2 if mark else 1),
    )


def _unusable(problem: Problem) -> Matter:
    return Matter(values={}, body="", problems=(problem,), file=problem.place.file or "", lines={})
