"""A relay's name with several addresses: one that leads nowhere holds up nobody."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import pytest

from publisher.deliver.dial import dial
from publisher.deliver.pool import Pool, Wear
from publisher.deliver.session import Deadlines
from publisher.deliver.trouble import trouble
from publisher.model.deliveries import Outcome, Phase, Result
from tests.support.smtp_server import HOST, RawServer, make_relay, raw_server

NAME = "relay.test"
NOWHERE = "127.0.0.2"  # this machine, where nobody answers: neither yes nor no

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a full queue drops SYNs on Linux")


@contextmanager
def nowhere(port: int) -> Iterator[None]:
    """Connections to NOWHERE are neither taken nor refused: the queue is full."""
    with socket.socket() as door:
        door.bind((NOWHERE, port))
        door.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex((NOWHERE, port))
        yield
        for one in waiting:
            one.close()


def known_as(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """What the name service says of NAME."""
    resolve = socket.getaddrinfo

    def answer(host: Any, port: Any, *args: Any, **more: Any) -> Any:
        if host != NAME:
            return resolve(host, port, *args, **more)
        return [found for one in addresses for found in resolve(one, port, *args, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", answer)


async def probe(server: RawServer, *, greeting: float = 5.0) -> Result | None:
    async with Pool(
        make_relay(server.port, host=NAME),
        dice=Random(1),  # noqa: S311 - jitter
        hello="me.test",
        wear=Wear(jitter=0),
        deadlines=Deadlines(greeting=greeting),
    ) as pool:
        return await pool.probe()


async def test_the_next_address_is_tried_beside_one_that_leads_nowhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known_as(monkeypatch, NOWHERE, HOST)
    loop = asyncio.get_running_loop()
    async with raw_server({}) as server:
        with nowhere(server.port):
            begun = loop.time()
            opened = await probe(server)
            took = loop.time() - begun

    assert opened is None
    assert 0.2 < took < 4


async def test_the_next_address_is_tried_at_once_where_one_refuses(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known_as(monkeypatch, NOWHERE, HOST)
    async with raw_server({}) as server:
        assert await probe(server) is None


async def test_where_no_address_answers_the_deadline_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known_as(monkeypatch, NOWHERE)
    async with raw_server({}) as server:
        with nowhere(server.port):
            result = await probe(server, greeting=0.5)

    assert result is not None
    assert (result.outcome, result.phase) == (Outcome.TRANSIENT, Phase.CONNECT)
    assert trouble(result, make_relay(1)).message.endswith("does not answer.")


async def test_where_every_address_refuses_it_is_told_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known_as(monkeypatch, NOWHERE, "127.0.0.3")
    async with raw_server({}) as server:
        result = await probe(server)

    assert result is not None
    assert (result.outcome, result.reason) == (Outcome.TRANSIENT, "Connection refused")


async def test_nothing_is_left_open_of_the_address_that_lost(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    known_as(monkeypatch, HOST, HOST, HOST)
    async with raw_server({}) as server:
        door = await dial(NAME, server.port, within=5)
        door.close()
        await asyncio.sleep(0.6)

        assert server.sessions == 1
