"""How a delivery goes, on one line of a terminal: rate, what became of how many, time left."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Column

from publisher.cli.screen import Screen
from publisher.errors import StoreBusy
from publisher.i18n.localizer import Localizer
from publisher.model.deliveries import Balance
from publisher.model.problems import msgid

_WINDOW = 10.0  # seconds that the rate is taken of
_LOOK = 1.0  # seconds between looks at the ledger
_DEAR = 20  # of a huge issue fewer: a look takes a twentieth of the time at most
_ROOM_FOR_NAME, _ROOM_FOR_BAR = 120, 100  # columns of the terminal
_MINUTE, _HOUR = 60, 3600


@dataclass(slots=True, kw_only=True)
class Speed:
    """How many a second, of the last seconds; seconds are those of any clock that only goes on."""

    _seen: deque[tuple[float, int]] = field(default_factory=deque)

    def at(self, seconds: float, done: int) -> float | None:
        """The rate now; None until there is one."""
        self._seen.append((seconds, done))
        while seconds - self._seen[0][0] > _WINDOW:
            self._seen.popleft()
        first, before = self._seen[0]
        return (done - before) / (seconds - first) if seconds > first else None


def time_left(waiting: int, rate: float | None) -> str | None:
    """Hours, minutes and seconds at this rate; None where nobody can know."""
    if not rate:
        return None
    seconds = round(waiting / rate)
    hours, rest = divmod(seconds, _HOUR)
    minutes, seconds = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def words(text: Localizer, now: Balance, rate: float | None) -> str:
    """What stands beside the bar: what matters most stands first, for a narrow terminal."""
    parts = [text.say(msgid("{n}/s"), n=round(rate))] if rate is not None else []
    if (left := time_left(now.waiting, rate)) is not None:
        parts.append(text.say(msgid("{time} left"), time=left))
    parts.append(text.say(msgid("accepted {n}"), n=now.accepted))
    if now.deferred:
        parts.append(text.say(msgid("later {n}"), n=now.deferred))
    if now.rejected:
        parts.append(text.say(msgid("refused {n}"), n=now.rejected))
    return ", ".join(parts)


class Bar:
    """Told of balances: what the ledger says of the one issue, whoever sends and whatever else."""

    def __init__(
        self, bar: Progress, text: Localizer, balance: Balance, seconds: Callable[[], float]
    ) -> None:
        self._bar, self._text, self._seconds, self._speed = bar, text, seconds, Speed()
        self._task = bar.add_task("", total=balance.planned, completed=_rest(balance))

    def stands(self, now: Balance) -> None:
        """How the issue stands now."""
        rate = self._speed.at(self._seconds(), _rest(now))
        self._bar.update(self._task, completed=_rest(now), description=words(self._text, now, rate))

    @asynccontextmanager
    async def following(self, look: Callable[[], Awaitable[Balance]]) -> AsyncIterator[None]:
        """Look again and again while something goes on; never where nobody sees the bar."""
        if self._bar.disable:
            yield
            return
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch(look), name="bar")
            yield
            watch.cancel()

    async def _watch(self, look: Callable[[], Awaitable[Balance]]) -> None:
        while True:
            began = self._seconds()
            with suppress(StoreBusy):  # a bar that stands for a moment is no reason to stop sending
                self.stands(await look())
            await asyncio.sleep(max(_LOOK, _DEAR * (self._seconds() - began)))


@contextmanager
def progress(
    screen: Screen, name: str, balance: Balance, *, seconds: Callable[[], float]
) -> Iterator[Bar]:
    """On stderr, and only where a person looks: no --json, and a terminal.

    Where there is no room for everything, the name goes first, then the bar.
    """
    wide, digits = screen.err.width, len(str(balance.planned))
    with Progress(
        *([TextColumn(name)] if wide >= _ROOM_FOR_NAME else []),
        *([BarColumn(bar_width=24)] if wide >= _ROOM_FOR_BAR else []),
        MofNCompleteColumn(table_column=Column(no_wrap=True, min_width=2 * digits + 1)),
        TextColumn("{task.description}", table_column=Column(no_wrap=True, overflow="crop")),
        console=screen.err,
        transient=True,
        disable=screen.json or not screen.err.is_terminal,
    ) as bar:
        yield Bar(bar, screen.text, balance, seconds)


def _rest(balance: Balance) -> int:
    return balance.planned - balance.waiting
