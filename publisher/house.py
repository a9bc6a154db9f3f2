"""House: a newsroom at work.  What editors configured, and the ports to the world."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random

from publisher.assets import Assets
from publisher.editors import Newsdesk, Wishes
from publisher.i18n.localizer import Localizer
from publisher.inlets import Fetcher, Hubs, Intake, Returns, SourceStates
from publisher.links import KeyRing
from publisher.model.dkim import Dkim
from publisher.model.names import Language
from publisher.model.newsroom import Newsroom
from publisher.model.rates import Groups
from publisher.model.relays import Relay
from publisher.outlets import Allowances, HubPings, Notices, Readers, Stamps
from publisher.ports import (
    Articles,
    Audience,
    Clock,
    Crunch,
    Digests,
    Files,
    HandOver,
    Issues,
    Ledger,
    Outbox,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything the hallway needs; a changed config makes a new one of the same ports."""

    root: Path  # the folder above config/
    newsroom: Newsroom
    text: Mapping[Language, Localizer]
    assets: Assets
    relays: tuple[Relay, ...]  # in the order of config, never empty
    groups: Groups  # mail houses, by domain
    envelope_from: str
    bounces_domain: str | None  # where mail to bounce+… and leave+… is read
    dkim: Dkim | None  # None: the relay signs, or nobody
    keys: KeyRing
    clock: Clock
    dice: Random  # for jitter only
    token: Callable[[], str]  # a new one that nobody can guess
    owner: str  # this process, as the ledger's leases name it
    crunch: Crunch
    fetcher: Fetcher
    files: Files
    aside: Files  # pictures of withdrawn articles, where nobody sees them
    states: SourceStates
    hubs: Hubs
    pings: HubPings
    intake: Intake
    articles: Articles
    newsdesk: Newsdesk
    issues: Issues
    wishes: Wishes
    readers: Readers
    audience: Audience
    outbox: Outbox
    hand_over: HandOver  # its commits, by a sender that goes on meanwhile
    urgent: Outbox  # the same, but all it hands out is Notices
    notices: Notices
    allowances: Allowances  # tokens of rates
    stamps: Stamps
    ledger: Ledger
    digests: Digests
    returns: Returns
