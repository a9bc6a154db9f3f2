"""Notice: a mail outside an Issue (confirmation, change of address, test, alarm).

In the ledger it is a Delivery of its own: its ids count downwards from -1, so that one key serves
both, and its issue is named after it.
"""

from dataclasses import dataclass
from enum import Enum

from publisher.model.deliveries import Delivery
from publisher.model.names import IssueId, Language

_PREFIX = "notice:"


class NoticeKind(Enum):
    CONFIRMATION = "confirmation"  # somebody asked for mail: was it you?
    CHANGE = "change"  # of an address
    TEST = "test"  # a digest for one who looks it over
    ALARM = "alarm"  # for those who run the newsroom


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be mailed to one address, once."""

    key: str  # a second notice of the same key is none: "review:main:60"
    kind: NoticeKind
    address: str
    name: str
    language: Language
    compiled: bytes  # as a Digest holds it: the whole message, with slots
    leave_url: str  # what stands in the slot of the link that leaves
    leave_by_mail: str = ""


def is_notice(issue: IssueId) -> bool:
    """Whether a delivery of this issue is a Notice."""
    return issue.startswith(_PREFIX)


def issue_of(key: str) -> IssueId:
    """What a Notice's delivery calls its issue; Message-IDs are made of it."""
    return IssueId(_PREFIX + key)


def number_of(delivery: Delivery) -> int:
    """The number of the Notice a delivery is of."""
    return -delivery.id
