"""The kinds of values the schema is made of: texts, references, spans.  Names no keys."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Discriminator, Tag, ValidationInfo

from publisher.model.articles import AGE_MARKS, AgeMark
from publisher.model.problems import msgid
from publisher.model.rates import Hours, Rate
from publisher.settings import addresses, doors, words
from publisher.settings.known import known_to
from publisher.settings.mistakes import Mistake, unknown

_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\x85\u2028\u2029]")
_SLOT = re.compile(r"\{[^{}]*\}|[{}]")
LONGEST_NAME = 64  # letters; a feed's file has two of them in its name, a link's token one
_RESERVED = frozenset({"all", "hold", "my"})  # they mean something else in addresses and config
_BEGINNINGS = ("edition-", "archive-", "for-")  # of feeds that are no section's
ONE, MANY = "<one>", "<many>"  # pydantic puts these into paths; they are taken out again


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Marks a key that is read and not acted on; silent for values where that changes nothing."""

    silent: tuple[object, ...] = ()


# --- texts --------------------------------------------------------------------------------------


def _line(value: str) -> str:
    if _CONTROL.search(value) or value != value.strip():
        raise Mistake(
            msgid("{found} begins or ends with a space, or holds a line break."),
            remedy=msgid("Write it on one line, without spaces around it."),
            found=words.shown(value),
        )
    return value


def _filled(value: str) -> str:
    if not value.strip():
        raise Mistake(
            msgid("The text is empty."), remedy=msgid("Write something between the quotes.")
        )
    return value


def _slug(value: str) -> str:
    if not _SLUG.fullmatch(value) or value in _RESERVED or value.startswith(_BEGINNINGS):
        raise Mistake(
            msgid("“{word}” cannot be a name: it stands in addresses."),
            remedy=msgid("Use small Latin letters, digits and hyphens; not “all”, “my” or “hold”."),
            word=value,
        )
    if len(value) > LONGEST_NAME:
        raise Mistake(
            msgid("“{word}” is too long: {letters} letters."),
            remedy=msgid("A name stands in addresses of files and links: {most} letters at most."),
            word=f"{value[:20]}…",
            letters=len(value),
            most=LONGEST_NAME,
        )
    return value


def _year_only(value: str) -> str:
    if other := [slot for slot in _SLOT.findall(value) if slot != "{year}"]:
        raise Mistake(
            msgid("Nothing is filled in for “{word}” here."),
            remedy=msgid("Only the slot “year”, in braces, is known here."),
            word=other[0],
        )
    return value


def _address_or_nothing(value: str) -> str:
    return addresses.bare_address(value) and value if value else value


Line = Annotated[str, AfterValidator(_line)]  # may be empty: the legal gate says what is missing
Text = Annotated[str, AfterValidator(_line), AfterValidator(_filled)]
Slug = Annotated[str, AfterValidator(_slug)]
CopyrightLine = Annotated[str, AfterValidator(_line), AfterValidator(_year_only)]
Mailbox = Annotated[str, AfterValidator(addresses.mailbox)]
AddressOrNothing = Annotated[str, AfterValidator(_address_or_nothing)]
WebAddress = Annotated[str, AfterValidator(addresses.web_address)]
BaseAddress = Annotated[str, AfterValidator(addresses.base_address)]
PageAddress = Annotated[str, AfterValidator(addresses.page_address)]
FeedAuthority = Annotated[str, AfterValidator(addresses.feed_authority)]
Database = Annotated[str, AfterValidator(addresses.database)]
Host = Annotated[str, AfterValidator(addresses.host_name)]
Intake = Annotated[str, AfterValidator(doors.bounces_door)]
MailDomain = Annotated[str, AfterValidator(addresses.mail_domain)]
SigningDomain = Annotated[str, AfterValidator(addresses.signing_domain)]


def _listen(value: object) -> tuple[str, int]:
    return addresses.listen_address(value if isinstance(value, str) else "")


Listen = Annotated[tuple[str, int], BeforeValidator(_listen)]
Network = Annotated[addresses.Network, BeforeValidator(addresses.network)]
Span = Annotated[timedelta, BeforeValidator(words.span)]
Selector = Annotated[str, AfterValidator(words.selector)]
Pause = Annotated[timedelta, BeforeValidator(words.pause)]
Share = Annotated[float, BeforeValidator(words.share)]
Rates = Annotated[tuple[Rate, ...], BeforeValidator(words.rates)]
OpenHours = Annotated[Hours, BeforeValidator(words.hours)]
Zone = Annotated[ZoneInfo, BeforeValidator(words.zone)]


# --- languages ----------------------------------------------------------------------------------


def _language_tag(value: str) -> str:
    if not _LANGUAGE.fullmatch(value) or value in _RESERVED:
        raise Mistake(
            msgid("“{word}” is not the code of a language."),
            remedy=msgid("Use a BCP 47 tag such as en, ru or pt-BR."),
            word=value,
        )
    return value


def _site_language(value: str, info: ValidationInfo) -> str:
    languages = known_to(info).languages
    if languages and value not in languages:
        raise unknown(msgid("“{word}” is not a language of this site."), value, languages)
    return value


