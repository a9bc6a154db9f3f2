"""Servers that take commands in groups (RFC 2920): every reply paired, every fault with its ledger.

The next envelope goes out with the dot of the mail before; the crash rule holds all the same.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from publisher.deliver.committer import Report
from publisher.deliver.pool import Pool, Wear
from publisher.model.deliveries import Delivery, DeliveryStatus, Outcome, Phase, Result, Settled
from publisher.ports import Start
from tests.support.build import NOON, make_mail
from tests.support.sending import MINUTE, OK, QUICK, Room, reader, sealed
from tests.support.smtp_server import DROP, STALL, RawServer, Script, make_relay, raw_server

DICE = Random(1)  # noqa: S311 - jitter
GROUPS: Script = {"EHLO": b"250-relay.test\r\n250-PIPELINING\r\n250 8BITMIME\r\n"}
NOBODY = b"550 5.1.1 no such user\r\n"
NO_RCPT = b"554 5.5.1 no valid recipients\r\n"
GO = b"354 go on\r\n"
T, P, A = Outcome.TRANSIENT, Outcome.PERMANENT, Outcome.ACCEPTED


@asynccontextmanager
async def facing(script: Script) -> AsyncIterator[tuple[RawServer, Pool]]:
    async with raw_server({**GROUPS, **script}) as server:
        pool = Pool(make_relay(server.port), dice=DICE, hello="me.test", wear=Wear(jitter=0))
        async with pool:
            yield server, pool


async def go(tmp_path: Path, script: Script, *, readers: int = 4) -> tuple[Report, RawServer, Room]:
    """One round over one connection."""
    async with sealed(tmp_path, readers) as room, raw_server({**GROUPS, **script}) as server:
        report = await room.round(make_relay(server.port, connections=1))
        await room.keep_rows()
    return report, server, room


def recipients(server: RawServer) -> list[str]:
    """Of every RCPT, in order."""
    return [line.decode()[9:-3] for line in server.lines if line.startswith(b"RCPT")]


# --- one mail -----------------------------------------------------------------------------------


async def test_mail_rcpt_and_data_go_out_together() -> None:
    """A server that answers none of them before it has all three."""
    script: Script = {"MAIL": b"", "RCPT": b"", "DATA": OK + OK + GO}
    async with facing(script) as (_, pool):
        result = await pool.send(make_mail())

    assert result.outcome is A


@pytest.mark.parametrize(
    ("script", "outcome", "phase", "code"),
    [
        ({"MAIL": b"451 4.7.1 later\r\n", "RCPT": NO_RCPT, "DATA": NO_RCPT}, T, Phase.MAIL, 451),
        ({"MAIL": b"550 5.7.1 who?\r\n", "RCPT": NO_RCPT, "DATA": NO_RCPT}, P, Phase.MAIL, 550),
        ({"RCPT": b"450 4.2.1 grey\r\n", "DATA": NO_RCPT}, T, Phase.RCPT, 450),
        ({"RCPT": NOBODY, "DATA": NO_RCPT}, P, Phase.RCPT, 550),
        ({"RCPT": NOBODY, "DATA": GO, ".": NO_RCPT}, P, Phase.RCPT, 550),
        ({"DATA": b"452 4.3.1 full\r\n"}, T, Phase.DATA, 452),
        ({".": b"552 5.2.2 mailbox full\r\n"}, P, Phase.DOT, 552),
    ],
)
async def test_a_refusal_within_a_group_keeps_the_session_in_step(
    script: Script, outcome: Outcome, phase: Phase, code: int
) -> None:
    once = {verb: [reply, *(POLITE_AFTER[verb],) * 3] for verb, reply in script.items()}
    async with facing(once) as (server, pool):
        refused, accepted = await pool.send(make_mail()), await pool.send(make_mail())

        assert (refused.outcome, refused.phase) == (outcome, phase)
        assert refused.reply is not None
        assert refused.reply.code == code
        assert (accepted.outcome, server.sessions) == (A, 1)


POLITE_AFTER = {"MAIL": OK, "RCPT": OK, "DATA": GO, ".": OK}


async def test_a_text_for_nobody_is_never_sent() -> None:
    """The server says 354 though it refused the only recipient: it gets a lone dot."""
    async with facing({"RCPT": NOBODY, ".": NO_RCPT}) as (server, pool):
        await pool.send(make_mail())

        assert server.texts == [b".\r\n"]


async def test_a_server_that_takes_a_mail_for_nobody_is_left() -> None:
    async with facing({"RCPT": NOBODY}) as (_, pool):
        result = await pool.send(make_mail())

        assert (result.outcome, result.phase) == (P, Phase.RCPT)
        assert pool.live == 0


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_a_reply_too_many_within_a_group_ends_the_session_before_the_text(verb: str) -> None:
    reply = {"MAIL": OK, "RCPT": OK, "DATA": GO}[verb]
    async with facing({verb: reply + reply}) as (server, pool):
        result = await pool.send(make_mail())

        assert (result.outcome, result.reply is None or result.reply.code) != (A, 250)
        assert (server.texts, pool.live) == ([], 0)


async def test_replies_cut_anywhere_and_run_together_are_paired() -> None:
    pieces = tuple(bytes([byte]) for byte in b"250-2.1.0 fine\r\n250 2.1.0 sender\r\n")
    script: Script = {"MAIL": pieces, "RCPT": b"", "DATA": OK + b"354-go\r\n354 on\r\n"}
    async with facing(script) as (_, pool):
        result = await pool.send(make_mail())

    assert result.outcome is A


async def test_replies_never_cross_between_mails_of_one_session() -> None:
    rcpt = [OK, OK, NOBODY] * 10
    data = [GO, GO, NO_RCPT] * 10
    async with facing({"RCPT": [*rcpt], "DATA": [*data]}) as (server, pool):
        results: list[Result] = [await pool.send(make_mail()) for _ in range(30)]

        assert [n for n, one in enumerate(results) if one.outcome is P] == [*range(2, 30, 3)]
        assert server.sessions == 1


# --- one behind the other -----------------------------------------------------------------------


async def test_the_next_envelope_goes_out_with_the_dot(tmp_path: Path) -> None:
    """The server answers a dot only once it has the next DATA; it would wait for ever otherwise."""
    answers = [GO, *[OK + OK + OK + GO] * 3]
    script: Script = {
        "MAIL": [OK, b""], "RCPT": [OK, b""], "DATA": answers, ".": [b"", b"", b"", OK],
    }  # fmt: skip
    report, server, _ = await go(tmp_path, script)

    assert report == Report(accepted=4)
    assert server.said[:9] == ["EHLO", *["MAIL", "RCPT", "DATA", "."] * 2]
    assert server.sessions == 1


async def test_a_text_goes_out_only_once_the_mail_before_it_is_in_the_ledger(
    tmp_path: Path,
) -> None:
    """Law 3: what a crash at this moment leaves unknown is one delivery per connection."""
    async with sealed(tmp_path, 12) as room:
        order: list[str] = []
        commit = room.outbox.commit

        async def noting(
            settled: Sequence[Settled], starts: Sequence[Start], *, now: datetime, owner: str
        ) -> Sequence[Delivery]:
            started = await commit(settled, starts, now=now, owner=owner)
            order.extend(f"settled {one.delivery.address}" for one in settled)
            order.extend(f"started {one.address}" for one in started)
            return started

        room.outbox.commit = noting  # type: ignore[method-assign]
        async with raw_server(GROUPS, told=order.append) as server:
            await room.round(make_relay(server.port, connections=1))

    for number in range(12):
        assert order.index(f"started {reader(number)}") < order.index(f"MAIL {number + 1}")
    for number in range(11):
        assert order.index(f"settled {reader(number)}") < order.index(f"TEXT {number + 2}")
    assert any(order.index(f"MAIL {n + 2}") < order.index(f"settled {reader(n)}") for n in range(5))


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ({".": [OK, DROP, OK]}, ["accepted", "uncertain", "accepted", "accepted"]),
        ({".": [OK, (b"250 2.", DROP), OK]}, ["accepted", "uncertain", "accepted", "accepted"]),
        ({".": [OK, b"what?\r\n", OK]}, ["accepted", "uncertain", "accepted", "accepted"]),
        ({".": [OK, b"421 4.3.2 bye\r\n", OK]}, ["accepted", "deferred", "accepted", "accepted"]),
        ({".": [OK, b"451 4.3.0 no\r\n", OK]}, ["accepted", "deferred", "accepted", "accepted"]),
        ({".": [OK, (OK, DROP), OK]}, ["accepted"] * 4),
        ({"MAIL": [OK, OK, DROP, OK]}, ["accepted"] * 4),
        ({"MAIL": [OK, OK, b"421 4.4.5 enough\r\n", OK]}, ["accepted"] * 4),
        ({"RCPT": [OK, DROP, OK]}, ["accepted", "deferred", "accepted", "accepted"]),
        ({"DATA": [GO, DROP, GO]}, ["accepted", "deferred", "accepted", "accepted"]),
        ({"RCPT": [OK, b"221 bye\r\n", OK]}, ["accepted", "deferred", "accepted", "accepted"]),
        (
            {"RCPT": [OK, NOBODY, OK], "DATA": [GO, NO_RCPT, GO]},
            ["accepted", "rejected", "accepted", "accepted"],
        ),
        (
            {"RCPT": [OK, b"450 4.2.1 grey\r\n", NOBODY, OK], "DATA": [GO, NO_RCPT, NO_RCPT, GO]},
            ["accepted", "deferred", "rejected", "accepted"],
        ),
        (
            {"MAIL": [OK, b"451 4.3.1 no\r\n", OK], "RCPT": [OK, NO_RCPT, OK],
             "DATA": [GO, NO_RCPT, GO]},
            ["accepted", "accepted", "accepted", "accepted"],  # over a new session
        ),
    ],
)  # fmt: skip
async def test_each_fault_leaves_its_ledger(
    script: Script, expected: list[str], tmp_path: Path
) -> None:
    report, server, room = await go(tmp_path, script)

    assert report.trouble is None
    assert [one.status.value for one, _ in room.kept] == expected
    for delivery, tries in room.kept:
        assert len(tries) == 1, delivery.address
    carried = [text for text in server.texts if text != b".\r\n"]
    assert len(carried) == len(set(carried)), "no text goes twice"


async def test_who_stands_behind_a_stall_is_not_blamed_for_it(tmp_path: Path) -> None:
    """Of the text ahead nobody knows; the next one's MAIL was never answered, and is no try."""
    async with (
        sealed(tmp_path, 4) as room,
        raw_server({**GROUPS, ".": [OK, STALL, OK]}) as server,
    ):
        room.deadlines = replace(room.deadlines, dot=2.0)
        await room.round(make_relay(server.port, connections=1))
        await room.keep_rows()

    ends = [one.status.value for one, _ in room.kept]
    assert ends == ["accepted", "uncertain", "accepted", "accepted"]
    assert [len(tries) for _, tries in room.kept] == [1, 1, 1, 1]


