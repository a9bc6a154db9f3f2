"""Words in templates that no catalog knows: they would read the same in every language."""

import re
from collections.abc import Iterator
from pathlib import Path

from publisher.model.problems import Place, Problem, msgid

_INVISIBLE = re.compile(
    r"<!--.*?-->|<style\b.*?</style>|<script\b.*?</script>|<[^>]*>|&\#?\w+;", re.DOTALL
)
_WORD = re.compile(r"[^\W\d_]{2,}(?:[ ,;–-]+[^\W\d_]+)*")
_ATTRIBUTE = re.compile(r'\b(?:alt|title|aria-label|placeholder)="([^"<>]*[^\W\d_]{2}[^"<>]*)"')
_HOLE = "\x00"  # stands for whatever Jinja puts there


def bare_words(folder: Path) -> Iterator[Problem]:
    """One Problem per place where a template below the folder has visible words of its own."""
    for file in sorted([*folder.rglob("*.html.j2"), *folder.rglob("*.txt.j2")]):
        for line, words in _bare(file.read_text("utf-8")):
            yield Problem(
                message=msgid("Words outside the catalogs: “{words}”"),
                args={"words": words},
                remedy=msgid('Write say("…") around them, and translate them.'),
                place=Place(file=str(file), line=line),
            )


def _bare(source: str) -> Iterator[tuple[int, str]]:
    from jinja2 import Environment, TemplateSyntaxError  # noqa: PLC0415 - only for checks

    try:
        tokens = list(Environment(extensions=["jinja2.ext.i18n"]).lex(source))  # noqa: S701 - nothing is rendered
    except TemplateSyntaxError:
        return  # the extraction says so, with its line
    page = _without_code(tokens)
    visible = _INVISIBLE.sub(lambda found: "\n" * found.group().count("\n"), page)
    for found in _WORD.finditer(visible):
        yield visible.count("\n", 0, found.start()) + 1, found.group()
    for found in _ATTRIBUTE.finditer(page):
        yield page.count("\n", 0, found.start()) + 1, found[1].replace(_HOLE, "…")


def _without_code(tokens: list[tuple[int, str, str]]) -> str:
    """The page with its lines in place and every Jinja expression and {% trans %} taken out."""
    made: list[str] = []
    translated = ahead = False
    for _, kind, value in tokens:
        if kind == "block_begin":
            ahead = True
        elif ahead and kind == "name":
            translated = value == "trans" or (translated and value != "endtrans")
            ahead = False
        visible = kind == "data" and not translated
        made.append(
            value if visible else _HOLE * (kind == "variable_begin") + "\n" * value.count("\n")
        )
    return "".join(made)
