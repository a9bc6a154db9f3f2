"""The pre-flight on the screen: one row a check, one column a language; then what is to do."""

from collections.abc import Sequence
from typing import Any

from publisher.cli.screen import Screen
from publisher.compose.preflight import CHECKS, Finding, Light
from publisher.model.names import Language
from publisher.model.problems import msgid
from publisher.preflight import Looked, Preflight

# Status in words plus shape: colours alone tell nothing to whoever does not see them.
_WORDS = {
    Light.GREEN: ("✓", msgid("well")),
    Light.AMBER: ("!", msgid("look")),
    Light.RED: ("✗", msgid("blocks")),
}


def report_preflight(screen: Screen, found: Preflight) -> None:
    """The document or the table; exit code 1 where something blocks."""
    screen.document(document_of(screen, found))
    languages = list(found.variants)
    screen.table(
        (msgid("Check"), *languages),
        [[screen.text.say(name), *cells] for name, cells in _rows(screen, found, languages)],
    )
    for language, count in found.variants.items():
        screen.say(
            msgid("{language}: {variants}"),
            language=language,
            variants=screen.text.plural("{n} variant", "{n} variants", n=count),
        )
    screen.problems(found.law.problems)
    for one in found.digests:
        problems = [problem for each in one.findings for problem in each.problems]
        if problems:
            screen.err.print(f"{one.language}/{one.variant}", style="bold", markup=False)
            screen.problems(problems)
    if found.light is Light.RED:
        screen.refuse(())
    screen.say(msgid("Nothing blocks {issue}."), issue=found.issue.id)


def document_of(screen: Screen, found: Preflight) -> dict[str, Any]:
    """The same as JSON."""
    return {
        "issue": found.issue.id,
        "status": found.issue.status,
        "ok": found.light is not Light.RED,
        "light": found.light,
        "variants": dict(found.variants),
        "law": _finding(screen, found.law),
        "digests": [
            {
                "language": one.language,
                "variant": one.variant,
                "subject": one.subject,
                "checks": [_finding(screen, each) for each in one.findings],
            }
            for one in found.digests
        ],
    }


def _finding(screen: Screen, found: Finding) -> dict[str, Any]:
    return {
        "check": found.check,
        "light": found.light,
        "problems": [screen.plain(problem) for problem in found.problems],
    }


def _rows(
    screen: Screen, found: Preflight, languages: Sequence[Language]
) -> list[tuple[str, list[str]]]:
    law = _cell(screen, found.law.light)
    rows = [(CHECKS["law"], [law for _ in languages])]
    for check, name in CHECKS.items():
        lights = [_worst(found.digests, check, language) for language in languages]
        if check != "law" and any(lights):
            rows.append((name, [_cell(screen, light) if light else "–" for light in lights]))
    return rows


def _worst(digests: Sequence[Looked], check: str, language: Language) -> Light | None:
    """Of all variants of a language; None where the check was not made."""
    lights = [
        each.light
        for one in digests
        if one.language == language
        for each in one.findings
        if each.check == check
    ]
    return max(lights, key=list(Light).index, default=None)


def _cell(screen: Screen, light: Light) -> str:
    shape, words = _WORDS[light]
    return f"{shape} {screen.text.say(words)}"
