"""Kept sessions to a real server: every kind of encryption, limits, loopback, cutting off."""

import asyncio
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
import uvloop

from publisher.deliver.pool import Pool, Wear
from publisher.deliver.session import Deadlines
from publisher.deliver.smtp import NOT_THIS_MACHINE, is_loopback
from publisher.deliver.trust import CA_UNREADABLE
from publisher.model.deliveries import Outcome, Phase, Result
from publisher.model.digests import Mail
from publisher.model.relays import Relay, Security
from tests.support.build import make_mail
from tests.support.smtp_server import (
    DROP,
    STALL,
    Papers,
    RealServer,
    Script,
    make_papers,
    make_relay,
    raw_server,
    real_server,
)

DICE = Random(1)  # noqa: S311 - jitter
LOGIN = ("digest", "secret")
OK = b"250 2.0.0 OK\r\n"
DOTTED = (b"Subject: dots\r\n\r\n.\r\n", b"..two\r\n", b"a\r\n", b".", b"\r\n.end\r\n")


def pool_to(relay: Relay, *, loopback_only: bool = False, **wear: float) -> Pool:
    limits = Wear(**{"jitter": 0, **wear})  # type: ignore[arg-type]  # numbers, as it asks
    return Pool(relay, dice=DICE, hello="me.test", wear=limits, loopback_only=loopback_only)


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Papers:
    return make_papers(tmp_path_factory.mktemp("papers"))


def relay_of(
    server: RealServer, security: Security, papers: Papers, login: tuple[str, str] | None
) -> Relay:
    return make_relay(
        server.port,
        security=security,
        ca_file=None if security is Security.NONE else papers.ca_file,
        username=login and login[0],
        password=login and login[1],
    )


async def deliver_two(security: Security, papers: Papers, login: tuple[str, str] | None) -> None:
    async with real_server(papers=papers, security=security, login=login) as server:
        async with pool_to(relay_of(server, security, papers, login)) as pool:
            first = await pool.send(make_mail(chunks=DOTTED))
            second = await pool.send(make_mail(recipient="boris@readers.test"))
        assert (first.outcome, first.phase) == (Outcome.ACCEPTED, Phase.DOT)
        assert first.reply is not None
        assert (first.reply.code, first.reply.enhanced) == (250, "2.0.0")
        assert second.outcome is Outcome.ACCEPTED
        assert server.recipients == ["anna@readers.test", "boris@readers.test"]
        assert server.mails[0].data == b"".join(DOTTED)
        assert server.mails[0].sender == "digest@embankment.test"
        assert server.mails[0].session == server.mails[1].session


@pytest.mark.parametrize("login", [None, LOGIN], ids=["open", "login"])
@pytest.mark.parametrize("security", Security, ids=lambda one: one.value)
@pytest.mark.filterwarnings("ignore:Requiring AUTH:UserWarning")
async def test_mail_goes_out_over_every_encryption(
    security: Security, login: tuple[str, str] | None, papers: Papers
) -> None:
    await deliver_two(security, papers, login)


@pytest.mark.parametrize("security", Security, ids=lambda one: one.value)
async def test_the_take_over_works_on_uvloop_too(security: Security, papers: Papers) -> None:
    await asyncio.to_thread(lambda: uvloop.run(deliver_two(security, papers, None)))


@pytest.mark.parametrize("security", Security, ids=lambda one: one.value)
async def test_a_mail_larger_than_any_buffer_arrives_whole(
    security: Security, papers: Papers
) -> None:
    text = b"Subject: long\r\n\r\n" + (b"x" * 70 + b"\r\n.\r\n") * 40_000
    async with real_server(papers=papers, security=security) as server:
        async with pool_to(relay_of(server, security, papers, None)) as pool:
            result = await pool.send(make_mail(chunks=(text[:1000], text[1000:])))
        assert result.outcome is Outcome.ACCEPTED
        assert server.mails[0].data == text


