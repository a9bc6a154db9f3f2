"""What stands beside the bar of `send`, and when there is no bar."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from publisher.assets import Assets
from publisher.cli.call import Call
from publisher.cli.progress import Speed, progress, time_left, words
from publisher.cli.screen import Screen
from publisher.deliver.committer import Report
from publisher.i18n.catalogs import load_catalogs
from publisher.model.deliveries import Balance
from tests.support.build import EN, RU

TEXT = load_catalogs(Assets().folders("locales"), (EN, RU))
HALF = Balance(
    planned=100, accepted=20, rejected=0, suppressed=0, cancelled=0, uncertain=0, waiting=80
)


@pytest.mark.parametrize(
    ("waiting", "rate", "left"),
    [
        (90, 2.0, "0:45"),
        (7300, 1.0, "2:01:40"),
        (10, None, None),
        (10, 0.0, None),
        (0, 5.0, "0:00"),
    ],
)
def test_the_time_left_is_known_where_there_is_a_rate(
    waiting: int, rate: float | None, left: str | None
) -> None:
    assert time_left(waiting, rate) == left


def test_a_rate_is_that_of_the_last_seconds() -> None:
    speed = Speed()
    assert speed.at(0.0, 0) is None
    assert speed.at(1.0, 50) == 50
    assert speed.at(11.0, 60) == pytest.approx(1.0)


def test_the_words_name_what_became_of_how_many_in_either_language() -> None:
    report = Report(accepted=120, deferred=3, rejected=2)

    assert words(TEXT[EN], report, waiting=60, rate=30.0) == (
        "30/s · accepted 120 · later 3 · refused 2 · 0:02 left"
    )
    assert words(TEXT[RU], Report(accepted=5), waiting=9, rate=None) == "принято 5"


def test_on_a_terminal_there_is_a_bar(screen: Screen) -> None:
    said = StringIO()
    shown = replace(screen, err=Console(file=said, force_terminal=True, width=120))
    with progress(shown, "morning-1", HALF, seconds=iter([0.0, 1.0, 2.0]).__next__) as bar:
        bar.sent(Report(accepted=10))
        bar.sent(Report(accepted=40, deferred=1))

    assert "morning-1" in said.getvalue()
    assert "60/100" in said.getvalue()
    assert "accepted 40" in said.getvalue()


@pytest.mark.parametrize("quiet", ["json", "no terminal"])
def test_elsewhere_there_is_none(screen: Screen, quiet: str) -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=quiet == "json")
    shown = replace(screen, err=console, json=quiet == "json")
    with progress(shown, "morning-1", HALF, seconds=iter([0.0, 1.0]).__next__) as bar:
        bar.sent(Report(accepted=10))
        bar.stands(HALF)

    assert said.getvalue() == ""


@pytest.fixture
def screen() -> Screen:
    call = Call(config=Path("config"), json=False, by="test", language="en", environ={})
    return Screen.of(call)
