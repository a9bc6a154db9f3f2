"""Mail servers for tests: a real one (aiosmtpd) that records, and a raw one that misbehaves."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from publisher.model.relays import Relay, Security

HOST = "127.0.0.1"
_NUMBER = "number_of_this_session"


def make_relay(port: int, **overrides: object) -> Relay:
    """A relay on this machine without encryption."""
    known: dict[str, object] = {"name": "main", "host": HOST, "port": port, "connections": 4}
    return Relay(**{**known, **overrides})  # type: ignore[arg-type]


# --- certificates -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Papers:
    """A private CA and what a server for 127.0.0.1 needs of it."""

    ca_file: Path
    server: ssl.SSLContext


def make_papers(folder: Path, *names: str) -> Papers:
    """Certificates for these names (127.0.0.1 by default)."""
    authority = trustme.CA()
    ca_file = folder / f"{'-'.join(names) or 'here'}.pem"
    authority.cert_pem.write_to_path(ca_file)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*(names or (HOST,))).configure_cert(server)
    return Papers(ca_file=ca_file, server=server)


# --- the real one -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One mail as the server got it; `data` byte for byte, dots unstuffed."""

    sender: str
    recipient: str
    options: tuple[str, ...]
    data: bytes
    session: int  # which connection brought it, counted from 1


