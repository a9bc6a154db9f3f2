"""A box on an IMAP server, read by Python's own client in a thread.

What was taken in is deleted there; what nobody could read stays, flagged, and is not read again.
"""

import asyncio
import imaplib
import ssl
from base64 import b64encode
from collections.abc import AsyncGenerator
from contextlib import suppress
from itertools import groupby
from typing import Any

from publisher.bounces.boxes import Arrival
from publisher.errors import Refused
from publisher.model.inboxes import Mailbox
from publisher.model.problems import Problem, msgid

_PATIENCE = 30  # seconds for one answer of the server
_AT_ONCE = 200
_LARGEST = 8 * 1024 * 1024
_WAITING = "UNDELETED UNFLAGGED"


class ImapBox:
    """One folder; the connection lives as long as one pass."""

    def __init__(self, mailbox: Mailbox, *, tls: ssl.SSLContext | None = None) -> None:
        self._mailbox = mailbox
        self._tls = tls  # None: what this machine trusts
        self._server: imaplib.IMAP4 | None = None
        self._expunges_one = False  # RFC 4315: one mail, not all that anybody marked

    async def waiting(self) -> AsyncGenerator[Arrival, None]:
        try:
            for uid in await self._call(self._opened):
                raw = await self._call(self._fetched, uid)
                if raw is not None:
                    yield Arrival(name=uid, raw=raw)
        finally:
            await asyncio.to_thread(self._closed)

    async def settle(self, arrival: Arrival, *, aside: bool) -> None:
        await self._call(self._flagged, arrival.name, r"(\Flagged)" if aside else r"(\Deleted)")

    async def _call(self, work: Any, *args: str) -> Any:
        """In a thread; raises Refused in words for whatever the server or the network does."""
        try:
            return await asyncio.to_thread(work, *args)
        except (OSError, UnicodeError, imaplib.IMAP4.error) as error:
            raise Refused(self._trouble(error)) from error

    def _opened(self) -> list[str]:
        """Log in; the numbers of the mails that wait."""
        box = self._mailbox
        if box.tls:
            trusted = self._tls or ssl.create_default_context()
            server: imaplib.IMAP4 = imaplib.IMAP4_SSL(
                box.host, box.port, ssl_context=trusted, timeout=_PATIENCE
            )
        else:
            server = imaplib.IMAP4(box.host, box.port, timeout=_PATIENCE)
        self._server = server
        _log_in(server, box.user, box.password or "")
        self._expunges_one = b"UIDPLUS" in _ok(server.capability())[0].upper()
        _ok(server.select(_quoted(box.folder)))
        return self._searched(_WAITING)[:_AT_ONCE]

    def _marked(self) -> list[str]:
        return self._searched("DELETED")

    def _searched(self, what: str) -> list[str]:
        found = _ok(self._open.uid("SEARCH", what))
        return [uid.decode("ascii") for uid in (found[0] or b"").split()]

    def _fetched(self, uid: str) -> bytes | None:
        """The mail, or None when somebody deleted it meanwhile."""
        found = _ok(self._open.uid("FETCH", uid, f"(BODY.PEEK[]<0.{_LARGEST}>)"))
        return next((bytes(one[1]) for one in found if isinstance(one, tuple)), None)

    def _flagged(self, uid: str, flag: str) -> None:
        _ok(self._open.uid("STORE", uid, "+FLAGS.SILENT", flag))
        if flag == r"(\Deleted)":
            if self._expunges_one:
                _ok(self._open.uid("EXPUNGE", uid))
            elif self._marked() == [uid]:  # EXPUNGE takes all that anybody marked
                _ok(self._open.expunge())

    def _closed(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            try:
                server.logout()
            except (OSError, imaplib.IMAP4.error):
                with suppress(OSError):
                    server.shutdown()

    @property
    def _open(self) -> imaplib.IMAP4:
        if self._server is None:
            raise OSError("no connection")
        return self._server

    def _trouble(self, error: Exception) -> Problem:
        words = str(error).removeprefix("b'").removesuffix("'")
        return Problem(
            message=msgid("The mailbox for bounces at {server} cannot be read: {words}"),
            args={"server": f"{self._mailbox.host}:{self._mailbox.port}", "words": words},
            remedy=msgid("Nothing is lost: what waits there is read once it can be."),
        )


def _log_in(server: imaplib.IMAP4, user: str, password: str) -> None:
    """LOGIN knows ASCII alone; others go by PLAIN, which is UTF-8 (RFC 4616)."""
    if (user + password).isascii():
        server.login(user, password)
    else:
        said = f"\0{user}\0{password}".encode()
        server.authenticate("PLAIN", lambda _: said)


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    status, data = answer
    if status != "OK":
        raise imaplib.IMAP4.error(" ".join(str(one) for one in data if one))
    return data


def _quoted(name: str) -> str:
    escaped = _in_utf7(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _in_utf7(name: str) -> str:
    """A folder's name as IMAP writes it: what is not ASCII between & and - (RFC 3501 5.1.3)."""
    return "".join(
        (f"&{_packed(run)}-" if not plain else run.replace("&", "&-"))
        for plain, run in ((key, "".join(run)) for key, run in groupby(name, _is_plain))
    )


def _is_plain(letter: str) -> bool:
    return " " <= letter <= "~"


def _packed(run: str) -> str:
    coded = b64encode(run.encode("utf-16-be"), altchars=b"+,")
    return coded.decode("ascii").rstrip("=")
