"""Which stored article an entry is: by guid, then link, then link and date, then content.  Pure.

A source whose names repeat or churn loses our trust in them by itself, one step at a time, and
never gains it back until its address changes (FreshRSS's policy, reference feeds.md 1.1).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256

from publisher.addresses import plain_address
from publisher.collect.alike import alike
from publisher.collect.clean import plain_text
from publisher.model.articles import Article
from publisher.model.names import SourceId
from publisher.model.sources import Entry, Identity

_STEPS = tuple(Identity)
_BAD = 0.05  # of the entries: more, and a way of naming is given up for the whole source


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Entries under the names that tell them apart, and how far down we had to go."""

    entries: tuple[Entry, ...]
    identity: Identity


def name(entries: Sequence[Entry], identity: Identity) -> Named:
    """Keys by which the entries of one document differ from each other.

    A few repeats cost only those that repeat their name; many degrade the source.
    """
    once = _once(entries)
    while _too_many(repeated := _repeats(once, identity), once) and identity is not _STEPS[-1]:
        identity = _below(identity)
    lower = _below(identity)
    named = (
        _under(one, name_of(one, lower if name_of(one, identity) in repeated else identity))
        for one in once
    )
    return Named(entries=tuple(named), identity=identity)


def recognise(
    named: Named,
    source: SourceId,
    *,
    known: Mapping[str, Article],
    there: Mapping[str, Sequence[Article]],
) -> Named:
    """The same under the keys they are stored by, where guids churned or were used again.

    `known`: the stored articles of these keys; `there`: those at the entries' addresses.  Deciding
    again about the result changes nothing.
    """
    alone = Counter(plain_address(one.url) for one in named.entries if one.url)
    strange = 0
    found: list[Entry] = []
    for entry in named.entries:
        key = _stored_key(
            entry, source, known=known, there=there if _is_alone(entry, alone) else {}
        )
        strange += key != entry.key
        found.append(_under(entry, key))
    give_up = named.identity is Identity.GUID and strange > max(1, _BAD * len(found))
    return Named(entries=tuple(found), identity=Identity.LINK if give_up else named.identity)


def name_of(entry: Entry, identity: Identity) -> str:
    """What an entry is called at a step; what it lacks is made up for by its content."""
    match identity:
        case Identity.GUID:
            return entry.key
        case Identity.LINK if entry.url:
            return plain_address(entry.url)
        case Identity.LINK_AND_DATE if entry.url and entry.published_at:
            return f"{plain_address(entry.url)} {entry.published_at.isoformat()}"
        case _:
            words = f"{entry.title}\0{entry.published_at}\0{entry.words or entry.summary}"
            return "sha256:" + sha256(words.encode("utf-8", "replace")).hexdigest()


def _under(entry: Entry, key: str) -> Entry:
    return entry if entry.key == key else replace(entry, key=key)


def _stored_key(
    entry: Entry,
    source: SourceId,
    *,
    known: Mapping[str, Article],
    there: Mapping[str, Sequence[Article]],
) -> str:
    standing = known.get(entry.key)
    if standing is not None:
        return entry.key if _is(entry, standing) else name_of(entry, Identity.LINK)
    at_its_place = there.get(plain_address(entry.url), ()) if entry.url else ()
    ours = [one for one in at_its_place if one.source == source and one.language == entry.language]
    same = [one.key for one in ours if _is(entry, one)]
    return same[0] if len(same) == 1 else entry.key


def _is(entry: Entry, article: Article) -> bool:
    """The same story, unless nothing at all of it is: a guid that counts places is used again."""
    return (
        entry.title.casefold() == article.title.casefold()
        or entry.published_at == article.published_at
        or (bool(entry.url) and plain_address(entry.url or "") == plain_address(article.url))
        or entry.published_at is None
        or alike(_text(entry.body, entry.summary), _text(article.body, article.summary))
    )


def _text(body: str, summary: str) -> str:
    return plain_text(body) if body else summary


def _once(entries: Iterable[Entry]) -> list[Entry]:
    """Items that are there twice, word for word: the first, which feeds put newest."""
    first: dict[tuple[str, ...], Entry] = {}
    for entry in entries:
        first.setdefault((entry.key, *_face(entry)), entry)
    return list(first.values())


def _repeats(entries: Sequence[Entry], identity: Identity) -> dict[str, int]:
    """Names that more than one entry bears, and how many bear them."""
    count = Counter(name_of(entry, identity) for entry in entries)
    return {one: many for one, many in count.items() if many > 1}


def _too_many(repeated: Mapping[str, int], entries: Sequence[Entry]) -> bool:
    return sum(many - 1 for many in repeated.values()) > _BAD * len(entries)


def _is_alone(entry: Entry, alone: Mapping[str, int]) -> bool:
    return bool(entry.url) and alone[plain_address(entry.url or "")] == 1


def _face(entry: Entry) -> Iterator[str]:
    yield plain_address(entry.url or "")
    yield entry.title


def _below(identity: Identity) -> Identity:
    return _STEPS[min(_STEPS.index(identity) + 1, len(_STEPS) - 1)]
