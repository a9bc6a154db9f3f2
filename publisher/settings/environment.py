"""What comes from the environment: secrets, and the database of this machine."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from publisher.errors import Misconfigured
from publisher.links import parse_keys
from publisher.model.problems import Place, Problem, msgid
from publisher.settings.addresses import database
from publisher.settings.mistakes import Mistake

_STORAGE, _KEYS = "PUBLISHER_STORAGE_URL", "PUBLISHER_SECRET_KEYS"
BOUNCES_PASSWORD = "PUBLISHER_BOUNCES_PASSWORD"  # noqa: S105 - the name of a variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Read once, and checked."""

    storage_url: str | None
    secret_keys: tuple[bytes, ...] | None = field(repr=False)
    passwords: Mapping[str, str] = field(repr=False)  # relay -> password
    bounces_password: str | None = field(repr=False)  # of the mailbox that bounces come to
    problems: tuple[Problem, ...]


def read_environment(environ: Mapping[str, str], *, relays: Iterable[str]) -> Environment:
    """Every variable that concerns us; what is wrong with them is in `problems`."""
    problems: list[Problem] = []
    passwords: dict[str, str] = {}
    storage: str | None = None
    keys: tuple[bytes, ...] | None = None
    for relay in relays:
        if password := _secret(environ, password_name(relay), problems):
            passwords[relay] = password
    bounces = _secret(environ, BOUNCES_PASSWORD, problems)
    try:
        storage = database(environ[_STORAGE]) if environ.get(_STORAGE) else None
    except Mistake as mistake:
        problems.append(mistake.at(Place(key=_STORAGE)))
    if ring := _secret(environ, _KEYS, problems):
        try:
            keys = parse_keys(ring.replace(",", "\n"), place=Place(key=_KEYS))
        except Misconfigured as error:
            problems.extend(error.problems)
    return Environment(
        storage_url=storage,
        secret_keys=keys,
        passwords=passwords,
        bounces_password=bounces,
        problems=tuple(problems),
    )


def password_name(relay: str) -> str:
    """The variable that holds a relay's password: PUBLISHER_SMTP_MAIN_PASSWORD."""
    return f"PUBLISHER_SMTP_{relay.upper().replace('-', '_')}_PASSWORD"


def _secret(environ: Mapping[str, str], name: str, problems: list[Problem]) -> str | None:
    """The variable, or the file that NAME_FILE names; empty ones count as unset."""
    value, file = environ.get(name), environ.get(f"{name}_FILE")
    if value and file:
        problems.append(
            Problem(
                message=msgid("{name} and {name}_FILE are both set."),
                args={"name": name},
                remedy=msgid("Unset one of the two."),
                place=Place(key=name),
            )
        )
    if value or not file:
        return value or None
    try:
        return Path(file).read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        words = error.strerror if isinstance(error, OSError) else error.reason
        problems.append(
            Problem(
                message=msgid("{file} cannot be read: {words}."),
                args={"file": file, "words": words or str(error)},
                remedy=msgid("Correct {name}, or let this user read the file."),
                place=Place(key=f"{name}_FILE"),
            )
        )
        return None
