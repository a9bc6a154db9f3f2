"""Front matter: the YAML head of a story file, every mistake with its line."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml

from publisher.model.articles import AGE_MARKS
from publisher.model.problems import Place, Problem, msgid

KEYS = frozenset(
    {
        *("title", "language", "story", "section", "published", "updated", "age", "author"),
        *("summary", "image", "related", "correction", "breaking", "embargo"),
    }
)
_IMAGE_KEYS = frozenset({"src", "alt", "caption", "credit"})
_TIMES = ("published", "updated", "embargo")
_TEXTS = ("title", "language", "story", "section", "summary", "correction")


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """A file's head, checked, and its body; `problems` non-empty: the item is not to be used."""

    values: Mapping[str, Any]
    body: str
    problems: tuple[Problem, ...]


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
        values = yaml.safe_load(head) or {}
    except (yaml.YAMLError, ValueError) as error:
        return _unusable(_not_yaml(error, file))
    if not isinstance(values, dict):
        return _unusable(_not_yaml(None, file))
    at = _Lines(file, head)
    return Matter(values=values, body=body, problems=tuple(_mistakes(values, at)))


class _Lines:
    """Where a key stands in the file; the head begins at line 2."""

    def __init__(self, file: str, head: str) -> None:
        self._file = file
        self._lines = {
            line.partition(":")[0].strip(): number
            for number, line in reversed(list(enumerate(head.split("\n"), start=2)))
        }

    def place(self, key: str) -> Place:
        return Place(file=self._file, line=self._lines.get(key.rpartition(".")[2], 1), key=key)


def _mistakes(values: Mapping[str, Any], at: _Lines) -> Iterator[Problem]:
    yield from (_unknown(str(key), at) for key in values if key not in KEYS)
    if not str(values.get("title") or "").strip():
        yield Problem(
            message=msgid("The article has no title."),
            remedy=msgid("Add a line: title: …"),
            place=at.place("title"),
        )
    for key in _TIMES:
        if values.get(key) is not None:
            yield from _time_mistakes(key, values[key], at)
    for key, (fits, sentence) in _FORMS.items():
        if values.get(key) is not None and not fits(values[key]):
            yield Problem(message=sentence, args={"key": key}, place=at.place(key))
    image = values.get("image")
    found = image.keys() - _IMAGE_KEYS if isinstance(image, dict) else ()
    yield from (_unknown(f"image.{key}", at) for key in sorted(found))


def _time_mistakes(key: str, value: object, at: _Lines) -> Iterator[Problem]:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return
    if isinstance(value, date):  # a datetime is a date too
        yield Problem(
            message=msgid("{key} names no time zone: nobody knows which hour is meant."),
            args={"key": key},
            remedy=msgid("Write it like 2026-11-22T09:00+03:00."),
            place=at.place(key),
        )
    else:
        yield Problem(
            message=msgid("{key} is no time: {value}."),
            args={"key": key, "value": str(value)[:80]},
            remedy=msgid("Write it like 2026-11-22T09:00+03:00."),
            place=at.place(key),
        )


def _is_text(value: object) -> bool:
    return not isinstance(value, dict | list)


def _is_texts(value: object) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str) for one in value)
    return isinstance(value, str)


def _is_mark(value: object) -> bool:
    return not isinstance(value, bool) and value in AGE_MARKS


def _is_image(value: object) -> bool:
    return isinstance(value, dict) and bool(value.get("src"))


_ONE_TEXT = msgid("{key} must be one text.")
_TEXTS_OR_ONE = msgid("{key} must be a text or a list of texts.")
_FORMS: Mapping[str, tuple[Callable[[object], bool], str]] = {
    **dict.fromkeys(_TEXTS, (_is_text, _ONE_TEXT)),
    "author": (_is_texts, _TEXTS_OR_ONE),
    "related": (_is_texts, _TEXTS_OR_ONE),
    "age": (_is_mark, msgid("{key} must be one of 0, 6, 12, 16, 18.")),
    "breaking": (lambda value: isinstance(value, bool), msgid("{key} must be true or false.")),
    "image": (_is_image, msgid("{key} must have src, alt, caption and credit.")),
}


def _unknown(key: str, at: _Lines) -> Problem:
    return Problem(
        message=msgid("There is no key “{key}” in front matter."),
        args={"key": key, "known": ", ".join(sorted(KEYS))},
        remedy=msgid("Known keys: {known}."),
        place=at.place(key),
    )


def _not_yaml(error: Exception | None, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None)
    return Problem(
        message=msgid("The front matter cannot be read: {words}."),
        args={"words": str(getattr(error, "problem", None) or error or "no keys")},
        remedy=msgid("A text with a colon or a quote in it stands in quotes of its own."),
        place=Place(file=file, line=mark.line + 2 if mark else 1),
    )


def _unusable(problem: Problem) -> Matter:
    return Matter(values={}, body="", problems=(problem,))
