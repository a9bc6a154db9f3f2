"""A local mail server that delivers into one Maildir: what the demo sends to, and nothing more."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from publisher.errors import Refused
from publisher.model.problems import Problem, msgid


class Mailbox:
    """A Maildir; each mail as it came, below two headers that hold the envelope."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._serial = count(1)

    def lay_out(self) -> None:
        for name in ("tmp", "new", "cur"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)

    def deliver(self, sender: str, recipient: str, message: bytes) -> None:
        """Write to tmp, then rename into new: a reader never sees half a mail."""
        name = f"{os.getpid()}.{next(self._serial):06d}.demo"
        while (self._folder / "new" / name).exists():
            name = f"{os.getpid()}.{next(self._serial):06d}.demo"
        envelope = f"X-MailFrom: {sender}\r\nX-RcptTo: {recipient}\r\n".encode()
        draft = self._folder / "tmp" / name
        draft.write_bytes(envelope + message)
        draft.rename(self._folder / "new" / name)

    def __len__(self) -> int:
        return sum(1 for _ in self.files())

    def files(self) -> Iterator[Path]:
        """Every mail, in order of name."""
        for name in ("new", "cur"):
            yield from sorted((self._folder / name).glob("*"))

    def read(self, name: str) -> EmailMessage | None:
        """One mail by its file name; None where there is none."""
        for path in self.files():
            if path.name == name:
                return BytesParser(policy=policy.default).parsebytes(path.read_bytes())
        return None

    # aiosmtpd's handler protocol
    async def handle_DATA(  # noqa: N802 - aiosmtpd names it
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content or b""
        data = content if isinstance(content, bytes) else content.encode()
        for recipient in envelope.rcpt_tos:
            self.deliver(envelope.mail_from or "", recipient, data)
        return "250 2.0.0 In the mailbox"


@asynccontextmanager
async def receiving(mailbox: Mailbox, host: str, port: int) -> AsyncIterator[int]:
    """A mail server on this machine until the block ends; yields its port.

    Raises Refused when the address is taken.
    """
    mailbox.lay_out()
    loop = asyncio.get_running_loop()
    try:
        server = await loop.create_server(
            lambda: SMTP(mailbox, enable_SMTPUTF8=True, ident="Publisher demo"), host, port
        )
    except OSError as error:
        raise Refused(
            Problem(
                message=msgid("The demo's mail server cannot listen on {host}:{port}: {words}."),
                args={"host": host, "port": port, "words": error.strerror or str(error)},
                remedy=msgid("Another demo may be running; end it, or choose another --dir."),
            )
        ) from error
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
