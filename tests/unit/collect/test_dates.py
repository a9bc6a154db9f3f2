"""Dates as feeds write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from publisher.collect.dates import parse_date

VLADIVOSTOK = ZoneInfo("Asia/Vladivostok")  # UTC+10: no zone of the words below


@pytest.mark.parametrize(
    ("words", "utc"),
    [
        ("Sun, 22 Nov 2026 10:00:00 MSK", (22, 7)),
        ("Sun, 22 Nov 2026 10:00:00 +0300", (22, 7)),
        ("Sun, 22 Nov 2026 10:00:00 +03:00 (MSK)", (22, 7)),
        ("Sun, 22 Nov 2026 10:00:00 GMT", (22, 10)),
        ("Sun, 22 Nov 2026 10:00:00 UTC+0300", (22, 7)),
        ("Sun, 22 Nov 2026 10:00:00 EST", (22, 15)),
        ("Sun, 22 Nov 2026 10:00:00 Z", (22, 10)),
        ("22 Nov 26 10:00 -0000", (22, 10)),
        ("2026-11-22T10:00:00Z", (22, 10)),
        ("2026-11-22T10:00:00.123456+03:00", (22, 7)),
        ("2026-11-22 10:00:00 +0300", (22, 7)),
        ("Вс, 22 ноя 2026 10:00:00 +0300", (22, 7)),
        ("воскресенье, 22 ноября 2026 г. в 10:00 МСК", (22, 7)),
        ("22 ноября 2026, 10:00", (22, 0)),
        ("22 НОЯБРЯ 2026", (21, 14)),
        ("22.11.2026 10:00 МСК", (22, 7)),
        ("22.11.2026 10:00", (22, 0)),
        ("22.11.2026", (21, 14)),
        ("Sun, 22 Nov 2026 10:00:00", (22, 0)),
        ("Sun, 22 Nov 2026", (21, 14)),
        ("2026-11-22T10:00", (22, 0)),
        ("2026-11-22", (21, 14)),
    ],
)
def test_a_date_is_an_instant(words: str, utc: tuple[int, int]) -> None:
    found = parse_date(f" {words}\n", zone=VLADIVOSTOK)

    assert found is not None
    assert found.replace(microsecond=0) == datetime(2026, 11, *utc, 0, tzinfo=UTC)
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("month", "number"),
    [
        *(("января", 1), ("февраля", 2), ("марта", 3), ("апреля", 4), ("мая", 5), ("июня", 6)),
        *(("июля", 7), ("августа", 8), ("сентября", 9), ("октября", 10), ("ноября", 11)),
        *(("декабря", 12), ("май", 5), ("сент.", 9), ("дек", 12)),
    ],
)
def test_russian_months_are_known(month: str, number: int) -> None:
    found = parse_date(f"Пт, 12 {month} 2026 12:00:00 GMT", zone=VLADIVOSTOK)

    assert found == datetime(2026, number, 12, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "words",
    ["", " ", "x", "вчера", ",", "31.06.2026", "2026", "99999999999999999999 Nov 2026",
     "Sun, 22 Nov 2026 10:00:00 +9999", "0001-01-01T00:00:00+03:00", "22-11-2026", "(", "+0300"],
)  # fmt: skip
def test_what_is_no_date_is_none(words: str) -> None:
    assert parse_date(words, zone=VLADIVOSTOK) is None