async def test_a_cyrillic_mailbox_is_reached_where_the_server_can() -> None:
    mail = make_mail(recipient="анна@почта.рф")
    async with real_server() as server, pool_to(make_relay(server.port)) as pool:
        assert (await pool.send(mail)).outcome is Outcome.ACCEPTED
        assert server.recipients == ["анна@xn--80a1acny.xn--p1ai"]
        assert "SMTPUTF8" in server.mails[0].options
    async with real_server(smtputf8=False) as server, pool_to(make_relay(server.port)) as pool:
        refused = await pool.send(mail)
        assert (refused.outcome, refused.phase) == (Outcome.PERMANENT, Phase.MAIL)
        assert (await pool.send(make_mail())).outcome is Outcome.ACCEPTED


async def test_an_address_with_a_line_break_reaches_no_command() -> None:
    mail = make_mail(recipient="anna@readers.test>\r\nRCPT TO:<eve@readers.test")
    async with raw_server() as server, pool_to(make_relay(server.port)) as pool:
        assert (await pool.send(mail)).outcome is Outcome.PERMANENT
        assert server.said == ["EHLO"]


async def test_as_many_sessions_as_the_relay_allows_work_at_once() -> None:
    async with real_server(RealServer(delay=0.02)) as server:
        async with pool_to(make_relay(server.port, connections=3)) as pool:
            sends = [pool.send(make_mail(recipient=f"r{n}@readers.test")) for n in range(12)]
            results = await asyncio.gather(*sends)
            assert pool.live == 3
        assert {result.outcome for result in results} == {Outcome.ACCEPTED}
        assert (server.sessions, server.most_at_once) == (3, 3)
        assert len(server.mails) == 12


async def test_a_lone_sender_keeps_to_one_session() -> None:
    async with real_server() as server, pool_to(make_relay(server.port)) as pool:
        for _ in range(5):
            await pool.send(make_mail())
        assert server.sessions == 1


async def test_a_session_is_replaced_after_its_share_of_mails() -> None:
    async with real_server() as server, pool_to(make_relay(server.port), mails=2) as pool:
        for _ in range(5):
            await pool.send(make_mail())
        assert [mail.session for mail in server.mails] == [1, 1, 2, 2, 3]


async def test_a_session_is_replaced_when_it_is_old() -> None:
    async with real_server() as server, pool_to(make_relay(server.port), age=0) as pool:
        for _ in range(3):
            await pool.send(make_mail())
        assert [mail.session for mail in server.mails] == [1, 2, 3]


async def test_sessions_end_politely() -> None:
    async with raw_server() as server:
        async with pool_to(make_relay(server.port)) as pool:
            await pool.send(make_mail())
        assert server.said[-1] == "QUIT"


async def test_a_session_dropped_while_idle_costs_nothing() -> None:
    """The server hung up between two mails: the second goes over a new session."""
    async with raw_server({".": [(OK, DROP), OK]}) as server:
        async with pool_to(make_relay(server.port)) as pool:
            first, second = await pool.send(make_mail()), await pool.send(make_mail())
        assert [first.outcome, second.outcome] == [Outcome.ACCEPTED, Outcome.ACCEPTED]
        assert server.sessions == 2


async def test_a_session_that_dies_at_mail_is_replaced_once() -> None:
    script: Script = {"MAIL": [OK, DROP, OK]}
    async with raw_server(script) as server, pool_to(make_relay(server.port)) as pool:
        first, second = await pool.send(make_mail()), await pool.send(make_mail())
        assert [first.outcome, second.outcome] == [Outcome.ACCEPTED, Outcome.ACCEPTED]
        assert (server.sessions, len(server.texts)) == (2, 2)


async def test_a_farewell_between_two_mails_is_no_reply_to_the_second() -> None:
    timeout = b"421 4.4.2 idle for too long\r\n"
    async with raw_server({".": [(OK, timeout), OK]}) as server:
        async with pool_to(make_relay(server.port)) as pool:
            first = await pool.send(make_mail())
            await asyncio.sleep(0.02)
            second = await pool.send(make_mail())
        assert [first.outcome, second.outcome] == [Outcome.ACCEPTED, Outcome.ACCEPTED]


# --- this machine only --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("::ffff:10.0.0.1", False),
        ("fe80::1%eth0", False),
        ("10.0.0.1", False),
        ("192.0.2.7", False),
        ("0.0.0.0", False),  # noqa: S104 - an address to look at, not to listen on
    ],
)
def test_this_machine_is_told_from_others(peer: str, here: bool) -> None:
    assert is_loopback(peer) is here


