"""Why a mail came back: a status code and what the server said, as a Reason.  Pure.

Words come before codes where a code is vague (5.0.0, 5.1.0, 5.2.0, 5.7.1 mean anything), and the
narrow before the broad: "rejected: SPF" is about us, not about the reader.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from publisher.bounces.addresses import ADDRESS
from publisher.bounces.wording import WORDS
from publisher.model.bounces import WEIGHTS, Reason, Weight

STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]\d|\d)")
_CODE = re.compile(r"(?<![\d.:/-])([45]\d\d)(?=[ \-#:;<,]|$)", re.MULTILINE)

_COMPILED = tuple(
    (reason, re.compile("|".join(f"(?:{one})" for one in words), re.IGNORECASE | re.DOTALL))
    for reason, words in WORDS
)

# RFC 3463 and the registry of RFC 5248, with what the big receivers added; by subject and detail.
_EXACT = {
    "1.1": Reason.USER_UNKNOWN,
    "1.2": Reason.HOST_UNKNOWN,
    "1.3": Reason.USER_UNKNOWN,
    "1.4": Reason.USER_UNKNOWN,
    "1.6": Reason.MOVED,
    "1.7": Reason.BLOCKED,
    "1.8": Reason.BLOCKED,
    "1.10": Reason.TAKES_NO_MAIL,
    "2.1": Reason.DISABLED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_BIG,
    "3.1": Reason.SYSTEM,
    "3.2": Reason.SYSTEM,
    "3.3": Reason.SYSTEM,
    "3.4": Reason.TOO_BIG,
    "3.5": Reason.SYSTEM,
    "4.1": Reason.UNREACHABLE,
    "4.2": Reason.UNREACHABLE,
    "4.3": Reason.UNREACHABLE,
    "4.4": Reason.HOST_UNKNOWN,
    "4.5": Reason.BUSY,
    "4.6": Reason.UNREACHABLE,
    "4.7": Reason.EXPIRED,
    "5.2": Reason.PROTOCOL,
    "5.3": Reason.BUSY,
    "6.1": Reason.CONTENT,
    "6.2": Reason.CONTENT,
    "6.3": Reason.CONTENT,
    "7.8": Reason.AUTHENTICATION,
    "7.15": Reason.REFUSED,
    "7.20": Reason.AUTHENTICATION,
    "7.21": Reason.AUTHENTICATION,
    "7.22": Reason.AUTHENTICATION,
    "7.23": Reason.AUTHENTICATION,
    "7.24": Reason.AUTHENTICATION,
    "7.25": Reason.AUTHENTICATION,
    "7.26": Reason.AUTHENTICATION,
    "7.27": Reason.AUTHENTICATION,  # RFC 7505: our sender's domain has a null MX
    "7.28": Reason.SPAM,
    "7.29": Reason.AUTHENTICATION,
    "7.30": Reason.AUTHENTICATION,
    "7.32": Reason.AUTHENTICATION,
    "7.40": Reason.AUTHENTICATION,
    "7.511": Reason.BLOCKED,
    "7.515": Reason.AUTHENTICATION,
    "7.606": Reason.BLOCKED,
    "7.705": Reason.BUSY,
    "7.708": Reason.BLOCKED,
}
_BROAD = {"1": Reason.REFUSED, "2": Reason.REFUSED, "3": Reason.SYSTEM, "4": Reason.UNREACHABLE,
          "5": Reason.PROTOCOL, "6": Reason.CONTENT, "7": Reason.POLICY}  # fmt: skip
# Codes that receivers use for everything: words say more, where there are words.
_VAGUE = frozenset({"1.0", "2.0", "3.0", "4.0", "5.0", "6.0", "7.0", "7.1", "0.0", "2.1", "5.4"})
_TRUSTED = frozenset(
    key
    for key in _EXACT
    if key not in _VAGUE
    and (key.startswith("7.") or key in {"1.1", "1.2", "1.6", "1.7", "1.8", "2.2"})
)
_AFTER_DATA = re.compile(
    r">>> (?:DATA|\.)|end of data|after DATA|final DATA|in reply to (?:end of )?DATA|\[DATA\]"
    r"|SMTP command\s+DATA",
    re.IGNORECASE,
)
_AT_MAIL = re.compile(r"(?:after|to|>>>|command|\[) ?(?:the )?MAIL[ _]FROM", re.IGNORECASE)
_AT_RCPT = re.compile(r"(?:after|to|>>>|command) ?(?:the )?RCPT[ _]TO", re.IGNORECASE)
_ARGUMENT = re.compile(r"invalid recipient", re.IGNORECASE)  # of RCPT, though DATA was pipelined
_PASSING = re.compile(r"not found, try again|SERVFAIL", re.IGNORECASE)
_LINKS = re.compile(r"https?://([^\s/?]{1,253})\S*")
_DOUBTS = frozenset(
    {
        Reason.AUTHENTICATION,
        Reason.BLOCKED,
        Reason.BUSY,
        Reason.MAILBOX_FULL,
        Reason.SYSTEM,
        Reason.TAKES_NO_MAIL,
    }
)  # words that say more than "5.1.1"


def why(status: str, text: str, *, around: str = "") -> Reason:
    """The reason a status code and the server's words give.

    `around`: words of the report itself, asked only where the server's say nothing.
    """
    plain = _flat(text)
    codes = [*statuses(plain), status]
    said = by_words(plain)
    reason = said if said in _DOUBTS else _first(_by_trusted, codes)
    if reason is None:
        reason = (
            said or _first(by_status, codes) or by_words(_flat(around)) or _first(_by_class, codes)
        )
        reason = _doubted(reason or Reason.UNKNOWN, codes, f"{text}\n{around}")
    return _in_phase(reason, codes[0], plain)


def _first(decide: Callable[[str], Reason | None], codes: Iterable[str]) -> Reason | None:
    return next((reason for one in codes if (reason := decide(one)) is not None), None)


def by_words(text: str) -> Reason | None:
    """What words alone say; None where they say nothing."""
    for reason, pattern in _COMPILED:
        if pattern.search(text):
            return reason
    return None


def by_status(status: str) -> Reason | None:
    """What an enhanced status code alone says (RFC 3463); None for those that leave it open."""
    found = STATUS.fullmatch(status)
    return _EXACT.get(f"{found[2]}.{found[3]}") if found else None


def statuses(text: str) -> Iterable[str]:
    """The enhanced codes in a text that follow a reply code, or stand in it as one does."""
    return (found[0] for found in STATUS.finditer(text) if found[1] != "2")


def best_status(given: str, text: str) -> str:
    """The code of a report: the one given, unless it says nothing and the words have a better."""
    found = STATUS.search(given)
    code = found[0] if found else ""
    if code and not code.endswith(".0.0"):
        return code
    return next((one for one in statuses(text) if not one.endswith(".0.0")), code)


def _by_trusted(status: str) -> Reason | None:
    found = STATUS.fullmatch(status)
    key = f"{found[2]}.{found[3]}" if found else ""
    return _EXACT[key] if key in _TRUSTED else None


def _by_class(status: str) -> Reason | None:
    """The class alone: mailbox, system, network, protocol, content, policy."""
    found = STATUS.fullmatch(status)
    return _BROAD.get(found[2]) if found else None


def _doubted(reason: Reason, codes: Sequence[str], text: str) -> Reason:
    """In the reader's favour where words and circumstances disagree, against them where they agree.

    A server that took RCPT knows the mailbox, so "unknown" after DATA is a filter; so it is where
    a code speaks of policy.  What is refused with a code of addresses is the address.
    """
    subjects = {found[2] for one in codes if (found := STATUS.fullmatch(one))}
    after = _AFTER_DATA.search(text) and not _ARGUMENT.search(text)
    filtered = after or ("7" in subjects and not _AT_RCPT.search(text))
    if reason is Reason.USER_UNKNOWN and filtered:
        return Reason.REFUSED
    if reason is Reason.REFUSED and subjects == {"1"}:
        return Reason.USER_UNKNOWN
    return reason


def _in_phase(reason: Reason, status: str, text: str) -> Reason:
    """What was said to MAIL is said of us; what is said with a four is not said for ever."""
    if WEIGHTS[reason] is not Weight.HARD:
        return reason
    if _AT_MAIL.search(text):
        return Reason.BLOCKED
    if status.startswith("4") or _PASSING.search(text):
        return Reason.UNREACHABLE if reason is not Reason.USER_UNKNOWN else Reason.REFUSED
    return reason


def _flat(text: str) -> str:
    """On one line; of links the host alone, and no addresses: full@readers.test has room."""
    return " ".join(ADDRESS.sub("@", _LINKS.sub(r"\1 ", text)).split())
