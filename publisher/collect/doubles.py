"""The same story through two sources: the first that came stands, others are left out.  Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from publisher.addresses import plain_address
from publisher.collect.alike import alike
from publisher.collect.clean import plain_text
from publisher.model.articles import Article
from publisher.model.names import SourceId
from publisher.model.sources import Entry

NEAR = timedelta(hours=36)  # between two publications of one story; rates and weather recur daily


def doubles(
    entries: Iterable[Entry],
    source: SourceId,
    *,
    known: Mapping[str, Article],
    there: Mapping[str, Sequence[Article]],
    resembling: Sequence[Article],
) -> Mapping[str, Article]:
    """By entry key: the article of another source that tells it already, in its language.

    `there`: what is stored at the entries' addresses; `resembling`: what shares a trace with any
    of them.  What is ours already stays ours.
    """
    by_trace: dict[int, list[Article]] = {}
    for article in resembling:
        for trace in article.traces:
            by_trace.setdefault(trace, []).append(article)
    found: dict[str, Article] = {}
    for entry in entries:
        if entry.key in known:
            continue
        candidates = (*_at_its_place(entry, there), *_in_its_words(entry, by_trace))
        told = (one for one in candidates if _elsewhere(one, entry, source))
        if first := next(told, None):
            found[entry.key] = first
    return found


def _elsewhere(article: Article, entry: Entry, source: SourceId) -> bool:
    return article.source != source and article.language == entry.language


def _at_its_place(entry: Entry, there: Mapping[str, Sequence[Article]]) -> Sequence[Article]:
    return there.get(plain_address(entry.url), ()) if entry.url else ()


def _in_its_words(entry: Entry, by_trace: Mapping[int, list[Article]]) -> Iterator[Article]:
    seen: set[str] = set()
    for trace in entry.traces:
        for article in by_trace.get(trace, ()):
            if article.id not in seen and _resembles(entry, article):
                yield article
            seen.add(article.id)


def _resembles(entry: Entry, article: Article) -> bool:
    """Near in time and in words; of a quoted one only the traces of its words are left."""
    when = entry.published_at
    if when is not None and abs(when - article.published_at) > NEAR:
        return False
    if entry.body and article.body:
        return alike(plain_text(entry.body), plain_text(article.body))
    return set(entry.traces) == set(article.traces)
