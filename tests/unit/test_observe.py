import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from publisher import observe


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def _lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_json_lines_carry_event_level_time_and_facts() -> None:
    stream = io.StringIO()
    observe.configure(stream, json=True)

    structlog.get_logger().info("collected", source="site-en", new=3, title="Москва")

    [line] = _lines(stream)
    assert line["event"] == "collected"
    assert line["level"] == "info"
    assert line["new"] == 3
    assert str(line["timestamp"]).endswith("Z")
    assert "Москва" in stream.getvalue()


def test_below_the_level_nothing_is_written() -> None:
    stream = io.StringIO()
    observe.configure(stream, "warning", json=True)

    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")

    assert [line["event"] for line in _lines(stream)] == ["loud"]


@pytest.mark.parametrize("as_json", [True, False])
def test_no_address_of_a_reader_leaves_above_debug(as_json: bool) -> None:
    stream = io.StringIO()
    observe.configure(stream, json=as_json)
    log = structlog.get_logger()

    log.info("to anna@readers.test", address="anna@readers.test", many=["<anna@readers.test>"])
    log.error(
        "refused", reply={"text": "550 anna@readers.test unknown"}, error=ValueError("anna@x.test")
    )
    try:
        int("anna@readers.test")
    except ValueError:
        log.exception("failed")
    logging.getLogger("library").warning("to %s", "anna@readers.test")

    assert "anna" not in stream.getvalue()
    assert "…@readers.test" in stream.getvalue()
    assert stream.getvalue().count("ValueError") >= 1


def test_who_debugs_sees_addresses() -> None:
    stream = io.StringIO()
    observe.configure(stream, "debug", json=True)

    structlog.get_logger().debug("to", address="anna@readers.test")

    assert "anna@readers.test" in stream.getvalue()


def test_libraries_speak_through_the_same_lines_from_warning_up() -> None:
    stream = io.StringIO()
    observe.configure(stream, json=True)

    logging.getLogger("aiosmtplib").info("hello")
    logging.getLogger("aiosmtplib").warning("lost %s", "connection")

    [line] = _lines(stream)
    assert line["event"] == "lost connection"
    assert line["level"] == "warning"


def test_a_person_reads_plain_lines() -> None:
    stream = io.StringIO()
    observe.configure(stream, json=False)

    structlog.get_logger().info("collected", new=3)

    assert "collected" in stream.getvalue()
    assert "new=3" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_a_terminal_is_for_people_unless_json_is_asked_for() -> None:
    assert not observe.wants_json({}, _Terminal())
    assert observe.wants_json({}, io.StringIO())
    assert observe.wants_json({"PUBLISHER_LOG": "json"}, _Terminal())
