"""The legal gate on a final feed: rule L12 on its decoded channel and entries."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from publisher.compose.labels import mentions, sentence_for
from publisher.compose.legal_mail import copyright_in, statement_problems
from publisher.compose.legal_rulesets import asks_marks, statement_of
from publisher.compose.letters import GLYPHS, count_of, folded, glyph, shows_mark
from publisher.compose.visible import Document, read_html
from publisher.model.articles import AgeMark
from publisher.model.digests import DecodedEntry, DecodedFeed
from publisher.model.labels import LabelList
from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.problems import Problem, msgid


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedVerdict:
    """What is wrong with a feed: as a whole, and entry by entry."""

    channel: tuple[Problem, ...]  # not empty: the last good file stays
    failing: Mapping[str, tuple[Problem, ...]]  # entry id -> why it is left out


def inspect_feed(
    feed: DecodedFeed,
    *,
    profile: LegalProfile,
    age: AgeMark | None,
    visible_line: bool,
    lists: Sequence[LabelList] = (),
    language: Language | None = None,
) -> FeedVerdict:
    """Judge a feed that carries the mark `age`.

    `lists`: names that go nowhere without their label (rule L14), as the profile wants them.

    `visible_line`: whether every entry's content must show the statement, for readers' programs
    do not show rights.
    """
    failing = {
        entry.id: problems
        for entry in feed.entries
        if (
            problems := (
                *_entry(entry, profile, age, visible_line=visible_line),
                *_labels(entry, lists, language),
            )
        )
    }
    return FeedVerdict(channel=tuple(_channel(feed, profile, age)), failing=failing)


def _channel(feed: DecodedFeed, profile: LegalProfile, age: AgeMark | None) -> Iterator[Problem]:
    statement = statement_of(profile)
    if not folded(statement) or count_of(statement, feed.rights) != 1:
        yield _channel_problem(msgid("The feed's rights do not hold the registration statement."))
    if not any(copyright_in(feed.rights, line) for line in profile.copyright.values()):
        yield _channel_problem(msgid("The feed's rights do not hold the copyright line."))
    if age is None:
        if asks_marks(profile):
            yield _channel_problem(msgid("The feed carries no age mark."))
    elif set(feed.ratings) != {glyph(age)}:
        yield _channel_problem(msgid("The feed is not marked {mark}."), mark=glyph(age))
    if len({entry.id for entry in feed.entries}) != len(feed.entries):
        yield _channel_problem(msgid("Two entries of the feed have the same id."))


def _entry(
    entry: DecodedEntry, profile: LegalProfile, age: AgeMark | None, *, visible_line: bool
) -> Iterator[Problem]:
    if not entry.rating and not asks_marks(profile):
        pass
    elif entry.rating not in GLYPHS:
        yield Problem(
            message=msgid("The feed entry {entry} has no age mark."),
            args={"entry": entry.id},
            remedy=msgid("Give the article an age, or its source a default."),
            rule="L12",
        )
    elif age is not None and int(entry.rating.rstrip("+")) > age:
        yield Problem(
            message=msgid("The feed entry {entry} is marked {mark}, above the feed itself."),
            args={"entry": entry.id, "mark": entry.rating},
            remedy=msgid("Leave it out, or correct its age mark."),
            rule="L12",
        )
    if visible_line:
        yield from _visible(entry, statement_of(profile))


def _labels(
    entry: DecodedEntry, lists: Sequence[LabelList], language: Language | None
) -> Iterator[Problem]:
    """No name is told without its label, in whatever language the label is printed."""
    text = _shown(entry.content).views[0].text if lists else ""
    for one in lists:
        spoken = [language] if language else list(one.note)
        for name in one.names:
            sentences = [sentence_for(name, one, each) for each in spoken]
            if mentions(text, name) and not any(count_of(each, text) for each in sentences):
                yield Problem(
                    message=msgid("The feed entry {entry} names {name} without the label."),
                    args={"entry": entry.id, "name": name.name},
                    remedy=msgid("Leave the labels in feed entries unchanged."),
                    rule="L14",
                )


def _visible(entry: DecodedEntry, statement: str) -> Iterator[Problem]:
    document = _shown(entry.content)
    if any(True for _ in statement_problems(document, statement)):
        yield Problem(
            message=msgid("The feed entry {entry} does not show the registration statement once."),
            args={"entry": entry.id},
            remedy=msgid("Leave the legal line at the foot of feed entries unchanged."),
            rule="L12",
        )
    texts = (view.text for view in document.views)
    if entry.rating and not all(shows_mark(text, entry.rating) for text in texts):
        yield Problem(
            message=msgid("The feed entry {entry} does not show its age mark {mark}."),
            args={"entry": entry.id, "mark": entry.rating},
            remedy=msgid("Leave the legal line at the foot of feed entries unchanged."),
            rule="L12",
        )


@lru_cache(maxsize=1_024)  # three formats and four feeds tell the same; laying it out is slow
def _shown(content: str) -> Document:
    return read_html(content)


def _channel_problem(message: str, **args: str) -> Problem:
    return Problem(
        message=message,
        args=args,
        remedy=msgid("The last good file stays in place; the legal profile says what is missing."),
        rule="L12",
    )
