"""How a delivery goes, on one line of a terminal: rate, what became of how many, time left."""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from publisher.cli.screen import Screen
from publisher.deliver.committer import Report
from publisher.i18n.localizer import Localizer
from publisher.model.deliveries import Balance
from publisher.model.problems import msgid

_WINDOW = 10.0  # seconds that the rate is taken of
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


def words(text: Localizer, report: Report, *, waiting: int, rate: float | None) -> str:
    """What stands beside the bar."""
    parts = [text.say(msgid("{n}/s"), n=round(rate))] if rate is not None else []
    parts.append(text.say(msgid("accepted {n}"), n=report.accepted))
    if report.deferred:
        parts.append(text.say(msgid("later {n}"), n=report.deferred))
    if report.rejected:
        parts.append(text.say(msgid("refused {n}"), n=report.rejected))
    if (left := time_left(waiting, rate)) is not None:
        parts.append(text.say(msgid("{time} left"), time=left))
    return " · ".join(parts)


class Bar:
    """Told of reports (our own sending) or of balances (somebody else's)."""

    def __init__(
        self, bar: Progress, text: Localizer, balance: Balance, seconds: Callable[[], float]
    ) -> None:
        self._bar, self._text, self._seconds = bar, text, seconds
        self._before, self._speed = balance, Speed()
        self._task = bar.add_task("", total=balance.planned, completed=_rest(balance))

    def sent(self, report: Report) -> None:
        """Of a round of ours; reports count from nought."""
        ended = report.accepted + report.rejected + report.uncertain + report.suppressed
        rate = self._speed.at(self._seconds(), _rest(self._before) + report.tried)
        waiting = max(0, self._before.waiting - ended)
        said = words(self._text, report, waiting=waiting, rate=rate)
        self._show(_rest(self._before) + ended, said)

    def stands(self, now: Balance) -> None:
        """Of another process that delivers: what the ledger says.  Ours goes on from there."""
        self._before = now
        report = Report(accepted=now.accepted, rejected=now.rejected)
        rate = self._speed.at(self._seconds(), _rest(now))
        self._show(_rest(now), words(self._text, report, waiting=now.waiting, rate=rate))

    def _show(self, completed: int, said: str) -> None:
        self._bar.update(self._task, completed=completed, description=said)


@contextmanager
def progress(
    screen: Screen, name: str, balance: Balance, *, seconds: Callable[[], float]
) -> Iterator[Bar]:
    """On stderr, and only where a person looks: no --json, and a terminal."""
    with Progress(
        TextColumn(name),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        console=screen.err,
        transient=True,
        disable=screen.json or not screen.err.is_terminal,
    ) as bar:
        yield Bar(bar, screen.text, balance, seconds)


def _rest(balance: Balance) -> int:
    return balance.planned - balance.waiting
