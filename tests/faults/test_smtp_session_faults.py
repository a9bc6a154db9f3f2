"""Encryption and login that fail: no mail, and no password, goes any further."""

from pathlib import Path
from random import Random

import pytest

from publisher.deliver.meanings import Verdict, verdict
from publisher.deliver.pool import Pool, Wear
from publisher.deliver.session import Deadlines
from publisher.deliver.trust import OTHER_NAME, UNKNOWN_CA
from publisher.model.deliveries import Outcome, Phase, Result
from publisher.model.relays import Relay, Security
from tests.support.build import make_mail
from tests.support.smtp_server import (
    STALL,
    Script,
    make_papers,
    make_relay,
    raw_server,
    real_server,
)

DICE = Random(1)  # noqa: S311 - jitter
T, P = Outcome.TRANSIENT, Outcome.PERMANENT
WORD = "open sesame"
SHORT = 0.05  # seconds


def pool_to(relay: Relay, *, greeting: float) -> Pool:
    deadlines = Deadlines(greeting=greeting)
    return Pool(relay, dice=DICE, hello="me.test", wear=Wear(jitter=0), deadlines=deadlines)


async def probe(relay: Relay) -> Result:
    async with pool_to(relay, greeting=5) as pool:
        result = await pool.probe()
    assert result is not None
    assert (result.phase, verdict(result)) == (Phase.CONNECT, Verdict.OURS)
    return result


async def test_starttls_stripped_from_the_offer_stops_us_before_mail_and_password() -> None:
    script: Script = {"EHLO": b"250-relay.test\r\n250 AUTH PLAIN\r\n"}
    async with raw_server(script) as server:
        relay = make_relay(
            server.port, security=Security.STARTTLS, username="digest", password=WORD
        )
        result = await probe(relay)

        assert result.outcome is P
        assert "STARTTLS" in result.reason
        assert server.said == ["EHLO"]


async def test_starttls_refused_stops_us_before_mail() -> None:
    script: Script = {
        "EHLO": b"250-relay.test\r\n250 STARTTLS\r\n",
        "STARTTLS": b"454 4.7.0 no TLS today\r\n",
    }
    async with raw_server(script) as server:
        result = await probe(make_relay(server.port, security=Security.STARTTLS))

        assert result.reply is not None
        assert result.reply.code == 454
        assert server.said == ["EHLO", "STARTTLS"]


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_nobody_vouches_for_is_refused(
    security: Security, tmp_path: Path
) -> None:
    papers = make_papers(tmp_path)
    async with real_server(papers=papers, security=security) as server:
        result = await probe(make_relay(server.port, security=security))

        assert result.outcome is P
        assert result.reason.startswith(UNKNOWN_CA)


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
async def test_a_certificate_of_another_name_is_refused(security: Security, tmp_path: Path) -> None:
    papers = make_papers(tmp_path, "elsewhere.test")
    async with real_server(papers=papers, security=security) as server:
        relay = make_relay(server.port, security=security, ca_file=papers.ca_file)
        result = await probe(relay)

        assert result.reason.startswith(OTHER_NAME)
        assert "127.0.0.1" in result.reason


async def test_plain_speech_where_tls_was_asked_for_is_refused() -> None:
    async with raw_server() as server:
        result = await probe(make_relay(server.port, security=Security.TLS))

    assert result.outcome is P


async def test_a_wrong_password_is_our_own_fault(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    async with real_server(
        papers=papers, security=Security.STARTTLS, login=("digest", WORD)
    ) as server:
        relay = make_relay(
            server.port,
            security=Security.STARTTLS,
            ca_file=papers.ca_file,
            username="digest",
            password=WORD[::-1],
        )
        result = await probe(relay)

        assert result.reply is not None
        assert (result.outcome, result.reply.code) == (P, 535)


async def test_a_server_that_stalls_in_auth_is_left() -> None:
    script: Script = {"EHLO": b"250-relay.test\r\n250 AUTH PLAIN\r\n", "AUTH": STALL}
    async with raw_server(script) as server:
        relay = make_relay(server.port, username="digest", password=WORD)
        async with pool_to(relay, greeting=SHORT) as pool:
            result = await pool.send(make_mail())

    assert (result.outcome, result.phase) == (T, Phase.CONNECT)
