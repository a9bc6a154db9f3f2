"""DKIM signatures (RFC 6376, RFC 8463), relaxed/relaxed, over a message that is compiled once.

What all readers share is canonicalised and hashed once; a mail costs its own values, the body
behind the first of them, and one signature a key.  Reads no keys; see dkim_keys.py.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

from publisher.model.dkim import Algorithm, Dkim, SigningKey

# Named once more than they occur, so that nobody can add another (RFC 6376 section 8.15).
_OVERSIGNED = (
    *("from", "to", "cc", "reply-to", "subject", "date", "message-id"),
    *("mime-version", "content-type", "list-unsubscribe", "list-unsubscribe-post"),
)
_GAP = b"\0"  # where a value stands between two fixed chunks; no message holds a NUL
_END = b"\r\n"
_NEW_FIELD = re.compile(rb"\r\n(?![ \t])")
_BLANKS = re.compile(rb"[ \t]+")
_BLANKS_AT_END = re.compile(rb"[ \t]+(?=\r\n)")
_LINE = 72  # characters of a folded tag


@dataclass(frozen=True, slots=True, kw_only=True)
class _Field:
    """A header field that holds values of the reader: what stands around them."""

    name: bytes  # with its colon, lower case
    pieces: tuple[bytes, ...]
    first: int  # the index among the chunks of the first value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a key's signature says, but for time, body hash and signature."""

    key: SigningKey
    opening: bytes
    middle: bytes
    canonical_opening: bytes
    canonical_middle: bytes

    def hashed(self, time: bytes, body_hash: bytes) -> bytes:
        """The field as it is signed: canonical, its signature empty."""
        return b"%b%b%b%b; b=" % (self.canonical_opening, time, self.canonical_middle, body_hash)

    def written(self, time: bytes, body_hash: bytes, signature: bytes) -> bytes:
        """The whole field, its line end included."""
        text = b64encode(signature)
        folded = b"\r\n ".join(text[at : at + _LINE] for at in range(0, len(text), _LINE))
        return b"%b%b%b%b;\r\n b=%b\r\n" % (self.opening, time, self.middle, body_hash, folded)


@dataclass(frozen=True, slots=True, kw_only=True)
class DnsRecord:
    """A TXT record to publish."""

    name: str
    value: str


class Signer:
    """Signs the mails of one compiled message; may be called in any thread.

    `fixed` are the chunks that all readers share, in order; a mail is those with one value between
    each two.  Body values stand on lines of their own.  Raises ValueError where they do not.
    """

    def __init__(self, dkim: Dkim, fixed: Sequence[bytes]) -> None:
        self._at = next(at for at, chunk in enumerate(fixed) if _END + _END in chunk)
        head_rest, _, body_begin = fixed[self._at].partition(_END + _END)
        head = _GAP.join((*fixed[: self._at], head_rest))
        self._personal: list[_Field] = []
        shared = sha256()
        names: list[str] = []
        gaps = 0
        for whole in _NEW_FIELD.split(head):
            name, _, value = whole.partition(b":")
            if _GAP in value:
                pieces = tuple(value.split(_GAP))
                label = name.lower() + b":"
                self._personal.append(_Field(name=label, pieces=pieces, first=2 * gaps + 1))
                gaps += len(pieces) - 1
            else:
                names.append(name.decode("ascii").lower())
                shared.update(_relaxed(name, value) + _END)
        self._shared = shared
        names += [one.name[:-1].decode("ascii") for one in self._personal]
        self._set_body((body_begin, *fixed[self._at + 1 :]))
        signed = (*names, *_OVERSIGNED)
        self._forms = [_form(dkim.domain, key, signed) for key in dkim.keys]

    def __call__(self, chunks: Sequence[bytes], *, at: int) -> bytes:
        """The DKIM-Signature fields of a mail, to stand before it; `at` is Unix time."""
        body_hash = b64encode(self._body_hash(chunks))
        head = self._shared.copy()
        head.update(b"".join([_relaxed_field(field, chunks) for field in self._personal]))
        time = b"%d" % at
        fields: list[bytes] = []
        for form in self._forms:
            own = head.copy()
            own.update(form.hashed(time, body_hash))
            fields.append(form.written(time, body_hash, form.key.sign(own.digest())))
        return b"".join(fields)

    def _set_body(self, fixed: Sequence[bytes]) -> None:
        for before, behind in pairwise(fixed):
            if not (before.endswith(_END) or not before) or behind[:1] in {b" ", b"\t", b"\r"}:
                raise ValueError("a value in the body does not stand on its own line")
        canonical = [_relaxed_lines(chunk) for chunk in fixed]
        canonical[-1] = _without_blank_end(canonical[-1])
        self._prefix = sha256(canonical[0])
        self._body = canonical[1:]

    def _body_hash(self, chunks: Sequence[bytes]) -> bytes:
        """Continued from the state behind what all mails begin with."""
        values = chunks[2 * self._at + 1 :: 2]
        parts = [b""] * (2 * len(self._body))
        parts[::2] = [_relaxed_lines(value) for value in values]
        parts[1::2] = self._body
        state = self._prefix.copy()
        state.update(b"".join(parts))  # at once: each update lets go of Python's lock
        return state.digest()


