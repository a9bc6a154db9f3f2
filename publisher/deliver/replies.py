"""Bytes of a server into Replies, strictly (RFC 5321 section 4.2, RFC 2034).  Reads no socket."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from publisher.model.deliveries import Reply

LINE = 4096  # bytes, line end included; RFC 5321 section 4.5.3.1.5 asks for 512
LINES = 64  # of one reply
GOODBYE = 221  # to anything but QUIT it is no yes: the server goes, and did nothing

_REPLY_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\r\n\0]*))?\r\n")
_ENHANCED = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:\s+|$)")
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), "?")


class Garbled(Exception):
    """What came is no reply; the connection can not be trusted any more."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    code: int
    last: bool
    text: str


class ReplyReader:
    """Collects bytes and gives whole replies, one by one; one reader for one connection."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[_Line] = []

    @property
    def empty(self) -> bool:
        """Whether nothing is left behind the last whole reply."""
        return not self._rest and not self._lines

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies that are now whole; what is not is kept.  Raises Garbled where it stands."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            reply = _alone(line) if not self._lines else None
            if reply or (reply := self._take(line + b"\n")):
                yield reply
        if len(self._rest) > LINE:
            raise Garbled("reply line too long")

    def _take(self, raw: bytes) -> Reply | None:
        """One more line; a Reply when it was the last one."""
        line = _read(raw)
        if self._lines and line.code != self._lines[0].code:
            raise Garbled("reply codes differ")
        self._lines.append(line)
        if not line.last:
            if len(self._lines) >= LINES:
                raise Garbled("reply has too many lines")
            return None
        lines, self._lines = self._lines, []
        return compose_reply(line.code, [one.text for one in lines])


def compose_reply(code: int, lines: Sequence[str]) -> Reply:
    """A Reply of decoded lines; the enhanced code is taken out of the words.

    An enhanced code of another class than the code itself means nothing (RFC 2034 section 4).
    """
    found = _ENHANCED.match(lines[0])
    if found is None or found[1][0] != str(code)[0]:
        return Reply(code=code, text=" ".join(lines))
    words = [line.removeprefix(found[1]).lstrip() for line in lines]
    return Reply(code=code, text=" ".join(words), enhanced=found[1])


def printable_lines(raw: str) -> list[str]:
    """Lines without control characters, as the ledger can keep them; at least one.

    Bytes that were no UTF-8, which aiosmtplib hands on as half characters, are shown as such.
    """
    raw = raw.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return [line.translate(_CONTROLS) for line in raw.split("\n")]


@lru_cache(maxsize=64)
def _alone(raw: bytes) -> Reply | None:
    """A reply of one line, kept for a while: a server says the same few for every mail."""
    line = _read(raw + b"\n")
    return compose_reply(line.code, [line.text]) if line.last else None


def _read(raw: bytes) -> _Line:
    if len(raw) > LINE:
        raise Garbled("reply line too long")
    match = _REPLY_LINE.fullmatch(raw)
    if match is None:
        raise Garbled("not a reply")
    return _Line(
        code=int(match[1]),
        last=match[2] != b"-",
        text=printable_lines((match[3] or b"").decode("utf-8", "replace"))[0].strip(),
    )
