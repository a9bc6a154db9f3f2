"""DKIM keys: read from their files and checked.  What they sign, dkim.py says."""

import stat

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_pem_private_key,
)

from publisher.errors import Misconfigured
from publisher.model.dkim import Algorithm, Dkim, DkimFiles, KeyFile, SigningKey
from publisher.model.problems import Problem, msgid

_SMALLEST, _LARGEST = 2048, 4096  # bits; RFC 8301 section 3.2
_OTHERS = stat.S_IWGRP | stat.S_IRWXO  # a group may read: services share keys so
_HOW = {
    Algorithm.RSA: "openssl genrsa -out {file} 2048",
    Algorithm.ED25519: "openssl genpkey -algorithm ed25519 -out {file}",
}


def read_dkim(config: DkimFiles) -> Dkim:
    """The signing domain with its keys; raises Misconfigured with everything that is wrong."""
    keys: list[SigningKey] = []
    problems: list[Problem] = []
    for one in config.files:
        try:
            keys.append(_key(one))
        except Misconfigured as error:
            problems.extend(error.problems)
    if problems:
        raise Misconfigured(*problems)
    return Dkim(domain=config.domain, keys=tuple(keys))


def signing_key(selector: str, private: bytes) -> SigningKey:
    """From PKCS #8: what another process of ours was given."""
    return _usable(selector, load_der_private_key(private, password=None))


def _key(file: KeyFile) -> SigningKey:
    private = _private(file, _contents(file))
    kinds = {Algorithm.RSA: RSAPrivateKey, Algorithm.ED25519: Ed25519PrivateKey}
    if not isinstance(private, kinds[file.algorithm]):
        raise _wrong(file, msgid("{file} holds a key of another kind."), remedy=_MAKE_ONE)
    if isinstance(private, RSAPrivateKey) and not _SMALLEST <= private.key_size <= _LARGEST:
        raise _wrong(
            file,
            msgid("The key in {file} has {bits} bits: receivers want 2048 to 4096."),
            remedy=_MAKE_ONE,
            bits=private.key_size,
        )
    return _usable(file.selector, private)


def _usable(selector: str, private: object) -> SigningKey:
    if isinstance(private, RSAPrivateKey):
        padding, prehashed = PKCS1v15(), Prehashed(SHA256())
        return SigningKey(
            selector=selector,
            algorithm=Algorithm.RSA,
            public=private.public_key().public_bytes(
                Encoding.DER, PublicFormat.SubjectPublicKeyInfo
            ),
            sign=lambda digest: private.sign(digest, padding, prehashed),
            private=private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        )
    assert isinstance(private, Ed25519PrivateKey)  # noqa: S101 - there are two kinds
    return SigningKey(
        selector=selector,
        algorithm=Algorithm.ED25519,
        public=private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        sign=private.sign,
        private=private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
    )


def _contents(file: KeyFile) -> bytes:
    """The file, if nobody else can read or change it."""
    try:
        mode = file.file.stat().st_mode
        data = file.file.read_bytes()
    except OSError as error:
        words = error.strerror or str(error)
        raise _wrong(
            file,
            msgid("The DKIM key {file} cannot be read: {words}."),
            remedy=msgid("Correct the path; it begins at the folder above the config."),
            words=words,
        ) from error
    if mode & _OTHERS:
        raise _wrong(
            file,
            msgid("Others can read or change the DKIM key {file}: they could sign as you."),
            remedy=msgid("Take that right away: chmod 600 {file}"),
        )
    return data


def _private(file: KeyFile, data: bytes) -> object:
    try:
        return load_pem_private_key(data, password=None)
    except TypeError as error:  # cryptography's word for "a password is needed"
        raise _wrong(
            file,
            msgid("The DKIM key {file} is locked with a password."),
            remedy=msgid("Keep it without one, readable for this user alone."),
        ) from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _wrong(
            file, msgid("{file} holds no private key in PEM form."), remedy=_MAKE_ONE
        ) from error


_MAKE_ONE = msgid("Make one with: {how}")


def _wrong(file: KeyFile, message: str, *, remedy: str, **args: str | int) -> Misconfigured:
    name = str(file.file)
    how = _HOW[file.algorithm].format(file=name)
    return Misconfigured(
        Problem(
            message=message,
            args={"file": name, "how": how, **args},
            remedy=remedy,
            place=file.place,
        )
    )