async def test_a_sample_profile_may_use_a_server_on_this_machine() -> None:
    async with real_server() as server:
        pool = pool_to(make_relay(server.port), loopback_only=True)
        async with pool:
            assert (await pool.send(make_mail())).outcome is Outcome.ACCEPTED


async def test_a_sample_profile_says_nothing_to_a_server_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address really connected to decides; here this machine passes for another one."""
    monkeypatch.setattr("publisher.deliver.smtp.is_loopback", lambda peer: False)
    async with raw_server() as server:
        async with pool_to(make_relay(server.port), loopback_only=True) as pool:
            result = await pool.send(make_mail())
        assert (result.outcome, result.phase) == (Outcome.PERMANENT, Phase.CONNECT)
        assert result.reason.startswith(NOT_THIS_MACHINE)
        assert server.said == []


# --- cutting off --------------------------------------------------------------------------------


async def cut_at(verb: str) -> Result:
    async with raw_server({verb: STALL}) as server, pool_to(make_relay(server.port)) as pool:
        async with asyncio.TaskGroup() as group:
            send = group.create_task(pool.send(make_mail()))
            await server.stalled.wait()
            pool.cut("stopped")
        return send.result()


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_what_is_cut_before_the_dot_was_not_delivered(verb: str) -> None:
    result = await cut_at(verb)

    assert (result.outcome, result.reason) == (Outcome.TRANSIENT, "stopped")


async def test_an_opening_that_forgets_a_cancel_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As asyncio.wait_for does before Python 3.12, in one unlucky turn (bpo-37658)."""
    begun = asyncio.Event()

    async def stubborn(*_: object) -> Result:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr("publisher.deliver.pool.open_session", stubborn)
    async with pool_to(make_relay(25)) as pool, asyncio.TaskGroup() as group:
        send = group.create_task(pool.send(make_mail()))
        await begun.wait()
        pool.cut("stopped")
    assert send.result().reason == "stopped"


async def test_what_is_cut_after_the_dot_nobody_knows() -> None:
    result = await cut_at(".")

    assert (result.outcome, result.phase) == (Outcome.UNCERTAIN, Phase.DOT)


@pytest.mark.parametrize(
    ("verb", "reached"),
    [("EHLO", Phase.CONNECT), ("RCPT", Phase.RCPT), ("DATA", Phase.DATA), (".", Phase.DOT)],
)
async def test_a_cancelled_send_tells_how_far_it_came_and_leaves_no_session(
    verb: str, reached: Phase
) -> None:
    async with (
        raw_server({verb: STALL}) as server,
        pool_to(make_relay(server.port)) as pool,
        pool.line() as line,
    ):
        async with asyncio.TaskGroup() as group:
            send = group.create_task(line.send(make_mail()))
            await server.stalled.wait()
            send.cancel()
        assert line.reached is reached
        assert not line.live


async def test_a_relay_without_its_ca_file_is_a_failure_of_the_session(tmp_path: Path) -> None:
    relay = make_relay(25, security=Security.TLS, ca_file=tmp_path / "gone.pem")
    async with pool_to(relay) as pool:
        result = await pool.probe()

    assert result is not None
    assert result.phase is Phase.CONNECT
    assert result.reason.startswith(CA_UNREADABLE)


def test_the_deadlines_are_those_of_the_rfc() -> None:
    given = Deadlines()

    assert (given.mail, given.rcpt, given.data, given.block, given.dot) == (300, 300, 120, 180, 600)


async def test_a_line_is_never_used_by_two_at_once() -> None:
    mails = [make_mail(recipient=f"r{n}@readers.test", chunks=(b"%d\r\n" % n,)) for n in range(30)]

    async def send(pool: Pool, mail: Mail) -> Result:
        return await pool.send(mail)

    async with real_server() as server, pool_to(make_relay(server.port, connections=2)) as pool:
        async with asyncio.TaskGroup() as group:
            sends = [group.create_task(send(pool, mail)) for mail in mails]
        assert all(one.result().outcome is Outcome.ACCEPTED for one in sends)
        assert {mail.recipient: mail.data for mail in server.mails} == {
            mail.recipient: b"".join(mail.chunks) for mail in mails
        }
