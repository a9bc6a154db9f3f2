"""LegalProfile: one dated version of what must be printed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from publisher.model.articles import AgeMark
from publisher.model.names import EditionId, IssueId, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """The entry in the register of mass media."""

    number: str  # as approved: "ЭЛ № ФС77-00000"
    date: date
    authority: str
    form: str  # network_publication | electronic_periodical | news_agency


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """A WARN somebody took upon themselves."""

    rule: str  # "L05"
    by: str
    on: date


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalProfile:
    """What must be printed from a day on.  Texts are verbatim and byte-protected."""

    id: str  # "main"
    valid_from: date
    review_by: date | None
    approved_by: str
    approved_on: date
    ruleset: str  # ru-network-2017 | ru-network-2018 | ru-agency | abroad
    registered_name: str
    registration: Registration | None
    founders: tuple[str, ...]
    editor_in_chief: str
    email: str
    phone: str
    postal: str
    age: AgeMark | None
    unrated: AgeMark | None  # the mark unrated items take; None: hold
    statements: Mapping[Language, str]  # the registration statement; "ru" is authoritative
    copyright: Mapping[Language, str]  # {year} is filled in
    also: tuple[str, ...] = ()  # more rulesets; what any of them demands is demanded
    countries: tuple[str, ...] = ()  # of ruleset abroad: DE, AT …; empty: all it knows
    owner: str = ""  # the company behind the medium, as laws abroad want it named
    responsible: str = ""  # who answers for the content: name and address (MStV § 18)
    labels: tuple[str, ...] = ()  # ids of the lists of names whose labels are printed
    ad_word: Mapping[Language, str] = field(default_factory=dict)  # what marks advertising
    ad_token: bool | None = None  # an erid is asked for; None: as the rulesets say
    acknowledged: tuple[Acknowledgement, ...] = ()
    sample: bool = False  # may go to relays on this machine only
    version: str  # hex SHA-256 over the fields above, as config holds them


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileUse:
    """A version that readers of an edition were sent in a language, and the first issue of it.

    Or one that feeds carried: then there is no issue, and `profile` and `since` say which.
    """

    version: str  # hex SHA-256
    edition: EditionId | None = None
    language: Language | None = None
    issue: IssueId | None = None
    profile: str = ""
    since: datetime | None = None
