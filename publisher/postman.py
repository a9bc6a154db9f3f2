"""The postman: a started Delivery in, its Mail out, links and mail signed.  Sends nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from publisher.deliver.dkim import Signer
from publisher.house import House
from publisher.links import Leave, leave_url, message_id
from publisher.model.deliveries import Delivery
from publisher.model.digests import Digest, Mail
from publisher.model.editions import OnUncertain
from publisher.model.issues import Issue
from publisher.model.names import DigestId, EditionId, IssueId
from publisher.render.splice import Splicer

Sign = Callable[[Callable[[], bytes]], Awaitable[bytes]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Press:
    """A digest made ready for its readers, once."""

    splicer: Splicer
    signer: Signer | None


class Postman:
    """Makes mails for one round; keeps the digests and issues it has met.

    `sign` runs a signing job somewhere it holds up nobody: deliver/signing.py.
    """

    def __init__(self, house: House, *, sign: Sign) -> None:
        self._house = house
        self._sign = sign
        self._presses: dict[DigestId, _Press] = {}
        self._issues: dict[IssueId, Issue] = {}
        self._domain = house.envelope_from.rpartition("@")[2]

    def message_id(self, delivery: Delivery) -> str:
        """The same for every try: a repeated mail can be told for what it is."""
        keys = self._house.keys
        return message_id(keys, delivery.issue, delivery.subscriber, self._domain)

    async def mail(self, delivery: Delivery) -> Mail:
        """The digest chosen at the start, made this reader's, and signed where we sign."""
        press = await self._press(delivery)
        leave = Leave(subscriber=delivery.subscriber, edition=await self._edition(delivery.issue))
        mail = press.splicer(
            delivery,
            envelope_from=self._house.envelope_from,
            leave_url=leave_url(self._house.newsroom.site.base_url, self._house.keys.sign(leave)),
        )
        if press.signer is None:
            return mail
        at = int(self._house.clock().timestamp())
        signatures = await self._sign(partial(press.signer, mail.chunks, at=at))
        return replace(mail, chunks=(signatures, *mail.chunks))

    async def on_uncertain(self, issue: IssueId) -> OnUncertain:
        """What the edition says; an edition that is gone from config is not repeated."""
        edition = self._house.newsroom.editions.get(await self._edition(issue))
        return edition.on_uncertain if edition else OnUncertain.SKIP

    async def _edition(self, issue: IssueId) -> EditionId:
        if issue not in self._issues:
            found = await self._house.issues.get(issue)
            if found is None:
                raise LookupError(f"a delivery of an issue that is not stored: {issue}")
            self._issues[issue] = found
        return self._issues[issue].edition

    async def _press(self, delivery: Delivery) -> _Press:
        if delivery.digest is None:
            raise LookupError(f"a started delivery without a digest: {delivery.id}")
        if delivery.digest not in self._presses:
            digest = await self._house.digests.get(delivery.digest)
            if digest is None:
                raise LookupError(f"a digest that is not stored: {delivery.digest}")
            self._presses[delivery.digest] = self._made_ready(digest)
        return self._presses[delivery.digest]

    def _made_ready(self, digest: Digest) -> _Press:
        splicer, dkim = Splicer(digest), self._house.dkim
        return _Press(splicer=splicer, signer=Signer(dkim, splicer.fixed) if dkim else None)