async def test_a_refused_sender_ahead_ends_the_round_and_blames_nobody(tmp_path: Path) -> None:
    script: Script = {
        "MAIL": [OK, b"550 5.7.1 who?\r\n"], "RCPT": [OK, NO_RCPT], "DATA": [GO, NO_RCPT],
    }  # fmt: skip
    report, _, room = await go(tmp_path, script)

    assert report.trouble is not None
    assert [one.status.value for one, _ in room.kept] == ["accepted", *["queued"] * 3]
    assert [len(tries) for _, tries in room.kept] == [1, 0, 0, 0]


async def test_a_stall_of_the_envelope_ahead_keeps_no_acceptance_waiting(tmp_path: Path) -> None:
    """The dot is answered, the next MAIL is not: the first is in the ledger meanwhile."""
    script: Script = {**GROUPS, "MAIL": [OK, STALL]}
    async with sealed(tmp_path, 3) as room, raw_server(script) as server:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(room.round(make_relay(server.port, connections=1)))
            await server.stalled.wait()
            while (await room.balance()).accepted == 0:
                await asyncio.sleep(0.01)
            room.stop.set()
        assert sending.result().accepted == 1
        assert await room.statuses() == {DeliveryStatus.ACCEPTED, DeliveryStatus.QUEUED}


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
async def test_stopped_with_an_envelope_ahead_nothing_is_counted_twice(
    verb: str, tmp_path: Path
) -> None:
    first = {"MAIL": OK, "RCPT": OK, "DATA": GO}[verb]
    async with sealed(tmp_path, 5) as room:
        patient = replace(QUICK, grace=1.0)  # the first is heard of, on a busy machine too
        async with raw_server({**GROUPS, verb: [first, STALL]}) as server:
            async with asyncio.TaskGroup() as group:
                group.create_task(room.round(make_relay(server.port, connections=1), pace=patient))
                await server.stalled.wait()
                room.stop.set()
            assert len(server.texts) == 1
        balance = await room.balance()
        assert (balance.accepted, balance.waiting) == (1, 4)
        assert await room.outbox.recover(now=NOON, resend=()) == 0


