"""Keys made for one run, and other people's verifiers."""

import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from shutil import which

import dkim as dkimpy
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from publisher.deliver.dkim import dns_records
from publisher.deliver.dkim_keys import read_dkim
from publisher.model.dkim import Algorithm, Dkim, DkimFiles, KeyFile

DOMAIN = "embankment.test"
OPENDKIM = which("opendkim") or next(
    (str(path) for path in [Path("/usr/sbin/opendkim")] if path.is_file()), None
)


@cache
def pem(algorithm: Algorithm, bits: int = 2048) -> bytes:
    key = (
        generate_private_key(65537, bits)
        if algorithm is Algorithm.RSA
        else Ed25519PrivateKey.generate()
    )
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def written_key(folder: Path, algorithm: Algorithm, data: bytes | None = None) -> KeyFile:
    path = folder / f"{algorithm.name.lower()}.pem"
    path.touch(mode=0o600)
    path.write_bytes(pem(algorithm) if data is None else data)
    selector = "s1" if algorithm is Algorithm.RSA else "s2"
    return KeyFile(algorithm=algorithm, selector=selector, file=path)


def made_dkim(folder: Path, *algorithms: Algorithm) -> Dkim:
    files = tuple(written_key(folder, one) for one in algorithms or tuple(Algorithm))
    return read_dkim(DkimFiles(domain=DOMAIN, files=files))


def records(dkim: Dkim) -> Mapping[str, str]:
    return {one.name: one.value for one in dns_records(dkim)}


def verified(message: bytes, dkim: Dkim) -> list[bool]:
    """What dkimpy says of each signature, top down."""
    known = {f"{name}.".encode(): value.encode() for name, value in records(dkim).items()}
    reader = dkimpy.DKIM(message, minkey=1024)
    count = message.partition(b"\r\n\r\n")[0].count(b"DKIM-Signature:")
    found = []
    for number in range(count):
        try:
            found.append(reader.verify(idx=number, dnsfunc=lambda name, timeout=5: known.get(name)))
        except dkimpy.DKIMException:
            found.append(False)
    return found


def opendkim_says(message: bytes, dkim: Dkim, folder: Path) -> str:
    """The Authentication-Results of opendkim, which reads the keys from a file."""
    assert OPENDKIM
    keys, config, mail = folder / "keys", folder / "opendkim.conf", folder / "mail.eml"
    keys.write_text("".join(f"{name} {value}\n" for name, value in records(dkim).items()))
    config.write_text(
        f"Mode v\nTestPublicKeys {keys}\nSyslog no\nSocket local:{folder}/opendkim.sock\n"
    )
    mail.write_bytes(message)
    ran = subprocess.run(
        [OPENDKIM, "-x", str(config), "-vvv", "-t", str(mail)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return ran.stdout
