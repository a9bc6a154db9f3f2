"""What a server offers in its answer to EHLO, and what it takes back again."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from publisher.deliver.pool import Pool, Wear
from publisher.model.deliveries import Outcome, Phase
from publisher.model.relays import Relay, Security
from tests.support.build import make_mail
from tests.support.smtp_server import (
    Answer,
    RawServer,
    Script,
    make_papers,
    make_relay,
    raw_server,
)

DICE = Random(1)  # noqa: S311 - jitter
OK = b"250 2.0.0 OK\r\n"
GO = b"354 go on\r\n"
# A server that answers none of them before it has all three; step by step it would wait for ever.
TOGETHER: Script = {"MAIL": b"", "RCPT": b"", "DATA": OK + OK + GO}


def offer(*lines: str) -> bytes:
    return "".join(f"250-{line}\r\n" for line in ("relay.test", *lines)).encode() + b"250 HELP\r\n"


@asynccontextmanager
async def pool_to(relay: Relay) -> AsyncIterator[Pool]:
    async with Pool(relay, dice=DICE, hello="me.test", wear=Wear(jitter=0)) as pool:
        yield pool


@asynccontextmanager
async def upgraded(
    folder: Path, before: bytes, behind: bytes, script: Script
) -> AsyncIterator[tuple[RawServer, Pool]]:
    """A server that offers one thing before STARTTLS and another thing behind it."""
    papers = make_papers(folder)
    offers: list[Answer] = [before, behind]
    script = {"STARTTLS": b"220 2.0.0 go\r\n", **script, "EHLO": offers}
    async with raw_server(script, tls=papers.server) as server:
        relay = make_relay(server.port, security=Security.STARTTLS, ca_file=papers.ca_file)
        async with pool_to(relay) as pool:
            yield server, pool


@pytest.mark.parametrize("word", ["PIPELINING", "pipelining", "PipeLining"])
async def test_a_keyword_may_be_written_as_the_server_likes(word: str) -> None:
    async with (
        raw_server({"EHLO": offer(word), **TOGETHER}) as server,
        pool_to(make_relay(server.port)) as pool,
    ):
        assert (await pool.send(make_mail())).outcome is Outcome.ACCEPTED


async def test_pipelining_offered_before_tls_alone_is_not_used(tmp_path: Path) -> None:
    """RFC 3207 section 4.2: what was said before is forgotten."""
    plain, bare = offer("STARTTLS", "PIPELINING"), offer()
    async with upgraded(tmp_path, plain, bare, {}) as (server, pool):
        server.script["RCPT"] = b"550 5.1.1 nobody\r\n"
        result = await pool.send(make_mail())

        assert (result.outcome, result.phase) == (Outcome.PERMANENT, Phase.RCPT)
        assert server.said == ["EHLO", "STARTTLS", "EHLO", "MAIL", "RCPT"]


async def test_pipelining_offered_behind_tls_alone_is_used(tmp_path: Path) -> None:
    plain, full = offer("STARTTLS"), offer("PIPELINING")
    async with upgraded(tmp_path, plain, full, TOGETHER) as (_, pool):
        assert (await pool.send(make_mail())).outcome is Outcome.ACCEPTED


async def test_8bitmime_withdrawn_behind_tls_is_not_used(tmp_path: Path) -> None:
    plain, bare = offer("STARTTLS", "8BITMIME", "SMTPUTF8"), offer()
    mail = make_mail(chunks=("Subject: x\r\n\r\nМост\r\n".encode(),))
    async with upgraded(tmp_path, plain, bare, {}) as (server, pool):
        refused = await pool.send(mail)
        abroad = await pool.send(make_mail(recipient="анна@readers.test"))

        assert (refused.outcome, refused.phase) == (Outcome.PERMANENT, Phase.MAIL)
        assert "8BITMIME" in refused.reason
        assert "SMTPUTF8" in abroad.reason
        assert "MAIL" not in server.said


async def test_size_behind_tls_counts_and_not_that_before(tmp_path: Path) -> None:
    plain, wide = offer("STARTTLS", "SIZE 10"), offer("SIZE 100000")
    async with upgraded(tmp_path, plain, wide, {}) as (_, pool):
        assert (await pool.send(make_mail())).outcome is Outcome.ACCEPTED


async def test_a_log_in_offered_before_tls_alone_is_not_tried(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    script: Script = {
        "STARTTLS": b"220 2.0.0 go\r\n",
        "EHLO": [offer("STARTTLS", "AUTH PLAIN"), offer()],
    }
    async with raw_server(script, tls=papers.server) as server:
        relay = make_relay(
            server.port,
            security=Security.STARTTLS,
            ca_file=papers.ca_file,
            username="digest",
            password="secret",  # noqa: S106 - nobody's
        )
        async with pool_to(relay) as pool:
            result = await pool.probe()

        assert result is not None
        assert result.reason.startswith("no log-in")
        assert "AUTH" not in server.said


@pytest.mark.parametrize("word", ["CHUNKING", "BINARYMIME", "DSN", "XCLIENT NAME", "AUTH", "= ="])
async def test_what_we_do_not_use_changes_nothing(word: str) -> None:
    async with raw_server({"EHLO": offer(word)}) as server:
        async with pool_to(make_relay(server.port)) as pool:
            assert (await pool.send(make_mail())).outcome is Outcome.ACCEPTED
        assert server.said == ["EHLO", "MAIL", "RCPT", "DATA", ".", "QUIT"]
        assert server.lines[1] == b"MAIL FROM:<digest@embankment.test>\r\n"


async def test_words_behind_the_answer_to_starttls_do_not_count(tmp_path: Path) -> None:
    """Somebody on the way put them there: they would be read as if they had come encrypted."""
    injected = b"220 2.0.0 go\r\n" + offer("PIPELINING", "AUTH PLAIN")
    script: Script = {"STARTTLS": injected, "RCPT": b"550 5.1.1 nobody\r\n"}
    async with upgraded(tmp_path, offer("STARTTLS"), offer(), script) as (server, pool):
        result = await pool.send(make_mail())

        assert (result.outcome, result.phase) == (Outcome.PERMANENT, Phase.RCPT)
        assert "DATA" not in server.said
