"""Which story an article tells in another language.  Told outright or not at all.  Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from publisher.addresses import plain_address
from publisher.model.articles import Article
from publisher.model.names import SourceId, StoryKey
from publisher.model.sources import Entry, PairBy, Pairing

_KEY = r"([^/?#]+)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partners:
    """What is stored of the sources that an entry's source is paired with."""

    by_key: Mapping[str, Sequence[Article]]  # under the same guid
    at: Mapping[str, Sequence[Article]]  # at the addresses entries name
    naming: Mapping[str, Sequence[Article]]  # that name the entries' addresses


NOBODY = Partners(by_key={}, at={}, naming={})


def partners_of(source: SourceId, pairings: Sequence[Pairing]) -> frozenset[SourceId]:
    """The sources some pairing ties to this one."""
    tied = (one.sources for one in pairings if source in one.sources)
    return frozenset(other for sources in tied for other in sources) - {source}


def story_of(
    entry: Entry, source: SourceId, pairings: Sequence[Pairing], partners: Partners
) -> StoryKey | None:
    """The story of the first rule that answers, in the order of config; None: it stands alone."""
    for pairing in pairings:
        if source in pairing.sources:
            answers = (_told(entry, pairing, how, partners) for how in pairing.by)
            found = next((story for story in answers if story is not None), None)
            if found is not None:
                return found
    return None


def _told(entry: Entry, pairing: Pairing, how: PairBy, partners: Partners) -> StoryKey | None:
    if how is PairBy.URL:
        return _by_rule(entry, pairing)
    candidates = _same_guid(entry, partners) if how is PairBy.KEY else _named(entry, partners)
    others = (
        one.story
        for one in candidates
        if one.source in pairing.sources and one.language != entry.language
    )
    return next(others, None)


def _same_guid(entry: Entry, partners: Partners) -> Iterator[Article]:
    if entry.guid:
        yield from partners.by_key.get(entry.guid, ())


def _named(entry: Entry, partners: Partners) -> Iterator[Article]:
    """Those it names in their own language, and those that name it."""
    for language, url in entry.alternates:
        standing = partners.at.get(plain_address(url), ())
        yield from (one for one in standing if one.language == language)
    if entry.url:
        yield from partners.naming.get(plain_address(entry.url), ())


def _by_rule(entry: Entry, pairing: Pairing) -> StoryKey | None:
    rule = pairing.url.get(entry.language)
    if rule is None or entry.url is None:
        return None
    found = _pattern(rule).fullmatch(_path(entry.url, whole="://" in rule))
    return StoryKey(f"{pairing.id}:{found[1]}") if found else None


@lru_cache(maxsize=256)
def _pattern(rule: str) -> re.Pattern[str]:
    plain = plain_address(rule.replace("{key}", "key-of-a-story")) if "://" in rule else rule
    before, _, after = plain.replace("key-of-a-story", "{key}").rstrip("/").partition("{key}")
    return re.compile(re.escape(before) + _KEY + re.escape(after))


def _path(url: str, *, whole: bool) -> str:
    plain = plain_address(url)
    return plain if whole else urlsplit(plain).path