async def test_a_slow_server_is_not_spoken_to_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said to it might lie unread, and arrive long after an editor's stop."""
    monkeypatch.setattr("publisher.deliver.session._BRISK", 0.0)
    _, server, _ = await go(tmp_path, {}, readers=2)

    assert server.said.count("MAIL") == 2
    assert recipients(server) == [reader(0), reader(1)]


async def test_the_share_of_a_session_counts_envelopes_ahead(tmp_path: Path) -> None:
    async with sealed(tmp_path, 7) as room, raw_server(GROUPS) as server:
        room.wear = replace(room.wear, mails=3)
        report = await room.round(make_relay(server.port, connections=1), pace=QUICK)

        assert (report.accepted, server.sessions) == (7, 3)
        assert [verb for verb in server.said if verb in {"MAIL", "QUIT"}] == [
            *["MAIL"] * 3, "QUIT", *["MAIL"] * 3, "QUIT", "MAIL", "QUIT",
        ]  # fmt: skip


async def test_what_was_put_off_ahead_goes_when_its_time_has_come(tmp_path: Path) -> None:
    script: Script = {
        **GROUPS, "RCPT": [OK, b"450 4.2.1 grey\r\n", OK], "DATA": [GO, NO_RCPT, GO],
    }  # fmt: skip
    async with sealed(tmp_path, 3) as room, raw_server(script) as server:
        relay = make_relay(server.port, connections=1)
        assert await room.round(relay) == Report(accepted=2, deferred=1)
        room.clock.now += MINUTE
        assert await room.round(relay) == Report(accepted=1)
