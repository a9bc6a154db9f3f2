"""Every way a mail server can fail us, and the one Result each must give."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from random import Random

import pytest

from publisher.deliver.meanings import Verdict, verdict
from publisher.deliver.pool import Pool, Wear
from publisher.deliver.session import Deadlines
from publisher.model.deliveries import Outcome, Phase, Reply
from publisher.model.relays import Relay
from tests.support.build import make_mail
from tests.support.smtp_server import (
    DROP,
    RESET,
    STALL,
    RawServer,
    Script,
    make_relay,
    raw_server,
)

DICE = Random(1)  # noqa: S311 - jitter
OK = b"250 2.0.0 OK\r\n"
T, P, U = Outcome.TRANSIENT, Outcome.PERMANENT, Outcome.UNCERTAIN
WORD = "open sesame"
SHORT = 0.05  # seconds, where a deadline is what a test is about


def pool_to(relay: Relay, **deadlines: float) -> Pool:
    return Pool(
        relay, dice=DICE, hello="me.test", wear=Wear(jitter=0), deadlines=Deadlines(**deadlines)
    )


@asynccontextmanager
async def facing(script: Script, **deadlines: float) -> AsyncIterator[tuple[RawServer, Pool]]:
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(raw_server(script))
        relay = make_relay(server.port)
        yield server, await stack.enter_async_context(pool_to(relay, **deadlines))


@dataclass(frozen=True, kw_only=True)
class Case:
    """What the server does; what it must mean; whether the session is kept."""

    script: Script
    outcome: Outcome
    phase: Phase
    code: int | None = None
    reason: str = ""
    kept: bool = False
    verdict: Verdict


LONG_LINE = b"250 " + b"x" * 5000 + b"\r\n"
MANY_LINES = b"250-more\r\n" * 65 + b"250 end\r\n"

CASES = {
    "greeting refused for good": Case(
        script={"CONNECT": b"554 5.3.2 go away\r\n"},
        outcome=P, phase=Phase.CONNECT, code=554, verdict=Verdict.OURS,
    ),
    "greeting refused for now": Case(
        script={"CONNECT": b"421 4.3.2 too many of you\r\n"},
        outcome=T, phase=Phase.CONNECT, code=421, verdict=Verdict.OURS,
    ),
    "dropped at the greeting": Case(
        script={"CONNECT": DROP},
        outcome=T, phase=Phase.CONNECT, verdict=Verdict.OURS,
    ),
    "garbage for a greeting": Case(
        script={"CONNECT": b"SSH-2.0-OpenSSH_9.2\r\n"},
        outcome=P, phase=Phase.CONNECT, verdict=Verdict.OURS,
    ),
    "EHLO and HELO refused": Case(
        script={"EHLO": b"502 5.5.1 what?\r\n", "HELO": b"550 5.7.1 no\r\n"},
        outcome=P, phase=Phase.CONNECT, code=550, verdict=Verdict.OURS,
    ),
    "EHLO refused for now": Case(
        script={"EHLO": b"451 4.3.0 busy\r\n"},
        outcome=T, phase=Phase.CONNECT, code=451, verdict=Verdict.OURS,
    ),
    "bytes behind the EHLO reply": Case(
        script={"EHLO": b"250 relay.test\r\n250 2.1.0 OK\r\n"},
        outcome=P, phase=Phase.CONNECT, reason="unsolicited bytes", verdict=Verdict.OURS,
    ),
    "MAIL refused for now": Case(
        script={"MAIL": b"451 4.7.1 later\r\n"},
        outcome=T, phase=Phase.MAIL, code=451, kept=True, verdict=Verdict.LATER,
    ),
    "MAIL refused for good": Case(
        script={"MAIL": b"550 5.7.1 we do not know you\r\n"},
        outcome=P, phase=Phase.MAIL, code=550, kept=True, verdict=Verdict.OURS,
    ),
    "RCPT refused for now": Case(
        script={"RCPT": b"450 4.2.1 greylisted\r\n"},
        outcome=T, phase=Phase.RCPT, code=450, kept=True, verdict=Verdict.LATER,
    ),
    "RCPT refused for good": Case(
        script={"RCPT": b"550-5.1.1 no such\r\n550 5.1.1 user\r\n"},
        outcome=P, phase=Phase.RCPT, code=550, kept=True, verdict=Verdict.GONE,
    ),
    "relaying denied": Case(
        script={"RCPT": b"554 5.7.1 Relay access denied\r\n"},
        outcome=P, phase=Phase.RCPT, code=554, kept=True, verdict=Verdict.OURS,
    ),
    "DATA refused for now": Case(
        script={"DATA": b"452 4.3.1 full\r\n"},
        outcome=T, phase=Phase.DATA, code=452, kept=True, verdict=Verdict.LATER,
    ),
    "DATA refused for good": Case(
        script={"DATA": b"554 5.5.1 no\r\n"},
        outcome=P, phase=Phase.DATA, code=554, kept=True, verdict=Verdict.NEVER,
    ),
    "dot refused for now": Case(
        script={".": b"451 4.3.0 try again\r\n"},
        outcome=T, phase=Phase.DOT, code=451, kept=True, verdict=Verdict.LATER,
    ),
    "dot refused for good": Case(
        script={".": b"552 5.2.2 mailbox full\r\n"},
        outcome=P, phase=Phase.DOT, code=552, kept=True, verdict=Verdict.NEVER,
    ),
    "dot refused for what we are": Case(
        script={".": b"550 5.7.26 unauthenticated\r\n"},
        outcome=P, phase=Phase.DOT, code=550, kept=True, verdict=Verdict.OURS,
    ),
    "421 at MAIL": Case(
        script={"MAIL": b"421 4.3.2 shutting down\r\n"},
        outcome=T, phase=Phase.MAIL, code=421, verdict=Verdict.LATER,
    ),
    "421 at RCPT": Case(
        script={"RCPT": b"421 4.7.0 slow down\r\n"},
        outcome=T, phase=Phase.RCPT, code=421, verdict=Verdict.LATER,
    ),
    "421 after the dot": Case(
        script={".": b"421 4.3.2 shutting down\r\n"},
        outcome=T, phase=Phase.DOT, code=421, verdict=Verdict.LATER,
    ),
    "dropped at MAIL": Case(
        script={"MAIL": DROP},
        outcome=T, phase=Phase.MAIL, reason="connection lost", verdict=Verdict.LATER,
    ),
    "dropped at RCPT": Case(
        script={"RCPT": DROP},
        outcome=T, phase=Phase.RCPT, reason="connection lost", verdict=Verdict.LATER,
    ),
    "dropped at DATA": Case(
        script={"DATA": DROP},
        outcome=T, phase=Phase.DATA, reason="connection lost", verdict=Verdict.LATER,
    ),
    "dropped after the dot": Case(
        script={".": DROP},
        outcome=U, phase=Phase.DOT, reason="connection lost", verdict=Verdict.UNKNOWN,
    ),
    "half a reply after the dot": Case(
        script={".": (b"250 2.0", DROP)},
        outcome=U, phase=Phase.DOT, reason="connection lost", verdict=Verdict.UNKNOWN,
    ),
    "garbage after the dot": Case(
        script={".": b"fine, thanks\r\n"},
        outcome=U, phase=Phase.DOT, reason="not a reply", verdict=Verdict.UNKNOWN,
    ),
    "a long line after the dot": Case(
        script={".": LONG_LINE},
        outcome=U, phase=Phase.DOT, reason="reply line too long", verdict=Verdict.UNKNOWN,
    ),
    "a line that never ends": Case(
        script={"RCPT": LONG_LINE[:-2]},
        outcome=T, phase=Phase.RCPT, reason="reply line too long", verdict=Verdict.LATER,
    ),
    "too many lines": Case(
        script={"RCPT": MANY_LINES},
        outcome=T, phase=Phase.RCPT, reason="reply has too many lines", verdict=Verdict.LATER,
    ),
    "codes that differ": Case(
        script={"RCPT": b"250-yes\r\n550 no\r\n"},
        outcome=T, phase=Phase.RCPT, reason="reply codes differ", verdict=Verdict.LATER,
    ),
    "354 to MAIL": Case(
        script={"MAIL": b"354 go on\r\n"},
        outcome=T, phase=Phase.MAIL, code=354, reason="unexpected reply", verdict=Verdict.LATER,
    ),
    "250 to DATA": Case(
        script={"DATA": b"250 OK\r\n"},
        outcome=T, phase=Phase.DATA, code=250, reason="unexpected reply", verdict=Verdict.LATER,
    ),
    "354 after the dot": Case(
        script={".": b"354 go on\r\n"},
        outcome=U, phase=Phase.DOT, code=354, reason="unexpected reply", verdict=Verdict.UNKNOWN,
    ),
    "a reply too many": Case(
        script={"MAIL": OK + OK},
        outcome=T, phase=Phase.RCPT, reason="unsolicited bytes", verdict=Verdict.LATER,
    ),
    "greeting refused, no mail here": Case(
        script={"CONNECT": b"521 5.3.2 no mail here\r\n"},
        outcome=P, phase=Phase.CONNECT, code=521, verdict=Verdict.OURS,
    ),
    "a greeting of no code at all": Case(
        script={"CONNECT": b"000 hello\r\n"},
        outcome=P, phase=Phase.CONNECT, reason="not SMTP", verdict=Verdict.OURS,
    ),
    "a greeting of no such code": Case(
        script={"CONNECT": b"999 hello\r\n"},
        outcome=P, phase=Phase.CONNECT, reason="not SMTP", verdict=Verdict.OURS,
    ),
    "a greeting too many": Case(
        script={"CONNECT": b"220 relay.test\r\n220 relay.test\r\n"},
        outcome=P, phase=Phase.CONNECT, reason="not SMTP", verdict=Verdict.OURS,
    ),
    "a greeting that never ends": Case(
        script={"CONNECT": b"220 " + b"x" * 100_000},
        outcome=P, phase=Phase.CONNECT, verdict=Verdict.OURS,
    ),
    "an offer of no such code": Case(
        script={"EHLO": b"999 fine\r\n"},
        outcome=P, phase=Phase.CONNECT, reason="not SMTP", verdict=Verdict.OURS,
    ),
    "a greeting that is no text": Case(
        script={"CONNECT": b"554 \xff\xfe\0 no\r\n"},
        outcome=P, phase=Phase.CONNECT, code=554, verdict=Verdict.OURS,
    ),
    "an offer that never ends": Case(
        script={"EHLO": b"250-more and more\r\n" * 20_000},
        outcome=P, phase=Phase.CONNECT, reason="not SMTP", verdict=Verdict.OURS,
    ),
    "goodbye at EHLO": Case(
        script={"EHLO": b"221 2.0.0 bye\r\n"},
        outcome=P, phase=Phase.CONNECT, reason="not SMTP", verdict=Verdict.OURS,
    ),
    "reset at the greeting": Case(
        script={"CONNECT": RESET},
        outcome=T, phase=Phase.CONNECT, verdict=Verdict.OURS,
    ),
    "reset at EHLO": Case(
        script={"EHLO": RESET},
        outcome=T, phase=Phase.CONNECT, verdict=Verdict.OURS,
    ),
    "reset at MAIL": Case(
        script={"MAIL": RESET},
        outcome=T, phase=Phase.MAIL, reason="connection lost", verdict=Verdict.LATER,
    ),
    "reset at RCPT": Case(
        script={"RCPT": RESET},
        outcome=T, phase=Phase.RCPT, reason="connection lost", verdict=Verdict.LATER,
    ),
    "reset at DATA": Case(
        script={"DATA": RESET},
        outcome=T, phase=Phase.DATA, reason="connection lost", verdict=Verdict.LATER,
    ),
    "reset after the dot": Case(
        script={".": RESET},
        outcome=U, phase=Phase.DOT, reason="connection lost", verdict=Verdict.UNKNOWN,
    ),
    "goodbye at MAIL": Case(
        script={"MAIL": (b"221 2.0.0 bye\r\n", DROP)},
        outcome=T, phase=Phase.MAIL, code=221, reason="unexpected reply", verdict=Verdict.LATER,
    ),
    "goodbye at RCPT": Case(
        script={"RCPT": (b"221 2.0.0 bye\r\n", DROP)},
        outcome=T, phase=Phase.RCPT, code=221, reason="unexpected reply", verdict=Verdict.LATER,
    ),
    "goodbye at DATA": Case(
        script={"DATA": (b"221 2.0.0 bye\r\n", DROP)},
        outcome=T, phase=Phase.DATA, code=221, reason="unexpected reply", verdict=Verdict.LATER,
    ),
    "goodbye after the dot": Case(
        script={".": (b"221 2.0.0 bye\r\n", DROP)},
        outcome=U, phase=Phase.DOT, code=221, reason="unexpected reply", verdict=Verdict.UNKNOWN,
    ),
    "NUL in a reply": Case(
        script={"RCPT": b"250 2.1.5 O\0K\r\n"},
        outcome=T, phase=Phase.RCPT, reason="not a reply", verdict=Verdict.LATER,
    ),
    "NUL after the dot": Case(
        script={".": b"\0\0\0\0250 OK\r\n"},
        outcome=U, phase=Phase.DOT, reason="not a reply", verdict=Verdict.UNKNOWN,
    ),
    "a bare LF": Case(
        script={"RCPT": b"250 OK\n"},
        outcome=T, phase=Phase.RCPT, reason="not a reply", verdict=Verdict.LATER,
    ),
    "a bare LF after the dot": Case(
        script={".": b"250 OK\n"},
        outcome=U, phase=Phase.DOT, reason="not a reply", verdict=Verdict.UNKNOWN,
    ),
    "no code at all": Case(
        script={"RCPT": b"000 OK\r\n"},
        outcome=T, phase=Phase.RCPT, reason="not a reply", verdict=Verdict.LATER,
    ),
    "no such code": Case(
        script={"RCPT": b"999 OK\r\n"},
        outcome=T, phase=Phase.RCPT, reason="not a reply", verdict=Verdict.LATER,
    ),
    "no such code after the dot": Case(
        script={".": b"999 OK\r\n"},
        outcome=U, phase=Phase.DOT, reason="not a reply", verdict=Verdict.UNKNOWN,
    ),
    "codes that differ after the dot": Case(
        script={".": b"250-taken\r\n550 not\r\n"},
        outcome=U, phase=Phase.DOT, reason="reply codes differ", verdict=Verdict.UNKNOWN,
    ),
    "a thousand lines after the dot": Case(
        script={".": b"250-more\r\n" * 1000 + b"250 end\r\n"},
        outcome=U, phase=Phase.DOT, reason="reply has too many lines", verdict=Verdict.UNKNOWN,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_each_fault_has_its_result(case: Case) -> None:
    async with facing(case.script) as (_, pool):
        result = await pool.send(make_mail())

        assert (result.outcome, result.phase) == (case.outcome, case.phase)
        assert (result.reply.code if result.reply else None) == case.code
        assert case.reason in result.reason
        assert (result.reply.text if result.reply else result.reason).encode()
        assert verdict(result) is case.verdict
        assert pool.live == int(case.kept)


@pytest.mark.parametrize(
    ("verb", "deadline", "outcome", "phase"),
    [
        ("CONNECT", "greeting", T, Phase.CONNECT),
        ("EHLO", "greeting", T, Phase.CONNECT),
        ("MAIL", "mail", T, Phase.MAIL),
        ("RCPT", "rcpt", T, Phase.RCPT),
        ("DATA", "data", T, Phase.DATA),
        (".", "dot", U, Phase.DOT),
    ],
)
async def test_a_server_that_stalls_is_left_at_the_deadline_of_that_phase(
    verb: str, deadline: str, outcome: Outcome, phase: Phase
) -> None:
    async with facing({verb: STALL}, **{deadline: SHORT}) as (_, pool):
        result = await pool.send(make_mail())

        assert (result.outcome, result.phase, result.reply) == (outcome, phase, None)
        assert pool.live == 0


async def test_a_server_that_stops_reading_the_text_is_left_before_the_dot() -> None:
    text = (b"x" * 70 + b"\r\n") * 200_000
    async with facing({"TEXT": STALL}, block=SHORT) as (server, pool):
        result = await pool.send(make_mail(chunks=(text,)))

        assert (result.outcome, result.phase, result.reason) == (T, Phase.DATA, "timeout")
        assert server.texts == []


@pytest.mark.parametrize("reply", [b"552 5.3.4 too big\r\n", b"451 4.3.0 sorry\r\n"])
async def test_a_reply_amid_the_text_counts_and_no_dot_follows(reply: bytes) -> None:
    text = (b"x" * 70 + b"\r\n") * 200_000
    async with facing({"TEXT": (reply, DROP)}) as (server, pool):
        result = await pool.send(make_mail(chunks=(text,)))

        assert result.phase is Phase.DATA
        assert result.reply is not None
        assert result.reply.code == int(reply[:3])
        assert (server.texts, pool.live) == ([], 0)


async def test_dropped_amid_the_text_is_before_the_dot() -> None:
    text = (b"x" * 70 + b"\r\n") * 200_000
    async with facing({"TEXT": DROP}) as (_, pool):
        result = await pool.send(make_mail(chunks=(text,)))

        assert (result.outcome, result.phase) == (T, Phase.DATA)


async def test_a_reply_in_pieces_is_one_reply() -> None:
    pieces = tuple(bytes([byte]) for byte in b"250-2.0.0 taken\r\n250 2.0.0 over\r\n")
    async with facing({".": pieces}) as (_, pool):
        result = await pool.send(make_mail())

        assert result.outcome is Outcome.ACCEPTED
        assert result.reply == Reply(code=250, text="taken over", enhanced="2.0.0")


async def test_what_comes_behind_an_acceptance_ends_the_session_and_not_the_acceptance() -> None:
    async with facing({".": b"250 OK\r\n421 4.3.2 bye\r\n"}) as (_, pool):
        result = await pool.send(make_mail())

        assert result.outcome is Outcome.ACCEPTED
        assert pool.live == 0


async def test_a_refusal_keeps_the_session_clean_for_the_next_reader() -> None:
    """RSET closes the envelope that was left open; the next mail is not answered for it."""
    async with facing({"RCPT": [b"550 5.1.1 no such user\r\n", OK]}) as (server, pool):
        first, second = await pool.send(make_mail()), await pool.send(make_mail())

        assert [first.outcome, second.outcome] == [P, Outcome.ACCEPTED]
        assert server.said == ["EHLO", "MAIL", "RCPT", "RSET", "MAIL", "RCPT", "DATA", "."]
        assert server.sessions == 1


async def test_a_session_that_will_not_be_reset_is_replaced() -> None:
    script: Script = {"RCPT": [b"450 4.2.0 busy\r\n", OK], "RSET": b"451 4.3.0 no\r\n"}
    async with facing(script) as (server, pool):
        first, second = await pool.send(make_mail()), await pool.send(make_mail())

        assert [first.outcome, second.outcome] == [T, Outcome.ACCEPTED]
        assert server.sessions == 2


async def test_after_421_the_next_mail_goes_over_a_new_session() -> None:
    async with facing({"RCPT": [b"421 4.7.0 slow down\r\n", OK]}) as (server, pool):
        first, second = await pool.send(make_mail()), await pool.send(make_mail())

        assert [first.outcome, second.outcome] == [T, Outcome.ACCEPTED]
        assert server.sessions == 2


async def test_nobody_listens() -> None:
    async with raw_server() as server:
        port = server.port
    async with pool_to(make_relay(port)) as pool:
        result = await pool.send(make_mail())

    assert (result.outcome, result.phase) == (T, Phase.CONNECT)
    assert result.reason == "Connection refused"


async def test_no_such_host() -> None:
    async with pool_to(make_relay(25, host="a..b")) as pool:
        result = await pool.send(make_mail())

    assert result.phase is Phase.CONNECT
    assert result.reason


async def test_replies_never_cross_between_mails() -> None:
    """A refusal of one in three: each sender hears of their own."""
    replies = [b"250 2.1.5 OK\r\n", b"250 2.1.5 OK\r\n", b"550 5.1.1 nobody\r\n"] * 10
    async with facing({"RCPT": [*replies]}) as (_, pool):
        results = [await pool.send(make_mail()) for _ in range(30)]

    refused = [n for n, result in enumerate(results) if result.outcome is P]
    assert refused == list(range(2, 30, 3))


async def test_a_stop_amid_a_hundred_sends_leaves_no_task_behind() -> None:
    async with facing({".": STALL}) as (server, pool):
        async with asyncio.TaskGroup() as group:
            sends = [group.create_task(pool.send(make_mail())) for _ in range(100)]
            await server.stalled.wait()
            pool.cut("stopped")
        assert {one.result().outcome for one in sends} <= {T, U}
    assert asyncio.all_tasks() == {asyncio.current_task()}
