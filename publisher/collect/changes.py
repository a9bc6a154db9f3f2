"""New, changed, same: what one pass over a source means for our articles.  Pure."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from publisher.collect.alike import material
from publisher.collect.clean import plain_text
from publisher.collect.folder import shown
from publisher.model.articles import AGE_MARKS, AgeMark, Article, Changes, Image
from publisher.model.editions import MAX_AGE
from publisher.model.names import ArticleId, Language, SectionId, StoryKey
from publisher.model.newsroom import Section, Site
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.sources import Entry, FetchState, Rights, Source, SourceKind

_MOST_COSMETIC = 24  # versions; behind them only what a reader notices makes another
_WRONG = timedelta(minutes=5)  # by which a source's clock may run ahead unnoticed
_WORDED = frozenset(
    {"title", "summary", "body", "image"}
)  # noticed by their words, not as they are
_SLUG = re.compile(r"[^\w-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What to store, and what an editor should know."""

    changes: Changes
    problems: tuple[Problem, ...]
    left_out: int = 0  # entries whose story is taken; another pass may find it free
    doubled: int = 0  # entries that another source told first


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What entries are weighed against."""

    source: Source
    site: Site
    sections: tuple[Section, ...]
    known: Mapping[str, Article]  # of this source, by key
    taken: Mapping[tuple[StoryKey, Language], Article]  # of the entries' stories, known and said
    images: Mapping[str, Image]  # by entry key
    doubles: Mapping[str, Article]  # by entry key: the article of another source that tells it
    paired: Mapping[str, StoryKey]  # by entry key: the story it tells in another language
    state: FetchState  # as it was before this pass
    root: Path  # the folder above config/, from which files are named
    now: datetime


def decide(entries: Iterable[Entry], desk: Desk) -> Decision:
    """Compare entries with what we have; deciding again about the result changes nothing.

    An entry whose story is taken in its language, by another or by one before it, is left out.
    """
    new: list[Article] = []
    changed: list[Article] = []
    same = doubled = left_out = 0
    problems: list[Problem] = []
    owners = {place: article.id for place, article in desk.taken.items()}
    for entry in _once(entries):
        standing = desk.known.get(entry.key)
        if standing is None and entry.key in desk.doubles:
            doubled += 1
            continue
        if standing is not None and standing.withdrawn:
            same += 1
            continue
        found = list(_doubts(entry, desk))
        made = _article(entry, desk)
        owner = owners.setdefault((made.story, made.language), made.id)
        if owner != made.id:
            problems.append(_claimed_twice(entry, made, desk))
            left_out += 1
            continue
        problems += found
        if standing is None:
            new.append(made)
        elif _is_noticed(standing, made) or _is_cosmetic(standing, made):
            kept = _with_correction(standing, made)
            changed.append(_next_version(standing, kept, entry, desk))
        else:
            same += 1
    changes = Changes(new=tuple(new), changed=tuple(changed), same=same)
    return Decision(changes=changes, problems=tuple(problems), left_out=left_out, doubled=doubled)


def _is_noticed(standing: Article, made: Article) -> bool:
    return standing.fingerprint != made.fingerprint


def _is_cosmetic(standing: Article, made: Article) -> bool:
    """White space, markup, a link: printed anew, not news.  Some sources change it every pass."""
    if standing.version >= _MOST_COSMETIC:
        return False
    return (standing.body, standing.alternates) != (made.body, made.alternates)


def _with_correction(standing: Article, made: Article) -> Article:
    """An editor's correction stays until the source says one itself, or the editor takes it out."""
    if standing.corrected_by is None or made.correction:
        return made
    return replace(made, correction=standing.correction, corrected_by=standing.corrected_by)


def article_id(entry: Entry, source: Source) -> ArticleId:
    """The same for ever, wherever it is computed."""
    return ArticleId(sha256(f"{source.id}\0{entry.key}".encode()).hexdigest()[:16])


def _once(entries: Iterable[Entry]) -> Sequence[Entry]:
    """A key that repeats in one pass: the first, which feeds put newest."""
    first: dict[str, Entry] = {}
    for entry in entries:
        first.setdefault(entry.key, entry)
    return list(first.values())


