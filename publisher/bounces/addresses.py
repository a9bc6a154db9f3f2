"""Mail addresses in whatever strangers write.  Pure."""

import re
from email.message import Message

from publisher.bounces.letter import decoded

ADDRESS = re.compile(
    r"(?<![\w.+/=@-])[A-Za-z0-9\u0080-\U0010ffff!#$%&'*+/=?^_`{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,63}"
    r"@[A-Za-z0-9\u0080-\U0010ffff](?:[\w-]*\w)?(?:\.[A-Za-z0-9\u0080-\U0010ffff](?:[\w-]*\w)?)+"
)
_QUOTED = re.compile(r'"[^"\r\n@\\:{}]{1,64}"@[\w.-]+\.\w+')
_MACHINE = re.compile(
    r"^(?:mailer-daemon|postmaster|mail-daemon|mdaemon|no-?reply|root)@", re.IGNORECASE
)
_LONGEST = 320


def address_in(text: str) -> str:
    """The first address in a text; empty where there is none."""
    if len(text) > 4 * _LONGEST:
        text = text[: 4 * _LONGEST]
    found = _QUOTED.search(text) or ADDRESS.search(text.removeprefix("rfc822;"))
    return found[0].strip("'`") if found else ""


def addresses_in(text: str) -> list[str]:
    """Every address, each once, in order."""
    return list(dict.fromkeys(one.strip("'`") for one in ADDRESS.findall(text)))


def is_machine(address: str) -> bool:
    """Whether it is where machines write from, never a reader."""
    return bool(_MACHINE.match(address))


def addressed(head: Message | None, *names: str) -> list[str]:
    """The addresses in these fields."""
    if head is None:
        return []
    return [
        one
        for name in names
        for value in head.get_all(name, [])
        for one in addresses_in(decoded(value))
    ]
