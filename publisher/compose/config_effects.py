"""What a changed config changes for readers: when issues go, to whom, from where.  Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from publisher.compose.legal import profile_on
from publisher.compose.window import firings
from publisher.model.editions import Edition
from publisher.model.legal import LegalProfile
from publisher.model.names import EditionId, Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Problem, Severity, msgid


def effects(
    old: Newsroom, new: Newsroom, readers: Mapping[EditionId, int], *, now: datetime
) -> Iterator[Problem]:
    """Notes, each of one thing that is otherwise from the next issue on.

    `readers`: how many each edition has.
    """
    yield from _editions(old, new, readers)
    for edition in new.editions.values():
        if edition.id in old.editions:
            yield from _one_edition(old, new, edition, now)
    yield from _sources(old, new)
    yield from _sections(old, new)


def _editions(old: Newsroom, new: Newsroom, readers: Mapping[EditionId, int]) -> Iterator[Problem]:
    for edition in old.editions.keys() - new.editions.keys():
        yield _note(
            msgid("The edition {edition} is gone; readers who get it no more: {readers}."),
            edition=edition,
            readers=readers.get(edition, 0),
        )
    for edition in new.editions.keys() - old.editions.keys():
        yield _note(
            msgid("The edition {edition} is new; its first issue carries no backlog."),
            edition=edition,
        )


def _one_edition(
    old: Newsroom, new: Newsroom, edition: Edition, now: datetime
) -> Iterator[Problem]:
    before = old.editions[edition.id]
    was, goes = _next(before, now), _next(edition, now)
    if was != goes:
        yield _note(
            msgid("The next issue of {edition} goes at {after}, not at {before}."),
            edition=edition.id,
            before=_local(was, before),
            after=_local(goes, edition),
        )
    for language in before.languages:
        if language not in edition.languages:
            yield _note(
                msgid("{edition} is not made in “{language}” any more: its readers get “{other}”."),
                edition=edition.id,
                language=language,
                other=edition.languages[0],
            )
    for language in edition.languages:
        first, then = _profile(old, before, language, was), _profile(new, edition, language, goes)
        if (first and first.version) != (then and then.version):
            yield _note(
                msgid(
                    "The next issue of {edition} in “{language}” carries the legal profile "
                    "“{profile}” as of {day}."
                ),
                edition=edition.id,
                language=language,
                profile=edition.legal.get(language, ""),
                day=str(then.valid_from) if then else "?",
            )


def _sources(old: Newsroom, new: Newsroom) -> Iterator[Problem]:
    for source in sorted(old.sources.keys() - new.sources.keys()):
        yield _note(
            msgid("The source {source} is not asked any more; its articles stay."), source=source
        )
    for source in sorted(new.sources.keys() - old.sources.keys()):
        yield _note(
            msgid("The source {source} is new; what it has now is backlog and is not mailed."),
            source=source,
        )


def _sections(old: Newsroom, new: Newsroom) -> Iterator[Problem]:
    kept = {one.id for one in new.sections}
    for section in old.sections:
        if section.id not in kept:
            yield _note(
                msgid("The section {section} is gone: it has no feed, and no edition prints it."),
                section=section.id,
            )


def _next(edition: Edition, now: datetime) -> datetime | None:
    return next(firings(edition.schedule, after=now), None)


def _local(when: datetime | None, edition: Edition) -> str:
    if when is None:
        return "-"
    local = when.astimezone(edition.schedule.zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"


def _profile(
    newsroom: Newsroom, edition: Edition, language: Language, when: datetime | None
) -> LegalProfile | None:
    versions = newsroom.profiles.get(edition.legal.get(language, ""), ())
    if when is None:
        return None
    return profile_on(versions, when.astimezone(edition.schedule.zone).date())


def _note(message: str, **args: str | int) -> Problem:
    return Problem(message=message, args=args, severity=Severity.NOTE)
