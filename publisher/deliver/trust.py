"""Whose certificates a relay's session trusts, and what stood in the way of one, by kind.

What a person is told of each kind, trouble.py says.
"""

import os
import re
import ssl
from collections.abc import Iterator

import aiosmtplib

from publisher.deliver.replies import printable_lines
from publisher.model.problems import Place, Problem, msgid
from publisher.model.relays import Relay, Security

# How the reason of a Result begins; behind a colon may stand more.
CA_UNREADABLE = "CA file unreadable"
CA_EMPTY = "no certificate in the CA file"
CA_KEY = "a key for a CA file"
CA_DAMAGED = "damaged CA file"
UNKNOWN_CA = "certificate of an unknown CA"
SELF_SIGNED = "self-signed certificate"
EXPIRED = "certificate expired"
NOT_YET = "certificate not yet valid"
OTHER_NAME = "certificate of another name"
BAD_CERTIFICATE = "certificate"
NO_TLS = "no TLS"
TLS_FAILED = "TLS failed"
NO_STARTTLS = "no STARTTLS"
NOT_SMTP = "not SMTP"
SILENT = "no answer"

_CERTIFICATE = re.compile(rb"-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----")
_PRIVATE = b"PRIVATE KEY-----"
_SEQUENCE = b"0"  # how DER begins: 0x30
_NAME_A_CERTIFICATE = msgid(
    "Name the file with the certificate of your CA; in PEM it begins with "
    "-----BEGIN CERTIFICATE-----."
)
# Of a CA's file: what is said, and what is to be done.
CA_WORDS = {
    CA_UNREADABLE: (
        msgid("The CA's certificate {file} cannot be read: {words}."),
        msgid("Correct the path; it begins at the folder above the config."),
    ),
    CA_EMPTY: (msgid("{file} holds no certificate in PEM or DER form."), _NAME_A_CERTIFICATE),
    CA_KEY: (msgid("{file} holds a key, and no certificate."), _NAME_A_CERTIFICATE),
    CA_DAMAGED: (
        msgid("A certificate in {file} is damaged."),
        msgid("Fetch the certificate of your CA anew; the whole file is wanted, as it is."),
    ),
}
# OpenSSL's numbers (x509_vfy.h).
_VERDICTS = {
    9: NOT_YET,
    10: EXPIRED,
    18: SELF_SIGNED,
    19: UNKNOWN_CA,
    20: UNKNOWN_CA,
    21: UNKNOWN_CA,
    62: OTHER_NAME,
    64: OTHER_NAME,
}
# OpenSSL's words for an answer that is no TLS at all.
_PLAIN_SPEECH = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})


class Untrusted(Exception):
    """The CA's file is of no use; `reason` as in a Result, `words` where there are more."""

    def __init__(self, kind: str, words: str = "") -> None:
        super().__init__(f"{kind}: {words}" if words else kind)
        self.kind, self.words = kind, words


def trust(relay: Relay) -> ssl.SSLContext:
    """Certificates are verified against the relay's own CA, else against the system's.

    Reads files; raises Untrusted.
    """
    if relay.ca_file is None:
        return ssl.create_default_context()
    try:
        data = relay.ca_file.read_bytes()
    except OSError as error:
        raise Untrusted(CA_UNREADABLE, os.strerror(error.errno or 0)) from error
    if not _CERTIFICATE.search(data):
        return _trusting_der(data)
    try:
        return ssl.create_default_context(cafile=relay.ca_file)
    except OSError as error:
        raise Untrusted(CA_DAMAGED) from error


def _trusting_der(data: bytes) -> ssl.SSLContext:
    """What no PEM is in may be the certificate itself, as DER."""
    try:
        if data.startswith(_SEQUENCE):
            return ssl.create_default_context(cadata=data)
    except ssl.SSLError as error:
        raise Untrusted(CA_EMPTY) from error
    raise Untrusted(CA_KEY if _PRIVATE in data else CA_EMPTY)


def check_ca(relay: Relay) -> Iterator[Problem]:
    """What is wrong with the CA's file that config names; its place is the key alone."""
    if relay.ca_file is None or relay.security is Security.NONE:
        return
    try:
        trust(relay)
    except Untrusted as error:
        message, remedy = CA_WORDS[error.kind]
        yield Problem(
            message=message,
            args={"file": str(relay.ca_file), "words": error.words},
            remedy=remedy,
            place=Place(key=f"smtp.relays.{relay.name}.ca_file"),
        )


def reason_of(cause: BaseException) -> str:
    """Why no session stands, as a Result keeps it: a kind, or the system's own short words."""
    if isinstance(cause, ssl.SSLError):
        return _of_tls(cause)
    if isinstance(cause, aiosmtplib.SMTPResponseException):
        line = cause.message.rpartition("response line: ")[2].strip()  # the library's words before
        return f"{NOT_SMTP}: {' '.join(printable_lines(line))}"
    if isinstance(cause, TimeoutError | ConnectionAbortedError):  # the latter: asyncio, of TLS
        return SILENT
    if isinstance(cause, OSError) and cause.errno and cause.errno > 0:
        return os.strerror(cause.errno)
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return " ".join(printable_lines(str(cause) or type(cause).__name__))


def _of_tls(cause: ssl.SSLError) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        kind = _VERDICTS.get(cause.verify_code, BAD_CERTIFICATE)
        return f"{kind}: {cause.verify_message.rstrip('.')}"
    kind = NO_TLS if cause.reason in _PLAIN_SPEECH else TLS_FAILED
    words = cause.reason or str(cause)
    return f"{kind}: {words.replace('_', ' ').lower()}"
