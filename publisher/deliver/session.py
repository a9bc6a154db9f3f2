"""One SMTP session that stands: MAIL, RCPT, DATA, text, dot; in groups where the server takes them.

Every outcome names its phase.  Where the server says PIPELINING the next envelope goes out with
the end of the text before it (RFC 2920 section 3.1).  smtp.py opens sessions, pool.py keeps them.
"""

import asyncio
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from publisher.deliver.protocol import Lost, Wire
from publisher.deliver.replies import GOODBYE
from publisher.deliver.wording import EIGHT_BITS, UTF8, Wording, too_large, word
from publisher.model.deliveries import Outcome, Phase, Reply, Result
from publisher.model.digests import Mail
from publisher.model.moulds import mould

_BLOCK = 64 * 1024  # bytes written at a time; each has its own deadline
_LINGER = 0.05  # seconds an acceptance waits for the replies to the envelope ahead
_BRISK = 0.5  # seconds; a server that needs longer is not spoken to ahead
_AT_ONCE = 0.1  # seconds; a server that answered the last text so soon reads as fast as it comes
_SOON = 8 * 1024  # bytes; what still waits to leave is no more, where an envelope goes behind it
_DONE, _GO_ON, LATER, NEVER = 2, 3, 4, 5  # first digits, RFC 5321 section 4.2.1
_HOPED = (_DONE, _DONE, _GO_ON)  # of MAIL, RCPT and DATA
_CLOSING = 421  # RFC 5321 section 4.2.3: the server ends the session after this
_RSET, _DATA, _QUIT = b"RSET\r\n", b"DATA\r\n", b"QUIT\r\n"
_PIPELINING = "pipelining"  # RFC 2920
_result = mould(Result)
# To look a member up in its enum takes ten times as long before Python 3.12.
_AT_MAIL, _AT_DATA, _AT_DOT = Phase.MAIL, Phase.DATA, Phase.DOT
_TAKEN = Outcome.ACCEPTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadlines:
    """How long each phase may take, in seconds (RFC 5321 section 4.5.3.2)."""

    greeting: float = 300  # to connect, and for every step until the session stands
    opening: float = 300  # for all of these together: a server may be slow at each of them
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600  # shorter ones make duplicates (RFC 1047)
    quit: float = 5


