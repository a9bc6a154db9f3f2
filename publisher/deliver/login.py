"""Logging in: one mechanism after another, and never a password twice once it was refused.

Servers count wrong passwords and lock accounts, so only "I do not know this mechanism" leads on to
the next one (RFC 4954 section 4: 504).  A server that offers a mechanism it cannot check says the
same 535 as to a wrong password: then config names the one to use.
"""

import re

import aiosmtplib

from publisher.model.relays import LogIn

NO_LOG_IN = "no log-in"  # how the reason begins where no mechanism is common to both

# By what they give away: over TLS the simplest first, without it the password goes in the clear
# only where the server knows nothing else.
_ENCRYPTED = (LogIn.PLAIN, LogIn.LOGIN, LogIn.CRAM_MD5)
_IN_THE_CLEAR = (LogIn.CRAM_MD5, LogIn.PLAIN, LogIn.LOGIN)
_UNKNOWN = frozenset({500, 501, 502, 504})  # of a command, its form or its parameter
_WRONG_PASSWORD = 535
_SAYS_UNKNOWN = re.compile(
    r"\b(?:mechanism|authentication (?:type|method))\b.{0,30}"
    r"\b(?:not|un)[ -]?(?:supported|known|available|recogni[sz]ed|implemented)"
    r"|\b(?:not|un)[ -]?(?:supported|known|available|recogni[sz]ed|implemented)\b.{0,30}"
    r"\b(?:mechanism|authentication (?:type|method))\b",
    re.IGNORECASE,
)


class CannotLogIn(aiosmtplib.SMTPException):
    """The server offers no mechanism that we know."""


async def log_in(
    client: aiosmtplib.SMTP, username: str, password: str, *, only: LogIn | None = None
) -> None:
    """Raises SMTPAuthenticationError with the server's refusal, or CannotLogIn."""
    encrypted = client.get_transport_info("sslcontext") is not None
    say = {
        LogIn.PLAIN: client.auth_plain,
        LogIn.LOGIN: client.auth_login,
        LogIn.CRAM_MD5: client.auth_crammd5,
    }
    ways = (only,) if only else _ENCRYPTED if encrypted else _IN_THE_CLEAR
    unknown: aiosmtplib.SMTPAuthenticationError | None = None
    for mechanism in ways:
        if mechanism.value not in client.server_auth_methods:
            continue
        try:
            await say[mechanism](username, password)
        except aiosmtplib.SMTPAuthenticationError as error:
            if not _is_unknown(error):
                raise
            unknown = error
        else:
            return
    offered = " ".join(client.server_auth_methods).upper()
    raise unknown or CannotLogIn(f"{NO_LOG_IN}: {offered or 'no AUTH'}")


def _is_unknown(error: aiosmtplib.SMTPAuthenticationError) -> bool:
    """Whether it was the mechanism that was refused, and no password was looked at."""
    if error.code == _WRONG_PASSWORD or error.message.startswith("5.7.8"):
        return False
    if error.code in _UNKNOWN or error.message.startswith("5.5.4"):
        return True
    return error.code // 100 == 5 and bool(_SAYS_UNKNOWN.search(error.message))  # noqa: PLR2004
