"""What stands beside the bar of `send`, and when there is no bar."""

import asyncio
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from publisher.assets import Assets
from publisher.cli.call import Call
from publisher.cli.progress import Speed, progress, time_left, words
from publisher.cli.screen import Screen
from publisher.errors import StoreBusy
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
    now = replace(HALF, accepted=38, rejected=2, waiting=60, deferred=3)

    assert words(TEXT[EN], now, 30.0) == ("30/s, 0:02 left, accepted 38, later 3, refused 2")
    assert words(TEXT[RU], replace(HALF, accepted=5), None) == "принято 5"


def test_on_a_terminal_there_is_a_bar(screen: Screen) -> None:
    said = StringIO()
    shown = replace(screen, err=Console(file=said, force_terminal=True, width=120))
    with progress(shown, "morning-1", HALF, seconds=iter([0.0, 1.0, 2.0]).__next__) as bar:
        bar.stands(replace(HALF, accepted=30, waiting=70))
        bar.stands(replace(HALF, accepted=60, waiting=40, deferred=1))

    assert "morning-1" in said.getvalue()
    assert "60/100" in said.getvalue()
    assert "30/s, 0:01 left, accepted 60, later 1" in said.getvalue()


@pytest.mark.parametrize("width", [40, 60, 80, 100])
def test_on_a_narrow_terminal_the_count_and_the_time_left_are_never_cut(
    screen: Screen, width: int
) -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=True, width=width, color_system=None)
    shown = replace(screen, err=console, text=TEXT[RU])
    huge = replace(HALF, planned=250_000, waiting=249_980)
    with progress(shown, "morning-1", huge, seconds=iter([0.0, 9.0, 10.0]).__next__) as bar:
        bar.stands(huge)
        bar.stands(replace(huge, accepted=38_000, waiting=200_000, deferred=1200, rejected=1000))

    last = said.getvalue().split("\r")[-2].removeprefix("\x1b[2K").partition("\n")[0]
    assert "50000/250000" in last
    assert "осталось" in last
    assert "…" not in last
    assert len(last) <= width


async def test_it_follows_the_ledger_and_a_busy_one_holds_nothing_up(screen: Screen) -> None:
    said, looks = StringIO(), asyncio.Event()
    shown = replace(screen, err=Console(file=said, force_terminal=True, width=120))

    async def look() -> Balance:
        looks.set()
        raise StoreBusy

    with progress(shown, "morning-1", HALF, seconds=asyncio.get_running_loop().time) as bar:
        async with asyncio.timeout(10), bar.following(look):
            await looks.wait()

    assert "20/100" in said.getvalue()


@pytest.mark.parametrize("quiet", ["json", "no terminal"])
async def test_elsewhere_there_is_none(screen: Screen, quiet: str) -> None:
    said = StringIO()
    console = Console(file=said, force_terminal=quiet == "json")
    shown = replace(screen, err=console, json=quiet == "json")
    looked: list[None] = []

    async def look() -> Balance:
        looked.append(None)
        return HALF

    with progress(shown, "morning-1", HALF, seconds=iter([0.0, 1.0]).__next__) as bar:
        async with bar.following(look):
            await asyncio.sleep(0)
        bar.stands(HALF)

    assert said.getvalue() == ""
    assert looked == []


@pytest.fixture
def screen() -> Screen:
    call = Call(config=Path("config"), json=False, by="test", language="en", environ={})
    return Screen.of(call)
