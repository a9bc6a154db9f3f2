"""What a server's no means: later, not this mail, never again, or our own fault.  Pure.

Enhanced status codes (RFC 3463, 5248 and what the big receivers made of them) are read first, the
three digits next, words last: they are the least reliable.
"""

import re
from collections.abc import Mapping
from enum import Enum

from publisher.model.deliveries import Outcome, Phase, Reply, Result


class Verdict(Enum):
    """What a result asks of us."""

    DONE = "done"  # the server has it
    LATER = "later"  # the same mail may do better another time
    NEVER = "never"  # not this mail to this reader
    GONE = "gone"  # never again: nobody lives at this address
    UNKNOWN = "unknown"  # lost after the dot
    OURS = "ours"  # our own fault or nobody's: stop the lane, blame no reader


# RFC 3463 section 3.2 ff., RFC 7505, RFC 7293: nobody will ever read what is sent there.
_GONE = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10", "5.7.17", "5.7.18"})
# Our own sender, login, server or quota, in whatever phase they are said.
_OURS = frozenset(
    {
        *("5.1.7", "5.1.8"),  # bad sender's address
        *("5.3.4", "5.3.5"),  # the mail is too big for it, or it is set up wrongly
        *("5.4.5",),  # a day's quota (Google)
        *(
            "5.5.6",
            "5.7.8",
            "5.7.9",
            "5.7.10",
            "5.7.11",
            "5.7.12",
            "5.7.13",
            "5.7.14",
        ),  # logging in
        *(f"5.7.{detail}" for detail in range(20, 51)),  # DKIM, SPF, DMARC, reverse DNS, floods
    }
)
# The same said with "later": Google's words for mail that is not authenticated, and Postfix's for
# a sender's domain it does not find.
_OURS_FOR_NOW = frozenset({*(f"4.7.{n}" for n in (20, 21, 22, 23, 24, 25, 26, 27, 29)), "4.7.12"})
_OURS_FOR_NOW |= frozenset({"4.1.7", "4.1.8", "4.3.5"})
_OURS_FOR_NOW |= frozenset({*(f"4.7.{n}" for n in range(30, 51)), "4.7.8", "4.7.9", "4.7.10"})
_NOT_ASCII = frozenset(
    {"5.6.7", "5.6.9"}
)  # RFC 6531: the reader's address, even where MAIL says so
_LARGEST_STANDARD = 500  # 5.7.5xx and above are Microsoft's words about senders
_AUTHENTICATION = frozenset({521, 523, 524, 525, 530, 534, 535, 538})  # RFC 4954, 5248, 7504
_NO_MAIL_HERE = 556  # RFC 7504 section 4: the domain takes no mail

_ADDRESS = re.compile(r"<[^>]*>|\S+@\S+")  # as servers repeat it: its words are nobody's verdict
_RELAYING = re.compile(
    r"\brelay(?:ing)?\b(?! recipient).{0,40}"
    r"\b(?:denied|prohibited|disabled|forbidden|refused|rejected|not (?:allowed|permitted))\b"
    r"|\b(?:unable|cannot|can'?t|not|don'?t|doesn'?t|won'?t|refus\w*|authenticat\w+)\b.{0,30}"
    r"\brelay|\brcpthosts\b",
    re.IGNORECASE,
)
_QUOTA = re.compile(
    r"throttl|\b(?:daily|hourly|sending)\b.{0,30}\b(?:quota|limit)\b.{0,20}exceed"
    r"|exceed.{0,30}\b(?:daily|hourly|sending)\b.{0,20}\b(?:quota|limit|rate)",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\b(?:spamhaus|spamcop|barracuda|sorbs|dnsbl|rbl|block ?list|black ?list)(?:ed)?\b"
    r"|\bblocked using\b|\bbad reputation\b",
    re.IGNORECASE,
)
# Exim asks our own mail server about our sender, and repeats what that says of it.
_OF_OUR_SENDER = re.compile(
    r"\bsender (?:address )?verif(?:y|ication)\b|\bverification failed for <"
    r"|\bsender(?:'s)? (?:e?-?mail )?address rejected"
    r"|\bsender(?:'s)? (?:address|domain)\b.{0,60}\bnull ?mx",
    re.IGNORECASE,
)
_UNKNOWN_USER = re.compile(
    r"\b(?:user|recipient|mailbox|address|account|addressee)\b.{0,40}"
    r"\b(?:unknown|not found|does not exist|doesn'?t exist|not exist|no longer (?:exists|valid))"
    r"|\b(?:unknown|no such|invalid|non-?existent)\b.{0,20}"
    r"\b(?:user|recipient|mailbox|address|account|local part)\b",
    re.IGNORECASE,
)
_BEHIND_THE_DOT = frozenset({Phase.DATA, Phase.DOT})
_OF_A_READER = frozenset({Phase.RCPT, Phase.DATA, Phase.DOT})

