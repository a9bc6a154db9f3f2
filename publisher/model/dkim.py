"""Dkim: who signs our mail, and with which keys (RFC 6376, RFC 8463)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from publisher.model.problems import NOWHERE, Place


class Algorithm(Enum):
    RSA = "rsa-sha256"  # every receiver checks it
    ED25519 = "ed25519-sha256"  # short and quick, but not checked by all: never alone


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """One key; `sign` may be called in any thread."""

    selector: str
    algorithm: Algorithm
    public: bytes  # as it stands in DNS, before base64
    sign: Callable[[bytes], bytes] = field(repr=False)  # a SHA-256 hash -> its signature
    private: bytes = field(repr=False)  # PKCS #8, for a process of ours that signs as well


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """A signing domain; every key makes a signature of its own."""

    domain: str  # d=, in ASCII
    keys: tuple[SigningKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyFile:
    """A selector as config names it."""

    algorithm: Algorithm
    selector: str
    file: Path
    place: Place = NOWHERE  # of its key_file in config


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimFiles:
    """What config says of signing; the keys are still in their files."""

    domain: str
    files: tuple[KeyFile, ...]
