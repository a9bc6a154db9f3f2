"""Config read, checked and built: everything that is wrong, at once, or Settings."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from publisher.errors import Misconfigured
from publisher.model.addresses import ascii_domain
from publisher.model.problems import Place, Problem, Severity, msgid
from publisher.model.rates import HOUSES
from publisher.settings.addresses import address_in
from publisher.settings.build import Settings, build
from publisher.settings.environment import (
    BOUNCES_PASSWORD,
    Environment,
    password_name,
    read_environment,
)
from publisher.settings.inherit import Inherited, inherited
from publisher.settings.kept import kept, not_acted_on
from publisher.settings.known import known_in
from publisher.settings.mistakes import DID_YOU_MEAN, nearest
from publisher.settings.problems import mistake_of, path_of
from publisher.settings.schema import Config
from publisher.settings.tree import Tree, dotted, fingerprint, read_tree

__all__ = ["Settings", "fingerprint", "load"]  # one door for those who read config


def load(
    config_dir: Path, environ: Mapping[str, str], *, now: datetime, root: Path | None = None
) -> Settings:
    """The Settings of a config folder; nothing is opened, created or fetched.

    `root` is what relative paths begin at; left out, the folder above.
    Raises Misconfigured with every Problem there is: in files, keys, references, environment.
    """
    tree = read_tree(config_dir)
    root = root or config_dir.resolve().parent
    whole = inherited(tree)
    environment = read_environment(environ, relays=_relay_names(tree.data))
    config, wrong = _validated(tree, whole, root=root, now=now)
    problems = (*tree.clashes, *whole.problems, *wrong, *environment.problems)
    if config is None or problems:
        raise Misconfigured(*_in_order(problems))
    settings = build(config, whole.data, environment, root=root, places=_places(tree))
    if missing := (*_missing_files(settings), *_groups_of_nobody(config, tree)):
        raise Misconfigured(*missing)
    return replace(settings, notes=tuple(_in_order(_notes(config, tree, whole, environment))))


def _validated(
    tree: Tree, whole: Inherited, *, root: Path, now: datetime
) -> tuple[Config | None, list[Problem]]:
    try:
        config = Config.model_validate(whole.data, context=known_in(tree.data, root=root, now=now))
    except ValidationError as error:
        found = [
            mistake_of(one).at(tree.where(whole.origin(path_of(one))))
            for one in error.errors(include_url=False)
        ]
        return None, _once(found)
    return config, []


def _once(problems: list[Problem]) -> list[Problem]:
    """What an edition inherits is wrong only once."""
    return [problem for at, problem in enumerate(problems) if problem not in problems[:at]]


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """As one reads: by file and line; what has no place comes last."""
    return sorted(problems, key=lambda one: (one.place.file or "\uffff", one.place.line or 0))


def _relay_names(data: Mapping[str, Any]) -> tuple[str, ...]:
    smtp = data.get("smtp")
    relays = smtp.get("relays") if isinstance(smtp, dict) else None
    return tuple(relays) if isinstance(relays, dict) and relays else ("main",)


def _places(tree: Tree) -> dict[str, Place]:
    """Dotted keys and where they stand, except for those that stand in several tables of a list."""
    places: dict[str, Place] = {}
    for path, (file, line) in tree.places.items():
        if not any(isinstance(part, int) and part for part in path):
            places.setdefault(dotted(path), Place(file=file, line=line, key=dotted(path)))
    several = {dotted(path) for path in tree.places if path[-1] == 1}
    inner = tuple(f"{key}." for key in several)
    return {key: place for key, place in places.items() if not key.startswith(inner)}


# --- what is worth a word -----------------------------------------------------------------------


def _missing_files(settings: Settings) -> Iterator[Problem]:
    for relay in settings.relays.values():
        if relay.ca_file and not relay.ca_file.is_file():
            yield Problem(
                message=msgid("There is no file {file}."),
                args={"file": str(relay.ca_file)},
                remedy=msgid("Correct the path; it begins at the folder above the config."),
                place=settings.place(f"smtp.relays.{relay.name}.ca_file"),
            )


def _groups_of_nobody(config: Config, tree: Tree) -> Iterator[Problem]:
    """A mistyped name of a mail house would leave it without its limit, and nobody would hear."""
    for name, group in config.smtp.groups.items():
        if group.domains or name in HOUSES:
            continue
        near = nearest(name, HOUSES)
        yield Problem(
            message=msgid("The group {name} limits nobody: it has no domains."),
            args={"name": name, "near": near or "", "known": ", ".join(HOUSES)},
            remedy=DID_YOU_MEAN
            if near
            else msgid("Name its domains, or take it out; without any we know only {known}."),
            place=tree.where(("smtp", "groups", name)),
        )


def _notes(
    config: Config, tree: Tree, whole: Inherited, environment: Environment
) -> Iterator[Problem]:
    paths = dict.fromkeys(whole.origin(path) for path in kept(config))
    yield from (not_acted_on(tree.where(path)) for path in paths)
    yield from _twice_grouped(config, tree)
    yield from _signing_notes(config, tree)
    yield from _one_click_notes(config, tree)
    yield from _bounce_notes(config, tree, environment)
    for name, relay in config.smtp.relays.items():
        if relay.username and name not in environment.passwords:
            yield Problem(
                message=msgid("The relay has a user name, but {name} is not set."),
                args={"name": password_name(name)},
                remedy=msgid("Set it, or take the user name out: without it there is no log-in."),
                severity=Severity.NOTE,
                place=tree.where(("smtp", "relays", name, "username")),
            )


def _twice_grouped(config: Config, tree: Tree) -> Iterator[Problem]:
    """A domain has one group: the one named last."""
    first: dict[str, str] = {}
    for name, group in config.smtp.groups.items():
        for domain in group.domains:
            if domain in first and first[domain] != name:
                yield Problem(
                    message=msgid("{domain} is in the groups {first} and {name}; {name} counts."),
                    args={"domain": domain, "first": first[domain], "name": name},
                    severity=Severity.NOTE,
                    place=tree.where(("smtp", "groups", name, "domains")),
                )
            first[domain] = name


def _signing_notes(config: Config, tree: Tree) -> Iterator[Problem]:
    """Signatures that are right and help nobody."""
    if (dkim := config.smtp.dkim) is None:
        return
    domain = ascii_domain(dkim.domain)
    own_domains = {address_in(one).rpartition("@")[2] for one in config.mail.from_.values()}
    for own in sorted(own_domains):
        if not _same_or_above(own, domain) and not _same_or_above(domain, own):
            yield Problem(
                message=msgid(
                    "Mail from {own} would be signed by {domain}, and DMARC wants them to be one."
                ),
                args={"own": own, "domain": domain},
                remedy=msgid("Sign with the domain that stands in From."),
                severity=Severity.NOTE,
                place=tree.where(("smtp", "dkim", "domain")),
            )
    if dkim.selectors.rsa is None:
        yield Problem(
            message=msgid("Some receivers do not check Ed25519: for them the mail is not signed."),
            remedy=msgid("Add a key for selectors.rsa; both can sign."),
            severity=Severity.NOTE,
            place=tree.where(("smtp", "dkim", "selectors", "ed25519")),
        )


def _one_click_notes(config: Config, tree: Tree) -> Iterator[Problem]:
    """RFC 8058 knows https alone; on this machine nobody asks."""
    site = urlsplit(config.site.base_url)
    if site.scheme == "http" and site.hostname not in {"127.0.0.1", "::1", "localhost"}:
        yield Problem(
            message=msgid("Mail programs offer to leave with one click over https alone."),
            remedy=msgid("Serve the site over https, and write https:// here."),
            severity=Severity.NOTE,
            place=tree.where(("site", "base_url")),
        )


def _bounce_notes(config: Config, tree: Tree, environment: Environment) -> Iterator[Problem]:
    """A domain for what comes back, and nobody who reads it."""
    if (table := config.smtp.bounces) is None:
        return
    if table.intake is None:
        yield Problem(
            message=msgid("Nobody reads what comes back to {domain}, so nothing is sent there."),
            args={"domain": table.domain},
            remedy=msgid("Add intake, for example “maildir:var/bounces”."),
            severity=Severity.NOTE,
            place=tree.where(("smtp", "bounces", "domain")),
        )
    elif table.intake.startswith("imap") and environment.bounces_password is None:
        yield Problem(
            message=msgid("The mailbox for bounces needs a password, but {name} is not set."),
            args={"name": BOUNCES_PASSWORD},
            severity=Severity.NOTE,
            place=tree.where(("smtp", "bounces", "intake")),
        )


def _same_or_above(lower: str, upper: str) -> bool:
    return lower == upper or lower.endswith(f".{upper}")