class Session:
    """A session that stands; one text under way at a time, and at most one envelope ahead of it.

    `reached` says how far the text under way came: from Phase.DOT on, nobody can know.
    """

    def __init__(self, wire: Wire, extensions: Mapping[str, str], deadlines: Deadlines) -> None:
        """`extensions`: what EHLO was answered with, by keyword in lower case."""
        self._wire = wire
        self._extensions = extensions
        self._deadlines = deadlines
        self._loop = asyncio.get_running_loop()
        within = deadlines.mail, deadlines.rcpt, deadlines.data
        self._steps = tuple(zip((Phase.MAIL, Phase.RCPT, Phase.DATA), _HOPED, within, strict=True))
        self._envelope_open = False  # a refusal left one behind; RSET ends it
        self._in_groups = _PIPELINING in extensions
        self._brisk = False  # at its last answer
        self._reads_fast = True  # the last text was answered soon, as far as we know
        self._reads_at_once = False  # and at once: what lies behind one there is soon read, too
        self._over = False  # we have broken it off, or found it lost
        self.eight_bits = EIGHT_BITS in extensions  # takes a text that is not ASCII (RFC 6152)
        self.utf8 = UTF8 in extensions  # takes an address that is not ASCII (RFC 6531)
        self.largest = _largest(extensions.get("size", ""))  # bytes of a mail; None: any
        self.reached = Phase.CONNECT
        self.sent = 0
        self.went_ahead = False  # the envelope that `finish` was given

    @property
    def usable(self) -> bool:
        """Whether another mail may be tried here."""
        return self._wire.broken is None

    @property
    def goes_ahead(self) -> bool:
        """Whether the next envelope may go out before the text under way is answered for.

        Not with a server that was slow: what is said to it may lie unread, and no MAIL is to
        arrive long after an editor's stop.
        """
        return self._brisk and self._in_groups and self._wire.broken is None

    def word(self, mail: Mail) -> Wording | Result:
        """What would be said for a mail; or why nothing can be said."""
        if self.largest is not None and (size := sum(map(len, mail.chunks))) > self.largest:
            return too_large(size, self.largest)
        return word(mail, extensions=self._extensions)

    @property
    def heard(self) -> bool:
        """Whether `hear` need not wait."""
        return self._wire.has_all

    def agreed(self) -> bool:
        """Whether the server has said already that it waits for the text that goes ahead.

        Then there is nothing more to hear.
        """
        if self._over or not self._wire.agrees(_HOPED):
            return False
        self.reached = _AT_DATA
        return True

    async def send(self, mail: Mail) -> Result:
        """Hand over one mail.  Cancelled, it closes the session; see `reached`."""
        self.reached = Phase.CONNECT
        wording = self.word(mail)
        if isinstance(wording, Result):
            return wording
        return await self.introduce(wording) or await self.finish(wording)

    async def introduce(self, wording: Wording, *, until: float = math.inf) -> Result | None:
        """MAIL, RCPT and DATA; None when the server waits for the text.

        Lost at MAIL, and nothing said, where it has become later than `until` (loop time).
        """
        self.reached, began = Phase.MAIL, self._loop.time()
        self.sent += 1
        try:
            refused = await self._introduce(wording, until)
        except Lost as lost:
            return _lost(self.reached, lost.reason)
        self._brisk = self._reads_fast and self._loop.time() - began < _BRISK
        return refused

    async def finish(
        self, wording: Wording, ahead: Wording | None = None, *, until: float = math.inf
    ) -> Result:
        """The text and its dot, and what became of it.

        `ahead`, only where the session `goes_ahead`, is introduced with the dot, unless the text
        is slow to leave or it is later than `until` (loop time); see `went_ahead`, and then call
        `hear`.
        """
        self.reached, began, self.went_ahead = _AT_DATA, self._loop.time(), False
        text = wording.text
        try:
            self._wire.expect()
            size = sum(map(len, text))
            if size > _BLOCK:
                text = await self._pour(b"".join(text))
                ahead = ahead if self._loop.time() <= until else None
            early = self._wire.answered
            if not early:
                self._end(text, ahead, apart=size > _SOON and not self._reads_at_once)
            linger = _LINGER if self.went_ahead else 0.0
            reply = await self._wire.answer(within=self._deadlines.dot, linger=linger)
        except Lost as lost:
            self._over = True
            return _lost(self.reached, lost.reason)
        took = self._loop.time() - began
        self._brisk = self._reads_fast = took < _BRISK
        self._reads_at_once = took < _AT_ONCE
        if early:
            return self._interrupted(reply)
        if reply.code // 100 == _DONE and reply.code != GOODBYE:
            return _result(_TAKEN, _AT_DOT, reply, "")
        return self._refused(reply)

    async def hear(self) -> Result | None:
        """What `introduce` would have said of the envelope that went ahead.

        Lost at MAIL, without a reply, where it came to nothing because of the text before it.
        """
        self.reached = _AT_MAIL
        if self._over:  # by the text before it: nothing that was said of this one counts
            return _lost(Phase.MAIL, self._wire.broken or "")
        try:
            return await self._hear_envelope()
        except Lost as lost:
            return _lost(self.reached, lost.reason)

    def cut(self, reason: str) -> None:
        """End it at once; a send in flight returns a Result with this reason."""
        self._wire.break_off(reason)

    async def close(self) -> None:
        """Say QUIT and hang up; never raises for what the server does."""
        if self._wire.broken is None:
            try:
                await self._wire.ask(_QUIT, within=self._deadlines.quit)
            except Lost:
                return
        self._wire.break_off("closed")

    # --- the envelope ----------------------------------------------------------------------------

    async def _introduce(self, wording: Wording, until: float) -> Result | None:
        if self._in_groups:
            reset = (_RSET,) if self._envelope_open else ()
            self._wire.say(*reset, *_envelope(wording), replies=len(reset) + 3)
            if reset:
                await self._hear_reset()
            return await self._hear_envelope()
        if self._envelope_open:
            self._wire.say(_RSET)
            await self._hear_reset()
            if self._loop.time() > until:
                raise Lost("a slow answer to RSET")
        steps = zip(self._steps, _envelope(wording), strict=True)
        for (phase, good, deadline), command in steps:
            self.reached = phase
            reply = await self._wire.ask(command, within=deadline)
            if not _is(good, reply):
                return self._refused(reply)
        return None

    async def _hear_envelope(self) -> Result | None:
        """Three replies to three commands, whatever the first two are; the first no counts."""
        refused: Result | None = None
        for phase, good, deadline in self._steps:
            if refused is None:
                self.reached = phase
            try:
                reply = self._wire.next() or await self._wire.answer(within=deadline)
            except Lost:
                if refused is not None:
                    return refused
                raise
            if refused is None and not _is(good, reply):
                refused = self._refused(reply)
            elif phase is _AT_DATA and refused is not None:
                await self._end_unwanted(reply)
        return refused

    async def _end_unwanted(self, reply: Reply) -> None:
        """The server would take a text for nobody: a lone dot ends that (RFC 2920 section 3.1)."""
        if reply.code // 100 != _GO_ON:
            return
        try:
            answer = await self._wire.ask(b".\r\n", within=self._deadlines.dot)
        except Lost:
            return
        self._envelope_open = False
        if answer.code // 100 < LATER:
            self._wire.break_off("a mail for nobody was taken")

    async def _hear_reset(self) -> None:
        """The envelope that a refusal left open is closed, so that the session can be kept."""
        reply = await self._wire.answer(within=self._deadlines.mail)
        if reply.code // 100 != _DONE:
            self._wire.break_off("RSET refused")
            raise Lost("RSET refused")
        self._envelope_open = False

    # --- the text --------------------------------------------------------------------------------

    async def _pour(self, text: bytes) -> Sequence[bytes]:
        """The text in blocks but for the last one, which is given back; a reply amid it ends it."""
        last = (len(text) - 1) // _BLOCK * _BLOCK
        for start in range(0, last, _BLOCK):
            block = text[start : start + _BLOCK]
            if not await self._wire.put(block, within=self._deadlines.block):
                break
        return (text[last:],)

    def _end(self, text: Sequence[bytes], ahead: Wording | None, *, apart: bool) -> None:
        """What is left of the text, and its dot; with it goes the next envelope.

        `apart`: the text first, for its end may wait here for a server that reads slowly, and what
        was written behind it could not be taken back when an editor says stop.
        """
        self.reached = _AT_DOT
        if ahead is None:
            self._wire.say(*text, replies=0)
            return
        if apart:
            self._wire.say(*text, replies=0)
            if self._wire.unsent > _SOON:
                return
            text = ()
        self._wire.say(*text, ahead.mail, ahead.rcpt, _DATA, replies=3)
        self.went_ahead = True
        self.sent += 1

    def _refused(self, reply: Reply) -> Result:
        """The server said no; or what cannot be said here, and then it is not trusted further."""
        self._envelope_open = self.reached is not Phase.DOT
        self._over = reply.code == _CLOSING or reply.code // 100 < LATER
        if reply.code == _CLOSING:
            self._wire.break_off("421")
        if reply.code // 100 < LATER:
            self._wire.break_off("unexpected reply")
            return replace(_lost(self.reached, "unexpected reply"), reply=reply)
        return Result(outcome=outcome_of(reply), phase=self.reached, reply=reply)

    def _interrupted(self, reply: Reply) -> Result:
        """A reply amid the text: the mail is incomplete, and only hanging up ends it."""
        result = self._refused(reply)
        self._over = True
        self._wire.break_off("reply before the dot")
        return result


def outcome_of(reply: Reply) -> Outcome:
    """What a reply that is a no means: later, or never."""
    return Outcome.PERMANENT if reply.code // 100 == NEVER else Outcome.TRANSIENT


def _is(good: int, reply: Reply) -> bool:
    return reply.code // 100 == good and reply.code != GOODBYE


def _envelope(wording: Wording) -> tuple[bytes, bytes, bytes]:
    return wording.mail, wording.rcpt, _DATA


def _largest(announced: str) -> int | None:
    """RFC 1870 section 3: the number may be missing, and 0 is no limit either."""
    return (int(announced) or None) if announced.isdecimal() and announced.isascii() else None


def _lost(phase: Phase, reason: str) -> Result:
    outcome = Outcome.UNCERTAIN if phase is Phase.DOT else Outcome.TRANSIENT
    return Result(outcome=outcome, phase=phase, reply=None, reason=reason)
