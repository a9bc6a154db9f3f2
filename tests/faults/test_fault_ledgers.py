"""Every fault of a mail server, said step by step and in groups: the ledger that it must leave.

And then the server is well again: whatever still waits arrives, and nothing arrives twice.
"""

from datetime import timedelta
from pathlib import Path

import pytest

from publisher.deliver.meanings import Verdict
from publisher.model.deliveries import DeliveryStatus, Phase
from tests.faults.test_smtp_faults import CASES, Case
from tests.support.sending import Room, reader, sealed
from tests.support.smtp_server import RawServer, Script, make_relay, raw_server

READERS = 3
HOUR = timedelta(hours=1)
GROUPS: Script = {"EHLO": b"250-relay.test\r\n250-PIPELINING\r\n250 ENHANCEDSTATUSCODES\r\n"}
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
