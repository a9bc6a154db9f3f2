"""Mistake: a value an editor must mend, raised where it is read.  It gains its place later."""

from collections.abc import Iterable
from difflib import get_close_matches

from publisher.model.problems import Place, Problem, msgid

DID_YOU_MEAN = msgid("Did you mean “{near}”?")
_KNOWN_ARE = msgid("Known here: {known}.")
_NONE_YET = msgid("None is there yet: add it, or take this out.")
_LISTED = 24  # names a person still reads


class Mistake(ValueError):
    """What is wrong with a value; a ValueError, so that pydantic adds where it stands."""

    def __init__(self, message: str, *, remedy: str | None = None, **args: str | int) -> None:
        super().__init__(message)
        self.message, self.remedy, self.slots = message, remedy, args

    def at(self, place: Place) -> Problem:
        """The Problem, now that its place is known."""
        return Problem(message=self.message, args=self.slots, remedy=self.remedy, place=place)


def unknown(message: str, word: str, known: Iterable[str], **args: str | int) -> Mistake:
    """A Mistake about `{word}`, which is none of `known`; the nearest one is suggested."""
    names = list(known)
    remedy, slots = suggestion(word, names)
    return Mistake(message, remedy=remedy, word=word, **slots, **args)


def suggestion(word: str, known: Iterable[str]) -> tuple[str, dict[str, str]]:
    """A remedy and its slots: "did you mean", or the list of what is known."""
    names = list(known)
    if near := nearest(word, names):
        return DID_YOU_MEAN, {"near": near}
    if not names:
        return _NONE_YET, {}
    more = ["…"] if len(names) > _LISTED else []
    return _KNOWN_ARE, {"known": ", ".join([*names[:_LISTED], *more])}


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The name most like `word`, whatever its case; a zone is also found by its city."""
    by_fold: dict[str, str] = {}
    for name in known:
        by_fold.setdefault(name.casefold(), name)
        by_fold.setdefault(name.casefold().rpartition("/")[2], name)
    found = get_close_matches(word.strip().casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else None
