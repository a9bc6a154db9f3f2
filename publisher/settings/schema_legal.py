"""The schema of [[legal.NAME]]: what a profile may hold.  What it must hold, the gate says."""

import re
from datetime import date
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from publisher.compose.legal_rulesets import COUNTRIES, RULESETS
from publisher.compose.registration import FORMS
from publisher.model.labels import LabelledName, LabelList
from publisher.model.names import Language
from publisher.model.problems import msgid
from publisher.settings import fields as f
from publisher.settings.mistakes import Mistake
from publisher.settings.table import Table
from publisher.settings.words import shown

_RULE = re.compile(r"L\d\d")


RulesetName = Annotated[str, f.one_of({name: name for name in RULESETS})]
# One, or several that hold together: ["ru-network-2018", "abroad"].
Rulesets = Annotated[
    list[RulesetName],
    BeforeValidator(lambda value: value if isinstance(value, list) else [value]),
    AfterValidator(f.some),
]


class Approved(Table):
    """[[legal.NAME]] approved."""

    by: f.Line
    on: date


class RegistrationEntry(Table):
    """[[legal.NAME]] registration."""

    number: f.Line
    date: date
    authority: f.Line
    form: Annotated[str, f.one_of({form: form for form in FORMS})]


class Contacts(Table):
    """[[legal.NAME]] contacts."""

    email: f.AddressOrNothing = ""
    phone: f.Line = ""
    postal: f.Line = ""


class Age(Table):
    """[[legal.NAME]] age."""

    mark: f.Mark | None = None
    unrated: f.MarkOrHold = None


def _rule(value: str) -> str:
    if not _RULE.fullmatch(value):
        raise Mistake(
            msgid("{found} is not the number of a rule."),
            remedy=msgid("Write it as the check prints it, for example “L05”."),
            found=shown(value),
        )
    return value


class Acknowledged(Table):
    """[[legal.NAME]] acknowledged."""

    rule: Annotated[str, AfterValidator(_rule)]
    by: f.Text
    on: date


class Ads(Table):
    """[[legal.NAME]] ads."""

    word: dict[f.SiteLanguage, f.Text] = Field(default_factory=dict)
    erid: bool | None = None


class Legal(Table):
    """[[legal.NAME]]: one dated version.."""

    from_: date = Field(alias="from")
    review_by: date | None = None
    approved: Approved | None = None
    ruleset: Rulesets
    countries: list[Annotated[str, f.one_of({name: name for name in COUNTRIES})]] = Field(
        default_factory=list
    )
    owner: f.Line = ""
    responsible: f.Line = ""
    registered_name: f.Line
    registration: RegistrationEntry | None = None
    founders: list[f.Line] = Field(default_factory=list)
    editor_in_chief: f.Line = ""
    contacts: Contacts = Contacts()
    age: Age = Age()
    statement: dict[f.LanguageTag, f.Line] = Field(default_factory=dict)
    copyright: dict[f.SiteLanguage, f.CopyrightLine] = Field(default_factory=dict)
    labels: f.LabelLists = Field(default_factory=list)
    ads: Ads = Ads()
    acknowledged: list[Acknowledged] = Field(default_factory=list)
    sample: bool = False


def _distinct_days(value: list[Legal]) -> list[Legal]:
    begins = [version.from_ for version in value]
    if twins := [day for at, day in enumerate(begins) if day in begins[:at]]:
        raise Mistake(
            msgid("Two versions of this legal profile begin on {day}."),
            remedy=msgid("Give the newer one a later day."),
            day=twins[0].isoformat(),
        )
    return value


Versions = Annotated[list[Legal], AfterValidator(f.some), AfterValidator(_distinct_days)]


def _note(value: str) -> str:
    if "{name}" not in value:
        raise Mistake(
            msgid("The sentence does not say where the name goes."),
            remedy=msgid("Put the slot “name”, in braces, where it belongs."),
        )
    return value


class Labels(Table):
    """[labels.NAME]: a list of names, and the sentence printed where one of them is mentioned."""

    note: dict[f.SiteLanguage, Annotated[f.Text, AfterValidator(_note)]] = Field(min_length=1)
    checked: date
    max_age: f.Span | None = None
    names: dict[f.Text, list[f.Text]] = Field(min_length=1)

    def noun(self, name: str) -> LabelList:
        """The noun."""
        return LabelList(
            id=name,
            note={Language(language): words for language, words in self.note.items()},
            names=tuple(
                LabelledName(name=one, forms=tuple(forms)) for one, forms in self.names.items()
            ),
            checked=self.checked,
            max_age=self.max_age,
        )
