"""An editor's stop amid a campaign: no MAIL a second later; and `resume` goes on with the rest."""

import asyncio
from pathlib import Path

from publisher import pipeline
from tests.support.counting_sink import Sink
from tests.support.newsroom import composed, enrol, make_living_room

READERS = 3000
CONNECTIONS = 10


async def test_no_mail_leaves_a_second_after_a_stop_and_the_exact_rest_goes_on(
    tmp_path: Path,
) -> None:
    sink = Sink(delay=0.02)
    server = await asyncio.start_server(sink.serve, "127.0.0.1", 0, limit=1 << 20)
    async with server:
        port = server.sockets[0].getsockname()[1]
        room = make_living_room(tmp_path / "room", smtp=port, connections=CONNECTIONS)
        async with room.at_work() as app:
            await enrol(app, READERS)
            issue = (await composed(app)).id
            await pipeline.seal(app.house, issue, by="test")
        sender = room.start("send", issue)
        await sink.until(100)

        stopped = await room.called("stop", issue)
        await asyncio.sleep(1)
        introduced = sink.introduced
        await asyncio.to_thread(sender.communicate, timeout=60)
        async with room.at_work() as app:
            rest = (await app.house.ledger.balance(issue)).waiting

        assert stopped.code == 0
        assert sink.introduced == introduced
        assert (rest, sink.total) == (READERS - sink.total, len(sink.accepted))
        assert 0 < rest < READERS

        sink.delay = 0
        await room.called("resume", issue)
        await room.beside("send", issue)
    assert len(sink.accepted) == READERS
    assert max(sink.accepted.values()) == 1
