"""For every test: no network but this machine, a clean environment, hypothesis profiles."""

import asyncio
import os
import socket
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.database import DirectoryBasedExampleDatabase

settings.register_profile("dev", max_examples=20, deadline=None)
# What decides over a landing answers the same twice; chance looks further in dev and by night.
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile(
    "nightly",
    parent=settings.get_profile("ci"),
    max_examples=5000,
    derandomize=False,
    database=DirectoryBasedExampleDatabase(".hypothesis/examples"),
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "dev"))

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def pytest_configure() -> None:
    # Else pytest-asyncio finds Python's lazily made loop, "restores" it and never closes it.
    asyncio.set_event_loop(None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the golden files from what the code does now; read the diff",
    )


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[None]:
    """Connections leave this machine for nobody."""

    def connect(sock: socket.socket, address: Any) -> None:
        _only_here(sock, address)
        _connect(sock, address)

    def connect_ex(sock: socket.socket, address: Any) -> int:
        _only_here(sock, address)
        return _connect_ex(sock, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        yield


@pytest.fixture(autouse=True)
def scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No PUBLISHER_* of the developer's own, no language of their terminal."""
    for name in [*os.environ]:
        if name.startswith("PUBLISHER_") or name in {"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"}:
            monkeypatch.delenv(name)


def _only_here(sock: socket.socket, address: Any) -> None:
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    host = str(address[0])
    if host != "localhost" and not ip_address(host.partition("%")[0]).is_loopback:
        pytest.fail(f"a test tried to reach {host}")
