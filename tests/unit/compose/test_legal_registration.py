"""Registration numbers, dates and authorities as they are found in the wild."""

from datetime import date

import pytest

from publisher.compose.registration import (
    authorities_in,
    dates_in,
    is_canonical,
    numbers_in,
    parse_number,
    plausible,
)

# The genuine spellings of legal-and-i18n.md 1.3, and their one canonical form.
GENUINE = {
    "ЭЛ № ФС77-44757": "ЭЛ № ФС77-44757",
    "Эл № ФС77-60222": "ЭЛ № ФС77-60222",
    "Эл №ФС77-62623": "ЭЛ № ФС77-62623",
    "ЭЛ № ФС77 80278": "ЭЛ № ФС77-80278",
    "ЭЛ № ФС 77 - 67950": "ЭЛ № ФС77-67950",
    "серия Эл № ФС77-69756": "ЭЛ № ФС77-69756",
    "ИА № ФС77-54686": "ИА № ФС77-54686",
    "ИА № ФС77-84971": "ИА № ФС77-84971",
    "ПИ № ФС 77 - 75774": "ПИ № ФС77-75774",
    "ПИ № ТУ21-00328": "ПИ № ТУ21-00328",
    "ПИ № ТУ 50-838": "ПИ № ТУ50-838",
    "ПИ № ТУ 20 - 00118": "ПИ № ТУ20-00118",
    "Series El No. FS77-78796": "ЭЛ № ФС77-78796",
    "el №FS77-64808": "ЭЛ № ФС77-64808",
    "ЭЛ\u00a0№\u202fФС77‑62667": "ЭЛ № ФС77-62667",
}
REFUSED = [
    "ЭЛ № ФС77-XXXXX",
    "E No. 77-4479",
    "№ 03247",
    "EЛ № ФC77-62667",  # Latin E and C
    "ЭЛ № ФС77-62667а",
    "ЭЛ ФС77-62667",
    "",
]


@pytest.mark.parametrize(("written", "canonical"), GENUINE.items(), ids=list(GENUINE))
def test_check_6_a_genuine_number_has_one_canonical_form(written: str, canonical: str) -> None:
    number = parse_number(written)

    assert number is not None
    assert number.canonical == canonical
    assert is_canonical(number.canonical)
    assert [one.canonical for one in numbers_in(f"Регистрация: {written}, 16+")] == [canonical]


@pytest.mark.parametrize("written", REFUSED)
def test_check_6_placeholders_mixed_scripts_and_bare_numbers_are_none(written: str) -> None:
    assert parse_number(written) is None
    assert numbers_in(f"Регистрация: {written}.") == ()


def test_a_number_of_the_series_before_2004_is_read_but_not_canonical() -> None:
    number = parse_number("ЭЛ № 77-4410")

    assert number is not None
    assert number.legacy
    assert not is_canonical(number.canonical)


def test_a_longer_number_does_not_hold_a_shorter_one() -> None:
    assert numbers_in("ЭЛ № ФС77-6266712") == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("16 ноября 2015 г.", date(2015, 11, 16)),
        ("от 09 ноября 2022 года", date(2022, 11, 9)),
        ("«16» ноября 2015 г.", date(2015, 11, 16)),
        ("16.11.2015", date(2015, 11, 16)),
        ("November 16, 2015", date(2015, 11, 16)),
        ("on 16 November 2015", date(2015, 11, 16)),
        ("16\u00a0ноября 2015", date(2015, 11, 16)),
    ],
)
def test_dates_are_read_in_every_usual_form(text: str, expected: date) -> None:
    assert dates_in(f"зарегистрировано {text}, 16+") == (expected,)


@pytest.mark.parametrize("text", ["31 февраля 2015", "16 нояря 2015", "77 - 84177 от", "2015"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert dates_in(text) == ()


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (
            "Федеральной службой по надзору в сфере связи, информационных технологий и\nмассовых коммуникаций",
            "Роскомнадзор",
        ),
        ("Управлением Роскомнадзора по Москве", "Роскомнадзор"),
        (
            "службе по надзору за соблюдением законодательства в сфере массовых коммуникаций и охране культурного наследия",
            "Росохранкультура",
        ),
        (
            "Федеральной службой по надзору в сфере связи и массовых коммуникаций",
            "Россвязькомнадзор",
        ),
        ("Россвязьохранкультурой", "Россвязьохранкультура"),
        ("МПТР России", "МПТР"),
    ],
)
def test_an_authority_is_known_by_its_long_and_short_name(text: str, name: str) -> None:
    assert [one.name for one in authorities_in(text)] == [name]


def test_an_authority_existed_from_its_first_to_its_last_day() -> None:
    [authority] = authorities_in("Росохранкультура")

    assert authority.existed(date(2007, 3, 12))
    assert not authority.existed(date(2007, 3, 13))


@pytest.mark.parametrize(
    ("number", "day", "expected"),
    [
        ("ЭЛ № ФС77-62667", date(2015, 8, 3), True),  # as measured: about 3 August
        ("ЭЛ № ФС77-62667", date(2015, 11, 16), False),
        ("ЭЛ № ФС77-60222", date(2017, 12, 17), False),  # the typo of 1.3
        ("ЭЛ № ФС77-62623", date(2015, 7, 31), True),
        ("ЭЛ № ФС77-90000", date(2026, 1, 1), True),
        ("ЭЛ № ФС77-90000", date(2019, 1, 1), False),
        ("ЭЛ № ФС77-10000", date(2005, 1, 1), True),
        ("ЭЛ № ФС77-10000", date(2015, 1, 1), False),
        ("ПИ № ТУ50-838", date(1999, 1, 1), True),  # regional series are not known
    ],
)
def test_number_and_date_are_held_against_other_registrations(
    number: str, day: date, expected: bool
) -> None:
    parsed = parse_number(number)

    assert parsed is not None
    assert plausible(parsed, day) is expected
