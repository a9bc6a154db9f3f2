"""The way out of a valid config: relays, domain groups, DKIM keys.  Refuses nothing."""

from collections.abc import Mapping
from pathlib import Path

from publisher.model.addresses import ascii_domain
from publisher.model.dkim import Algorithm, DkimFiles, KeyFile
from publisher.model.problems import Place
from publisher.model.rates import HOUSES, DomainGroup, WarmUp
from publisher.model.relays import Relay
from publisher.settings.schema_system import Dkim, GroupTable, RelayTable, WarmUpTable


def build_relays(
    tables: Mapping[str, RelayTable], passwords: Mapping[str, str], root: Path
) -> dict[str, Relay]:
    """In the order of config; where it names none, the mail server of this machine."""
    return {
        name: Relay(
            name=name,
            host=table.host,
            port=table.port,
            security=table.security,
            ca_file=root / table.ca_file if table.ca_file else None,
            username=table.username,
            password=passwords.get(name) if table.username else None,
            login=table.login,
            connections=table.connections,
            rates=table.rate,
            warm_up=_warm_up(table.warm_up) if table.warm_up else None,
            weight=table.weight,
        )
        for name, table in (tables or {"main": RelayTable()}).items()
    }


def _warm_up(table: WarmUpTable) -> WarmUp:
    return WarmUp(start=table.from_, days=tuple(table.days))


def build_groups(tables: Mapping[str, GroupTable]) -> dict[str, DomainGroup]:
    """The big mail houses as we know them, less the domains that config puts elsewhere; its own."""
    taken = {domain for table in tables.values() for domain in table.domains}
    groups = {
        name: DomainGroup(name=name, domains=tuple(one for one in domains if one not in taken))
        for name, domains in HOUSES.items()
    }
    for name, table in tables.items():
        known = groups[name].domains if name in groups else ()
        groups[name] = DomainGroup(
            name=name,
            domains=tuple(dict.fromkeys((*known, *table.domains))),
            rates=table.rate,
            connections=table.connections,
        )
    return groups


def build_dkim(table: Dkim, root: Path, place: Mapping[str, Place]) -> DkimFiles:
    """Where the keys lie; `place` knows each one's place in config by the name of its selector."""
    named = (
        (Algorithm.RSA, "rsa", table.selectors.rsa),
        (Algorithm.ED25519, "ed25519", table.selectors.ed25519),
    )
    return DkimFiles(
        domain=ascii_domain(table.domain),
        files=tuple(
            KeyFile(
                algorithm=algorithm,
                selector=one.name,
                file=root / one.key_file,
                place=place[key],
            )
            for algorithm, key, one in named
            if one
        ),
    )
