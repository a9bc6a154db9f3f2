import pytest

from publisher.compose.words import ParsedWords, ScheduleError, parse_cron, parse_schedule


@pytest.mark.parametrize(
    ("words", "crons"),
    [
        ("every day at 08:00", ("0 8 * * *",)),
        ("every day at 8:00", ("0 8 * * *",)),
        ("  Every   DAY at 08:00 ", ("0 8 * * *",)),
        ("every day at 18:00 and 08:00", ("0 8 * * *", "0 18 * * *")),
        ("every day at 08:00 and 08:00", ("0 8 * * *",)),
        ("every day at 07:30, 13:00 and 18:05", ("30 7 * * *", "0 13 * * *", "5 18 * * *")),
        ("every weekday at 09:15", ("15 9 * * 1-5",)),
        ("every friday at 17:00", ("0 17 * * 5",)),
        ("every sun at 17:00", ("0 17 * * 0",)),
        ("every monday, wednesday and friday at 07:30", ("30 7 * * 1,3,5",)),
        ("every friday, wednesday, and monday at 07:30", ("30 7 * * 1,3,5",)),
        ("every hour", ("0 * * * *",)),
        ("every 6 hours", ("0 */6 * * *",)),
        ("every 15 minutes", ("*/15 * * * *",)),
        ("every 1 minute", ("*/1 * * * *",)),
        ("every month on the 1st at 09:00", ("0 9 1 * *",)),
        ("every month on the 15th and 1st at 09:00", ("0 9 1,15 * *",)),
        ("every month on the last day at 09:00", ("0 9 L * *",)),
    ],
)
def test_words_an_editor_writes_become_crons(words: str, crons: tuple[str, ...]) -> None:
    assert parse_schedule(words) == ParsedWords(crons=crons, working_days=False)


def test_a_working_day_is_any_day_the_calendar_leaves() -> None:
    parsed = parse_schedule("every working day at 08:00")

    assert parsed == ParsedWords(crons=("0 8 * * *",), working_days=True)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ("", ""),
        ("daily at 08:00", "daily at 08:00"),
        ("every day", "day"),
        ("every day at", "day at"),
        ("every day at ,", ","),
        ("every day at noon", "noon"),
        ("every day at 24:00", "24:00"),
        ("every day at 08:60", "08:60"),
        ("every day at 8", "8"),
        ("every day at ٠٨:٠٠", "٠٨:٠٠"),
        ("every fryday at 17:00", "fryday"),
        ("every monday and fryday at 17:00", "fryday"),
        ("every , at 17:00", ","),
        ("every month on the 32nd at 09:00", "32nd"),
        ("every month on the 0th at 09:00", "0th"),
        ("every month on the first at 09:00", "first"),
        ("every month on the , at 09:00", ","),
        ("every so often", "so often"),
    ],
)
def test_what_was_not_understood_is_named_with_an_example(words: str, part: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse_schedule(words)

    problem = refused.value.problem
    assert problem.message == "The schedule “{words}” was not understood at “{part}”."
    assert problem.args == {"words": words, "part": part}
    assert "every working day at 08:00" in (problem.remedy or "")


@pytest.mark.parametrize(
    ("words", "step", "whole"),
    [
        ("every 7 minutes", 7, 60),
        ("every 5 hours", 5, 24),
        ("every 0 minutes", 0, 60),
        ("every 60 minutes", 60, 60),
    ],
)
def test_a_rhythm_that_does_not_divide_its_hour_or_day_is_refused(
    words: str, step: int, whole: int
) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse_schedule(words)

    assert refused.value.problem.args == {"words": words, "step": step, "whole": whole}


def test_a_cron_is_taken_as_it_is() -> None:
    assert parse_cron(" 0  8 * *  mon-fri ") == ParsedWords(crons=("0 8 * * mon-fri",))


@pytest.mark.parametrize(
    "cron",
    ["", "0 8 * *", "0 0 8 * * *", "60 8 * * *", "0 8 * * fryday", "0 8 30 2 *", "0 8 * * 5-1"],
)
def test_a_cron_of_another_shape_or_of_no_day_is_refused(cron: str) -> None:
    with pytest.raises(ScheduleError) as refused:
        parse_cron(cron)

    assert refused.value.problem.args == {"cron": cron}
