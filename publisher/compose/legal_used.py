"""Rule L20: a version of a legal profile that an issue or a feed carried is never edited."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from publisher.model.issues import Issue
from publisher.model.legal import LegalProfile, ProfileUse
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.model.problems import Place, Problem, msgid

_PUT_BACK = msgid(
    "Put it back as it was, and add a new version below it (hash of the old one: {version}…)."
)


def edited_versions(newsroom: Newsroom, uses: Sequence[ProfileUse]) -> Iterator[Problem]:
    """One problem for every used version whose hash no version in config has any more."""
    standing = {one.version for versions in newsroom.profiles.values() for one in versions}
    said: set[str] = set()
    for use in uses:
        if use.version not in standing and use.version not in said:
            said.add(use.version)
            yield _edited(newsroom, use)


def changed_since(issue: Issue, profiles: Mapping[Language, LegalProfile]) -> Iterator[Problem]:
    """An issue is sealed with the hashes it was composed with, or not at all."""
    for language, profile in profiles.items():
        if issue.profiles.get(language, profile.version) != profile.version:
            yield Problem(
                message=msgid(
                    "The legal profile “{profile}” has changed since {issue} was composed."
                ),
                args={"profile": profile.id, "issue": issue.id, "edition": issue.edition},
                remedy=msgid(
                    "Compose it again: publisher hold {issue}, then publisher compose {edition}"
                ),
                rule="L20",
                place=Place(key=f"legal.{profile.id}"),
            )


def _edited(newsroom: Newsroom, use: ProfileUse) -> Problem:
    if use.since is not None:
        return _edited_in_feeds(use, use.since)
    edition = newsroom.editions.get(use.edition) if use.edition else None
    profile = edition.legal.get(use.language, "") if edition and use.language else ""
    key = f"legal.{profile}" if profile else "legal"
    return Problem(
        message=msgid(
            "The version of the legal profile that {issue} was sent with has been edited or taken "
            "out of {key}."
        ),
        args={"issue": use.issue or "?", "key": key, "version": use.version[:12]},
        remedy=_PUT_BACK,
        rule="L20",
        place=Place(key=key),
    )


def _edited_in_feeds(use: ProfileUse, since: datetime) -> Problem:
    key = f"legal.{use.profile}"
    return Problem(
        message=msgid(
            "The version of the legal profile that feeds carry since {day} has been edited or "
            "taken out of {key}."
        ),
        args={"day": since.date().isoformat(), "key": key, "version": use.version[:12]},
        remedy=_PUT_BACK,
        rule="L20",
        place=Place(key=key),
    )
