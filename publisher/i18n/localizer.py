"""Localizer: the words, dates and numbers of one language.  Reads no files; see catalogs.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date as Day  # noqa: N812 - Localizer.date would hide the type
from datetime import datetime, timedelta
from functools import lru_cache
from gettext import NullTranslations
from string import Formatter
from typing import Any, Literal
from zoneinfo import ZoneInfo

from publisher.i18n.manners import Manners
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, msgid
from publisher.model.terms import Term

DateStyle = Literal["full", "long", "day", "short"]

# CLDR patterns live in the catalogs: a msgid is "key|pattern of the source language".  No CLDR
# style gives the house style, and CLDR 42 put U+202F where readers expect a space.
_DATES: Mapping[str, str] = {
    "full": msgid("date.full|EEEE, MMMM d, y"),
    "long": msgid("date.long|MMMM d, y"),
    "day": msgid("date.day|MMMM d"),
    "short": msgid("date.short|MMM d"),
}
_MOMENT = msgid("moment|MMM d, y — HH:mm")
_STAMP = msgid("stamp|MMM d, HH:mm '{zone}'")
_TIME = msgid("time|HH:mm '{zone}'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Localizer:
    """Everything that is said in one language.

    Sentences are English msgids with {named} slots.  Instants must be aware: a naive one raises
    ValueError, for nobody knows what it means.
    """

    language: Language
    manners: Manners = field(default_factory=Manners)
    translations: NullTranslations = field(default_factory=NullTranslations, repr=False)

    def say(self, message: str, /, **args: object) -> str:
        """One sentence; raises KeyError for a slot without value, TypeError for the reverse."""
        if unknown := args.keys() - slots_of(message):
            raise TypeError(f"no such slot in {message!r}: {', '.join(sorted(unknown))}")
        return self.raw(message).format(**self._worded(args))

    def raw(self, message: str) -> str:
        """The translated sentence, slots still open."""
        return self.translations.gettext(message) if message else ""

    def plural(self, one: str, many: str, /, *, n: int, **args: object) -> str:
        """One sentence about `n` things, in the form CLDR asks for; {n} is written by number()."""
        return self.raw_plural(one, many, n=n).format(n=self.number(n), **args)

    def raw_plural(self, one: str, many: str, *, n: int) -> str:
        """The translated sentence in the form for `n`, slots still open."""
        return self.translations.ngettext(one, many, n)

    def number(self, n: int) -> str:
        """1234 -> "1,234", «1 234»."""
        from babel.numbers import format_decimal  # noqa: PLC0415 - heavy, and seldom needed

        return format_decimal(n, locale=self._locale)

    def date(
        self, when: datetime | Day, zone: ZoneInfo | None = None, *, style: DateStyle = "long"
    ) -> str:
        """September 8, 2017; an instant needs the zone it is seen from."""
        if isinstance(when, datetime):
            if zone is None:
                raise ValueError("an instant has a date only in a zone")
            when = _local(when, zone).date()
        return self._dated(self._pattern(_DATES[style]), when)

    def time(self, when: datetime, zone: ZoneInfo) -> str:
        """10:28 MSK."""
        return self._zoned(_TIME, _local(when, zone))

    def moment(self, when: datetime, zone: ZoneInfo) -> str:
        """House style: Sep 8, 2017 — 10:28."""
        return self._timed(self._pattern(_MOMENT), _local(when, zone))

    def stamp(self, when: datetime, zone: ZoneInfo, *, today: Day | None = None) -> str:
        """Sep 8, 10:28 MSK; on `today` the time alone."""
        local = _local(when, zone)
        return self._zoned(_TIME if local.date() == today else _STAMP, local)

    def mark(self, language: Language) -> str:
        """What stands after a headline in that language: (in Russian)."""
        if known := self.manners.marks.get(language):
            return known
        from babel import Locale  # noqa: PLC0415 - heavy, and seldom needed

        name = Locale.parse(language, sep="-").get_display_name(self._locale) or language
        return self.say(msgid("(language: {language})"), language=name)

    def problem(self, problem: Problem) -> str:
        """A line for what is wrong and where, a second one for how to mend it."""
        args = _Open(self._worded(problem.args))
        words = self.raw(problem.message).format_map(args)
        where = _where(problem.place)
        lines = [f"{where}: {words}" if where else words]
        if problem.remedy:
            lines.append(self.raw(problem.remedy).format_map(args))
        return "\n".join(lines)

    def _worded(self, args: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: self.raw(value) if isinstance(value, Term) else value
            for name, value in args.items()
        }

    @property
    def _locale(self) -> str:
        return self.language.replace("-", "_")

    def _pattern(self, message: str) -> str:
        return self.raw(message).rpartition("|")[2]

    def _zoned(self, message: str, local: datetime) -> str:
        words = self._timed(self._pattern(message), local)
        return words.replace("{zone}", self._zone_name(local))

    def _zone_name(self, local: datetime) -> str:
        return self.manners.zones.get(local.tzname() or "") or _offset(local.utcoffset())

    def _dated(self, pattern: str, when: Day) -> str:
        from babel.dates import format_date  # noqa: PLC0415 - heavy: 80 ms

        return format_date(when, pattern, locale=self._locale)

    def _timed(self, pattern: str, local: datetime) -> str:
        from babel.dates import format_datetime  # noqa: PLC0415 - heavy: 80 ms

        return format_datetime(local, pattern, tzinfo=local.tzinfo, locale=self._locale)


class _Open(dict[str, Any]):
    """A slot nobody filled stays visible: a person must always get words, not a traceback."""

    def __missing__(self, key: str) -> str:
        return "{" + key + "}"


@lru_cache(maxsize=2048)
def slots_of(message: str) -> frozenset[str]:
    """The names of the {slots} in a sentence; raises ValueError when a brace is lost."""
    return frozenset(name for _, name, _, _ in Formatter().parse(message) if name is not None)


def paragraphs(text: str) -> list[str]:
    """Those of a plain text, each on a line of its own."""
    return [" ".join(one.split()) for one in re.split(r"\n\s*\n", text) if one.strip()]


def _local(when: datetime, zone: ZoneInfo) -> datetime:
    if when.tzinfo is None:
        raise ValueError(f"a naive datetime means nothing: {when}")
    return when.astimezone(zone)


def _offset(offset: timedelta | None) -> str:
    """UTC, UTC+4, UTC-3:30."""
    minutes = int((offset or timedelta(0)).total_seconds()) // 60
    if not minutes:
        return "UTC"
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")


def _where(place: Place) -> str:
    file = f"{place.file}:{place.line}" if place.file and place.line else place.file
    return ", ".join(part for part in (file, place.key) if part)