_BY_OUTCOME: Mapping[Outcome, Verdict] = {
    Outcome.ACCEPTED: Verdict.DONE,
    Outcome.UNCERTAIN: Verdict.UNKNOWN,
    Outcome.TRANSIENT: Verdict.LATER,
    Outcome.PERMANENT: Verdict.NEVER,
}


def verdict(result: Result) -> Verdict:
    """What a result says about the reader, and about us.

    A permanent no to MAIL names nobody but the sender, unless it is one to SMTPUTF8; 5.7.x to
    anything but RCPT, a demand to log in, a quota and a refusal to relay are about us as well.
    Where the enhanced code speaks of the reader's address or mailbox, no word makes it our fault.
    """
    if result.phase is Phase.CONNECT:
        return Verdict.OURS
    if result.outcome is Outcome.ACCEPTED:
        return Verdict.DONE
    plain = _BY_OUTCOME[result.outcome]
    if result.reply is None or plain in {Verdict.DONE, Verdict.UNKNOWN}:
        return plain
    if plain is Verdict.LATER:
        return Verdict.OURS if _ours_for_now(result.reply, result.phase) else Verdict.LATER
    return _lasting(result.reply, result.phase)


def is_quota(reply: Reply | None) -> bool:
    """Whether we have sent as much as we may; knocking again soon is of no use."""
    if reply is None or _of_the_reader(reply):
        return False
    return reply.enhanced in {"5.4.5", "4.4.5"} or bool(_QUOTA.search(_words(reply)))


def slows(result: Result) -> bool:
    """Whether the receiving side asks for less at a time: 4xx that is not one mailbox's own."""
    if result.outcome is not Outcome.TRANSIENT or result.reply is None:
        return False
    return not (result.reply.enhanced or "").startswith("4.2.")


def is_the_servers(result: Result) -> bool:
    """Whether a "later" is about the server that says it, and no reader or mail house."""
    if result.outcome is not Outcome.TRANSIENT or result.reply is None:
        return False
    return result.phase is Phase.MAIL or (result.reply.enhanced or "").startswith("4.3.")


def names_a_reader(result: Result) -> bool:
    """Whether a no that is our own fault was said of one reader's mail: it is that one's try.

    What is said at MAIL, or of how much we send, concerns every mail alike.
    """
    return result.phase in _OF_A_READER and result.reply is not None and not is_quota(result.reply)


def _lasting(reply: Reply, phase: Phase) -> Verdict:
    if phase is Phase.MAIL:
        return Verdict.NEVER if reply.enhanced in _NOT_ASCII else Verdict.OURS
    if reply.enhanced in _GONE or reply.code == _NO_MAIL_HERE:
        return Verdict.GONE
    if _about_us(reply, phase):
        return Verdict.OURS
    return Verdict.GONE if _is_nobody(reply, phase) else Verdict.NEVER


def _ours_for_now(reply: Reply, phase: Phase) -> bool:
    if reply.enhanced in _OURS_FOR_NOW or is_quota(reply):
        return True
    return phase is Phase.RCPT and _turns_us_away(reply)


def _about_us(reply: Reply, phase: Phase) -> bool:
    if reply.code in _AUTHENTICATION or reply.enhanced in _OURS or is_quota(reply):
        return True
    if _detail(reply, "5.7.") >= _LARGEST_STANDARD:
        return True
    if phase is Phase.RCPT:
        of_our_sender = bool(_OF_OUR_SENDER.search(reply.text)) and not _of_the_reader(reply)
        return of_our_sender or _turns_us_away(reply)
    if (reply.enhanced or "").startswith("5.7."):
        return True
    return not _of_the_reader(reply) and bool(_LISTED.search(_words(reply)))


def _turns_us_away(reply: Reply) -> bool:
    """It will not relay for us, or has us on a list."""
    words = _words(reply)
    told = _RELAYING.search(words) or _LISTED.search(words)
    return bool(told) and not _of_the_reader(reply)


def _of_the_reader(reply: Reply) -> bool:
    """Its enhanced code says something of the address (but not merely "other") or the mailbox."""
    subject = (reply.enhanced or "")[2:]
    return subject.startswith("2.") or (subject.startswith("1.") and subject != "1.0")


def _words(reply: Reply) -> str:
    return _ADDRESS.sub(" ", reply.text)


def _is_nobody(reply: Reply, phase: Phase) -> bool:
    """Behind RCPT a server speaks of the mail, so only its own code for "nobody" counts there."""
    vague = reply.enhanced in {None, "5.0.0", "5.1.0", "5.2.0", "5.5.0"}
    return phase not in _BEHIND_THE_DOT and vague and bool(_UNKNOWN_USER.search(_words(reply)))


def _detail(reply: Reply, subject: str) -> int:
    """The last number of an enhanced code of this subject; -1 for any other."""
    enhanced = reply.enhanced or ""
    return int(enhanced.removeprefix(subject)) if enhanced.startswith(subject) else -1
