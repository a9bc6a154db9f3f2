"""What stands in the public folder for feed readers, as one small file beside it.

The builder writes it; the web and WebSub read it.  It is never the truth about bytes: whoever reads
a file compares its hash.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Final

MANIFEST: Final = ".feeds.json"  # below the public folder
PACKED: Final[Mapping[str, str]] = {".br": "br", ".gz": "gzip"}  # suffix -> content coding
_VERSION: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One published file."""

    sha256: str  # of its bytes
    modified: datetime  # whole seconds; see `last_modified`
    address: str | None = None  # its own, rel=self; None: no feed
    hubs: tuple[str, ...] = ()  # WebSub: who tells of its changes
    made_of: str | None = None  # hash of what it was built from; None: to be built again


def digest(data: bytes) -> str:
    """The hash by which files are compared."""
    return sha256(data).hexdigest()


def last_modified(
    before: Listed | None, sha: str, *, told: datetime | None, now: datetime
) -> datetime:
    """When these bytes came to be: the newest change they tell of (`told`), if that says it.

    An edit that is no news changes bytes and no date; then it is now, else whoever asks by date
    alone would never see it.  Never later than now (RFC 9110 section 8.8.2.1).
    """
    if before is not None and before.sha256 == sha:
        return before.modified
    newest = min(told or now, now).replace(microsecond=0)
    later = before is None or newest > before.modified
    return newest if later else now.replace(microsecond=0)


def manifest_bytes(listed: Mapping[str, Listed]) -> bytes:
    """The manifest as a file; the same files give the same bytes."""
    files = {
        path: {
            "sha256": one.sha256,
            "modified": one.modified.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "self": one.address,
            "hubs": one.hubs,
            "made_of": one.made_of,
        }
        for path, one in listed.items()
    }
    document = {"version": _VERSION, "files": files}
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"


def read_manifest(data: bytes | None) -> dict[str, Listed]:
    """What a manifest lists by path; nothing for one that is absent, broken or of another time."""
    try:
        document = json.loads(data or b"{}")
        if document.get("version") != _VERSION:
            return {}
        return {str(path): _listed(said) for path, said in document["files"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _listed(said: Mapping[str, Any]) -> Listed:
    address = said["self"]
    return Listed(
        sha256=str(said["sha256"]),
        modified=datetime.fromisoformat(said["modified"]).astimezone(UTC),
        address=None if address is None else str(address),
        hubs=tuple(str(hub) for hub in said["hubs"]),
        made_of=said.get("made_of"),
    )
