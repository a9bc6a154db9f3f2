"""Which names a config defines, for the values that refer to them.  Taken from the raw data."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationInfo

from publisher.model.editions import Calendar
from publisher.settings.mistakes import Mistake
from publisher.settings.words import calendar_of, zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Names by table; None where the table is broken and nothing can be said about references."""

    names: Mapping[str, frozenset[str] | tuple[str, ...] | None]
    languages: tuple[str, ...]  # empty: unknown, and nothing is asked of titles
    calendars: Mapping[str, Calendar]  # those that make sense
    zone: ZoneInfo | None
    root: Path
    now: datetime


def known_in(data: Mapping[str, Any], *, root: Path, now: datetime) -> Known:
    """What raw data defines, however broken the rest of it is."""
    site = _table(data, "site") or {}
    tables = ("sections", "sources", "editions", "calendars", "legal", "labels")
    return Known(
        names={name: _names(data, name) for name in tables},
        languages=_languages(site.get("languages")),
        calendars=_calendars(_table(data, "calendars") or {}),
        zone=_zone(site.get("timezone")),
        root=root,
        now=now,
    )


def known_to(info: ValidationInfo) -> Known:
    """What a validator may refer to; validation always runs with a Known as its context."""
    known = info.context
    if not isinstance(known, Known):
        raise TypeError("validate with context=Known(…)")
    return known


def _table(data: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    table = data.get(name)
    return table if isinstance(table, dict) else None


def _names(data: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """A table that is not there has no names; one that is something else, nobody knows."""
    if name not in data and name in {"sections", "legal"}:
        return None  # it is missed already, and every reference would be missed again
    table = _table(data, name) if name in data else {}
    return None if table is None else tuple(table)


def _languages(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return tuple(value)
    return ()


def _calendars(tables: Mapping[str, Any]) -> dict[str, Calendar]:
    found: dict[str, Calendar] = {}
    for name, table in tables.items():
        try:
            found[name] = calendar_of(table.get("off", []), table.get("working", []))
        except (Mistake, AttributeError, TypeError):
            continue  # said where the calendar itself is read
    return found


def _zone(value: object) -> ZoneInfo | None:
    try:
        return zone(value)
    except Mistake:
        return None
