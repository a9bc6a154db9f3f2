"""Near-duplicates: what two texts share, and the traces by which one finds the other.  Pure.

Traces are the smallest hashes of a text's four-word runs (Broder, "On the resemblance and
containment of documents", 1997): texts that share most runs share some of the smallest.
"""

import re
from hashlib import sha256
from zlib import crc32

_WORD = re.compile(r"\w+")
_LOOKED_AT = 500  # characters from the beginning: agencies' stories are cut from the end
_LEAST = 24  # words; what is shorter is alike by chance
_TRACES = 3
_ENOUGH = 0.6  # of the runs of both; the same story with another lead has more
_MASK = 0xFFFFFFFF


def traces(text: str) -> tuple[int, ...]:
    """At most three numbers below 2^32 by which a near-duplicate is found; none of a short text."""
    words = _words(text)
    return tuple(sorted(_runs(words, every_other=True))[:_TRACES])


def alike(one: str, other: str) -> bool:
    """Whether two plain texts tell the same story in nearly the same words."""
    ours, theirs = _runs(_words(one)), _runs(_words(other))
    return bool(ours and theirs) and len(ours & theirs) >= _ENOUGH * len(ours | theirs)


def material(title: str, summary: str, text: str) -> str:
    """Hex SHA-256 of plain words; `text` is on one line, white space in the others is made so."""
    words = (" ".join(title.split()), " ".join(summary.split()), text)
    return sha256("\0".join(words).encode("utf-8", "replace")).hexdigest()


def _words(text: str) -> list[int]:
    if len(_NUMBERS) > _MOST_NUMBERS:
        _NUMBERS.clear()
    return list(map(_NUMBERS.__getitem__, _WORD.findall(text[:_LOOKED_AT].lower())))


class _Numbers(dict[str, int]):
    """A number for each word; a language has few words, and an agency's stories fewer."""

    def __missing__(self, word: str) -> int:
        return self.setdefault(word, crc32(word.encode("utf-8", "replace")))


# A dictionary asked by `map` takes a third of the time of a cached function (measured).
_NUMBERS, _MOST_NUMBERS = _Numbers(), 1 << 15


def _runs(words: list[int], *, every_other: bool = False) -> set[int]:
    """Hashes of the runs; of those that begin with an even word only, the same in every text.

    A tuple of numbers has the same hash in every process (of strings it has not).
    """
    if len(words) < _LEAST:
        return set()
    runs = zip(words, words[1:], words[2:], words[3:], strict=False)
    if every_other:
        return {hash(run) & _MASK for run in runs if not run[0] & 1}
    return {hash(run) & _MASK for run in runs}
