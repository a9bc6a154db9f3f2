"""A session that does not come to stand: what is wrong and what to do is said in words."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
import trustme

from publisher.deliver import trust
from publisher.deliver.pool import Pool, Wear
from publisher.deliver.session import Deadlines
from publisher.deliver.trouble import trouble
from publisher.model.deliveries import Outcome, Phase, Result
from publisher.model.problems import Problem
from publisher.model.relays import LogIn, Relay, Security
from tests.support.newsroom import make_room
from tests.support.smtp_server import (
    DROP,
    HOST,
    PAUSE,
    STALL,
    Papers,
    RawServer,
    Script,
    make_papers,
    make_relay,
    raw_server,
    real_server,
)

DICE = Random(1)  # noqa: S311 - jitter
TLS, STARTTLS, NONE = Security.TLS, Security.STARTTLS, Security.NONE
T, P = Outcome.TRANSIENT, Outcome.PERMANENT
WORD = "open sesame"
OK = b"250 2.0.0 OK\r\n"


async def probe(relay: Relay, **deadlines: float) -> Result | None:
    limits = Deadlines(**{"greeting": 5.0, **deadlines})
    async with Pool(
        relay, dice=DICE, hello="me.test", wear=Wear(jitter=0), deadlines=limits
    ) as pool:
        return await pool.probe()


async def told(relay: Relay, **deadlines: float) -> Problem:
    result = await probe(relay, **deadlines)
    assert result is not None
    assert result.phase is Phase.CONNECT
    return trouble(result, relay)


# --- the CA's file ------------------------------------------------------------------------------


def _key(file: Path) -> None:
    trustme.CA().issue_cert("a.test").private_key_pem.write_to_path(file)


CA_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (lambda file: None, trust.CA_UNREADABLE),
    "a folder": (lambda file: file.mkdir(), trust.CA_UNREADABLE),
    "empty": (lambda file: file.touch(), trust.CA_EMPTY),
    "not PEM": (lambda file: file.write_bytes(bytes(range(256))), trust.CA_EMPTY),
    "neither PEM nor DER": (lambda file: file.write_bytes(b"0\x82\x02"), trust.CA_EMPTY),
    "a key": (_key, trust.CA_KEY),
    "damaged": (
        lambda file: file.write_text(
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
        ),
        trust.CA_DAMAGED,
    ),
}


@pytest.mark.parametrize(("make", "kind"), CA_FILES.values(), ids=CA_FILES.keys())
async def test_a_ca_file_of_no_use_is_told_by_check_and_by_send(
    make: Callable[[Path], object], kind: str, tmp_path: Path
) -> None:
    room = make_room(tmp_path / "room", smtp=2525)
    file = room.folder / "ca.pem"
    make(file)
    room.edit("port = 2525\n", 'port = 2525\nsecurity = "tls"\nca_file = "ca.pem"\n')
    config = (room.config / "newsroom.toml").read_text("utf-8").splitlines()
    line = config.index('ca_file = "ca.pem"') + 1

    said = await room.called("check")
    problem = await told(make_relay(2525, security=TLS, ca_file=file))

    message, remedy = trust.CA_WORDS[kind]
    assert (problem.message, problem.remedy) == (message, remedy)
    words = " ".join(said.err.split())
    absent = kind == trust.CA_UNREADABLE  # then the config itself is wrong
    assert said.code == (2 if absent else 1)
    assert ("There is no file" if absent else message.format(**problem.args)) in words
    assert f"newsroom.toml:{line}" in words


@pytest.mark.parametrize("form", ["PEM", "DER"])
async def test_check_likes_a_good_ca_file(tmp_path: Path, form: str) -> None:
    room = make_room(tmp_path / "room", smtp=2525)
    papers = make_papers(tmp_path)
    if form == "DER":
        in_der(papers.ca_file)
    room.edit("port = 2525\n", f'port = 2525\nsecurity = "tls"\nca_file = "{papers.ca_file}"\n')

    said = await room.called("check")

    assert "ca_file" not in said.err
    assert "certificate" not in said.err


def in_der(file: Path) -> None:
    """As many a CA hands out its certificate: the bytes that PEM writes in letters."""
    file.write_bytes(ssl.PEM_cert_to_DER_cert(file.read_text("ascii")))


async def test_a_certificate_in_der_is_trusted(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    in_der(papers.ca_file)
    server = RawServer(script={"CONNECT": b"220 relay.test\r\n", "EHLO": OK})
    listener = await asyncio.start_server(server.serve, HOST, 0, ssl=papers.server)
    async with listener:
        port = listener.sockets[0].getsockname()[1]

        assert await probe(make_relay(port, security=TLS, ca_file=papers.ca_file)) is None


# --- certificates -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """Of a certificate, in days from now."""

    begins: int
    ends: int


def dated(folder: Path, dates: Dates) -> Papers:
    authority, now = trustme.CA(), datetime.now(UTC)
    authority.cert_pem.write_to_path(folder / "dated.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(
        HOST,
        not_before=now + timedelta(days=dates.begins),
        not_after=now + timedelta(days=dates.ends),
    ).configure_cert(server)
    return Papers(ca_file=folder / "dated.pem", server=server)


@pytest.mark.parametrize("security", [TLS, STARTTLS])
@pytest.mark.parametrize(
    ("dates", "words"),
    [
        (Dates(begins=-30, ends=-3), "has expired"),
        (Dates(begins=3, ends=30), "is not valid yet"),
    ],
)
async def test_a_certificate_out_of_its_time_is_told_so(
    dates: Dates, words: str, security: Security, tmp_path: Path
) -> None:
    papers = dated(tmp_path, dates)
    async with real_server(papers=papers, security=security) as server:
        problem = await told(make_relay(server.port, security=security, ca_file=papers.ca_file))

    assert words in problem.message


async def test_a_certificate_of_another_name_shows_the_name_asked_for(tmp_path: Path) -> None:
    papers = make_papers(tmp_path, "elsewhere.test")
    async with real_server(papers=papers, security=TLS) as server:
        problem = await told(make_relay(server.port, security=TLS, ca_file=papers.ca_file))

    assert "of another name" in problem.message
    assert HOST in str(problem.args["words"])


async def test_a_certificate_of_an_unknown_ca_leads_to_ca_file(tmp_path: Path) -> None:
    async with real_server(papers=make_papers(tmp_path), security=TLS) as server:
        problem = await told(make_relay(server.port, security=TLS))

    assert problem.message.startswith("Nobody whom we trust")
    assert "ca_file" in (problem.remedy or "")


# --- the wrong port, the wrong protocol ---------------------------------------------------------

NO_TLS: Script = {"EHLO": b"250-relay.test\r\n250 STARTTLS\r\n", "STARTTLS": (b"220 go\r\n", DROP)}
SPEECHES: dict[str, tuple[Script, Security, str, Outcome]] = {
    "TLS on a plain port": ({}, TLS, "does not begin with TLS", P),
    "plain on a silent port": ({"CONNECT": STALL}, NONE, "does not answer", T),
    "TLS on a silent port": ({"CONNECT": STALL}, TLS, "does not answer", T),
    "STARTTLS on a silent port": ({"CONNECT": STALL}, STARTTLS, "does not answer", T),
    "EHLO unanswered": ({"EHLO": STALL}, NONE, "does not answer", T),
    "STARTTLS stripped": ({}, STARTTLS, "offers no STARTTLS", P),
    "STARTTLS that comes to nothing": (NO_TLS, STARTTLS, "No encryption could be agreed on", T),
    "another protocol": ({"CONNECT": b"* OK IMAP4rev1\r\n"}, NONE, "does not speak SMTP", P),
    "a greeting that turns away": ({"CONNECT": b"521 5.3.2 no\r\n"}, NONE, "turns us away", P),
    "nobody home": ({"CONNECT": DROP}, NONE, "cannot be reached", T),
}


@pytest.mark.parametrize(
    ("script", "security", "words", "outcome"), SPEECHES.values(), ids=SPEECHES.keys()
)
async def test_each_misunderstanding_has_its_sentence(
    script: Script, security: Security, words: str, outcome: Outcome
) -> None:
    async with raw_server(script) as server:
        relay = make_relay(server.port, security=security)
        result = await probe(relay, greeting=0.3)

    assert result is not None
    assert result.outcome is outcome
    assert words in trouble(result, relay).message


async def test_a_port_for_tls_that_is_spoken_to_plainly_is_told_so(tmp_path: Path) -> None:
    async with real_server(papers=make_papers(tmp_path), security=TLS) as server:
        problem = await told(make_relay(server.port), greeting=0.3)

    assert "does not answer" in problem.message
    assert "TLS" in (problem.remedy or "")


async def test_a_server_that_knows_only_old_tls_is_told_so(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    papers.server.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    papers.server.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        papers.server.maximum_version = ssl.TLSVersion.TLSv1_1
    async with real_server(papers=papers, security=TLS) as server:
        problem = await told(make_relay(server.port, security=TLS, ca_file=papers.ca_file))

    assert "No encryption could be agreed on" in problem.message


# --- one deadline for all of it -----------------------------------------------------------------


async def test_a_server_that_is_slow_at_every_step_is_left_at_the_deadline_for_all() -> None:
    """Each answer comes in time; together they would hold a line for half an hour."""
    script: Script = {
        "CONNECT": (PAUSE, b"220 relay.test\r\n"),
        "EHLO": (PAUSE, b"250-relay.test\r\n250 AUTH PLAIN\r\n"),
        "AUTH": (PAUSE, b"235 2.7.0 come in\r\n"),
    }
    async with raw_server(script) as server:
        relay = make_relay(server.port, username="digest", password=WORD)
        result = await probe(relay, opening=0.8)

        assert result is not None
        assert (result.outcome, result.reason) == (T, trust.SILENT)
        assert "AUTH" not in server.said
        assert await probe(relay, opening=30) is None


def test_all_of_an_opening_has_five_minutes() -> None:
    assert (Deadlines().greeting, Deadlines().opening) == (300, 300)


# --- logging in ---------------------------------------------------------------------------------


@asynccontextmanager
async def asking(
    mechanisms: str, *answers: bytes | tuple[bytes, ...]
) -> AsyncIterator[tuple[RawServer, Relay]]:
    """A server that offers these, and answers each AUTH in turn."""
    script: Script = {
        "EHLO": b"250-relay.test\r\n250 AUTH %b\r\n" % mechanisms.encode(),
        "AUTH": [*answers],
    }
    async with raw_server(script) as server:
        yield server, make_relay(server.port, username="digest", password=WORD)


def tried(server: RawServer) -> list[str]:
    return [line.split()[1].decode() for line in server.lines if line.startswith(b"AUTH")]


@pytest.mark.parametrize(
    "refusal",
    [
        b"535 5.7.8 wrong\r\n",
        b"535 authentication mechanism not supported\r\n",
        b"534 5.7.9 use another password\r\n",
        b"454 4.7.0 later\r\n",
        b"421 4.7.0 too many\r\n",
        b"550 5.7.8 no\r\n",
        b"554 5.7.1 no\r\n",
    ],
)
async def test_a_refused_password_is_offered_once(refusal: bytes) -> None:
    """Whoever offers it by three mechanisms locks an account three times as soon."""
    async with asking("PLAIN LOGIN CRAM-MD5", refusal) as (server, relay):
        result = await probe(relay)

        assert result is not None
        assert result.reply is not None
        assert result.reply.code == int(refusal[:3])
        assert len(tried(server)) == 1


@pytest.mark.parametrize(
    "unknown",
    [
        b"504 5.5.4 no such mechanism\r\n",
        b"504 5.7.4 Unrecognized authentication type\r\n",
        b"501 5.5.4 what?\r\n",
        b"502 5.5.1 not implemented\r\n",
        b"503 5.5.4 no\r\n",
        b"550 mechanism not supported\r\n",
        b"538 5.7.11 unsupported authentication method\r\n",
    ],
)
async def test_an_unknown_mechanism_leads_on_to_the_next(unknown: bytes) -> None:
    accepted = b"235 2.7.0 come in\r\n"
    async with asking("LOGIN PLAIN CRAM-MD5", unknown, accepted) as (server, relay):
        assert await probe(relay) is None
        assert tried(server) == ["CRAM-MD5", "PLAIN"]


async def test_in_the_clear_the_password_is_kept_back_where_it_can_be() -> None:
    async with asking("PLAIN LOGIN CRAM-MD5", b"535 5.7.8 wrong\r\n") as (server, relay):
        await probe(relay)

        assert tried(server) == ["CRAM-MD5"]


@pytest.mark.parametrize("way", LogIn)
async def test_the_way_to_log_in_that_config_names_is_the_only_one(way: LogIn) -> None:
    """For a server that offers CRAM-MD5 and cannot check it."""
    async with asking("PLAIN LOGIN CRAM-MD5", b"535 5.7.8 wrong\r\n") as (server, relay):
        result = await probe(replace(relay, login=way))

        assert result is not None
        assert result.reply is not None
        assert tried(server) == [way.value.upper()]


async def test_a_way_to_log_in_that_config_names_and_nobody_offers_is_told() -> None:
    async with asking("PLAIN LOGIN") as (server, relay):
        problem = await told(replace(relay, login=LogIn.CRAM_MD5))

        assert "no way to log in" in problem.message
        assert "in login" in problem.remedy
        assert tried(server) == []


async def test_over_tls_the_simplest_comes_first(tmp_path: Path) -> None:
    papers = make_papers(tmp_path)
    said: list[str] = []
    server = RawServer(
        script={
            "CONNECT": b"220 relay.test\r\n",
            "EHLO": b"250-relay.test\r\n250 AUTH CRAM-MD5 LOGIN PLAIN\r\n",
            "AUTH": [b"504 5.5.4 no\r\n", b"504 5.5.4 no\r\n", b"504 5.5.4 no\r\n"],
        },
        told=said.append,
    )
    listener = await asyncio.start_server(server.serve, HOST, 0, ssl=papers.server)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        relay = make_relay(port, security=TLS, ca_file=papers.ca_file)
        await probe(replace(relay, username="digest", password=WORD))

    assert tried(server) == ["PLAIN", "LOGIN", "CRAM-MD5"]


@pytest.mark.parametrize(("offer", "words"), [("GSSAPI NTLM", "GSSAPI NTLM"), ("", "no AUTH")])
async def test_where_no_mechanism_is_common_the_offer_is_told(offer: str, words: str) -> None:
    async with asking(offer) as (server, relay):
        if not offer:
            server.script["EHLO"] = OK
        problem = await told(relay)

        assert "no way to log in" in problem.message
        assert problem.args["words"] == words
        assert tried(server) == []


async def test_a_wrong_password_is_told_in_words() -> None:
    async with asking("PLAIN", b"550 5.7.8 wrong\r\n") as (_, relay):
        problem = await told(relay)

    assert "does not let us log in" in problem.message
    assert 'login = "plain"' in problem.remedy
