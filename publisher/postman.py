"""The postman: a started Delivery in, its Mail out, its links signed.  Sends nothing."""

from datetime import datetime

from publisher.house import House
from publisher.links import Leave, leave_address, leave_url, message_id, return_path
from publisher.model.deliveries import Delivery
from publisher.model.digests import Mail
from publisher.model.editions import Edition, OnUncertain
from publisher.model.issues import Issue
from publisher.model.names import DigestId, EditionId, IssueId
from publisher.model.notices import Notice, is_notice
from publisher.press import Press, Sign
from publisher.render.splice import Personal

_KEPT = 128  # digests made ready; an issue has at most 64


class Postman:
    """Makes mails for one round; keeps the digests and issues it has met.

    `sign` runs a signing job somewhere it holds up nobody: deliver/signing.py.
    """

    def __init__(self, house: House, *, sign: Sign) -> None:
        self._house = house
        self._sign = sign
        self._presses: dict[DigestId, Press] = {}
        self._issues: dict[IssueId, Issue] = {}
        self._domain = house.envelope_from.rpartition("@")[2]

    def message_id(self, delivery: Delivery) -> str:
        """The same for every try: a repeated mail can be told for what it is."""
        keys = self._house.keys
        return message_id(keys, delivery.issue, delivery.subscriber, self._domain)

    async def mail(self, delivery: Delivery, *, eight_bit: bool = False) -> Mail:
        """The digest chosen at the start, made this reader's, and signed where we sign.

        `eight_bit`: the server takes 8BITMIME.
        """
        now = self._house.clock()
        if is_notice(delivery.issue):
            notice = await self._notice(delivery)
            press = Press(notice.compiled, dkim=self._house.dkim, sign=self._sign)
            personal = self._personal_notice(delivery, notice, now)
        else:
            press, personal = await self._press(delivery), await self._personal(delivery, now)
        return await press.mail(
            delivery.id,
            personal,
            envelope_from=self._sender(delivery),
            eight_bit=eight_bit,
        )

    def _sender(self, delivery: Delivery) -> str:
        """A return path of its own for each delivery, where somebody reads what comes back.

        A Notice that comes back is for a person: nobody subscribed by it yet.
        """
        house = self._house
        if house.bounces_domain is None or is_notice(delivery.issue):
            return house.envelope_from
        return return_path(
            house.keys,
            delivery.id,
            delivery.issue,
            delivery.subscriber,
            domain=house.bounces_domain,
        )

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

    def _personal_notice(self, delivery: Delivery, notice: Notice, now: datetime) -> Personal:
        return Personal(
            address=notice.address,
            name=notice.name,
            leave_url=notice.leave_url,
            leave_by_mail=notice.leave_by_mail,
            message_id=delivery.message_id or "",
            sent_at=now.astimezone(self._house.newsroom.site.zone),
        )

    async def edition(self, delivery: Delivery) -> Edition | None:
        """Whose hours hold for it; None for a Notice, and where config has it no more."""
        if is_notice(delivery.issue):
            return None
        return self._house.newsroom.editions.get(await self._edition(delivery.issue))

    async def on_uncertain(self, issue: IssueId) -> OnUncertain:
        """What the edition says; an edition that is gone from config is not repeated.

        A Notice is: twice does no harm, never does.
        """
        if is_notice(issue):
            return OnUncertain.RESEND
        edition = self._house.newsroom.editions.get(await self._edition(issue))
        return edition.on_uncertain if edition else OnUncertain.SKIP

    async def _edition(self, issue: IssueId) -> EditionId:
        if issue not in self._issues:
            found = await self._house.issues.get(issue)
            if found is None:
                raise LookupError(f"a delivery of an issue that is not stored: {issue}")
            self._issues[issue] = found
        return self._issues[issue].edition

    async def _notice(self, delivery: Delivery) -> Notice:
        notice = await self._house.notices.notice(delivery.id)
        if notice is None:
            raise LookupError(f"a notice that is not stored: {delivery.id}")
        return notice

    async def _press(self, delivery: Delivery) -> Press:
        if delivery.digest is None:
            raise LookupError(f"a started delivery without a digest: {delivery.id}")
        if press := self._presses.get(delivery.digest):
            return press
        digest = await self._house.digests.get(delivery.digest)
        if digest is None:
            raise LookupError(f"a digest that is not stored: {delivery.digest}")
        if len(self._presses) >= _KEPT:
            del self._presses[next(iter(self._presses))]  # the oldest: its issue is done
        press = Press(digest.compiled, dkim=self._house.dkim, sign=self._sign)
        return self._presses.setdefault(delivery.digest, press)
