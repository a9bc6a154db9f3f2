"""What each legal ruleset demands, and since when.  Judges nothing; see legal_profile.py."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from publisher.model.legal import LegalProfile
from publisher.model.names import Language
from publisher.model.problems import msgid


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """A field that must be filled, and what to say when it is not."""

    key: str  # as in TOML
    filled: Callable[[LegalProfile], bool]
    missing: str  # a msgid with {profile} and {ruleset}
    rule: str = "L02"
    countries: frozenset[str] = frozenset()  # whose law asks for it; empty: all of the ruleset's


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """One state of the law: what it demands, and what came after it."""

    name: str
    language: Language | None  # of the statement that counts; None: whichever comes first
    forms: frozenset[str]  # registration forms of its medium (rule L21); empty: it registers none
    demands: tuple[Demand, ...]
    listing_marks: bool  # every listed film, show or event carries its own mark (rule L19)
    age_marks: bool = True  # articles, issues and feeds carry marks (rule L08)
    postal_box: bool = True  # a post office box is an address
    ad_tokens: bool = False  # advertising carries an erid (38-FZ, article 18.1)
    last_day: date | None = None
    successor: str | None = None


_RU: Final = Language("ru")


def _statement(profile: LegalProfile) -> str:
    return profile.statements.get(_RU, "").strip()


# Law 2124-1 article 27 as network media had to follow it until the end of 2017: name, authority,
# number; and the mark of 436-FZ (legal-and-i18n.md 1.2).
_UNTIL_2018: Final = (
    Demand(
        key="registered_name",
        filled=lambda profile: bool(profile.registered_name.strip()),
        missing=msgid("The legal profile “{profile}” has no registered name ({ruleset})."),
    ),
    Demand(
        key="registration.number",
        filled=lambda profile: bool(profile.registration and profile.registration.number.strip()),
        missing=msgid("The legal profile “{profile}” has no registration number ({ruleset})."),
    ),
    Demand(
        key="registration.authority",
        filled=lambda profile: bool(
            profile.registration and profile.registration.authority.strip()
        ),
        missing=msgid("The legal profile “{profile}” names no registering authority ({ruleset})."),
    ),
    Demand(
        key="age.mark",
        filled=lambda profile: profile.age is not None,
        missing=msgid("The legal profile “{profile}” has no age mark ({ruleset})."),
    ),
    Demand(
        key="statement.ru",
        filled=lambda profile: bool(_statement(profile)),
        missing=msgid("The legal profile “{profile}” has no registration statement ({ruleset})."),
    ),
)
_SINCE_2018: Final = (
    *_UNTIL_2018,
    Demand(
        key="founders",
        filled=lambda profile: any(founder.strip() for founder in profile.founders),
        missing=msgid("The legal profile “{profile}” names no founder ({ruleset})."),
    ),
    Demand(
        key="editor_in_chief",
        filled=lambda profile: bool(profile.editor_in_chief.strip()),
        missing=msgid("The legal profile “{profile}” names no editor-in-chief ({ruleset})."),
    ),
    Demand(
        key="contacts.email",
        filled=lambda profile: bool(profile.email.strip()),
        missing=msgid("The legal profile “{profile}” has no editorial e-mail ({ruleset})."),
    ),
    Demand(
        key="contacts.phone",
        filled=lambda profile: bool(profile.phone.strip()),
        missing=msgid("The legal profile “{profile}” has no editorial phone ({ruleset})."),
    ),
)

# Strictest of EU, Germany (DDG § 5, MStV § 18), Austria (MedienG §§ 24, 25), US (CAN-SPAM) and
# Canada (CASL): legal-and-i18n.md 3.2 and 3.4.
_ABROAD: Final = (
    Demand(
        key="registered_name",
        filled=lambda profile: bool(profile.registered_name.strip()),
        missing=msgid("The legal profile “{profile}” has no registered name ({ruleset})."),
    ),
    Demand(
        key="statement",
        filled=lambda profile: any(words.strip() for words in profile.statements.values()),
        missing=msgid("The legal profile “{profile}” has no statement to print ({ruleset})."),
    ),
    Demand(
        key="contacts.postal",
        filled=lambda profile: bool(profile.postal.strip()),
        missing=msgid("The legal profile “{profile}” has no postal address ({ruleset})."),
        rule="L18",
    ),
    Demand(
        key="contacts.email",
        filled=lambda profile: bool(profile.email.strip()),
        missing=msgid("The legal profile “{profile}” has no editorial e-mail ({ruleset})."),
    ),
    Demand(
        key="contacts.phone",
        filled=lambda profile: bool(profile.phone.strip()),
        missing=msgid("The legal profile “{profile}” has no editorial phone ({ruleset})."),
        countries=frozenset({"DE"}),
    ),
    Demand(
        key="owner",
        filled=lambda profile: bool(profile.owner.strip()) or any(profile.founders),
        missing=msgid(
            "The legal profile “{profile}” names no company that owns the medium ({ruleset})."
        ),
        countries=frozenset({"AT", "DE"}),
    ),
    Demand(
        key="responsible",
        filled=lambda profile: bool(profile.responsible.strip()),
        missing=msgid(
            "The legal profile “{profile}” names nobody responsible for the content ({ruleset})."
        ),
        countries=frozenset({"DE"}),
    ),
)
COUNTRIES: Final = ("EU", "DE", "AT", "US", "CA")  # those ruleset abroad knows

# A web site is registered as «сетевое издание» (legal-and-i18n.md 0.2 c).
_NETWORK: Final = frozenset({"network_publication"})
RULESETS: Final[Mapping[str, Ruleset]] = {
    "ru-network-2017": Ruleset(
        name="ru-network-2017",
        language=_RU,
        forms=_NETWORK,
        demands=_UNTIL_2018,
        listing_marks=True,
        last_day=date(2017, 12, 31),
        successor="ru-network-2018",
    ),
    "ru-network-2018": Ruleset(
        name="ru-network-2018",
        language=_RU,
        forms=_NETWORK,
        demands=_SINCE_2018,
        listing_marks=True,
        ad_tokens=True,
    ),
    "ru-agency": Ruleset(
        name="ru-agency",
        language=_RU,
        forms=frozenset({"news_agency"}),
        demands=_UNTIL_2018,
        listing_marks=True,
        ad_tokens=True,
    ),
    "abroad": Ruleset(
        name="abroad",
        language=None,
        forms=frozenset(),
        demands=_ABROAD,
        listing_marks=False,
        age_marks=False,
        postal_box=False,
    ),
}


def in_force(name: str, day: date) -> Ruleset | None:
    """The ruleset of that name, or the one that took its place by that day; None: unknown."""
    ruleset = RULESETS.get(name)
    while ruleset and ruleset.last_day and ruleset.last_day < day:
        ruleset = RULESETS.get(ruleset.successor or "")
    return ruleset


def followed(profile: LegalProfile, day: date) -> tuple[Ruleset, ...]:
    """Every ruleset a profile follows, as it is in force that day; unknown ones are left out."""
    found = (in_force(name, day) for name in (profile.ruleset, *profile.also))
    return tuple(dict.fromkeys(one for one in found if one))


def demands_of(ruleset: Ruleset, profile: LegalProfile) -> Iterator[Demand]:
    """What it asks of this profile: all of it, or what the named countries ask."""
    named = frozenset(profile.countries)
    return (
        demand
        for demand in ruleset.demands
        if not demand.countries or not named or demand.countries & named
    )


def asks_marks(profile: LegalProfile) -> bool:
    """Whether what the profile stands over must carry age marks (rule L08); unknown: yes."""
    names = (profile.ruleset, *profile.also)
    return any(name not in RULESETS or RULESETS[name].age_marks for name in names)


def statement_of(profile: LegalProfile) -> str:
    """The statement that counts and must be printed, verbatim; "" where there is none."""
    named = [RULESETS[name] for name in (profile.ruleset, *profile.also) if name in RULESETS]
    languages = [one.language for one in named if one.language]
    if languages:
        return profile.statements.get(languages[0], "")
    return next(iter(profile.statements.values()), "") if named else ""
