"""The press: compiled bytes made ready once, then one mail after another, signed where we sign."""

from dataclasses import replace

from publisher.deliver.dkim import Signer
from publisher.model.digests import Mail
from publisher.model.dkim import Dkim
from publisher.model.names import DeliveryId
from publisher.render.splice import Personal, Splicer


class Press:
    """One compiled message, for all its readers; in any thread, for signing takes its time."""

    def __init__(self, compiled: bytes, *, dkim: Dkim | None) -> None:
        self._splicer = Splicer(compiled)
        self._signer = Signer(dkim, self._splicer.fixed) if dkim else None

    def __call__(
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
        signer = self._signer
        mail = self._splicer(
            delivery,
            personal,
            envelope_from=envelope_from,
            eight_bit=eight_bit and signer is None,
        )
        if signer is None:
            return mail
        signatures = signer(mail.chunks, at=int(personal.sent_at.timestamp()))
        return replace(mail, chunks=(signatures, *mail.chunks))
