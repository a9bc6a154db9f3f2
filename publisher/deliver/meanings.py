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
# The same said with "later": Google's words for mail that is not authenticated.
_OURS_FOR_NOW = frozenset({*(f"4.7.{n}" for n in (20, 21, 22, 23, 24, 25, 26, 27, 29)), "4.7.12"})
_OURS_FOR_NOW |= frozenset({*(f"4.7.{n}" for n in range(30, 51)), "4.7.8", "4.7.9", "4.7.10"})
_LARGEST_STANDARD = 500  # 5.7.5xx and above are Microsoft's words about senders
_AUTHENTICATION = frozenset({521, 523, 524, 525, 530, 534, 535, 538})  # RFC 4954, 5248, 7504
_NO_MAIL_HERE = 556  # RFC 7504 section 4: the domain takes no mail

_RELAYING = re.compile(r"\brelay", re.IGNORECASE)  # "Relay access denied", "unable to relay"
_QUOTA = re.compile(
    r"throttl|\b(?:daily|hourly|sending|user|message)\b.{0,30}\b(?:quota|limit)\b.{0,20}exceed"
    r"|exceed.{0,30}\b(?:daily|hourly|sending)\b.{0,20}\b(?:quota|limit|rate)",
    re.IGNORECASE,
)
_LISTED = re.compile(
    r"\b(?:spamhaus|spamcop|barracuda|sorbs|dnsbl|rbl|block ?list|black ?list)(?:ed)?\b"
    r"|\bblocked using\b|\bbad reputation\b",
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

_BY_OUTCOME: Mapping[Outcome, Verdict] = {
    Outcome.ACCEPTED: Verdict.DONE,
    Outcome.UNCERTAIN: Verdict.UNKNOWN,
    Outcome.TRANSIENT: Verdict.LATER,
    Outcome.PERMANENT: Verdict.NEVER,
}


def verdict(result: Result) -> Verdict:
    """What a result says about the reader, and about us.

    A permanent no to MAIL names nobody but the sender; 5.7.x to anything but RCPT, a demand to
    log in, a quota and a refusal to relay are about us as well.
    """
    if result.phase is Phase.CONNECT:
        return Verdict.OURS
    if result.outcome is Outcome.ACCEPTED:
        return Verdict.DONE
    plain = _BY_OUTCOME[result.outcome]
    if result.reply is None or plain in {Verdict.DONE, Verdict.UNKNOWN}:
        return plain
    if plain is Verdict.LATER:
        return Verdict.OURS if _ours_for_now(result.reply) else Verdict.LATER
    if _about_us(result.reply, result.phase):
        return Verdict.OURS
    return Verdict.GONE if _gone(result.reply, result.phase) else Verdict.NEVER


def is_quota(reply: Reply | None) -> bool:
    """Whether we have sent as much as we may; knocking again soon is of no use."""
    if reply is None or (reply.enhanced or "")[2:].startswith("2."):  # a reader's mailbox
        return False
    return reply.enhanced in {"5.4.5", "4.4.5"} or bool(_QUOTA.search(reply.text))


def slows(result: Result) -> bool:
    """Whether the receiving side asks for less at a time: 4xx that is not one mailbox's own."""
    if result.outcome is not Outcome.TRANSIENT or result.reply is None:
        return False
    return not (result.reply.enhanced or "").startswith("4.2.")


def _ours_for_now(reply: Reply) -> bool:
    return reply.enhanced in _OURS_FOR_NOW or is_quota(reply)


def _about_us(reply: Reply, phase: Phase) -> bool:
    if phase is Phase.MAIL or reply.code in _AUTHENTICATION or reply.enhanced in _OURS:
        return True
    if is_quota(reply) or _detail(reply, "5.7.") >= _LARGEST_STANDARD:
        return True
    if phase is Phase.RCPT:
        return bool(_RELAYING.search(reply.text) or _LISTED.search(reply.text))
    return (reply.enhanced or "").startswith("5.7.") or bool(_LISTED.search(reply.text))


def _gone(reply: Reply, phase: Phase) -> bool:
    """Behind RCPT a server speaks of the mail, so only its own code for "nobody" counts there."""
    if reply.enhanced in _GONE or reply.code == _NO_MAIL_HERE:
        return True
    vague = reply.enhanced in {None, "5.0.0", "5.1.0", "5.2.0", "5.5.0"}
    return phase not in _BEHIND_THE_DOT and vague and bool(_UNKNOWN_USER.search(reply.text))


def _detail(reply: Reply, subject: str) -> int:
    """The last number of an enhanced code of this subject; -1 for any other."""
    enhanced = reply.enhanced or ""
    return int(enhanced.removeprefix(subject)) if enhanced.startswith(subject) else -1
