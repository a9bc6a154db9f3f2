"""What hubs were told, for `feeds`: as a document, and in words."""

from collections.abc import Mapping
from dataclasses import replace

from publisher.cli.screen import Screen
from publisher.gate import once
from publisher.model.pings import Ping
from publisher.model.problems import Severity, msgid
from publisher.pinging import Told


def ping_document(ping: Ping, screen: Screen) -> Mapping[str, object]:
    """One feed at one hub."""
    return {
        "topic": ping.topic,
        "hub": ping.hub,
        "told_at": ping.told_at,
        "failures": ping.failures,
        "next_try_at": ping.again_at,
        "problem": screen.plain(ping.problem) if ping.problem else None,
    }


def report_hubs(told: Told, screen: Screen) -> None:
    """How telling went; hubs that do not hear keep no feed from its readers."""
    screen.say(
        msgid("Hubs told of changes: {told}; still to be told: {waiting}."),
        told=told.heard,
        waiting=told.waiting,
    )
    found = once(one.problem for one in told.pings if one.problem)
    screen.problems([replace(one, severity=Severity.WARN) for one in found])
