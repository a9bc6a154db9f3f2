"""The schema of the machines' half: storage, web, secrets, mail servers, feeds."""

import re
from datetime import date, timedelta
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from publisher.model.problems import msgid
from publisher.model.relays import LogIn, Security
from publisher.settings import fields as f
from publisher.settings.mistakes import Mistake
from publisher.settings.table import Table, words_of
from publisher.settings.words import shown

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SELECTOR = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")  # RFC 6376 section 3.1


class Storage(Table):
    """[storage]."""

    url: f.Database = "sqlite:///var/publisher.db"


class Collect(Table):
    """[collect]."""

    gap: f.Pause = timedelta(seconds=1)
    at_once: int = Field(default=16, ge=1, le=256)


class Web(Table):
    """[web]."""

    listen: f.Listen = ("127.0.0.1", 8080)
    proxies: list[f.Network] = Field(default_factory=list, max_length=64)
    repeat: f.Span | None = None


class Secrets(Table):
    """[secrets]."""

    keys_file: f.Text = "var/secret.key"


class WarmUpTable(Table):
    """[smtp.relays.NAME] warm_up."""

    from_: date = Field(alias="from")
    days: list[Annotated[int, Field(ge=1, le=100_000_000)]] = Field(min_length=1, max_length=366)


class RelayTable(Table):
    """[smtp.relays.NAME]."""

    host: f.Host = "127.0.0.1"
    port: int = Field(default=25, ge=1, le=65535)
    security: Annotated[Security, words_of(Security)] = Security.NONE
    ca_file: f.Text | None = None
    username: f.Text | None = None
    login: Annotated[LogIn, words_of(LogIn)] | None = None
    connections: int = Field(default=20, ge=1, le=1000)
    rate: f.Rates = ()
    warm_up: WarmUpTable | None = None
    weight: int = Field(default=1, ge=1, le=1000)


class GroupTable(Table):
    """[smtp.groups.NAME]: a mail house.  The big ones are known, and need no `domains`."""

    domains: list[f.MailDomain] = Field(default_factory=list, max_length=1000)
    rate: f.Rates = ()
    connections: int | None = Field(default=None, ge=1, le=1000)


class Bounces(Table):
    """[smtp.bounces]."""

    domain: f.Host
    intake: f.Intake | None = None


def _selector(value: str) -> str:
    if not _SELECTOR.fullmatch(value):
        raise Mistake(
            msgid("{found} cannot be a selector: it stands in a DNS name."),
            remedy=msgid("Use Latin letters, digits and hyphens, for example “s1”."),
            found=shown(value),
        )
    return value


class Selector(Table):
    """[smtp.dkim] selectors."""

    name: Annotated[str, AfterValidator(_selector)]
    key_file: f.Text


class Selectors(Table):
    """[smtp.dkim] selectors."""

    rsa: Selector | None = None
    ed25519: Selector | None = None

    @model_validator(mode="after")
    def _some(self) -> "Selectors":
        if not (self.rsa or self.ed25519):
            raise Mistake(
                msgid("There is no key to sign with."),
                remedy=msgid(
                    "Name one: selectors.rsa, and beside it selectors.ed25519 if you like."
                ),
            )
        return self

    @model_validator(mode="after")
    def _apart(self) -> "Selectors":
        """RFC 6376 section 3.6.2.2: a name in DNS holds one key."""
        names = [one.name.lower() for one in (self.rsa, self.ed25519) if one]
        if len(names) > len(set(names)):
            raise Mistake(
                msgid("Both keys have the selector {found}, and a name in DNS holds one key."),
                remedy=msgid("Give each a selector of its own, for example “s1” and “s2”."),
                found=shown(names[0]),
            )
        return self


class Dkim(Table):
    """[smtp.dkim]."""

    domain: f.SigningDomain
    selectors: Selectors


class Smtp(Table):
    """[smtp]."""

    relays: dict[f.Slug, RelayTable] = Field(default_factory=dict)
    groups: dict[f.Slug, GroupTable] = Field(default_factory=dict)
    bounces: Bounces | None = None
    dkim: Dkim | None = None


class FeedTable(Table):
    """[feeds.each."en/moscow"]."""

    items: int | None = Field(default=None, ge=1, le=1000)
    content: Annotated[str, f.one_of({"full": "full", "summary": "summary"})] | None = None


class Feeds(Table):
    """[feeds]."""

    items: int = Field(default=50, ge=1, le=1000)
    content: Annotated[str, f.one_of({"full": "full", "summary": "summary"})] = "full"
    hubs: list[f.WebAddress] = Field(default_factory=list, max_length=8)
    private_hubs: bool = False
    visible_legal_line: bool = True
    archives: bool = True
    yandex: list[f.SiteLanguage] = Field(default_factory=list)
    news_sitemap: bool = False
    each: dict[f.FeedName, FeedTable] = Field(default_factory=dict)
    legal: f.ProfileName | None = None
