"""Reader's addresses in one normal form, so that one person is one row."""

import re
from functools import lru_cache
from unicodedata import normalize

import idna

# What is printed as nothing and is no control: joiners, fillers, selectors (Unicode's
# Default_Ignorable_Code_Point, without those that str.isprintable refuses).
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_JOINERS = str.maketrans("", "", "\u200c\u200d")  # IDNA knows where a domain may hold one
# RFC 5321 section 4.1.2 dot-string without quoting; longer or odder ones do not occur in the wild.
_FAULTS = (
    (re.compile(r"\A\Z"), "there is nothing before the @"),
    (re.compile(r"[\"\\]"), "it is written in quotes"),
    (re.compile(r"[\s@(),:;<>\[\]]"), "it holds a sign that needs quotes"),
    (re.compile(r"\A\.|\.\Z|\.\."), "a dot may only stand between two other letters"),
)
_LONGEST_LOCAL, _LONGEST = 64, 254  # octets: RFC 5321 section 4.5.3.1
_LONGEST_LABEL = 63  # octets: RFC 1035 section 2.3.4
# As most are: nothing that a header, a command or a link would have to encode, refuse or shorten.
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9.-]{1,189}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


def normalise(address: str) -> str:
    """The address with its domain in lower case and IDNA-encoded; the local part as it is, in NFC.

    Raises ValueError, with the reason, for what cannot be an address of the public mail.
    """
    local, at, domain = address.strip().rpartition("@")
    local = normalize("NFC", local)  # RFC 6532 section 3.1: two spellings are one mailbox
    if fault := _fault_of(local) if at else "it has no @":
        raise ValueError(f"not an address: {address!r}: {fault}")
    try:
        wire_domain = ascii_domain(domain.removesuffix("."))
    except UnicodeError as error:
        raise ValueError(f"not a domain: {domain!r}: {_too_long(error)}") from error
    if fault := _fault_of_domain(domain, wire_domain):
        raise ValueError(f"not a domain: {domain!r}: {fault}")
    normal = f"{local}@{wire_domain}"
    if len(normal.encode()) > _LONGEST:
        raise ValueError(f"not an address: {address!r}: it is longer than {_LONGEST} octets")
    return normal


def _fault_of(local: str) -> str:
    """Why no mail goes to such a local part; empty where some may."""
    if unseen := _unseen(local):
        return unseen
    if found := next((why for sign, why in _FAULTS if sign.search(local)), ""):
        return found
    too_long = len(local.encode()) > _LONGEST_LOCAL
    return f"it has more than {_LONGEST_LOCAL} octets before the @" if too_long else ""


def _fault_of_domain(domain: str, wire: str) -> str:
    """Mapped away by UTS 46 or not: what nobody sees was not meant."""
    labels = wire.split(".")
    if unseen := _unseen(domain.translate(_JOINERS)):
        return unseen
    if len(labels) < 2:  # noqa: PLR2004
        return "it has no dot"
    if labels[-1].isdigit():
        return "it ends in a number"
    if max(map(len, labels)) > _LONGEST_LABEL:
        return _TOO_LONG
    return "" if all(map(_LABEL.match, labels)) else "it is not made of letters, digits and hyphens"


_TOO_LONG = f"a part of it is longer than {_LONGEST_LABEL} octets, as DNS writes it"


def _too_long(error: UnicodeError) -> str:
    return _TOO_LONG if "too long" in str(error).lower() else "no registry knows its letters"


def _unseen(text: str) -> str:
    """Copied along unseen from a page or a letter: it makes another mailbox of the same look."""
    for one in text:
        if not one.isprintable() or _UNSEEN.match(one):
            return f"it holds a letter that cannot be seen, U+{ord(one):04X}"
    return ""


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
