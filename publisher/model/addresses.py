"""Reader's addresses in one normal form, so that one person is one row."""

import re
from functools import lru_cache
from unicodedata import normalize

import idna

from publisher.model.problems import Problem, msgid

# What is printed as nothing and is no control: joiners, fillers, selectors (Unicode's
# Default_Ignorable_Code_Point, without those that str.isprintable refuses).
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_JOINERS = str.maketrans("", "", "\u200c\u200d")  # IDNA knows where a domain may hold one
# RFC 5321 section 4.1.2 dot-string without quoting; longer or odder ones do not occur in the wild.
_FAULTS = (
    (re.compile(r"\A\Z"), msgid("There is nothing before the @.")),
    (re.compile(r"[\"\\]"), msgid("It is written in quotes.")),
    (re.compile(r"[\s@(),:;<>\[\]]"), msgid("Before the @ stands a sign that needs quotes.")),
    (re.compile(r"\A\.|\.\Z|\.\."), msgid("A dot may only stand between two other letters.")),
)
_LONGEST_LOCAL, _LONGEST = 64, 254  # octets: RFC 5321 section 4.5.3.1
_LONGEST_LABEL = 63  # octets: RFC 1035 section 2.3.4
# As most are: nothing that a header, a command or a link would have to encode, refuse or shorten.
_PLAIN = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9.-]{1,189}")
_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\Z")


class NotAnAddress(ValueError):
    """Nobody can be mailed there; `problem` says why, for whoever wrote it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem

    def __str__(self) -> str:
        why = self.problem.remedy or ""
        return f"{self.problem.english} {why.format(**self.problem.args)}"


def normalise(address: str) -> str:
    """The address with its domain in lower case and IDNA-encoded; the local part as it is, in NFC.

    Raises NotAnAddress, with the reason, for what cannot be an address of the public mail.
    """
    words = address.strip()
    local, at, domain = words.rpartition("@")
    local = normalize("NFC", local)  # RFC 6532 section 3.1: two spellings are one mailbox
    if not at:
        raise _no_address(words, msgid("It has no @."))
    _refuse_local(local, words)
    normal = f"{local}@{_wire_domain(domain, words)}"
    if len(normal.encode()) > _LONGEST:
        raise _no_address(words, msgid("It is longer than {most} octets."), most=_LONGEST)
    return normal


def _refuse_local(local: str, words: str) -> None:
    """What no mail goes to."""
    _refuse_unseen(local, words)
    if found := next((why for sign, why in _FAULTS if sign.search(local)), ""):
        raise _no_address(words, found)
    if len(local.encode()) > _LONGEST_LOCAL:
        why = msgid("It has more than {most} octets before the @.")
        raise _no_address(words, why, most=_LONGEST_LOCAL)


def _wire_domain(domain: str, words: str) -> str:
    """As DNS knows it.  Mapped away by UTS 46 or not: what nobody sees was not meant."""
    _refuse_unseen(domain.translate(_JOINERS), words)
    too_long = msgid("A part of its domain is longer than {most} octets, as DNS writes it.")
    try:
        wire = ascii_domain(domain.removesuffix("."))
    except UnicodeError as error:
        unknown = msgid("No registry knows the letters of its domain.")
        why = too_long if "too long" in str(error).lower() else unknown
        raise _no_address(words, why, most=_LONGEST_LABEL) from error
    labels = wire.split(".")
    if len(labels) < 2:  # noqa: PLR2004
        raise _no_address(words, msgid("Its domain has no dot."))
    if labels[-1].isdigit():
        raise _no_address(words, msgid("Its domain ends in a number."))
    if max(map(len, labels)) > _LONGEST_LABEL:
        raise _no_address(words, too_long, most=_LONGEST_LABEL)
    if not all(map(_LABEL.match, labels)):
        raise _no_address(words, msgid("Its domain is not made of letters, digits and hyphens."))
    return wire


def _refuse_unseen(text: str, words: str) -> None:
    """Copied along unseen from a page or a letter: it makes another mailbox of the same look."""
    for one in text:
        if not one.isprintable() or _UNSEEN.match(one):
            why = msgid("It holds a letter that cannot be seen, {letter}.")
            raise _no_address(words, why, letter=f"U+{ord(one):04X}")


def _no_address(words: str, why: str, /, **args: str | int) -> NotAnAddress:
    seen = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in words)
    return NotAnAddress(
        Problem(
            message=msgid("“{words}” is no e-mail address."),
            args={"words": seen, **args},
            remedy=why,
        )
    )


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
