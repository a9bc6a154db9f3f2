"""Logs: set up once, at the start of a process.  What is worth saying is decided elsewhere."""

import logging
import re
from collections.abc import Mapping, MutableMapping
from typing import Any, TextIO

import structlog

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
_ADDRESS = re.compile(r"[^\s@<>\"',;:()\[\]{}=]+@([^\s@<>\"',;:()\[\]{}=]+)")
_MASK = r"…@\1"


def configure(stream: TextIO, level: str = "info", *, json: bool) -> None:
    """Send every log line to `stream`: JSON lines, or lines for a person in a terminal.

    `level` is one of LEVELS; libraries' own logs come from "warning" up.  Above "debug" no
    reader's address is written, wherever in an event it stands: only its domain.
    """
    least = LEVELS[level]
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    last = [*_rendering(stream, json=json)]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(least),
        logger_factory=structlog.WriteLoggerFactory(file=stream),
        cache_logger_on_first_use=False,
    )
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[remove_meta, *last]
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(least, logging.WARNING))


def wants_json(environ: Mapping[str, str], stream: TextIO) -> bool:
    """JSON lines when PUBLISHER_LOG=json says so, or nobody sits before a terminal."""
    return environ.get("PUBLISHER_LOG", "") == "json" or not stream.isatty()


def mask_addresses(
    logger: object, method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """A structlog processor: no reader's address leaves at "info" or above."""
    if event.get("level", method) == "debug":
        return event
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: object) -> object:
    match value:
        case str():
            return _ADDRESS.sub(_MASK, value)
        case Mapping():
            return {key: _masked(inner) for key, inner in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_masked(inner) for inner in value]
        case int() | float() | None:
            return value
        case _:
            return _ADDRESS.sub(_MASK, str(value))


def _rendering(stream: TextIO, *, json: bool) -> tuple[structlog.typing.Processor, ...]:
    """Traces become text before the mask, so that no address hides in one."""
    trace = structlog.processors.format_exc_info
    if json:
        return (
            trace,
            mask_addresses,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        )
    return (trace, mask_addresses, structlog.dev.ConsoleRenderer(colors=stream.isatty()))
