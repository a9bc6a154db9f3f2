"""The server: its port, its end, and what comes out of its block."""

import socket

import pytest
from starlette.applications import Starlette

from publisher.errors import Refused
from publisher.model.problems import Problem
from publisher.web.server import serving
from tests.support.web import visiting


async def test_an_address_that_is_taken_is_refused_in_words() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(Refused) as refused:
            async with serving(Starlette(), "127.0.0.1", port):
                pass

    assert refused.value.problems[0].args["port"] == port


async def test_what_the_block_raises_comes_out_as_it_is() -> None:
    with pytest.raises(Refused, match="no luck"):
        async with serving(Starlette(), "127.0.0.1", 0):
            raise Refused(Problem(message="no luck"))


async def test_the_port_is_free_again_afterwards() -> None:
    async with serving(Starlette(), "127.0.0.1", 0) as port:
        pass

    async with serving(Starlette(), "127.0.0.1", port) as again:
        assert again == port


async def test_it_does_not_say_what_it_is() -> None:
    async with visiting(Starlette()) as visitor:
        assert "server" not in (await visitor.ask("/")).headers


async def test_a_request_that_is_none_is_refused() -> None:
    async with visiting(Starlette()) as visitor:
        assert (await visitor.say(b"\x16\x03\x01 hello\r\n\r\n")).startswith(b"HTTP/1.1 400")
