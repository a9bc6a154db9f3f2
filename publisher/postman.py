"""The postman: a started Delivery in, its Mail out, links and mail signed.  Sends nothing."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from publisher.deliver.dkim import Signer
from publisher.house import House
from publisher.links import Leave, leave_address, leave_url, message_id
from publisher.model.deliveries import Delivery
from publisher.model.digests import Digest, Mail
from publisher.model.editions import OnUncertain
from publisher.model.issues import Issue
from publisher.model.names import DigestId, EditionId, IssueId
from publisher.render.splice import Personal, Splicer

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

    async def mail(self, delivery: Delivery, *, eight_bit: bool = False) -> Mail:
        """The digest chosen at the start, made this reader's, and signed where we sign.

        `eight_bit`: the server takes 8BITMIME.  What is signed is encoded all the same: a relay
        further on may not take it (RFC 6376 section 5.3).
        """
        press = await self._press(delivery)
        now = self._house.clock()
        mail = press.splicer(
            delivery,
            await self._personal(delivery, now),
            envelope_from=self._house.envelope_from,
            eight_bit=eight_bit and press.signer is None,
        )
        if press.signer is None:
            return mail
        signatures = await self._sign(partial(press.signer, mail.chunks, at=int(now.timestamp())))
        return replace(mail, chunks=(signatures, *mail.chunks))

    async def _personal(self, delivery: Delivery, now: datetime) -> Personal:
        site, edition = self._house.newsroom.site, await self._edition(delivery.issue)
        token = self._house.keys.sign(Leave(subscriber=delivery.subscriber, edition=edition))
        return Personal(
            address=delivery.address,
            name=delivery.name or "",
            leave_url=leave_url(site.base_url, token),
            leave_by_mail=leave_address(token, self._house.bounces_domain),
            message_id=delivery.message_id or "",
            sent_at=now.astimezone(site.zone),
        )

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
