"""Feeds through the legal gate, on their final bytes (law 1), proved to tell what was meant.

Building, reading again and judging are one piece of work, made to run in a helper process.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from publisher.compose import legal
from publisher.compose.legal_feed import inspect_feed
from publisher.errors import Refused
from publisher.house import House
from publisher.model.feeds import Feed
from publisher.model.labels import LabelList
from publisher.model.legal import LegalProfile
from publisher.model.problems import Problem, msgid
from publisher.render.dialects import dialect_faults
from publisher.render.feed_facts import differences
from publisher.render.feeds import atom, rss
from publisher.render.json_feed import json_feed
from publisher.render.readback import decode_feed

WRITERS: Mapping[str, Callable[[Feed], bytes]] = {"rss": rss, "atom": atom, "json": json_feed}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gated:
    """The files of one feed that may be published, and why something is left out."""

    files: Mapping[str, bytes]  # by path; a format that was refused is not there
    problems: tuple[Problem, ...] = ()


def gated_files(
    feed: Feed,
    formats: tuple[str, ...],
    profile: LegalProfile,
    lists: tuple[LabelList, ...] = (),
) -> Gated:
    """Write a feed in these formats, less the entries that may not go out in it.

    `lists`: the names that carry a label, as the profile wants them applied.
    """
    files: dict[str, bytes] = {}
    problems: list[Problem] = []
    for extension in formats:
        data, refused = _gated(feed, extension, profile, lists)
        problems += refused
        if data is not None:
            files[f"{feed.path}.{extension}"] = data
    return Gated(files=files, problems=tuple(problems))


def _gated(
    feed: Feed, extension: str, profile: LegalProfile, lists: tuple[LabelList, ...]
) -> tuple[bytes | None, tuple[Problem, ...]]:
    data = WRITERS[extension](feed)
    try:
        decoded = decode_feed(data)
    except Refused as refused:
        return None, refused.problems
    verdict = inspect_feed(
        decoded,
        profile=profile,
        age=feed.age,
        visible_line=feed.show_legal_line,
        lists=lists,
        language=feed.language,
    )
    if refused_channel := legal.blocking(verdict.channel):
        return None, refused_channel
    failing = {**verdict.failing, **dialect_faults(feed, data)}
    if not failing:
        wrong = differences(feed, extension, data)
        return (None, (_unproved(feed, extension, wrong),)) if wrong else (data, ())
    kept = tuple(entry for entry in feed.entries if entry.id not in failing)
    said = tuple(problem for some in failing.values() for problem in some)
    rest, more = _gated(replace(feed, entries=kept), extension, profile, lists)
    return rest, (*said, *more)


def feeds_profile(house: House, now: datetime) -> LegalProfile:
    """The profile the feeds carry today, itself through the gate; raises Refused."""
    newsroom = house.newsroom
    day = now.astimezone(newsroom.site.zone).date()
    profile = legal.profile_on(newsroom.profiles[newsroom.feeds_legal], day)
    if profile is None:
        raise Refused(legal.no_profile(newsroom.feeds_legal, day=day))
    found = legal.check_profile(profile, day=day, languages=newsroom.site.languages)
    if refused := legal.blocking(found):
        raise Refused(*refused)
    return profile


def _unproved(feed: Feed, extension: str, wrong: list[str]) -> Problem:
    return Problem(
        message=msgid("The feed {feed} does not tell what was meant: {what}"),
        args={"feed": f"{feed.path}.{extension}", "what": ", ".join(wrong[:5])},
        remedy=msgid("The last good file stays in place. This is a fault of the program."),
    )