def dns_records(dkim: Dkim) -> tuple[DnsRecord, ...]:
    """What receivers look up (RFC 6376 section 3.6.1, RFC 8463 section 4)."""
    return tuple(
        DnsRecord(
            name=f"{key.selector}._domainkey.{dkim.domain}",
            value=f"v=DKIM1; k={_kind(key)}; p={b64encode(key.public).decode('ascii')}",
        )
        for key in dkim.keys
    )


def _kind(key: SigningKey) -> str:
    return "rsa" if key.algorithm is Algorithm.RSA else "ed25519"


def _form(domain: str, key: SigningKey, signed: Sequence[str]) -> _Form:
    opening = (
        f"DKIM-Signature: v=1; a={key.algorithm.value}; c=relaxed/relaxed;\r\n"
        f" d={domain}; s={key.selector}; t="
    ).encode("ascii")
    middle = f";\r\n h={_folded_names(signed)};\r\n bh=".encode("ascii")
    name, _, value = opening.partition(b":")
    return _Form(
        key=key,
        opening=opening,
        middle=middle,
        canonical_opening=_relaxed(name, value),
        canonical_middle=b" ".join(middle.split()),
    )


def _folded_names(names: Sequence[str]) -> str:
    return ":\r\n  ".join(":".join(row) for row in _rows(names))


def _rows(names: Sequence[str]) -> Iterator[list[str]]:
    row: list[str] = []
    for name in names:
        if row and len(":".join((*row, name))) > _LINE:
            yield row
            row = []
        row.append(name)
    yield row


# --- canonical forms (RFC 6376 section 3.4) -----------------------------------------------------


def _relaxed(name: bytes, value: bytes) -> bytes:
    """A field unfolded, its blanks single; without its line end."""
    return name.strip().lower() + b":" + b" ".join(value.split())


def _relaxed_field(field: _Field, chunks: Sequence[bytes]) -> bytes:
    """With its line end."""
    value, at = field.pieces[0], field.first
    for piece in field.pieces[1:]:
        value += chunks[at] + piece
        at += 2
    return field.name + b" ".join(value.split()) + _END


def _relaxed_lines(text: bytes) -> bytes:
    """Blanks single, and none at the end of a line."""
    if b" " not in text and b"\t" not in text:
        return text
    return _BLANKS.sub(b" ", _BLANKS_AT_END.sub(b"", text))


def _without_blank_end(text: bytes) -> bytes:
    """Without empty lines at the end, and with one line end."""
    bare = text
    while bare.endswith(_END):
        bare = bare[: -len(_END)]
    return bare + _END if bare else b""
