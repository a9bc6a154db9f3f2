"""Pre-flight of looks: size, style sheets, contrast, and what mail programs drop of it."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from publisher.compose.client_support import SOURCE, dropped
from publisher.compose.colours import contrast, inverted
from publisher.compose.legal_mail import LARGEST
from publisher.compose.preflight_proof import Proof
from publisher.compose.stylesheet import Declaration, parse_declarations, parse_sheet
from publisher.compose.visible import Run
from publisher.model.problems import Problem, Severity, msgid

STYLES: Final = 16_384  # bytes: Gmail drops every style sheet past them (caniemail issue 144)
_NEARLY: Final = 0.85
_INVERTED: Final = "inverted"
_FAINT: Final = {
    "": msgid("“{words}” is faint, {ratio} to 1."),
    _INVERTED: msgid("“{words}” is faint, {ratio} to 1, once a mail program inverts it."),
}
_TEXT, _LARGE_TEXT = 4.5, 3.0  # WCAG 2, 1.4.3
_LARGE, _LARGE_BOLD = 24.0, 18.66  # px
_MANY: Final = 5
_AT: Final = re.compile(r"(@[a-z-]+)([^{;]*)", re.IGNORECASE)
_PSEUDO: Final = re.compile(r"::?[a-z-]+")
_FUNCTION: Final = re.compile(r"([a-z-]+)\(")
_UNIT: Final = re.compile(r"(?<![\w.#-])[0-9]*\.?[0-9]+(vh|vw|vmin|vmax|rem|ch)\b")
_NOTHING: Final = frozenset({"none", "initial", "auto", "normal", "static", "visible"})
_CONDITIONS: Final = (
    *("prefers-color-scheme", "prefers-reduced-motion"),
    *("hover", "orientation", "device-pixel-ratio"),
)
# Whoever drops these loses nothing: a rounder corner, a dark page, a pointer, an even headline.
_GRACEFUL: Final = frozenset(
    {
        "@media",
        "@media prefers-color-scheme",
        "<style>",
        "<body>",
        ":focus",
        ":hover",
        ":active",
        ":visited",
        "cursor",
        "outline",
        "outline-offset",
        "overflow",
        "white-space",
        "max-height",
        "height",
        "border-radius",
        "border-spacing",
        "word-break",
        "word-wrap",
        "overflow-wrap",
        "text-wrap",
        "table-layout",
        "<wbr>",
        "<abbr>",
        "opacity",
        "display:none",
        "text-underline-offset",
        "text-decoration-thickness",
        "text-decoration-color",
        "box-sizing",
        "hyphens",
    }
)


def clip_problems(proof: Proof) -> Iterator[Problem]:
    """Gmail cuts what is longer, the legal block first."""
    size = max(proof.mail.size, len(proof.mail.html.encode("utf-8", "replace")))
    if size > LARGEST * _NEARLY:
        yield Problem(
            message=msgid("The HTML part has {size} bytes; Gmail cuts above {limit}."),
            args={"size": size, "limit": LARGEST},
            remedy=msgid("Carry fewer stories, or shorter ones."),
            severity=Severity.BLOCK if size > LARGEST else Severity.NOTE,
        )


def style_problems(proof: Proof) -> Iterator[Problem]:
    """Gmail's two traps: style sheets above 16 KB, and an at-rule inside an at-rule."""
    sheets = [style.text or "" for style in proof.elements("style")]
    size = sum(len(sheet.encode()) for sheet in sheets)
    if size > STYLES * _NEARLY:
        yield Problem(
            message=msgid("The style sheets have {size} bytes; Gmail drops what is above {limit}."),
            args={"size": size, "limit": STYLES},
            remedy=msgid("Shorten them, or let them be written into the elements."),
            severity=Severity.BLOCK if size > STYLES else Severity.NOTE,
        )
    if any(_is_nested(sheet) for sheet in sheets):
        yield Problem(
            message=msgid("A style sheet has an at-rule inside an at-rule; Gmail drops all of it."),
            remedy=msgid("Write the inner rule by itself."),
            severity=Severity.NOTE,
        )


def contrast_problems(proof: Proof) -> Iterator[Problem]:
    """Words against their ground: as it is, in the dark, and as clients invert it by force."""
    said: set[tuple[str, str]] = set()
    for view in proof.document.views:
        for run in view.runs:
            for how, ratio in _ratios(run, view.name):
                key = (how, run.text.strip())
                if ratio < _wanted(run) and key not in said and len(said) < _MANY:
                    said.add(key)
                    yield _faint(run, how, ratio)


def client_problems(proof: Proof) -> Iterator[Problem]:
    """Styles and tags some big client drops, and that are missed when they are gone."""
    table = dropped()
    used = dict.fromkeys(one for one in _features(proof) if one in table and one not in _GRACEFUL)
    for feature in islice(used, 2 * _MANY):
        yield Problem(
            message=msgid("“{feature}” is dropped by {clients} ({source})."),
            args={"feature": feature, "clients": ", ".join(table[feature]), "source": SOURCE},
            remedy=msgid("See that the mail reads as well without it."),
            severity=Severity.NOTE,
        )


def _is_nested(sheet: str) -> bool:
    """Whether an at-rule stands inside another one's braces."""
    around: list[bool] = []  # of every open brace: whether an at-rule opened it
    for part in re.findall(r"[^{}]*[{}]", sheet):
        opens = part.rpartition(";")[2].strip().startswith("@")
        if part.endswith("}"):
            around = around[:-1]
        elif opens and any(around):
            return True
        else:
            around.append(opens)
    return False


def _ratios(run: Run, view: str) -> Iterator[tuple[str, float]]:
    if not run.text.strip() or run.colour is None or run.ground is None:
        return
    colour = run.colour.over(run.ground)
    yield view, contrast(colour, run.ground)
    if not view:  # who inverts by force knows no conditions
        yield _INVERTED, contrast(inverted(colour), inverted(run.ground))


def _wanted(run: Run) -> float:
    return _LARGE_TEXT if run.size >= (_LARGE_BOLD if run.bold else _LARGE) else _TEXT


def _faint(run: Run, how: str, ratio: float) -> Problem:
    return Problem(
        message=_FAINT.get(how, msgid("“{words}” is faint, {ratio} to 1, where {condition}.")),
        args={"words": run.text.strip()[:40], "ratio": f"{ratio:.1f}", "condition": how},
        remedy=msgid("Take a darker or lighter colour: small text needs 4.5 to 1."),
        severity=Severity.NOTE,
    )


def _features(proof: Proof) -> Iterator[str]:
    """Everything the table may know, as it names it, in order of use."""
    for sheet in (style.text or "" for style in proof.elements("style")):
        yield from _at_rules(sheet)
        yield from _PSEUDO.findall(re.sub(r"\{[^{}]*\}", "{}", sheet))
        for rule in parse_sheet(sheet).rules:
            yield from _declared(rule.declarations)
    for element in proof.elements():
        if isinstance(element.tag, str):
            yield f"<{element.tag}>"
            yield from _declared(parse_declarations(element.get("style", "")))


def _at_rules(sheet: str) -> Iterator[str]:
    for name, prelude in _AT.findall(sheet.lower()):
        yield name
        yield from (f"{name} {one}" for one in _CONDITIONS if one in prelude)


def _declared(declarations: tuple[Declaration, ...]) -> Iterator[str]:
    for one in declarations:
        if one.value not in _NOTHING:
            yield one.name
        yield f"{one.name}:{one.value}"
        yield from (f"{function}()" for function in _FUNCTION.findall(one.value))
        yield from (f"unit {unit}" for unit in _UNIT.findall(one.value))