def _article(entry: Entry, desk: Desk) -> Article:
    source, now = desk.source, desk.now
    quoted = source.rights is Rights.QUOTE
    published = _published(entry, desk)
    told: dict[str, Any] = {
        "language": entry.language,
        "story": _story(entry, desk),
        "section": _section(entry, desk),
        "url": entry.url or _own_url(entry, desk.site),
        "title": entry.title,
        "summary": entry.summary,
        "body": "" if quoted else entry.body,
        "authors": entry.authors,
        "age": _age(entry, source),
        "credit": source.credit.get(entry.language),
        "image": None if quoted else desk.images.get(entry.key),
        "related": tuple(StoryKey(story) for story in entry.related),
        "correction": entry.correction,
        "breaking": entry.breaking,
    }
    if sponsor := entry.sponsored or source.sponsored:  # else as it was before there were any
        told["sponsored"] = sponsor
    return Article(
        **told,
        id=article_id(entry, source),
        source=source.id,
        key=entry.key,
        published_at=published,
        updated_at=_later(entry.updated_at, published, now),
        collected_at=now,
        available_at=_available(desk, published),
        rights=source.rights,
        version=1,
        fingerprint=_fingerprint(told, entry, source),
        guid=entry.guid,
        alternates=entry.alternates,
        traces=entry.traces,
    )


def _next_version(standing: Article, made: Article, entry: Entry, desk: Desk) -> Article:
    """The new text under the old identity; it was here all the time, so it is not news again."""
    published = _republished(standing, made, entry, desk.now)
    return replace(
        made,
        id=standing.id,
        published_at=published,
        updated_at=_updated(standing, made, entry, desk),
        collected_at=standing.collected_at,
        available_at=_still_available(standing, published, desk.now),
        version=standing.version + 1,
    )


# --- when ---------------------------------------------------------------------------------------


def _published(entry: Entry, desk: Desk) -> datetime:
    """A feed's date in the future is a wrong clock; a folder's is an embargo."""
    told = entry.published_at or desk.now
    if not _keeps_embargoes(desk.source):
        return min(told, desk.now)
    return max(told, entry.embargo_until or told)


def _keeps_embargoes(source: Source) -> bool:
    return source.kind is SourceKind.FOLDER or source.embargo


def _republished(standing: Article, made: Article, entry: Entry, now: datetime) -> datetime:
    """What the entry says; one that says nothing keeps its day, or comes out from its embargo."""
    if entry.published_at is not None:
        return made.published_at
    out = min(standing.published_at, now)
    return max(out, entry.embargo_until or out)


def _available(desk: Desk, published: datetime) -> datetime | None:
    """Law 10: the later of published and collected; a first pass mails its backlog if asked."""
    listed = desk.source.kind in {SourceKind.SITEMAP, SourceKind.PAGE}
    if listed and published < desk.now - MAX_AGE:
        return None  # its archive, found by a link
    if desk.state.first_pass_at is not None or published > desk.now:
        return max(published, desk.now)
    backlog = desk.source.backlog
    return published if backlog is not None and published >= desk.now - backlog else None


def _still_available(standing: Article, published: datetime, now: datetime) -> datetime | None:
    """As it was, unless an editor moved its hour: it is put under embargo, or let out of it."""
    if published > now:
        return published
    waits = standing.available_at is not None and standing.available_at > now
    return now if waits else standing.available_at


def _updated(standing: Article, made: Article, entry: Entry, desk: Desk) -> datetime | None:
    """Moved by what was written anew; not by markup, or another picture, section or mark."""
    now = desk.now
    told = _later(entry.updated_at, standing.published_at, now)
    if _written(made) == _written(standing):
        by_hand = told if desk.source.kind is SourceKind.FOLDER else None
        return by_hand or standing.updated_at
    if standing.published_at > now:
        return None  # nobody has seen it yet
    return told if told and told != standing.updated_at else now


def _later(updated: datetime | None, published: datetime, now: datetime) -> datetime | None:
    return updated if updated and published < updated <= now else None


def _written(article: Article) -> tuple[str | None, ...]:
    words = (article.title, article.summary, plain_text(article.body))
    return (*(" ".join(one.split()) for one in words), article.correction)


# --- what ---------------------------------------------------------------------------------------


def _story(entry: Entry, desk: Desk) -> StoryKey:
    """Said outright, else as it stands, else paired, else a story of its own.

    A pair whose place is taken in this language is no reason to lose the article.
    """
    if entry.story:
        return StoryKey(entry.story)
    if standing := desk.known.get(entry.key):
        return standing.story
    told = desk.paired.get(entry.key)
    if told is not None and (told, entry.language) not in desk.taken:
        return told
    return StoryKey(f"{desk.source.id}:{article_id(entry, desk.source)}")


def _section(entry: Entry, desk: Desk) -> SectionId | None:
    """Said outright, else the source's one, else its map of categories, else `otherwise`."""
    ours = {section.id for section in desk.sections}
    if entry.section is not None:
        said = SectionId(entry.section)
        return said if said in ours else None
    if desk.source.section is not None:
        return desk.source.section
    mapped = (desk.source.sections.get(category) for category in entry.categories)
    return next((section for section in mapped if section), desk.source.otherwise)


