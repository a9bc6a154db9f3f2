"""A server that thinks long about the mails of one mail house alone: the others do not wait."""

import asyncio
from pathlib import Path

import pytest

from publisher.model.relays import Relay
from tests.support.counting_sink import Sink
from tests.support.fleets import Harbour
from tests.support.sending import Room, sealed
from tests.support.smtp_server import make_relay

CONNECTIONS, OF_EACH, THINKS = 4, 60, 1.2


@pytest.mark.parametrize("about", ["TEXT", "RCPT"])
async def test_others_go_while_the_slow_house_has_half_of_the_connections(
    about: str, tmp_path: Path
) -> None:
    sink = Sink()
    sink.slow, sink.slow_at = {"slow.test": THINKS}, about
    people = [f"{n}@{house}.test" for n in range(OF_EACH) for house in ("slow", "quick")]
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    async with server, sealed(tmp_path, 0, others=people) as room:
        room.all_foreseen = False
        relay = make_relay(server.sockets[0].getsockname()[1], connections=CONNECTIONS)
        harbour = harbour_of(room, relay)
        delivering = asyncio.create_task(harbour.deliver())
        async with sink.reached:
            await sink.reached.wait_for(lambda: gone(sink, "quick") == OF_EACH)
        slow_by_then = gone(sink, "slow")
        room.stop.set()
        await delivering

        assert slow_by_then < OF_EACH / 3
        assert (await room.balance()).accepted == sink.total


def harbour_of(room: Room, relay: Relay) -> Harbour:
    """No house's flow is narrower than publisher/lanes.py makes it."""
    harbour = Harbour(room, [relay])
    harbour.traffic.governor.most = 2 * CONNECTIONS
    return harbour


def gone(sink: Sink, house: str) -> int:
    return sum(1 for one in sink.accepted if one.endswith(f"@{house}.test"))


async def test_a_slow_house_has_all_connections_once_nobody_else_waits(tmp_path: Path) -> None:
    sink = Sink()
    sink.slow = {"slow.test": THINKS}
    people = ["first@quick.test", *(f"{n}@slow.test" for n in range(4 * CONNECTIONS))]
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0)
    async with server, sealed(tmp_path, 0, others=people) as room:
        room.all_foreseen = False
        relay = make_relay(server.sockets[0].getsockname()[1], connections=CONNECTIONS)
        report = await harbour_of(room, relay).deliver()

        assert report.accepted == len(people)
        # First it has them for nobody knows that it is slow.
        assert max(sink.thinking[2 * CONNECTIONS :]) == CONNECTIONS
