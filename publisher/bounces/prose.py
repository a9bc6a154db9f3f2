"""Bounces written for people: who is named in the words, and what is said of each.

Mail servers have told it in a hundred ways since 1980, and nearly all of them put the address at
the beginning of a line, or behind a word such as "recipient".  No server is known here by name.
"""

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from publisher.bounces.addresses import ADDRESS, addressed, addresses_in, is_machine
from publisher.bounces.letter import Letter

_ADDRESS = ADDRESS.pattern
# The address opens the line; brackets, quotes and a list's marks may stand before it, or a code.
_OPENS = re.compile(
    rf"""^[ \t>]*
    (?:[-*•][ \t]+|\d+[.)][ \t]+|\(?expanded\ from:?[ \t]+|[45]\d\d[ -](?:[45]\.\d\.\d+\ )?)?
    (?P<label>(?:(?:failed|original|final)?[ -]?
        (?:recipients?|addressee|address|rcpt|user|to|unknown\ user|получатель|адрес)
        (?:\(s\))?[ \t]*[:=][ \t]*)?)
    (?:{_ADDRESS}\ (?=<))?     {"# a name that looks like an address"}
    ["'<(\[]*(?:mailto:)?(?P<address>{_ADDRESS})""",
    re.IGNORECASE | re.VERBOSE,
)
_CODED = re.compile(r"[45]\d\d[ -]")
_BEHIND = re.compile(
    rf"""(?:rcpt\ to|mailing\ list|recipients?|address(?:ee)?|user|mailbox|account|mail|message
        |deliver\w*|adresse|получател\w*|адрес\w*)
    [^\n@]{{0,60}}?\b(?:to|for|was|is|by|of|address|list|:|in)?[ \t]*:?[ \t\n]*
    ["'<(\[]*({_ADDRESS})""",
    re.IGNORECASE | re.VERBOSE,
)
_SIGNS = re.compile(
    r"""undeliver|not\ (?:be\ )?deliver|unable\ to\ deliver|could\ ?n[o']t\ (?:be\ )?deliver
    |wasn'?t\ able\ to\ deliver|returned\ (?:mail|to\ sender)|non[- ]?deliver|did\ not\ reach
    |delivery\ (?:to|has|failed|failure|status|error|notification|problem|unsuccessful|attempt
        |report|incomplete)
    |mail\ (?:delivery|failure|system\ error)|failed?\ (?:delivery|recipient|address)
    |fail(?:ed|ure)\ notice|permanent\ (?:error|fatal|failure)|fatal\ error|rejected|bounce
    |can(?:not|'t)\ (?:be\ )?(?:deliver|sen[dt])|user\ unknown|mail(?:box)?\ (?:is\ )?(?:full|quota)
    |smtp\ server:\ errors|not\ (?:a\ )?members?\ of\ th|invalid\ (?:user|recipient)
    |error\ (?:delivering|while|occurred)|was\ not\ delivered
    |has\ been\ (?:delayed|rejected|blocked)
    |warning.{0,30}could\ not|не\ (?:может\ быть\ )?(?:доставлен|удалось)|недоставлен
    |送信(?:でき|され)|配信(?:でき|され)|届け""",
    re.IGNORECASE | re.VERBOSE,
)
_BY_MACHINE = re.compile(
    r"""mailer-daemon|post_?master|mail\ delivery|delivery\ (?:sub)?system|mail\ system
    |system\ administrator|mail-?administrator|no-?reply@|^<>$
    |-(?:admin|owner|request)@|listserv|majordomo""",
    re.IGNORECASE | re.VERBOSE,
)
_DELAYED = re.compile(
    r"""warning\ (?:message\ )?only|do(?:n'?t|\ not)\ need\ to\ resend|still\ being\ retried
    |will\ (?:be\ retried|continue|keep|try\ again)|delivery\ status\ notification\ \(delay\)
    |could\ not\ send\ (?:mail|message)\ for\ (?:the\ )?past|has\ been\ delayed
    |delayed\ (?:mail|delivery)""",
    re.IGNORECASE | re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One address, and what stands with it."""

    recipient: str
    words: str


def is_bounce(letter: Letter) -> bool:
    """Whether a machine says that a mail did not arrive.

    A person who sends a mail of ours on to somebody, and says that their mailbox is full, is none.
    """
    by_machine = any(
        _BY_MACHINE.search(one.strip())
        for name in ("From", "Return-Path", "Sender", "X-Mailer")
        for one in letter.fields(name)
    )
    by_machine = by_machine or letter.field("Auto-Submitted").lower().startswith("auto-")
    titled = bool(_SIGNS.search(letter.field("Subject")))
    if by_machine:
        return titled or bool(_SIGNS.search(letter.words[:4000]))
    return titled and letter.original is not None


def is_delay(letter: Letter) -> bool:
    """Whether it says "not yet" and no more."""
    return bool(_DELAYED.search(letter.field("Subject")) or _DELAYED.search(letter.words[:2000]))


def told(letter: Letter) -> list[Told]:
    """Whom the words name as not reached.  At best one guess from the original's own To."""
    lines = letter.words.splitlines()
    strangers = _ours(letter)
    opening = _opening(lines, strangers)
    if opening:
        return _with_blocks(lines, opening)
    named = [one.strip("'`") for one in _BEHIND.findall(letter.words)]
    for some in (
        named,
        addressed(letter.head, "X-Failed-Recipients", "X-Failed-To", "Failed-Recipient"),
        addresses_in(letter.words),
        addressed(letter.original, "X-RcptTo", "To")[:1],
    ):
        if found := [
            one for one in some if not _among(one, strangers) and not _reports(one, letter)
        ]:
            return [Told(recipient=one, words=letter.words) for one in dict.fromkeys(found)]
    return []


def _ours(letter: Letter) -> set[str]:
    """Addresses of ours and of machines: named in every report, and never the one that failed."""
    ours = addressed(letter.head, "To", "Delivered-To", "From", "Envelope-To", "Return-Path")
    ours += addressed(letter.original, "From", "Sender", "Return-Path", "Reply-To", "Message-ID")
    reader = {one.lower() for one in addressed(letter.original, "To", "Cc")}
    return {one.lower() for one in ours} - reader


def _reports(address: str, letter: Letter) -> bool:
    """A machine that tells, and not the one the mail was for."""
    return is_machine(address) and address not in addressed(letter.original, "To")


def _opening(lines: Sequence[str], strangers: AbstractSet[str]) -> list[tuple[int, str]]:
    """Lines that an address opens; those that say "To: …" only where no other does."""
    found = [
        (number, match["address"].strip("'`"), match["label"].lower())
        for number, line in enumerate(lines)
        if (match := _OPENS.match(line)) and not _among(match["address"], strangers)
    ]
    plain = [one for one in found if not one[2].startswith("to")]
    return [(number, address) for number, address, _ in plain or found]


def _among(address: str, strangers: AbstractSet[str]) -> bool:
    """Whether it is one of these; words in other scripts may stick to its end."""
    plain = address.lower()
    return plain in strangers or any(
        plain.startswith(one) and not plain[len(one) : len(one) + 1].isascii() for one in strangers
    )


def _with_blocks(lines: Sequence[str], opening: Sequence[tuple[int, str]]) -> list[Told]:
    """What stands from an address to the next one is said of it.

    Behind a reply code the line says all: a transcript goes on with somebody else's.
    """
    ends = [number for number, _ in opening[1:]] + [len(lines)]
    blocks: dict[str, list[str]] = {}
    for (start, address), end in zip(opening, ends, strict=True):
        if not is_machine(address) or len(opening) == 1:
            whole = lines[start : start + 1] if _CODED.match(lines[start]) else lines[start:end]
            blocks.setdefault(address, []).extend(whole)
    return [Told(recipient=one, words="\n".join(words)) for one, words in blocks.items()]