def _age(entry: Entry, source: Source) -> AgeMark | None:
    told = entry.age if entry.age is not None else source.age
    return next((mark for mark in AGE_MARKS if mark == told), None)


def _own_url(entry: Entry, site: Site) -> str:
    """Where the newsroom's own site shows a story file: /news/{slug}, /ru/news/{slug}."""
    name = _SLUG.sub("-", entry.key.rpartition("/")[2]).strip("-")
    slug = quote(name or sha256(entry.key.encode()).hexdigest()[:16])
    folder = "" if entry.language == site.languages[0] else f"/{entry.language}"
    return f"{site.base_url}{folder}/news/{slug}"


def _fingerprint(told: Mapping[str, Any], entry: Entry, source: Source) -> str:
    """Everything a reader would notice; white space and markup are not noticed.

    A story file's times are its editor's word, an embargo among them; a feed's often move alone.
    """
    image: Image | None = told["image"]
    times = (entry.published_at, entry.updated_at, entry.embargo_until)
    noticed = (
        *(value for name, value in told.items() if name not in _WORDED),
        _words(told, entry, source),
        (image.file, image.alt, image.caption, image.credit) if image else None,
        [at and at.timestamp() for at in times] if _keeps_embargoes(source) else None,
    )
    return sha256(repr(noticed).encode("utf-8", "replace")).hexdigest()


def _words(told: Mapping[str, Any], entry: Entry, source: Source) -> str:
    """What is material of what we print; the reader of the document may have counted it."""
    if entry.words and source.rights is not Rights.QUOTE:
        return entry.words
    return material(told["title"], told["summary"], plain_text(told["body"]))


# --- what an editor should know -----------------------------------------------------------------


def _doubts(entry: Entry, desk: Desk) -> Iterator[Problem]:
    ours = {section.id for section in desk.sections}
    if entry.section is not None and entry.section not in ours:
        yield Problem(
            message=msgid("“{title}” names the section “{section}”, which there is not."),
            args={
                "title": entry.title,
                "section": entry.section,
                "known": ", ".join(section.id for section in desk.sections),
            },
            remedy=msgid("It is held until it names one of: {known}."),
            severity=Severity.WARN,
            place=_place(entry, desk),
        )
    elif _section(entry, desk) is None:
        yield Problem(
            message=msgid("“{title}” fits no section and is held."),
            args={"title": entry.title, "source": desk.source.id},
            remedy=msgid("Map its category in sources.{source}.section, or set `otherwise`."),
            severity=Severity.WARN,
            place=_place(entry, desk),
        )
    if entry.language not in desk.site.languages:
        yield Problem(
            message=msgid("“{title}” is in “{language}”, which this newsroom does not print."),
            args={"title": entry.title, "language": entry.language},
            remedy=msgid("Correct its language, or add it to site.languages."),
            severity=Severity.WARN,
            place=_place(entry, desk),
        )
    told = entry.published_at
    if told is not None and told > desk.now + _WRONG and not _keeps_embargoes(desk.source):
        yield Problem(
            message=msgid("“{title}” is dated {date}, which is still to come; it counts as now."),
            args={
                "title": entry.title,
                "date": told.isoformat(timespec="minutes"),
                "source": desk.source.id,
            },
            remedy=msgid("If such dates are embargoes, set sources.{source}.embargo = true."),
            severity=Severity.WARN,
            place=_place(entry, desk),
        )
    quoted = desk.source.rights is Rights.QUOTE
    if entry.image is not None and not quoted and not (entry.image.credit or "").strip():
        yield Problem(
            message=msgid("The picture of “{title}” has no credit and is not printed."),
            args={"title": entry.title},
            severity=Severity.WARN,
            place=_place(entry, desk),
        )


def _claimed_twice(entry: Entry, made: Article, desk: Desk) -> Problem:
    return Problem(
        message=msgid("“{title}” is left out: the story “{story}” stands already in “{language}”."),
        args={"title": entry.title, "story": made.story, "language": made.language},
        remedy=msgid("Give it a story key of its own, or take the other one away."),
        severity=Severity.WARN,
        place=_place(entry, desk),
    )


def _place(entry: Entry, desk: Desk) -> Place:
    if desk.source.kind is SourceKind.FOLDER:
        return Place(file=shown(desk.source, desk.root, entry.key))
    return Place(file=entry.url or desk.source.url)
