"""Deliveries that wait for the work on them."""

import asyncio

import pytest
from structlog.testing import capture_logs

from publisher.model.names import SourceId
from publisher.web.websub import Arrivals

XML = "application/rss+xml"


async def test_arrivals_are_worked_on_in_their_order_and_one_that_fails_costs_itself_alone() -> (
    None
):
    arrivals, done = Arrivals(), []

    async def work(source: SourceId, body: bytes, content_type: str) -> None:
        if body == b"2":
            raise ValueError("half a document")
        done.append((source, body, content_type))
        if body == b"3":
            raise asyncio.CancelledError

    for body in (b"1", b"2", b"3"):
        assert await arrivals.accept(SourceId("a"), body, XML)
    with capture_logs() as said, pytest.raises(asyncio.CancelledError):
        await arrivals.drain(work)

    assert done == [("a", b"1", XML), ("a", b"3", XML)]
    assert [line["source"] for line in said] == ["a"]


async def test_arrivals_are_bounded_in_number() -> None:
    arrivals = Arrivals(most=2)

    assert [await arrivals.accept(SourceId("a"), b"", XML) for _ in range(3)] == [True, True, False]


async def test_arrivals_are_bounded_in_bytes_until_the_work_on_them_is_done() -> None:
    arrivals, rooms = Arrivals(most_bytes=10), []

    async def work(source: SourceId, body: bytes, content_type: str) -> None:
        rooms.append(await arrivals.accept(source, b"12345", XML))
        if len(rooms) == 2:
            raise asyncio.CancelledError

    assert await arrivals.accept(SourceId("a"), b"123456", XML)
    assert not await arrivals.accept(SourceId("b"), b"12345", XML)
    assert await arrivals.accept(SourceId("c"), b"1234", XML)
    with pytest.raises(asyncio.CancelledError):
        await arrivals.drain(work)

    assert rooms == [False, True]
