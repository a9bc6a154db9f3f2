"""A mail that came back, opened: its head, its machine-readable parts, its words, the original.

Whatever is in it, it is data from strangers: nothing here trusts a length, a charset or a nesting.
"""

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, message_from_string
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from html import unescape

LONGEST = 512 * 1024  # bytes that are looked at; what tells why stands in front
_MOST_TEXT, _MOST_WORDS = 200_000, 50_000  # characters
_LOOKED_AT = 4000  # characters behind a word that may begin what is quoted
_MOST_OF_FIELD = 20_000  # characters; encoded words are read in the square of their number
_MOST_PARTS = 60
_TAG = re.compile(r"<(?:br|p|div|tr|li|h\d)\b[^<>]{0,2000}>|</(?:p|div|tr|li|h\d)>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>@]{0,2000}>")
_PACKED = frozenset({"base64", "quoted-printable"})
_HIDDEN = ("style", "script")
STATUS, GLOBAL_STATUS = "message/delivery-status", "message/global-delivery-status"
_GLOBAL = (GLOBAL_STATUS, "message/global", "message/global-headers")
_MACHINES = (STATUS, GLOBAL_STATUS, "message/feedback-report", "text/x-feedback-report")
_ORIGINALS = (
    *("message/rfc822", "message/partial", "message/global"),  # RFC 6533: with UTF-8 in the head
    *("text/rfc822-headers", "message/rfc822-headers", "message/global-headers"),
)
_BLANK_LINES = re.compile(rb"\n(?:\r?\n){20,}")  # each of them ends a block of a report
# Where the words end and the mail that came back begins, when it stands in the same text.
_BEGINS = re.compile(
    r"""^[ \t>]*(?:
        [-_=*]{2,}[^\n@]{0,60}\b(?:original|copy|returned|unsent|undelivered|message\ header|header
            |your\ message|forwarded|message\ follows|message\ text|non-delivered\ message
            |body\ of\ message|mail\ follows)\b[^\n]*
        |(?:below|here)\ (?:this\ line\ )?is\ (?:a\ copy|the\ (?:original|header))[^\n]*
        |message\ headers?(?:\ and\ body)?\ follows?[^\n]*
        |(?:the\ )?(?:text|header|headers|body)\ of\ (?:the|your)\ (?:original\ )?message[^\n]*
        |(?:original|your)\ (?:mail|message)(?:\ (?:as\ )?follows)\b[^\n]*
        |the\ (?:first|rest)\ [^\n]{0,40}of\ (?:the|your)\ (?:original\ )?message[^\n]*
    )$""",
    re.IGNORECASE | re.MULTILINE | re.VERBOSE,
)
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,60}:(?:[ \t]|<|[^\s/])")
_HEADLIKE = re.compile(
    r"^(?:return-path|received|from|to|subject|message-id|date|delivered-to|mime-version"
    r"|dkim-signature|x-[a-z-]+):",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One mail, opened."""

    head: Message
    reports: tuple[tuple[str, str], ...]  # machine-readable parts: (content type, text)
    words: str  # what a person is to read, the original left out
    original: Message | None  # the head of the mail that came back, where it is quoted

    def field(self, name: str) -> str:
        """A field of the head, decoded; empty where there is none."""
        return decoded(self.head.get(name, ""))

    def fields(self, name: str) -> list[str]:
        """All fields of that name."""
        return [decoded(one) for one in self.head.get_all(name, [])]


def open_letter(raw: bytes) -> Letter:
    """Open a mail; whatever it is, something comes of it."""
    raw = raw[:LONGEST].removeprefix(b"\xef\xbb\xbf")
    return letter_of(message_from_bytes(_BLANK_LINES.sub(b"\n\n", raw)))


def letter_of(head: Message) -> Letter:
    """The same, of a mail that is parsed already: one inside another."""
    reports: list[tuple[str, str]] = []
    words: list[str] = []
    pages: list[str] = []
    original: Message | None = None
    for part in _outside(head):
        kind = part.get_content_type()
        if kind in _ORIGINALS:
            original = original or _original(part)
        elif kind in _MACHINES:
            reports.append((kind, _machine_text(part)))
        elif kind == "text/html":
            pages.append(without_tags(_text(part)))
        elif part.get_content_maintype() in {"text", "message", "multipart"}:
            words.append(_text(part))
    text = "\n".join(words) if any(one.strip() for one in words) else "\n".join(pages)
    ahead, behind = _parted(text[:_MOST_TEXT])
    if original is None and behind:
        original = message_from_string(behind)
    return Letter(head=head, reports=tuple(reports), words=ahead[:_MOST_WORDS], original=original)


def without_tags(page: str) -> str:
    """The text of an HTML page, one paragraph a line; addresses in angle brackets stay."""
    for name in _HIDDEN:
        page = _without(page, name)
    return unescape(_ANY_TAG.sub("", _TAG.sub("\n", page))).replace("\xa0", " ")


def _without(page: str, name: str) -> str:
    """The page without elements of that name; one that never ends takes the rest with it.

    By hand, for an expression that looks for the end of each would take hours on a hostile page.
    """
    kept: list[str] = []
    lower, at = page.lower(), 0
    while (start := lower.find(f"<{name}", at)) >= 0:
        kept.append(page[at:start])
        end = lower.find(f"</{name}", start)
        if end < 0:
            return "".join(kept)
        at = end
    return "".join([*kept, page[at:]])


def decoded(value: object) -> str:
    """A field's value with its encoded words read, on one line."""
    given = str(value)[:_MOST_OF_FIELD]
    try:
        text = str(make_header(decode_header(given)))
    except (HeaderParseError, UnicodeError, LookupError, ValueError):
        text = given
    return " ".join(text.split())


# --- parts --------------------------------------------------------------------------------------


def _outside(head: Message) -> Iterator[Message]:
    """The parts of a mail, those of a mail inside it left out; depth first, without recursion."""
    waiting = [head]
    for _ in range(_MOST_PARTS):
        if not waiting:
            return
        part = waiting.pop()
        inside = part.get_payload()
        kind = part.get_content_type()
        if kind in _ORIGINALS or kind in _MACHINES or not isinstance(inside, list):
            yield part
        else:
            waiting.extend(reversed([one for one in inside if isinstance(one, Message)]))


def _original(part: Message) -> Message | None:
    """The mail inside, unpacked where somebody packed it (RFC 2046 section 5.2.1 forbids it)."""
    inside = part.get_payload()
    if not (isinstance(inside, list) and inside and isinstance(inside[0], Message)):
        return message_from_string(_text(part).lstrip())
    packed = _packed(part, inside[0])
    return inside[0] if packed is None else message_from_bytes(packed)


def _packed(part: Message, inside: Message) -> bytes | None:
    packing = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    if packing == "quoted-printable" and part.get_content_type() in _GLOBAL:  # they may be packed
        return a2b_qp(inside.as_bytes().replace(b"=\n\n", b"=\n"))  # a field went on behind it
    if packing in _PACKED and not inside.keys():
        unpack = a2b_base64 if packing == "base64" else a2b_qp
        with suppress(ValueError):
            return unpack(str(inside.get_payload()).encode("ascii", "replace"))
    return None


def _machine_text(part: Message) -> str:
    """message/delivery-status comes as a list of field blocks; other types as text."""
    inside = part.get_payload()
    if isinstance(inside, list):
        blocks = [one for one in inside if isinstance(one, Message)]
        if part.get_content_type() == GLOBAL_STATUS and blocks:  # to the library it is a mail
            packed = _packed(part, blocks[0])
            whole = blocks[0].as_bytes() if packed is None else packed
            return _in_lines(_read(whole, "utf-8"))
        return "\n\n".join(
            "\n".join(f"{name}: {value}" for name, value in block.items())
            + ("" if block.is_multipart() else f"\n\n{block.get_payload()}")
            for block in blocks
        )
    return _text(part)


def _text(part: Message) -> str:
    inside = part.get_payload(decode=True)
    if not isinstance(inside, bytes):
        inside = str(part.get_payload()).encode("utf-8", "replace")
    return _in_lines(_read(inside, part.get_content_charset() or "utf-8"))


def _in_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _read(data: bytes, charset: str) -> str:
    if b"\x1b$" in data:
        charset = "iso-2022-jp"
    for guess in (charset, "utf-8", "cp1251"):
        try:
            return data.decode(guess)
        except (UnicodeError, LookupError):
            continue
    return data.decode("latin-1")


# --- words, and what stands behind them ---------------------------------------------------------


def _parted(text: str) -> tuple[str, str]:
    """The words, and the mail quoted behind them in the same text."""
    for mark in _BEGINS.finditer(text):
        if _is_head(text[mark.end() : mark.end() + _LOOKED_AT]):
            return text[: mark.start()], _dedented(text[mark.end() :])
    start = _bare_head(text)
    return (text, "") if start is None else (text[:start], _dedented(text[start:]))


def _is_head(text: str) -> bool:
    """Whether the first thing that follows is the head of a mail."""
    lines = (line.strip(" >\t") for line in text.splitlines()[:8])
    first = next((line for line in lines if line), "")
    return bool(_FIELD.match(first))


def _bare_head(text: str) -> int | None:
    """Where a head begins without a word: three fields of a mail in a row, at least."""
    at = 0
    run: int | None = None
    count = 0
    for line in text.splitlines(keepends=True):
        if _HEADLIKE.match(line):
            run, count = (at, 1) if run is None else (run, count + 1)
            if count == 3:  # noqa: PLR2004
                return run
        elif not (run is not None and line[:1] in {" ", "\t"}):
            run, count = None, 0
        at += len(line)
    return None


def _dedented(text: str) -> str:
    lines = text.lstrip("\n").splitlines()
    while lines and not lines[0].strip(" >\t"):
        lines = lines[1:]
    if not lines:
        return ""
    margin = len(lines[0]) - len(lines[0].lstrip(" >\t"))
    return "\n".join(line[margin:] if not line[:margin].strip(" >\t") else line for line in lines)
