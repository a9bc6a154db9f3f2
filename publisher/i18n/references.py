"""Templates that ask for templates: whether those are there, before a reader finds out."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from publisher.model.problems import Place, Problem, msgid

_SHIPPED = "shipped/"  # render/templates.py: the prefix under which an overridden file is reached


def missing_templates(folders: Sequence[Path]) -> Iterator[Problem]:
    """One Problem for every include, import and extends that leads to no file.

    Folders come most specific first; the last one is what came with Publisher.  A name that is
    only known when the template runs, and one that may be missing, are left alone.
    """
    for folder in folders:
        for file in sorted(folder.rglob("*.j2")):
            for line, name in _asked(file.read_text("utf-8")):
                if not _is_there(name, folders):
                    yield Problem(
                        message=msgid("It asks for the template {name}, and there is none."),
                        args={"name": name},
                        remedy=msgid("Put it into templates/, or mend its name."),
                        place=Place(file=str(file), line=line),
                    )


def _is_there(name: str, folders: Sequence[Path]) -> bool:
    if name.startswith(_SHIPPED):
        return bool(folders) and (folders[-1] / name.removeprefix(_SHIPPED)).is_file()
    return any((folder / name).is_file() for folder in folders)


def _asked(source: str) -> Iterator[tuple[int, str]]:
    from jinja2 import Environment, TemplateSyntaxError, nodes  # noqa: PLC0415 - only for checks

    environment = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701 - nothing is rendered
    try:
        tree = environment.parse(source)
    except TemplateSyntaxError:
        return  # the extraction says so, with its line
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    for node in tree.find_all(kinds):
        if not getattr(node, "ignore_missing", False):
            yield from ((node.lineno, name) for name in _names(node.template))  # type: ignore[attr-defined] # all four have one


def _names(node: Any) -> list[str]:
    """The name it gives, if it is written out; of several, any may be the one that is there."""
    value = getattr(node, "value", None)
    return [value] if isinstance(value, str) else []