@dataclass  # with slots aiosmtpd cannot look it over on Python 3.11.2
class RealServer:
    """aiosmtpd on a free port.  `replies` are given to a recipient's mail after the dot."""

    replies: dict[str, str] = field(default_factory=dict)
    at_rcpt: dict[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds before the reply to the dot
    mails: list[Received] = field(default_factory=list)
    port: int = 0
    sessions: int = 0
    most_at_once: int = 0
    _inside: int = 0

    @property
    def recipients(self) -> list[str]:
        """Everyone who got a mail, in alphabetical order."""
        return sorted(mail.recipient for mail in self.mails)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.at_rcpt:
            return self.at_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self._inside += 1
        self.most_at_once = max(self.most_at_once, self._inside)
        await asyncio.sleep(self.delay)
        self._inside -= 1
        recipient = envelope.rcpt_tos[0]
        if recipient in self.replies:
            return self.replies[recipient]
        assert isinstance(envelope.original_content, bytes)
        self.mails.append(
            Received(
                sender=envelope.mail_from or "",
                recipient=recipient,
                options=tuple(envelope.mail_options),
                data=envelope.original_content,
                session=getattr(server, _NUMBER),
            )
        )
        return "250 2.0.0 OK"


@asynccontextmanager
async def real_server(
    server: RealServer | None = None,
    *,
    papers: Papers | None = None,
    security: Security = Security.NONE,
    login: tuple[str, str] | None = None,
    smtputf8: bool = True,
) -> AsyncIterator[RealServer]:
    """A recording server on this loop; `login` is the only user it lets in."""
    recorder = server or RealServer()
    loop = asyncio.get_running_loop()
    tls = papers.server if papers else None

    def check(
        smtp: SMTP, session: Session, envelope: Envelope, mechanism: str, given: object
    ) -> AuthResult:
        assert isinstance(given, LoginPassword)
        known = (given.login.decode(), given.password.decode()) == login
        return AuthResult(success=known, handled=False)

    def protocol() -> SMTP:
        recorder.sessions += 1
        smtp = SMTP(
            recorder,
            enable_SMTPUTF8=smtputf8,
            tls_context=tls if security is Security.STARTTLS else None,
            require_starttls=security is Security.STARTTLS,
            authenticator=check if login else None,
            auth_require_tls=security is Security.STARTTLS,
            hostname="relay.test",
            loop=loop,
        )
        setattr(smtp, _NUMBER, recorder.sessions)
        return smtp

    listener = await loop.create_server(
        protocol, HOST, recorder.port, ssl=tls if security is Security.TLS else None
    )
    recorder.port = listener.sockets[0].getsockname()[1]
    try:
        yield recorder
    finally:
        listener.close()
        await listener.wait_closed()


# --- the raw one --------------------------------------------------------------------------------

DROP = b"<drop>"  # close the connection instead of an answer
RESET = b"<reset>"  # the same, and the kernel says RST at once
STALL = b"<stall>"  # say nothing, and wait
PAUSE = b"<pause>"  # half a second, and then the rest of the answer

Answer = bytes | tuple[bytes, ...]  # several parts go out one by one
Script = Mapping[str, Answer | list[Answer]]  # by verb; a list: one for each time, the last stays

POLITE: Script = {
    "CONNECT": b"220 relay.test\r\n",
    "EHLO": b"250-relay.test\r\n250 ENHANCEDSTATUSCODES\r\n",
    "HELO": b"250 relay.test\r\n",
    "MAIL": b"250 2.1.0 OK\r\n",
    "RCPT": b"250 2.1.5 OK\r\n",
    "DATA": b"354 go on\r\n",
    "TEXT": b"",  # after the first line of the text
    ".": b"250 2.0.0 OK\r\n",
    "RSET": b"250 2.0.0 OK\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}


@dataclass(slots=True)
class RawServer:
    """Says what the script says; knows nothing of mail."""

    script: dict[str, Answer | list[Answer]]
    said: list[str] = field(default_factory=list)  # the verbs it heard, in order
    lines: list[bytes] = field(default_factory=list)  # the commands whole
    texts: list[bytes] = field(default_factory=list)  # whole texts, still stuffed
    sessions: int = 0
    port: int = 0
    stalled: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    told: Callable[[str], object] = print  # "MAIL 3": its third MAIL
    tls: ssl.SSLContext | None = None  # begun behind the answer to STARTTLS
    _heard: dict[str, int] = field(default_factory=dict)
    _serving: set[asyncio.Task[object]] = field(default_factory=set)

    @property
    def tasks(self) -> set[asyncio.Task[object]]:
        """What this server itself runs."""
        return {*self._serving}

    async def end(self) -> None:
        """Hang up on everyone."""
        self.over.set()
        if self._serving:
            await asyncio.wait(self._serving, timeout=1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, from greeting to end."""
        self.sessions += 1
        if task := asyncio.current_task():
            self._serving.add(task)
        with suppress(ConnectionError, _Dropped):
            await self._answer("CONNECT", writer)
            while line := await reader.readline():
                verb = line.split()[0].decode("latin-1").upper() if line.split() else ""
                self.said.append(verb)
                self.lines.append(line)
                await self._answer(verb, writer)
                if verb == "STARTTLS" and self.tls:
                    await writer.start_tls(self.tls)
                if verb == "DATA" and self._goes_on():
                    await self._read_text(reader, writer)
                if verb == "QUIT":
                    break
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()

    async def _read_text(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = await reader.readline()
        await self._answer("TEXT", writer)
        while text != b".\r\n" and not text.endswith(b"\r\n.\r\n"):
            line = await reader.readline()
            if not line:
                raise _Dropped
            text += line
        self.texts.append(text)
        self.said.append(".")
        await self._answer(".", writer)

    async def _answer(self, verb: str, writer: asyncio.StreamWriter) -> None:
        self._heard[verb] = self._heard.get(verb, 0) + 1
        self.told(f"{verb} {self._heard[verb]}")
        answer = self._last(verb)
        for part in (answer,) if isinstance(answer, bytes) else answer:
            if part == DROP:
                raise _Dropped
            if part == RESET:
                connection = writer.get_extra_info("socket")
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
                raise _Dropped
            if part == STALL:
                self.stalled.set()
                await self.over.wait()
                raise _Dropped
            if part == PAUSE:
                self.stalled.set()
                await asyncio.sleep(0.5)
                continue
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(0)

    def _goes_on(self) -> bool:
        answer = self._last("DATA")
        said = answer if isinstance(answer, bytes) else b"".join(answer)
        return b"\n354 " in b"\n" + said

    def _last(self, verb: str) -> Answer:
        answer = self.script.get(verb, b"502 5.5.1 no such command\r\n")
        if isinstance(answer, list):
            return answer[min(self._heard.get(verb, 1), len(answer)) - 1]
        return answer


class _Dropped(Exception):
    pass


@asynccontextmanager
async def raw_server(
    script: Script | None = None,
    *,
    told: Callable[[str], object] = lambda _: None,
    tls: ssl.SSLContext | None = None,
    kind: type[RawServer] = RawServer,
) -> AsyncIterator[RawServer]:
    """A polite server, except for what the script says by verb; "." is the answer to the dot."""
    server = kind(script={**POLITE, **(script or {})}, told=told, tls=tls)
    listener = await asyncio.start_server(server.serve, HOST, 0, limit=2**20)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await server.end()
        await listener.wait_closed()
