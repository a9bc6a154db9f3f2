"""The postman: a started Delivery in, its Mail out, its links signed.  Sends nothing."""

from asyncio import Future
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

from publisher.errors import PublisherError, StoreBusy
from publisher.foresight import Foresight
from publisher.house import House
from publisher.links import leave_address, leave_url, message_id, return_path
from publisher.model.deliveries import Delivery
from publisher.model.digests import Mail
from publisher.model.editions import Edition, OnUncertain
from publisher.model.moulds import mould
from publisher.model.names import DeliveryId, DigestId, EditionId, IssueId, SubscriberId
from publisher.model.notices import Notice, is_notice
from publisher.press import Press
from publisher.render.splice import Personal
from publisher.signatory import Sign

Later = Callable[[Press, Personal], Future[bytes | None]]

_NO_TIME, _SECOND = timedelta(0), timedelta(seconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_personal = mould(Personal)
_LEFT = 500  # mails that were begun and nobody asked for: their lines were lost
_KEPT = 128  # digests made ready; an issue has at most 64


@dataclass(frozen=True, slots=True, kw_only=True)
class _Issue:
    """What its mails share beside their digests."""

    edition: EditionId
    tokens: Callable[[SubscriberId, str], tuple[str, str]]  # a reader's way out: page, mailbox


class Postman:
    """Makes mails for one round; keeps the digests and issues it has met.

    `sign` runs a signing job somewhere it holds up nobody (deliver/signing.py); `later` signs what
    is foreseen (signatory.py), by default as `sign` does.
    """

    def __init__(self, house: House, *, sign: Sign, later: Later | None = None) -> None:
        self._house = house
        self._sign = sign
        self._later = later or (lambda press, one: sign.later(partial(press.signature, one)))
        self._presses: dict[DigestId | None, Press] = {}  # None is none of them
        self._issues: dict[IssueId, _Issue] = {}
        self._signs = house.dkim is not None
        self._foresight = Foresight(house.digests)
        self._made: dict[DeliveryId, tuple[Delivery, bool, Mail]] = {}  # begun, and not asked for
        self._eight_bit = False  # as the last mail was asked for
        self._second = (_LONG_AGO, _LONG_AGO)  # as the clock said it, and as it is said here
        self._domain = house.envelope_from.rpartition("@")[2]

    def message_id(self, delivery: Delivery) -> str:
        """The same for every try: a repeated mail can be told for what it is."""
        return self._foresight.message_id(delivery.id) or message_id(
            self._house.keys, delivery.issue, delivery.subscriber, self._domain
        )

    async def mail(self, delivery: Delivery, *, eight_bit: bool = False) -> Mail:
        """The digest chosen at the start, made this reader's, and signed where we sign.

        `eight_bit`: the server takes 8BITMIME.
        """
        made, self._eight_bit = self._made.pop(delivery.id, None), eight_bit
        if made is not None and made[0] is delivery and (self._signs or made[1] == eight_bit):
            return made[2]
        if is_notice(delivery.issue):
            return await self._noticed(delivery, eight_bit=eight_bit)
        if self._signs:
            return await self._signed(delivery)
        press = self._presses.get(delivery.digest) or await self._press(delivery.digest)
        issue = self._issues.get(delivery.issue) or await self._issue(delivery.issue)
        return self._made_of(delivery, press, issue, eight_bit=eight_bit)

    def begun(self, started: Sequence[Delivery]) -> None:
        """Make the mails of these at one go, which is quicker than one here, one there (measured).

        Left out is what has to be looked up, waited for or refused: that is done at its turn.
        """
        if len(self._made) > _LEFT:
            self._made.clear()
        make, eight_bit = self._made_foreseen if self._signs else self._made_of, self._eight_bit
        for delivery in started:
            press, issue = self._presses.get(delivery.digest), self._issues.get(delivery.issue)
            if press is None or issue is None:
                continue
            try:
                mail = make(delivery, press, issue, eight_bit=eight_bit)
            except PublisherError:
                continue
            if mail is not None:
                self._made[delivery.id] = delivery, eight_bit, mail

    def _made_of(self, delivery: Delivery, press: Press, issue: _Issue, *, eight_bit: bool) -> Mail:
        personal = self._personal(delivery, issue, delivery.message_id or "")
        sender = self._sender(delivery)
        return press(delivery.id, personal, envelope_from=sender, eight_bit=eight_bit)

    def _made_foreseen(
        self, delivery: Delivery, press: Press, _: _Issue, *, eight_bit: bool
    ) -> Mail | None:
        foreseen = self._foresight.at_hand(delivery)
        return self._as_foreseen(delivery, press, *foreseen) if foreseen else None

    def _as_foreseen(
        self, delivery: Delivery, press: Press, personal: Personal, signature: bytes
    ) -> Mail:
        sender = self._sender(delivery)
        return press(delivery.id, personal, envelope_from=sender, signature=signature)

    async def foresee(self, claimed: Sequence[Delivery]) -> None:
        """Have made and signed what will start soon, while others fly."""
        if not self._signs:
            return
        with suppress(StoreBusy):  # all is looked up again at its turn
            for delivery in claimed:
                await self._foresee(delivery)

    async def _foresee(self, delivery: Delivery) -> None:
        if is_notice(delivery.issue):
            return
        digest = await self._foresight.digest(delivery)
        if digest is not None:
            own = self.message_id(delivery)
            press, personal = await self._makings(delivery, digest, own)
            self._foresight.keep(delivery, digest, personal, self._later(press, personal))

    async def _signed(self, delivery: Delivery) -> Mail:
        """By the signature that was foreseen, and as it was foreseen; else by one made now."""
        foreseen = await self._foresight.signed(delivery)
        if foreseen is None:
            own = delivery.message_id or ""
            press, personal = await self._makings(delivery, delivery.digest, own)
            sender = self._sender(delivery)
            return await self._sign(partial(press, delivery.id, personal, envelope_from=sender))
        press = self._presses.get(delivery.digest) or await self._press(delivery.digest)
        return self._as_foreseen(delivery, press, *foreseen)

    async def _makings(
        self, delivery: Delivery, digest: DigestId | None, own: str
    ) -> tuple[Press, Personal]:
        press = self._presses.get(digest) or await self._press(digest)
        issue = self._issues.get(delivery.issue) or await self._issue(delivery.issue)
        return press, self._personal(delivery, issue, own)

    def _now(self) -> datetime:
        """The second it is where the newsroom is; one value for all the mails of it."""
        now = self._house.clock()
        read_at, here = self._second
        if not _NO_TIME <= now - read_at < _SECOND:
            read_at = now.replace(microsecond=0)
            here = read_at.astimezone(self._house.newsroom.site.zone)
            self._second = read_at, here
        return here

    def _sender(self, delivery: Delivery) -> str:
        """A return path of its own for each delivery, where somebody reads what comes back."""
        house = self._house
        if house.bounces_domain is None:
            return house.envelope_from
        return return_path(
            house.keys,
            delivery.id,
            delivery.issue,
            delivery.subscriber,
            domain=house.bounces_domain,
        )

    def _personal(self, delivery: Delivery, issue: _Issue, own: str) -> Personal:
        """`own` is its Message-ID."""
        house = self._house
        page, mailbox = issue.tokens(delivery.subscriber, delivery.address)
        one: Personal = _personal(
            delivery.address,
            delivery.name or "",
            leave_url(house.newsroom.site.base_url, page),
            leave_address(mailbox, house.bounces_domain),
            own,
            self._now(),
        )
        return one

    async def _noticed(self, delivery: Delivery, *, eight_bit: bool) -> Mail:
        notice = await self._notice(delivery)
        press = Press(notice.compiled, dkim=self._house.dkim)
        personal = Personal(
            address=notice.address,
            name=notice.name,
            leave_url=notice.leave_url,
            leave_by_mail=notice.leave_by_mail,
            message_id=delivery.message_id or "",
            sent_at=self._now(),
        )
        make = partial(press, delivery.id, personal, envelope_from=self._sender(delivery))
        return await self._sign(make) if self._signs else make(eight_bit=eight_bit)

    async def edition(self, delivery: Delivery) -> Edition | None:
        """Whose hours hold for it; None for a Notice, and where config has it no more."""
        if is_notice(delivery.issue):
            return None
        return self._house.newsroom.editions.get((await self._issue(delivery.issue)).edition)

    async def on_uncertain(self, issue: IssueId) -> OnUncertain:
        """What the edition says; an edition that is gone from config is not repeated.

        A Notice is: twice does no harm, never does.
        """
        if is_notice(issue):
            return OnUncertain.RESEND
        edition = self._house.newsroom.editions.get((await self._issue(issue)).edition)
        return edition.on_uncertain if edition else OnUncertain.SKIP

    async def _issue(self, issue: IssueId) -> _Issue:
        if known := self._issues.get(issue):
            return known
        found = await self._house.issues.get(issue)
        if found is None:
            raise LookupError(f"a delivery of an issue that is not stored: {issue}")
        tokens = self._house.keys.leaving(found.edition)
        return self._issues.setdefault(issue, _Issue(edition=found.edition, tokens=tokens))

    async def _notice(self, delivery: Delivery) -> Notice:
        notice = await self._house.notices.notice(delivery.id)
        if notice is None:
            raise LookupError(f"a notice that is not stored: {delivery.id}")
        return notice

    async def _press(self, of: DigestId | None) -> Press:
        digest = await self._house.digests.get(of) if of is not None else None
        if of is None or digest is None:
            raise LookupError(f"a digest that is not stored: {of}")
        if len(self._presses) >= _KEPT:
            del self._presses[next(iter(self._presses))]  # the oldest: its issue is done
        press = Press(digest.compiled, dkim=self._house.dkim)
        return self._presses.setdefault(of, press)
