"""Every fault of a mail server, said step by step and in groups: the ledger that it must leave.

And then the server is well again: whatever still waits arrives, and nothing arrives twice.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from publisher.deliver.meanings import Verdict
from publisher.deliver.session import Deadlines
from publisher.model.deliveries import Delivery, DeliveryStatus, Outcome, Phase
from publisher.model.digests import Mail
from publisher.model.relays import Security
from tests.faults.test_smtp_faults import CASES, SHORT, WORD, Case
from tests.support.sending import Room, reader, sealed
from tests.support.smtp_server import (
    DROP,
    STALL,
    RawServer,
    Script,
    make_papers,
    make_relay,
    raw_server,
)

READERS = 3
HOUR = timedelta(hours=1)
GROUPS: Script = {"EHLO": b"250-relay.test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"}
LONG = (b"x" * 70 + b"\r\n") * 200_000  # more than all buffers on the way hold
OF_A_READER = {Phase.RCPT, Phase.DATA, Phase.DOT}
LEAVES = {
    Verdict.OURS: DeliveryStatus.QUEUED,
    Verdict.LATER: DeliveryStatus.DEFERRED,
    Verdict.NEVER: DeliveryStatus.REJECTED,
    Verdict.GONE: DeliveryStatus.REJECTED,
    Verdict.UNKNOWN: DeliveryStatus.UNCERTAIN,
}


@pytest.mark.parametrize("manner", [{}, GROUPS], ids=["step by step", "in groups"])
@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_each_fault_leaves_its_ledger_and_loses_nobody(
    case: Case, manner: Script, tmp_path: Path
) -> None:
    async with sealed(tmp_path, READERS) as room:
        async with raw_server({**manner, **case.script}) as server:
            report = await room.round(make_relay(server.port, connections=1))
        left = LEAVES[case.verdict]
        if case.verdict is Verdict.OURS and case.phase in OF_A_READER:
            left = DeliveryStatus.DEFERRED

        ends_at_once = case.verdict is Verdict.OURS and left is DeliveryStatus.DEFERRED
        others = {DeliveryStatus.QUEUED} if ends_at_once else set()
        assert await room.statuses() == {left, *others}
        assert (report.trouble is not None) == (case.verdict is Verdict.OURS)
        tries = [one for _, found in (await room.rows()).values() for one in found]
        if ends_at_once:  # with the first, and what was introduced behind it
            assert 1 <= len(tries) < READERS
        else:
            assert len(tries) == (0 if left is DeliveryStatus.QUEUED else READERS)
        assert {one.outcome for one in tries} <= {case.outcome}
        await _then_well(room, left)


AUTH = b"250-relay.test\r\n250 AUTH PLAIN\r\n"
TLS = b"250-relay.test\r\n250 STARTTLS\r\n"
PASSWORD = {"username": "digest", "password": WORD}
STARTTLS = {"security": Security.STARTTLS}


@pytest.mark.parametrize(
    ("script", "how", "phase"),
    [
        ({"EHLO": AUTH, "AUTH": b"535 5.7.8 wrong password\r\n"}, PASSWORD, "AUTH"),
        ({"EHLO": AUTH, "AUTH": b"454 4.7.0 not now\r\n"}, PASSWORD, "AUTH"),
        ({"EHLO": AUTH, "AUTH": DROP}, PASSWORD, "AUTH"),
        ({"EHLO": AUTH, "AUTH": STALL}, PASSWORD, "AUTH"),
        ({"CONNECT": STALL}, {}, ""),
        ({"EHLO": STALL}, {}, "EHLO"),
        ({}, STARTTLS, "EHLO"),
        ({"EHLO": TLS, "STARTTLS": b"454 4.7.0 no TLS today\r\n"}, STARTTLS, "STARTTLS"),
        ({"EHLO": TLS, "STARTTLS": b"220 go on\r\n"}, STARTTLS, "STARTTLS"),
    ],
    ids=[
        *("AUTH refused for good", "AUTH refused for now", "dropped at AUTH", "stall in AUTH"),
        *("stall before the greeting", "stall in EHLO"),
        *("STARTTLS stripped", "STARTTLS refused", "wrong certificate"),
    ],
)
async def test_without_a_session_nobody_is_tried_and_nobody_is_lost(
    script: Script, how: Mapping[str, object], phase: str, tmp_path: Path
) -> None:
    async with sealed(tmp_path, READERS) as room:
        if STALL in script.values():
            room.deadlines = Deadlines(greeting=SHORT)
        async with raw_server(script, tls=make_papers(tmp_path).server) as server:
            report = await room.round(make_relay(server.port, connections=1, **how))

            assert server.said[-1:] == [phase] * bool(phase)
        assert report.trouble is not None
        assert await room.statuses() == {DeliveryStatus.QUEUED}
        assert not any(tries for _, tries in (await room.rows()).values())
        room.deadlines = Deadlines()
        await _then_well(room, DeliveryStatus.QUEUED)


@pytest.mark.parametrize("manner", [{}, GROUPS], ids=["step by step", "in groups"])
@pytest.mark.parametrize(
    ("script", "deadlines", "phase"),
    [
        ({"MAIL": STALL}, Deadlines(mail=SHORT), Phase.MAIL),
        ({"RCPT": STALL}, Deadlines(rcpt=SHORT), Phase.RCPT),
        ({"DATA": STALL}, Deadlines(data=SHORT), Phase.DATA),
        ({"TEXT": STALL}, Deadlines(block=SHORT), Phase.DATA),
        ({"TEXT": DROP}, Deadlines(), Phase.DATA),
    ],
    ids=["stall in MAIL", "in RCPT", "in DATA", "in the text", "dropped before the dot"],
)
async def test_a_stall_or_a_loss_before_the_dot_costs_each_one_try(
    script: Script, deadlines: Deadlines, phase: Phase, manner: Script, tmp_path: Path
) -> None:
    async with sealed(tmp_path, READERS) as room:
        room.deadlines, compose = deadlines, room.compose

        async def long(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
            return replace(await compose(delivery), chunks=(LONG,))

        if "TEXT" in script:
            room.compose = long  # type: ignore[method-assign]
        async with raw_server({**manner, **script}) as server:
            report = await room.round(make_relay(server.port, connections=1))

        assert report.trouble is None
        assert await room.statuses() == {DeliveryStatus.DEFERRED}
        tries = [one for _, found in (await room.rows()).values() for one in found]
        assert [(one.outcome, one.phase) for one in tries] == [(Outcome.TRANSIENT, phase)] * READERS
        room.deadlines, room.compose = Deadlines(), compose  # type: ignore[method-assign]
        await _then_well(room, DeliveryStatus.DEFERRED)


@pytest.mark.parametrize("manner", [{}, GROUPS], ids=["step by step", "in groups"])
async def test_a_stall_behind_the_dot_leaves_unknown_whoever_has_a_text_there(
    manner: Script, tmp_path: Path
) -> None:
    """Whoever was merely introduced behind one of them waits, and gets it later."""
    async with sealed(tmp_path, READERS) as room:
        room.deadlines = Deadlines(dot=SHORT)
        async with raw_server({**manner, ".": STALL}) as server:
            await room.round(make_relay(server.port, connections=1))

        balance = await room.balance()
        assert (balance.uncertain, balance.accepted) == (len(server.texts), 0)
        assert balance.waiting == READERS - balance.uncertain <= (1 if manner else 0)
        assert await room.statuses() <= {DeliveryStatus.UNCERTAIN, DeliveryStatus.DEFERRED}
        room.deadlines, room.clock.now = Deadlines(), room.clock.now + HOUR
        async with raw_server() as well:
            await room.round(make_relay(well.port, connections=1))
        assert len(well.texts) == balance.waiting
        assert (await room.balance()).waiting == 0


async def _then_well(room: Room, left: DeliveryStatus) -> None:
    waiting = READERS if left in {DeliveryStatus.QUEUED, DeliveryStatus.DEFERRED} else 0
    room.clock.now += HOUR
    async with raw_server() as server:
        report = await room.round(make_relay(server.port, connections=1))
        assert report.accepted == len(server.texts) == waiting
    balance = await room.balance()
    assert (balance.accepted, balance.waiting) == (waiting, 0)


@pytest.mark.parametrize("manner", [{}, GROUPS], ids=["step by step", "in groups"])
async def test_a_mixture_of_answers_leaves_each_reader_their_own(
    manner: Script, tmp_path: Path
) -> None:
    answers = {0: b"250 OK\r\n", 1: b"450 4.2.1 grey\r\n", 2: b"550 5.1.1 nobody\r\n"}
    script: Script = {
        "RCPT": [answers[number % 3] for number in range(12)],
        "DATA": [b"354 go\r\n", *[b"503 5.5.1 no recipient\r\n"] * 2] * 4 if manner else b"354 go\r\n",
    }  # fmt: skip
    async with sealed(tmp_path, 12) as room, raw_server({**manner, **script}) as server:
        report = await room.round(make_relay(server.port, connections=1))

        assert (report.accepted, report.deferred, report.rejected) == (4, 4, 4)
        rows = await room.rows()
        names = {line[9:-3].decode(): n for n, line in enumerate(_rcpts(server))}
        expected = {0: "accepted", 1: "deferred", 2: "rejected"}
        for number in range(12):
            delivery, tries = rows[reader(number)]
            assert delivery.status.value == expected[names[delivery.address] % 3]
            assert len(tries) == 1


def _rcpts(server: RawServer) -> list[bytes]:
    return [line for line in server.lines if line.startswith(b"RCPT")]
