"""Mails signed before their turn: what is claimed is signed while others fly.  Decides nothing.

A guess at what will start: the reader may change, or the digest be another.  Then the signature is
not taken, and another made.
"""

from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass

from publisher.model.deliveries import Delivery
from publisher.model.moulds import mould
from publisher.model.names import DeliveryId, DigestId, IssueId, Language
from publisher.ports import Digests
from publisher.render.splice import Personal

_KEPT = 2000  # signatures that wait for their turn; four claims' worth


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guess:
    said: tuple[object, ...]  # all that the mail says of its delivery
    personal: Personal
    signature: Future[bytes | None]  # None: no mail can be made of it


_guess = mould(_Guess)


class Foresight:
    """Keeps the signatures of what is claimed; the oldest goes when there are too many."""

    def __init__(self, digests: Digests) -> None:
        self._digests = digests
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

    def keep(
        self,
        claimed: Delivery,
        digest: DigestId,
        personal: Personal,
        signature: Future[bytes | None],
    ) -> None:
        """One as it will start; what was made of an earlier claim is stale."""
        if claimed.id in self._guesses or len(self._guesses) >= _KEPT:
            old = claimed.id if claimed.id in self._guesses else next(iter(self._guesses))
            self._guesses.pop(old).signature.cancel()
        said = claimed.id, digest, personal.message_id, claimed.address, claimed.name
        self._guesses[claimed.id] = _guess(said, personal, signature)

    def message_id(self, claimed: DeliveryId) -> str | None:
        """What was made for it, for that is the same at every try."""
        guess = self._guesses.get(claimed)
        return guess.personal.message_id if guess else None

    def at_hand(self, started: Delivery) -> tuple[Personal, bytes] | None:
        """As `signed`, where nothing is to be waited for."""
        guess = self._guesses.get(started.id)
        if guess is None or guess.said != _said(started) or not (made := _there(guess.signature)):
            return None
        del self._guesses[started.id]
        return guess.personal, made

    async def signed(self, started: Delivery) -> tuple[Personal, bytes] | None:
        """What was signed for it; None where nothing was, or where it started as another."""
        guess = self._guesses.pop(started.id, None)
        if guess is None:
            return None
        if guess.said != _said(started):
            guess.signature.cancel()
            return None
        signature = await guess.signature
        return (guess.personal, signature) if signature else None


def _there(signature: Future[bytes | None]) -> bytes | None:
    """Where it was made; whoever waits for it hears why it was not."""
    if not signature.done() or signature.cancelled() or signature.exception():
        return None
    return signature.result()


def _said(one: Delivery) -> tuple[object, ...]:
    """The id stands for issue and reader."""
    return one.id, one.digest, one.message_id, one.address, one.name
