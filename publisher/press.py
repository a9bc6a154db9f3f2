"""The press: compiled bytes made ready once, then one mail after another, signed where we sign."""

from itertools import count

from publisher.deliver.dkim import Signer
from publisher.errors import PublisherError
from publisher.model.digests import Mail
from publisher.model.dkim import Dkim
from publisher.model.moulds import mould
from publisher.model.names import DeliveryId
from publisher.render.splice import Personal, Splicer

_NUMBERS = count(1)
_mail = mould(Mail)


class Press:
    """One compiled message, for all its readers; in any thread, for signing takes its time."""

    def __init__(self, compiled: bytes, *, dkim: Dkim | None) -> None:
        self.compiled = compiled
        self.number = next(_NUMBERS)  # no two of a process have the same
        self._splicer = Splicer(compiled)
        self._signer = Signer(dkim, self._splicer.fixed) if dkim else None

    def __call__(
        self,
        delivery: DeliveryId,
        personal: Personal,
        *,
        envelope_from: str,
        eight_bit: bool = False,
        signature: bytes | None = None,
    ) -> Mail:
        """The message made this reader's.  Raises Unmailable for what no header can carry.

        `eight_bit`: the server takes 8BITMIME.  What is signed is encoded all the same: a relay
        further on may not take it (RFC 6376 section 5.3).  `signature`, where it was made before.
        """
        mail = self._splicer(
            delivery,
            personal,
            envelope_from=envelope_from,
            eight_bit=eight_bit and self._signer is None,
        )
        if self._signer is None:
            return mail
        first = signature or self._signer(mail.chunks, at=int(personal.sent_at.timestamp()))
        chunks = (first, *mail.chunks)
        signed: Mail = _mail(
            delivery,
            mail.envelope_from,
            mail.recipient,
            mail.message_id,
            chunks,
            mail.ready,
            mail.eight_bit,
        )
        return signed

    def signature(self, personal: Personal) -> bytes | None:
        """The fields that stand before the message; None where no mail can be made."""
        assert self._signer is not None  # noqa: S101 - nobody asks who does not sign
        try:
            chunks = self._splicer.chunks(personal)
        except PublisherError:
            return None
        return self._signer(chunks, at=int(personal.sent_at.timestamp()))