def every_language(value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
    """The value, with words for every language of the site."""
    if missing := [one for one in known_to(info).languages if one not in value]:
        raise Mistake(
            msgid("It is missing in these languages: {languages}."),
            remedy=msgid("Write it for every language in site.languages."),
            languages=", ".join(missing),
        )
    return value


def _no_twins(value: list[Any]) -> list[Any]:
    if twins := [one for at, one in enumerate(value) if one in value[:at]]:
        raise Mistake(
            msgid("{found} stands here twice."),
            remedy=msgid("Take one of the two out."),
            found=words.shown(twins[0]),
        )
    return value


def some(value: list[Any]) -> list[Any]:
    """The value, unless it is empty."""
    if not value:
        raise Mistake(msgid("The list is empty."), remedy=msgid("At least one is needed here."))
    return value


LanguageTag = Annotated[str, AfterValidator(_language_tag)]
SiteLanguage = Annotated[str, AfterValidator(_site_language)]
Languages = Annotated[list[LanguageTag], AfterValidator(some), AfterValidator(_no_twins)]
SomeLanguages = Annotated[list[SiteLanguage], AfterValidator(some), AfterValidator(_no_twins)]
Texts = Annotated[dict[SiteLanguage, Text], AfterValidator(every_language)]
Mailboxes = Annotated[dict[SiteLanguage, Mailbox], AfterValidator(every_language)]
PageAddresses = Annotated[dict[SiteLanguage, PageAddress], AfterValidator(every_language)]


# --- references ---------------------------------------------------------------------------------


def _refers(table: str, message: str) -> AfterValidator:
    def check(value: str, info: ValidationInfo) -> str:
        names = known_to(info).names[table]
        if names is not None and value not in names:
            raise unknown(message, value, names)
        return value

    return AfterValidator(check)


SectionName = Annotated[str, _refers("sections", msgid("There is no section “{word}”."))]
SourceName = Annotated[str, _refers("sources", msgid("There is no source “{word}”."))]
EditionName = Annotated[str, _refers("editions", msgid("There is no edition “{word}”."))]
CalendarName = Annotated[str, _refers("calendars", msgid("There is no calendar “{word}”."))]
ProfileName = Annotated[str, _refers("legal", msgid("There is no legal profile “{word}”."))]
LabelListName = Annotated[str, _refers("labels", msgid("There is no list of names “{word}”."))]
LabelLists = Annotated[list[LabelListName], AfterValidator(_no_twins)]
Sections = Annotated[list[SectionName], AfterValidator(some), AfterValidator(_no_twins)]
Sources = Annotated[list[SourceName], AfterValidator(some), AfterValidator(_no_twins)]
Editions = Annotated[list[EditionName], AfterValidator(_no_twins)]


def _feed_name(value: str, info: ValidationInfo) -> str:
    known = known_to(info)
    sections, editions = known.names["sections"], known.names["editions"]
    if sections is None or editions is None or not known.languages:
        return value
    names = ["all", *sections, *(f"edition-{one}" for one in editions)]
    feeds = [f"{language}/{name}" for language in known.languages for name in names]
    if value not in (*feeds, "all/all"):
        raise unknown(msgid("There is no feed “{word}”."), value, (*feeds, "all/all"))
    return value


FeedName = Annotated[str, AfterValidator(_feed_name)]


def _held_or_section(value: str, info: ValidationInfo) -> str:
    names = known_to(info).names["sections"]
    if value != "hold" and names is not None and value not in names:
        raise unknown(msgid("There is no section “{word}”."), value, (*names, "hold"))
    return value


SectionOrHold = Annotated[str, AfterValidator(_held_or_section)]


def _how_many(value: object) -> str:
    return MANY if isinstance(value, dict) else ONE


SectionMap = Annotated[
    Annotated[SectionName, Tag(ONE)] | Annotated[dict[str, SectionName], Tag(MANY)],
    Discriminator(_how_many),
]
Profiles = Annotated[
    Annotated[ProfileName, Tag(ONE)]
    | Annotated[dict[SiteLanguage, ProfileName], AfterValidator(every_language), Tag(MANY)],
    Discriminator(_how_many),
]


# --- words and marks ----------------------------------------------------------------------------


def one_of(options: Mapping[str, Any]) -> BeforeValidator:
    """One word out of `options`, as what it stands for."""
    return BeforeValidator(words.choice(options))


def _mark(value: object) -> AgeMark:
    for mark in AGE_MARKS:
        if value == mark and isinstance(value, int) and not isinstance(value, bool):
            return mark
    raise Mistake(
        msgid("{found} is not an age mark."),
        remedy=msgid("Write 0, 6, 12, 16 or 18, without quotes."),
        found=words.shown(value),
    )


def _mark_or_hold(value: object) -> AgeMark | None:
    if value == "hold":
        return None
    try:
        return _mark(value)
    except Mistake as mistake:
        raise Mistake(
            mistake.message,
            remedy=msgid("Write 0, 6, 12, 16 or 18 without quotes, or “hold” with them."),
            **mistake.slots,
        ) from None


Mark = Annotated[AgeMark, BeforeValidator(_mark)]
MarkOrHold = Annotated[AgeMark | None, BeforeValidator(_mark_or_hold)]
