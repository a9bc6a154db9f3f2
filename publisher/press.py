"""The press: compiled bytes made ready once, then one mail after another, signed where we sign."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

from publisher.deliver.dkim import Signer
from publisher.model.digests import Mail
from publisher.model.dkim import Dkim
from publisher.model.names import DeliveryId
from publisher.render.splice import Personal, Splicer

Sign = Callable[[Callable[[], bytes]], Awaitable[bytes]]


class Press:
    """One compiled message, for all its readers.

    `sign` runs a signing job where it holds up nobody: deliver/signing.py.
    """

    def __init__(self, compiled: bytes, *, dkim: Dkim | None, sign: Sign) -> None:
        self._splicer = Splicer(compiled)
        self._signer = Signer(dkim, self._splicer.fixed) if dkim else None
        self._sign = sign

    async def mail(
        self,
        delivery: DeliveryId,
        personal: Personal,
        *,
        envelope_from: str,
        eight_bit: bool = False,
    ) -> Mail:
        """The message made this reader's.  Raises Unmailable for what no header can carry.

        `eight_bit`: the server takes 8BITMIME.  What is signed is encoded all the same: a relay
        further on may not take it (RFC 6376 section 5.3).
        """
        mail = self._splicer(
            delivery,
            personal,
            envelope_from=envelope_from,
            eight_bit=eight_bit and self._signer is None,
        )
        return mail if self._signer is None else await self._signed(self._signer, mail, personal)

    async def _signed(self, signer: Signer, mail: Mail, personal: Personal) -> Mail:
        at = int(personal.sent_at.timestamp())
        signatures = await self._sign(partial(signer, mail.chunks, at=at))
        return replace(mail, chunks=(signatures, *mail.chunks))
