"""Mails made before their turn: what is claimed is signed while others fly.  Decides nothing.

A guess at what will start: the reader may change, or the digest be another.  Then the mail is not
taken, and made anew.
"""

from asyncio import Future
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from publisher.errors import PublisherError
from publisher.model.deliveries import Delivery
from publisher.model.digests import Mail
from publisher.model.names import DeliveryId, DigestId, IssueId, Language
from publisher.ports import Digests

_KEPT = 2000  # mails that wait for their turn, of some kilobytes each; four claims' worth

T = TypeVar("T")


class Sign(Protocol):
    """Does a job where it holds up nobody: deliver/signing.py."""

    async def __call__(self, job: Callable[[], T]) -> T:
        """What the job returns or raises."""
        ...

    def later(self, job: Callable[[], T]) -> Future[T]:
        """The same, behind all that somebody waits for; nobody need wait for it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    delivery: Delivery  # with all that the mail says of it
    mail: Future[Mail | None]  # None: no mail can be made of it

    def is_right(self, started: Delivery) -> bool:
        return _said(self.delivery) == _said(started)


class Foresight:
    """Keeps the mails of what is claimed; the oldest goes when there are too many."""

    def __init__(self, digests: Digests, *, sign: Sign) -> None:
        self._digests = digests
        self._sign = sign
        self._guesses: dict[DeliveryId, _Guess] = {}
        self._spoken: dict[IssueId, Sequence[tuple[Language, DigestId]]] = {}

    async def digest(self, delivery: Delivery) -> DigestId | None:
        """The one it will be started with; None where the reader's choices decide."""
        if delivery.issue not in self._spoken:
            found = await self._digests.of(delivery.issue)
            self._spoken[delivery.issue] = [(one.language, one.id) for one in found]
        digests = self._spoken[delivery.issue]
        own = [digest for language, digest in digests if language == delivery.language]
        if len(own) > 1:
            return None
        return next(iter(own or [digest for _, digest in digests]), None)

    def make(self, delivery: Delivery, job: Callable[[], Mail]) -> None:
        """Have its mail made as it will start; what was made of an earlier claim is stale."""
        if delivery.id in self._guesses or len(self._guesses) >= _KEPT:
            old = delivery.id if delivery.id in self._guesses else next(iter(self._guesses))
            self._guesses.pop(old).mail.cancel()
        mail = self._sign.later(lambda: _made(job))
        self._guesses[delivery.id] = _Guess(delivery=delivery, mail=mail)

    async def mail(self, started: Delivery) -> Mail | None:
        """What was made for it; None where nothing was, or where it started as another."""
        guess = self._guesses.pop(started.id, None)
        if guess is None:
            return None
        if not guess.is_right(started):
            guess.mail.cancel()
            return None
        return await guess.mail


def _said(one: Delivery) -> tuple[object, ...]:
    """What a mail says of its delivery; the id stands for issue and reader."""
    return one.id, one.digest, one.message_id, one.address, one.name


def _made(job: Callable[[], Mail]) -> Mail | None:
    try:
        return job()
    except PublisherError:
        return None  # it is said at its turn
