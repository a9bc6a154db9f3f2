from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from publisher.i18n.localizer import Localizer
from publisher.model.names import Language
from publisher.model.problems import Place, Problem
from tests.support.build import EN, RU
from tests.support.sheets import localizers

MOSCOW = ZoneInfo("Europe/Moscow")
THEN = datetime(2017, 9, 8, 7, 28, tzinfo=UTC)


@pytest.fixture(scope="module")
def words() -> Mapping[Language, Localizer]:
    return localizers()


def test_check_18_the_house_style_of_a_moment(words: Mapping[Language, Localizer]) -> None:
    assert words[EN].moment(THEN, MOSCOW) == "Sep 8, 2017 — 10:28"
    assert words[RU].moment(THEN, MOSCOW) == "8 сентября 2017 г., 10:28"


@pytest.mark.parametrize(
    ("style", "english", "russian"),
    [
        ("full", "Friday, September 8, 2017", "пятница, 8 сентября 2017 г."),
        ("long", "September 8, 2017", "8 сентября 2017 г."),
        ("day", "September 8", "8 сентября"),
        ("short", "Sep 8", "8 сентября"),
    ],
)
def test_dates_follow_explicit_patterns(
    words: Mapping[Language, Localizer], style: str, english: str, russian: str
) -> None:
    assert words[EN].date(THEN, MOSCOW, style=style) == english  # type: ignore[arg-type]
    assert words[RU].date(date(2017, 9, 8), style=style) == russian  # type: ignore[arg-type]


def test_a_time_names_its_zone_in_the_readers_language(
    words: Mapping[Language, Localizer],
) -> None:
    assert words[EN].time(THEN, MOSCOW) == "10:28 MSK"
    assert words[RU].time(THEN, MOSCOW) == "10:28 мск"
    assert words[EN].time(THEN, ZoneInfo("Europe/Samara")) == "11:28 UTC+4"
    assert words[RU].time(THEN, ZoneInfo("Asia/Kolkata")) == "12:58 UTC+5:30"
    assert words[EN].time(THEN, ZoneInfo("America/St_Johns")) == "04:58 UTC-2:30"


@pytest.mark.parametrize(
    ("year", "shown"), [(2010, "10:00 мск"), (2012, "11:00 мск"), (2017, "10:00 мск")]
)
def test_moscow_time_is_what_it_was_then(
    words: Mapping[Language, Localizer], year: int, shown: str
) -> None:
    winter = datetime(year, 1, 15, 7, 0, tzinfo=UTC)

    assert words[RU].time(winter, MOSCOW) == shown


def test_a_stamp_of_today_is_the_time_alone(words: Mapping[Language, Localizer]) -> None:
    assert words[EN].stamp(THEN, MOSCOW) == "Sep 8, 10:28 MSK"
    assert words[RU].stamp(THEN, MOSCOW) == "8 сентября, 10:28 мск"
    assert words[RU].stamp(THEN, MOSCOW, today=date(2017, 9, 8)) == "10:28 мск"


def test_a_naive_instant_is_refused(words: Mapping[Language, Localizer]) -> None:
    naive = THEN.replace(tzinfo=None)

    with pytest.raises(ValueError, match="naive"):
        words[EN].moment(naive, MOSCOW)
    with pytest.raises(ValueError, match="zone"):
        words[EN].date(THEN)


@pytest.mark.parametrize(
    ("n", "russian", "english"),
    [
        (0, "0 материалов", "0 stories"),
        (1, "1 материал", "1 story"),
        (2, "2 материала", "2 stories"),
        (5, "5 материалов", "5 stories"),
        (11, "11 материалов", "11 stories"),
        (21, "21 материал", "21 stories"),
        (22, "22 материала", "22 stories"),
        (25, "25 материалов", "25 stories"),
        (101, "101 материал", "101 stories"),
        (111, "111 материалов", "111 stories"),
        (112, "112 материалов", "112 stories"),
        (1234, "1\u00a0234 материала", "1,234 stories"),
    ],
)
def test_check_17_plurals(
    words: Mapping[Language, Localizer], n: int, russian: str, english: str
) -> None:
    one, many = "{n} story for {date}", "{n} stories for {date}"

    assert words[RU].plural(one, many, n=n, date="8 сентября") == f"{russian} за 8 сентября"
    assert words[EN].plural(one, many, n=n, date="September 8") == f"{english} for September 8"


def test_slots_and_arguments_must_agree(words: Mapping[Language, Localizer]) -> None:
    with pytest.raises(KeyError):
        words[RU].say("Photo: {credit}")
    with pytest.raises(TypeError, match="no such slot"):
        words[RU].say("Photo: {credit}", credit="x", author="y")


def test_a_story_in_another_language_is_marked(words: Mapping[Language, Localizer]) -> None:
    assert words[EN].mark(RU) == "(in Russian)"
    assert words[RU].mark(EN) == "(на английском)"
    assert words[EN].mark(Language("pt-BR")) == "(language: Portuguese (Brazil))"


def test_a_problem_says_where_what_and_how_to_mend_it(
    words: Mapping[Language, Localizer],
) -> None:
    problem = Problem(
        message="There is no catalog for the language “{language}”.",
        args={"language": "de"},
        remedy="Use a BCP 47 tag such as en, ru or pt-BR.",
        place=Place(file="config/newsroom.toml", line=12, key="site.languages"),
    )

    assert words[EN].problem(problem) == (
        "config/newsroom.toml:12, site.languages: There is no catalog for the language “de”.\n"
        "Use a BCP 47 tag such as en, ru or pt-BR."
    )


def test_a_problem_with_a_forgotten_argument_still_becomes_words(
    words: Mapping[Language, Localizer],
) -> None:
    assert words[EN].problem(Problem(message="No room for {thing}.")) == "No room for {thing}."
