"""What each legal ruleset demands, and since when.  Judges nothing; see legal_profile.py."""

from collections.abc import Callable, Mapping
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """One state of the law: what it demands, and what came after it."""

    name: str
    language: Language  # of the statement that counts; others are courtesy
    forms: frozenset[str]  # registration forms of its medium (rule L21)
    demands: tuple[Demand, ...]
    listing_marks: bool  # every listed film, show or event carries its own mark (rule L19)
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
    ),
}


def in_force(name: str, day: date) -> Ruleset | None:
    """The ruleset of that name, or the one that took its place by that day; None: unknown."""
    ruleset = RULESETS.get(name)
    while ruleset and ruleset.last_day and ruleset.last_day < day:
        ruleset = RULESETS.get(ruleset.successor or "")
    return ruleset


def statement_of(profile: LegalProfile) -> str:
    """The statement that counts and must be printed, verbatim; "" where there is none."""
    ruleset = RULESETS.get(profile.ruleset)
    return profile.statements.get(ruleset.language, "") if ruleset else ""
