"""A text in many parts is encrypted as one: each record costs a call and 22 bytes (RFC 8446, 5.2)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from publisher.deliver.pool import Pool
from publisher.model.deliveries import Outcome
from publisher.model.relays import Security
from tests.support.build import make_mail
from tests.support.smtp_server import HOST, make_papers, make_relay, real_server

MAILS, PARTS = 5, 60
RECORD, SEALED = 5, 23  # octets of a record's head; the type of what is encrypted
DICE = Random(1)  # noqa: S311 - jitter


@asynccontextmanager
async def overheard(port: int) -> AsyncIterator[tuple[int, bytearray]]:
    """A way to a server, its port, and what clients send over it."""
    said = bytearray()

    async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, on = await asyncio.open_connection(HOST, port)
        async with asyncio.TaskGroup() as group:
            group.create_task(pump(reader, on, said))
            group.create_task(pump(there, writer, bytearray()))

    listener = await asyncio.start_server(carry, HOST, 0)
    async with listener:
        yield listener.sockets[0].getsockname()[1], said


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray) -> None:
    while data := await reader.read(65_536):
        kept += data
        writer.write(data)
    writer.close()


def sealed_records(said: bytes) -> int:
    count = at = 0
    while at < len(said):
        count += said[at] == SEALED
        at += RECORD + int.from_bytes(said[at + 3 : at + RECORD])
    return count


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
async def test_a_text_in_parts_is_a_few_records(tmp_path: Path, security: Security) -> None:
    papers = make_papers(tmp_path)
    chunks = (b"Subject: parts\r\n\r\n", *(b"part %d\r\n" % number for number in range(PARTS)))
    mail = make_mail(chunks=chunks, ready=True)
    async with (
        real_server(papers=papers, security=security) as server,
        overheard(server.port) as (port, said),
    ):
        relay = make_relay(port, security=security, ca_file=papers.ca_file)
        async with Pool(relay, dice=DICE, hello="me.test") as pool:
            results = [await pool.send(mail) for _ in range(MAILS)]
        assert {one.outcome for one in results} == {Outcome.ACCEPTED}
        assert [one.data for one in server.mails] == [b"".join(chunks)] * MAILS
    plain = said.index(b"STARTTLS") + len(b"STARTTLS\r\n") if b"STARTTLS" in said else 0
    assert sealed_records(bytes(said[plain:])) < MAILS * PARTS / 4
