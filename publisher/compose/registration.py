"""Registration numbers, dates, authorities and forms as read from text.  Judges nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

# legal-and-i18n.md 1.3: two dozen spellings were found in the wild; only canonical forms compare.
_NUMBER: Final = r"""
    (?:серия\s+|series\s+)?(?P<kind>ЭЛ|ПИ|ИА|ТВ|РВ|EL|PI|IA|TV|RV)\s*
    (?:№|No\.?)\s*(?:(?P<office>ФС|ТУ|FS|TU)\s*-?\s*(?P<region>[0-9]{1,2})|(?P<legacy>77))\s*
    [-\u2010\u2011\u2013\u2014\u2212]?\s*(?P<serial>[0-9]{2,6})"""  # noqa: RUF001 - series letters are Cyrillic
_LOOSE: Final = re.compile(rf"^\s*{_NUMBER}\s*$", re.IGNORECASE | re.VERBOSE)
_WITHIN: Final = re.compile(rf"(?<!\w){_NUMBER}(?!\w)", re.IGNORECASE | re.VERBOSE)
_CANON: Final = re.compile(r"^(ЭЛ|ПИ|ИА|ТВ|РВ) № (ФС|ТУ)([0-9]{2})-([0-9]{2,6})$")  # noqa: RUF001 - as above
_LATIN: Final = {
    "EL": "ЭЛ",
    "PI": "ПИ",
    "IA": "ИА",
    "TV": "ТВ",
    "RV": "РВ",  # noqa: RUF001 - as above
    "FS": "ФС",
    "TU": "ТУ",
}
_SERIES: Final = {**_LATIN, **{letters: letters for letters in _LATIN.values()}}

_RUSSIAN: Final = (
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
)
_ENGLISH: Final = (
    "january february march april may june july august september october november december"
)
_MONTH: Final = {
    name: at for names in (_RUSSIAN, _ENGLISH) for at, name in enumerate(names.split(), start=1)
}
_DATE: Final = re.compile(
    r"(?<!\d)(?:"
    r"[«\"]?(?P<d1>\d{1,2})[»\"]?\s+(?P<m1>[^\W\d_]+),?\s+(?P<y1>\d{4})"
    r"|(?P<m2>[^\W\d_]+)\s+(?P<d2>\d{1,2}),?\s+(?P<y2>\d{4})"
    r"|(?P<d3>\d{1,2})\.(?P<m3>\d{1,2})\.(?P<y3>\d{4})"
    r")(?!\d)"
)

# When a number of the common series was given out: known pairs, legal-and-i18n.md 1.3.
_GIVEN: Final = (
    (24536, date(2006, 5, 29)),
    (44757, date(2011, 4, 25)),
    (50091, date(2012, 6, 6)),
    (54686, date(2013, 7, 9)),
    (56810, date(2014, 1, 29)),
    (62129, date(2015, 6, 26)),
    (62623, date(2015, 7, 31)),
    (64808, date(2016, 2, 2)),
    (67950, date(2016, 12, 21)),
    (69756, date(2017, 5, 5)),
    (75774, date(2019, 5, 23)),
    (78796, date(2020, 7, 30)),
    (80278, date(2021, 1, 25)),
    (84177, date(2022, 11, 9)),
    (84971, date(2023, 4, 17)),
)
_SLACK: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A registration number, taken apart."""

    kind: str  # ЭЛ online, ПИ print, ИА agency, and two of broadcasting
    office: str  # ФС: the federal series; ТУ: a regional office; "": the series before 2004
    region: int
    serial: int
    canonical: str  # "ЭЛ № ФС77-00000"

    @property
    def legacy(self) -> bool:
        """Whether it belongs to the series before 2004, which has no canonical form."""
        return not self.office


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who registered mass media, and when it existed (both days included)."""

    name: str
    stems: tuple[str, ...]  # what is left of its name in every grammatical case
    since: date
    until: date | None

    def existed(self, day: date) -> bool:
        """Whether it could register anything on that day."""
        return self.since <= day and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """The form a medium is registered in, and how statements and numbers show it."""

    name: str
    wording: re.Pattern[str]
    kinds: tuple[str, ...]


# legal-and-i18n.md 1.2; the long names contain one another's words, so the order matters.
AUTHORITIES: Final = (
    Authority(
        name="Роскомнадзор",
        stems=(
            "по надзору в сфере связи, информационных технологий и массовых коммуникаций",
            "роскомнадзор",
        ),
        since=date(2008, 12, 3),
        until=None,
    ),
    Authority(
        name="Россвязькомнадзор",
        stems=("по надзору в сфере связи и массовых коммуникаций", "россвязькомнадзор"),
        since=date(2008, 5, 12),
        until=date(2008, 12, 3),
    ),
    Authority(
        name="Россвязьохранкультура",
        stems=(
            "по надзору в сфере массовых коммуникаций, связи и охраны культурного наследия",
            "россвязьохранкультур",
            "россвязохранкультур",
        ),
        since=date(2007, 3, 12),
        until=date(2008, 5, 12),
    ),
    Authority(
        name="Росохранкультура",
        stems=(
            (
                "по надзору за соблюдением законодательства в сфере массовых коммуникаций "
                "и охране культурного наследия"
            ),
            "росохранкультур",
        ),
        since=date(2004, 1, 1),  # the sources name the year only
        until=date(2007, 3, 12),
    ),
    Authority(
        name="МПТР",
        stems=("по делам печати, телерадиовещания и средств массовых коммуникаций", "мптр"),
        since=date(1999, 7, 6),
        until=date(2004, 12, 31),
    ),
)

FORMS: Final[Mapping[str, Form]] = {
    "network_publication": Form(
        name="сетевое издание", wording=re.compile(r"сетев\w+\s+издани\w+"), kinds=("ЭЛ",)
    ),
    "electronic_periodical": Form(
        name="электронное периодическое издание",
        wording=re.compile(r"электронн\w+\s+периодическ\w+\s+издани\w+"),
        kinds=("ЭЛ",),
    ),
    "news_agency": Form(
        name="информационное агентство",
        wording=re.compile(r"информационн\w+\s+агентств\w+"),
        kinds=("ИА",),
    ),
}


def parse_number(text: str) -> Number | None:
    """The number a text consists of, however it is spaced or transliterated; None if it is none."""
    found = _LOOSE.match(text)
    return _number(found) if found else None


def is_canonical(text: str) -> bool:
    """Whether a number is written the one way registers print it: "ЭЛ № ФС77-00000"."""
    return _CANON.match(text) is not None


def numbers_in(text: str) -> tuple[Number, ...]:
    """Every registration number inside a text, in order."""
    found = (_number(match) for match in _WITHIN.finditer(text))
    return tuple(number for number in found if number)


def dates_in(text: str) -> tuple[date, ...]:
    """Every date inside a text: 16 ноября 2015, 16.11.2015, November 16, 2015; in order."""
    found = (_date(match) for match in _DATE.finditer(text))
    return tuple(day for day in found if day)


def authorities_in(text: str) -> tuple[Authority, ...]:
    """The registering authorities a text names, long or short, in any grammatical case."""
    plain = " ".join(text.lower().split())
    return tuple(one for one in AUTHORITIES if any(_stands_in(stem, plain) for stem in one.stems))


def plausible(number: Number, day: date) -> bool:
    """Whether a number of the federal series can have been given out around that day.

    Between two known pairs the date is interpolated and may be off by sixty days; beyond the
    known ones only the open side is unknown.
    """
    if number.office != "ФС":
        return True
    if number.serial <= _GIVEN[0][0]:
        return day <= _GIVEN[0][1] + _SLACK
    if number.serial >= _GIVEN[-1][0]:
        return day >= _GIVEN[-1][1] - _SLACK
    return abs(day - _given_about(number.serial)) <= _SLACK


def _given_about(serial: int) -> date:
    (low, early), (high, late) = next(
        (one, two) for one, two in pairwise(_GIVEN) if two[0] >= serial
    )
    return early + (late - early) * (serial - low) / (high - low)


def _number(found: re.Match[str]) -> Number | None:
    kind = _SERIES.get(found["kind"].upper())
    office = _SERIES.get(found["office"].upper()) if found["office"] else ""
    if kind is None or office is None:  # letters that only look alike once their case is ignored
        return None
    region = int(found["region"] or found["legacy"])
    return Number(
        kind=kind,
        office=office,
        region=region,
        serial=int(found["serial"]),
        canonical=f"{kind} № {office}{region:02}-{found['serial']}",
    )


def _date(found: re.Match[str]) -> date | None:
    day = found["d1"] or found["d2"] or found["d3"]
    year = found["y1"] or found["y2"] or found["y3"]
    word = (found["m1"] or found["m2"] or "").lower()
    month = _MONTH.get(word) or (int(found["m3"]) if found["m3"] else 0)
    try:
        return date(int(year), month, int(day))
    except ValueError:
        return None


def _stands_in(stem: str, text: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(stem)}", text) is not None
