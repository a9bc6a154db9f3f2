"""Reader's addresses in one normal form, so that one person is one row."""

import re
from functools import lru_cache
from unicodedata import normalize

import idna

# RFC 5321 section 4.1.2 dot-string without quoting; longer or odder ones do not occur in the wild.
_LOCAL = re.compile(r"[^\s\x00-\x1f\x7f@\"(),:;<>\[\\\]]{1,64}\Z")
# As most are: nothing that a header, a command or a link would have to encode, refuse or shorten.
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9.-]{1,189}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def normalise(address: str) -> str:
    """The address with its domain in lower case and IDNA-encoded; the local part as it is, in NFC.

    Raises ValueError for what cannot be an address of the public mail (RFC 5321 section 4.5.3.1:
    local part ≤ 64, whole ≤ 254 octets).
    """
    local, at, domain = address.strip().rpartition("@")
    local = normalize("NFC", local)  # RFC 6532 section 3.1: two spellings are one mailbox
    if not at or not _LOCAL.match(local) or local.startswith(".") or local.endswith("."):
        raise ValueError(f"not an address: {address!r}")
    try:
        wire_domain = ascii_domain(domain.rstrip("."))
    except UnicodeError as error:
        raise ValueError(f"not a domain: {domain!r}") from error
    labels = wire_domain.split(".")
    if len(labels) < 2 or not all(_LABEL.match(label) for label in labels):  # noqa: PLR2004
        raise ValueError(f"not a domain: {domain!r}")
    normal = f"{local}@{wire_domain}"
    if ".." in local or len(normal.encode()) > 254:  # noqa: PLR2004 - RFC 5321 section 4.5.3.1.3
        raise ValueError(f"not an address: {address!r}")
    return normal


def address_of(mailbox: str) -> str:
    """The bare address of an RFC 5322 mailbox: "A <a@b.test>" -> "a@b.test"."""
    inner = mailbox.rpartition("<")[2].partition(">")[0] if "<" in mailbox else mailbox
    return inner.strip()


@lru_cache(maxsize=256)
def is_plain(address: str) -> bool:
    """Whether it can be written as it is wherever an address can stand.

    Kept: one mail asks four times for the same.
    """
    return _PLAIN.fullmatch(address) is not None


@lru_cache(maxsize=4096)
def ascii_domain(domain: str) -> str:
    """A domain as DNS and SMTP without SMTPUTF8 know it, in lower case.

    IDNA 2008 (RFC 5891) with the mapping of UTS 46, as browsers and registries do; Python's own
    codec is IDNA 2003, for which straße.de is strasse.de: somebody else's mailbox.  Raises
    UnicodeError for what is no domain name.
    """
    if domain.isascii():
        return domain.lower()
    return idna.encode(domain, uts46=True, std3_rules=True).decode("ascii")
