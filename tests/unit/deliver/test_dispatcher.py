"""Rounds over a real ledger (SQLite) and a real or a scripted mail server."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from publisher.deliver.committer import Report
from publisher.deliver.policy import PAUSE, SHORT_PAUSE
from publisher.model.deliveries import Delivery, DeliveryStatus, Outcome, Phase
from publisher.model.digests import Mail
from publisher.model.editions import OnUncertain
from tests.support.build import NOON
from tests.support.sending import EDITION, ISSUE, MINUTE, OK, QUICK, reader, sealed
from tests.support.smtp_server import (
    DROP,
    RealServer,
    Script,
    make_relay,
    raw_server,
    real_server,
)
from tests.support.smtp_server import (
    PAUSE as HALF_A_SECOND,
)

# --- the ordinary day ---------------------------------------------------------------------------


async def test_everyone_gets_their_mail_once_and_the_ledger_says_so(tmp_path: Path) -> None:
    async with sealed(tmp_path, 30) as room, real_server() as server:
        report = await room.round(make_relay(server.port))

        assert report == Report(accepted=30)
        assert server.recipients == [reader(number) for number in range(30)]
        assert (await room.balance()).accepted == 30
        rows = await room.rows()
        for mail in server.mails:
            delivery, (attempt,) = rows[mail.recipient]
            expected = f"Message-ID: <{delivery.message_id}>\r\n\r\n.\r\n"
            assert mail.data == expected.encode()
            assert (attempt.outcome, attempt.phase) == (Outcome.ACCEPTED, Phase.DOT)
            assert (attempt.code, attempt.relay, attempt.at) == (250, "main", NOON)
        assert await room.outbox.close_balanced(now=NOON) == [ISSUE]


async def test_nothing_due_opens_no_session(tmp_path: Path) -> None:
    async with sealed(tmp_path, 0) as room, real_server() as server:
        assert await room.round(make_relay(server.port)) == Report()
        assert server.sessions == 0


async def test_a_second_round_sends_nothing_twice(tmp_path: Path) -> None:
    async with sealed(tmp_path, 5) as room, real_server() as server:
        await room.round(make_relay(server.port))
        assert await room.round(make_relay(server.port)) == Report()
        assert len(server.mails) == 5


async def test_no_more_is_under_way_than_there_are_connections(tmp_path: Path) -> None:
    """What a crash leaves unknown is bounded by the sessions, and commits are shared."""
    async with sealed(tmp_path, 40) as room, real_server(RealServer(delay=0.02)) as server:
        await room.round(make_relay(server.port, connections=4))

        assert 2 <= server.most_at_once <= room.outbox.most_sending <= 4
        assert room.outbox.commits < 2 * 40


async def test_the_start_is_in_the_ledger_before_mail_and_the_ack_before_the_next_start(
    tmp_path: Path,
) -> None:
    seen: list[set[DeliveryStatus]] = []
    async with sealed(tmp_path, 3) as room:
        compose = room.compose

        async def looking(delivery: Delivery, *, eight_bit: bool = False) -> Mail:
            statuses = [one.status for one, _ in (await room.rows()).values()]
            assert statuses.count(DeliveryStatus.SENDING) == 1
            assert statuses.count(DeliveryStatus.ACCEPTED) == len(seen)
            seen.append(set(statuses))
            return await compose(delivery)

        room.compose = looking  # type: ignore[method-assign]
        async with real_server() as server:
            await room.round(make_relay(server.port, connections=1))
    assert len(seen) == 3


async def test_who_left_before_the_start_gets_nothing(tmp_path: Path) -> None:
    async with sealed(tmp_path, 3) as room, real_server() as server:
        gone = await room.audience.find(reader(1))
        assert gone is not None
        await room.audience.leave(gone.id, EDITION, now=NOON)
        report = await room.round(make_relay(server.port))

        assert report == Report(accepted=2, suppressed=1)
        assert server.recipients == [reader(0), reader(2)]
        assert (await room.balance()).suppressed == 1


async def test_the_report_grows_with_every_commit(tmp_path: Path) -> None:
    async with sealed(tmp_path, 6) as room, real_server() as server:
        report = await room.round(make_relay(server.port, connections=1))

        assert [one.tried for one in room.reports] == [0, 1, 2, 3, 4, 5, 6]
        assert room.reports[-1] == report


# --- refusals -----------------------------------------------------------------------------------


async def test_refusals_end_and_delays_wait(tmp_path: Path) -> None:
    server = RealServer(
        at_rcpt={reader(0): "550 5.1.1 no such user", reader(1): "451 4.7.1 greylisted"},
        replies={reader(2): "552 5.2.2 mailbox full"},
    )
    async with sealed(tmp_path, 5) as room, real_server(server):
        report = await room.round(make_relay(server.port))

        assert report == Report(accepted=2, rejected=2, deferred=1)
        rows = await room.rows()
        assert rows[reader(0)][1][0].enhanced == "5.1.1"
        waiting, (attempt,) = rows[reader(1)]
        assert (waiting.status, waiting.next_try_at) == (DeliveryStatus.DEFERRED, NOON + MINUTE)
        assert (attempt.code, attempt.text) == (451, "greylisted")
        assert await room.outbox.wakes_at() == NOON + MINUTE


async def test_a_delayed_mail_goes_when_its_time_has_come(tmp_path: Path) -> None:
    server = RealServer(at_rcpt={reader(0): "451 4.7.1 greylisted"})
    async with sealed(tmp_path, 1) as room, real_server(server):
        await room.round(make_relay(server.port))
        server.at_rcpt.clear()
        assert await room.round(make_relay(server.port)) == Report()
        room.clock.now += MINUTE
        assert await room.round(make_relay(server.port)) == Report(accepted=1)

        (_, tries) = (await room.rows())[reader(0)]
        assert [attempt.outcome for attempt in tries] == [Outcome.TRANSIENT, Outcome.ACCEPTED]


async def test_a_mail_that_cannot_be_composed_is_refused_with_the_reason(tmp_path: Path) -> None:
    async with sealed(tmp_path, 3) as room, real_server() as server:
        room.unmailable = {reader(1)}
        assert await room.round(make_relay(server.port)) == Report(accepted=2, rejected=1)

        delivery, (attempt,) = (await room.rows())[reader(1)]
        assert delivery.reason == "cannot be composed: no header can carry it"
        assert (attempt.phase, attempt.outcome) == (Phase.MAIL, Outcome.PERMANENT)


@pytest.mark.parametrize(
    ("rule", "status"),
    [
        (OnUncertain.SKIP, DeliveryStatus.UNCERTAIN),
        (OnUncertain.RESEND, DeliveryStatus.DEFERRED),
    ],
)
async def test_a_loss_after_the_dot_is_settled_as_the_edition_says(
    rule: OnUncertain, status: DeliveryStatus, tmp_path: Path
) -> None:
    async with sealed(tmp_path, 1) as room, raw_server({".": DROP}) as server:
        room.on_uncertain = rule
        report = await room.round(make_relay(server.port))

        delivery, (attempt,) = (await room.rows())[reader(0)]
        assert (delivery.status, attempt.outcome) == (status, Outcome.UNCERTAIN)
        assert report.tried == 1


# --- our own fault ------------------------------------------------------------------------------


async def test_a_relay_that_is_not_there_ends_the_round_and_loses_nothing(tmp_path: Path) -> None:
    async with raw_server() as server:
        port = server.port
    async with sealed(tmp_path, 20) as room:
        report = await room.round(make_relay(port))

        assert report.trouble is not None
        assert "cannot be reached" in report.trouble.message
        assert report.trouble.args["words"] == "Connection refused"
        assert report.resume_at == NOON + SHORT_PAUSE
        assert await room.statuses() == {DeliveryStatus.QUEUED}
        assert all(tries == () or not tries for _, tries in (await room.rows()).values())


async def test_a_wrong_password_is_tried_once(tmp_path: Path) -> None:
    script: Script = {
        "EHLO": b"250-relay.test\r\n250 AUTH PLAIN\r\n",
        "AUTH": b"535 5.7.8 no\r\n",
    }
    async with sealed(tmp_path, 20) as room, raw_server(script) as server:
        relay = make_relay(server.port, username="digest", password="x")  # noqa: S106 - refused
        report = await room.round(relay)

        assert report.trouble is not None
        assert "log in" in report.trouble.message
        assert report.resume_at == NOON + PAUSE
        assert server.said.count("AUTH") == 1
        assert await room.statuses() == {DeliveryStatus.QUEUED}


async def test_a_refusal_of_the_sender_blames_no_reader(tmp_path: Path) -> None:
    script: Script = {"MAIL": b"550 5.7.1 sender unknown\r\n"}
    async with sealed(tmp_path, 20) as room, raw_server(script) as server:
        report = await room.round(make_relay(server.port, connections=2))

        assert report.trouble is not None
        assert "sender" in report.trouble.message
        assert server.said.count("MAIL") <= 2
        assert (report.rejected, report.returned) == (0, server.said.count("MAIL"))
        rows = (await room.rows()).values()
        assert {delivery.tries for delivery, _ in rows} == {0}
        assert {delivery.status for delivery, _ in rows} == {DeliveryStatus.QUEUED}
        assert any(delivery.next_try_at == NOON + PAUSE for delivery, _ in rows)


async def test_a_refusal_of_smtputf8_at_mail_is_that_readers_alone(tmp_path: Path) -> None:
    """Who took it for a refusal of the sender would end every round at that reader, for ever."""
    script: Script = {
        "EHLO": b"250-relay.test\r\n250 SMTPUTF8\r\n",
        "MAIL": [b"550 5.6.7 no such addresses here\r\n", b"250 2.1.0 OK\r\n"],
    }
    async with (
        sealed(tmp_path, 0, others=["анна@readers.test", "b@readers.test"]) as room,
        raw_server(script) as server,
    ):
        report = await room.round(make_relay(server.port, connections=1))

        assert (report.accepted, report.rejected, report.trouble) == (1, 1, None)


async def test_a_server_with_room_for_one_session_gets_everything_over_it(tmp_path: Path) -> None:
    """The others are turned away at the greeting; they rest, and nothing is lost or counted."""
    crowded = b"421 4.7.0 too many connections\r\n"
    script: Script = {"CONNECT": [b"220 relay.test\r\n", *[crowded] * 1000]}
    async with sealed(tmp_path, 20) as room, raw_server(script) as server:
        report = await room.round(make_relay(server.port, connections=4))

        assert (report.accepted, report.trouble) == (20, None)
        assert {len(tries) for _, tries in (await room.rows()).values()} == {1}


class Frugal(RealServer):
    """Three mails a session, and says so as if its disk were full."""

    turned_away = 0

    async def handle_MAIL(  # noqa: N802
        self, server: object, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        session.taken = getattr(session, "taken", 0) + 1
        if session.taken > 3:
            self.turned_away += 1
            return "452 4.5.3 too many mails"
        envelope.mail_from = address
        return "250 OK"


async def test_where_a_session_takes_no_more_a_new_one_does_and_no_try_is_lost(
    tmp_path: Path,
) -> None:
    frugal = Frugal()
    async with sealed(tmp_path, 12) as room, real_server(frugal) as server:
        async with asyncio.timeout(20):
            report = await room.round(make_relay(server.port, connections=2))

        assert (report.accepted, report.deferred, report.trouble) == (12, 0, None)
        assert {len(tries) for _, tries in (await room.rows()).values()} == {1}
        assert server.sessions >= 4
        assert frugal.turned_away <= server.sessions


async def test_what_lost_its_session_goes_over_another_one_in_the_same_round(
    tmp_path: Path,
) -> None:
    greetings = [b"220 relay.test\r\n"] * 2 + [b"421 4.7.0 too many connections\r\n"] * 9
    while_the_other_comes = (*[HALF_A_SECOND] * 4, OK)  # else the third mail may be its first
    script: Script = {
        "CONNECT": [*greetings],
        "MAIL": [OK, OK, DROP, OK],
        ".": [while_the_other_comes, OK],
    }
    async with sealed(tmp_path, 3) as room, raw_server(script) as server:
        pace = replace(QUICK, poll=5)
        report = await room.round(make_relay(server.port, connections=2), pace=pace)

        assert (report.accepted, report.returned, report.trouble) == (3, 1, None)


async def test_a_relay_that_goes_away_amid_the_round_leaves_the_rest_waiting(
    tmp_path: Path,
) -> None:
    script: Script = {
        "CONNECT": [b"220 relay.test\r\n", b"554 5.3.2 closed\r\n"],
        ".": [OK, OK, (b"421 4.3.2 bye\r\n", DROP)],
    }
    async with sealed(tmp_path, 10) as room, raw_server(script) as server:
        report = await room.round(make_relay(server.port, connections=1))

        assert (report.accepted, report.deferred, report.rejected) == (2, 1, 0)
        assert report.trouble is not None
        assert report.returned == 0, "nothing is started before a session stands"
        assert (await room.balance()).waiting == 8
