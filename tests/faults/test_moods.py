"""A server in any mood, mail after mail: the ledger says what the server knows, and no more."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from publisher.deliver.pool import Wear
from publisher.model.deliveries import Attempt, DeliveryStatus, Outcome
from tests.support.sending import OK, sealed
from tests.support.smtp_server import DROP, Answer, RawServer, Script, make_relay, raw_server

READERS = 20
SOONER_OR_LATER = timedelta(minutes=7)
GO = b"354 go\r\n"
LATER, NEVER, BYE = b"451 4.7.1 later\r\n", b"550 5.2.2 full\r\n", b"421 4.3.2 bye\r\n"
MAIL = re.compile(rb"^Message-ID: <m(\d+)@")


def moody(dice: Random, good: bytes, *, may_refuse: bool = True) -> list[Answer]:
    """Mostly kind; from the sixtieth on always."""
    ill: list[Answer] = [
        LATER, BYE, DROP, (good[:3], DROP), b"what?\r\n", b"221 bye\r\n",
        (good[:2], good[2:]), good[:3] + b"-first\r\n" + good,
    ]  # fmt: skip
    ill += [NEVER] if may_refuse else []
    return [*(good if dice.random() < 0.8 else dice.choice(ill) for _ in range(60)), good]


def knows(server: RawServer, answers: list[Answer], good: set[Answer]) -> tuple[Counter[int], ...]:
    """By reader: how many texts it took, and of how many it left us without a word."""
    taken, unheard = Counter[int](), Counter[int]()
    for number, text in enumerate(server.texts):
        answer = answers[min(number, len(answers) - 1)]
        if (found := MAIL.match(text)) is None:
            continue
        if answer in good:
            taken[int(found[1])] += 1
        elif answer not in {LATER, BYE, NEVER}:
            unheard[int(found[1])] += 1
    return taken, unheard


@pytest.mark.parametrize("groups", [b"8BITMIME", b"PIPELINING"])
@pytest.mark.parametrize("seed", range(8))
async def test_the_ledger_says_what_the_server_knows(
    seed: int, groups: bytes, tmp_path: Path
) -> None:
    dice = Random(seed)  # noqa: S311 - moods
    answers = moody(dice, OK)
    script: Script = {
        "EHLO": b"250-relay.test\r\n250 %b\r\n" % groups,
        "MAIL": moody(dice, OK, may_refuse=False), "RCPT": moody(dice, OK),
        "DATA": moody(dice, GO), "RSET": moody(dice, OK), ".": answers,
    }  # fmt: skip
    async with sealed(tmp_path, READERS) as room, raw_server(script) as server:
        room.wear = Wear(mails=dice.choice([2, 500]), jitter=0)
        relay = make_relay(server.port, connections=1)  # the script counts for all sessions
        for _ in range(300):
            await room.round(relay)
            if not (await room.balance()).waiting:
                break
            room.clock.now += SOONER_OR_LATER
        taken, unheard = knows(server, answers, {OK, (OK[:2], OK[2:]), OK[:3] + b"-first\r\n" + OK})

        assert (await room.balance()).waiting == 0
        for delivery, tries in (await room.rows()).values():
            who = int(delivery.subscriber)
            assert taken[who] == (delivery.status is DeliveryStatus.ACCEPTED)
            assert unheard[who] == unknown(tries)


def unknown(tries: Sequence[Attempt]) -> int:
    return sum(one.outcome is Outcome.UNCERTAIN for one in tries)
