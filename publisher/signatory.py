"""Signatories: aides that sign what is foreseen, where there is much of it.

RSA leaves Python's lock alone, but what is canonicalised, hashed and written around it does not,
and the event loop waits for that lock (measured: a third of the time of a signed mail).
"""

import asyncio
import os
from asyncio import Future
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any, Protocol, Self, TypeVar

from publisher import aide
from publisher.aide import Aide, serve
from publisher.deliver.dkim_keys import signing_key
from publisher.model.dkim import Dkim
from publisher.press import Press
from publisher.render.splice import Personal

_MANY = 200  # signatures foreseen by one postman that are worth processes
_MOST = 4  # processes
_SLICE = 16  # signatures asked for at once
_KEPT = 128  # presses of an aide; an issue has at most 64

T = TypeVar("T")
Packed = tuple[str, str, str, str, str, str]
Wanted = list[tuple[Packed, Future[bytes | None]]]


class Sign(Protocol):
    """Does a job where it holds up nobody: deliver/signing.py."""

    async def __call__(self, job: Callable[[], T]) -> T:
        """What the job returns or raises."""
        ...

    def later(self, job: Callable[[], T]) -> Future[T]:
        """The same, behind all that somebody waits for; nobody need wait for it."""
        ...


class Bureau:
    """Signs what is foreseen: in threads, until there is so much of it that aides are called."""

    def __init__(self, dkim: Dkim | None, *, sign: Sign) -> None:
        self._dkim, self._sign = dkim, sign
        self._asked = 0
        self._aides: list[_Desk] = []
        self._calling: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._calling is not None:
            await self._calling
        for one in self._aides:
            await one.aide.end()

    def later(self, press: Press, personal: Personal) -> Future[bytes | None]:
        """The signature, some time; None where no mail can be made, or whoever signed is gone."""
        self._asked += 1
        if self._asked == _MANY and os.name == "posix":
            self._calling = asyncio.ensure_future(self._call())
        ready = [one for one in self._aides if one.aide.ready]
        if not ready:
            return self._sign.later(partial(press.signature, personal))
        return min(ready, key=_load).later(press, personal)

    async def _call(self) -> None:
        if self._dkim is None:
            return
        keys = [(one.selector, one.private) for one in self._dkim.keys]
        try:
            for _ in range(min(_MOST, os.cpu_count() or 1)):
                called = await aide.call(__name__, self._dkim.domain, keys)
                self._aides.append(_Desk(called))
        except OSError:
            return  # no process is to be had: threads go on


class _Desk:
    """What one aide is asked for, some at a time."""

    def __init__(self, called: Aide) -> None:
        self.aide = called
        self.wanted: Wanted = []
        self._press: Press | None = None  # of those
        self._there: dict[int, None] = {}  # presses it has, in the order in which it forgets them
        self._loop = asyncio.get_running_loop()

    def later(self, press: Press, personal: Personal) -> Future[bytes | None]:
        """Asked for when there are enough, or nothing else is to be done."""
        if self._press is not press:
            self.ask()
            self._press = press
        if not self.wanted:
            self._loop.call_soon(self.ask)
        signature: Future[bytes | None] = self._loop.create_future()
        self.wanted.append((_packed(personal), signature))
        if len(self.wanted) >= _SLICE:
            self.ask()
        return signature

    def ask(self) -> None:
        """Send what is wanted."""
        wanted, self.wanted = self.wanted, []
        if not wanted or self._press is None:
            return
        number, compiled = self._press.number, None
        if number not in self._there:
            compiled = self._press.compiled
            _make_room(self._there)
            self._there[number] = None
        answer = self.aide.do(number, compiled, [packed for packed, _ in wanted])
        answer.add_done_callback(partial(_hand_out, wanted))


def _load(one: _Desk) -> int:
    return one.aide.queue * _SLICE + len(one.wanted)


def _hand_out(wanted: Wanted, answer: "Future[list[bytes | None]]") -> None:
    """Whoever was not signed for is signed at their turn."""
    lost = answer.cancelled() or answer.exception() is not None
    made = [None] * len(wanted) if lost else answer.result()
    for (_, signature), one in zip(wanted, made, strict=True):
        if not signature.done():
            signature.set_result(one)


def _make_room(kept: dict[int, Any]) -> None:
    """Both sides forget the oldest at the same moment."""
    if len(kept) >= _KEPT:
        del kept[next(iter(kept))]


def _packed(one: Personal) -> Packed:
    at = one.sent_at.isoformat()
    return one.address, one.name, one.leave_url, one.leave_by_mail, one.message_id, at


def _unpacked(packed: Packed) -> Personal:
    address, name, leave_url, leave_by_mail, message_id, at = packed
    return Personal(
        address=address,
        name=name,
        leave_url=leave_url,
        leave_by_mail=leave_by_mail,
        message_id=message_id,
        sent_at=datetime.fromisoformat(at),
    )


# --- the signatory itself -------------------------------------------------------------------------


@contextmanager
def _at_work(
    domain: str, keys: Sequence[tuple[str, bytes]]
) -> Iterator[Callable[[int, bytes | None, Sequence[Packed]], list[bytes | None]]]:
    dkim = Dkim(domain=domain, keys=tuple(signing_key(*one) for one in keys))
    presses: dict[int, Press] = {}

    def work(number: int, compiled: bytes | None, wanted: Sequence[Packed]) -> list[bytes | None]:
        if compiled is not None:
            _make_room(presses)
            presses[number] = Press(compiled, dkim=dkim)
        return [presses[number].signature(_unpacked(one)) for one in wanted]

    yield work


if __name__ == "__main__":
    serve(_at_work)
