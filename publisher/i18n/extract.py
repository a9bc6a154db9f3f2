"""Extraction: which sentences code and templates say.

Run it to bring locales/ up to date:

    python -m publisher.i18n.extract [FOLDER]

writes FOLDER/locales/publisher.pot and merges new sentences into every publisher.po; what is not
said any more is dropped.  No dates, no line numbers: the same sources give the same bytes.
"""

import ast
import sys
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from publisher.errors import Misconfigured
from publisher.i18n.catalogs import DOMAIN
from publisher.i18n.localizer import paragraphs
from publisher.model.problems import Place, Problem, msgid

# function name -> which arguments are sentences
KEYWORDS: Mapping[str, tuple[int, ...]] = {
    "msgid": (1,),
    "say": (1,),
    "plural": (1, 2),
    "_": (1,),
    "gettext": (1,),
    "ngettext": (1, 2),
}
_COMMAND = "command"  # a decorator
_HEADER = """\
# Sentences of Publisher. Kept by: python -m publisher.i18n.extract
msgid ""
msgstr ""
"Project-Id-Version: publisher\\n"
"Language: {language}\\n"
"MIME-Version: 1.0\\n"
"Content-Type: text/plain; charset=utf-8\\n"
"Content-Transfer-Encoding: 8bit\\n"
"Plural-Forms: {plural_forms}\\n"

"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence in code or template: one msgid, or singular and plural."""

    ids: tuple[str, ...]
    file: str
    line: int

    @property
    def key(self) -> str:
        """What a catalog files it under."""
        return self.ids[0]


def said_in(roots: Iterable[Path], *, below: Path | None = None) -> tuple[Said, ...]:
    """Every sentence of *.py and *.j2 files below the roots, by file and line.

    File names are relative to `below` where possible.  Raises Misconfigured with one Problem per
    template that does not parse.
    """
    said: list[Said] = []
    problems: list[Problem] = []
    for file in (file for root in roots for file in _sources(root)):
        try:
            said.extend(_said(file, _shown(file, below)))
        except SyntaxError as error:
            problems.append(_unparsable(file, error))
    if problems:
        raise Misconfigured(*problems)
    return tuple(said)


def templates(
    source: IO[bytes], keywords: Sequence[str], comments: Collection[str], options: dict[str, Any]
) -> Iterator[tuple[int, str, str | tuple[str | None, ...], list[str]]]:
    """Babel's extractor interface for our templates, where calls may be say() or text.say().

    Raises SyntaxError where Jinja's own extractor would drop the whole template in silence.
    """
    from jinja2 import Environment, TemplateSyntaxError, nodes  # noqa: PLC0415 - only for tools

    environment = Environment(extensions=["jinja2.ext.i18n"])  # noqa: S701 - nothing is rendered
    try:
        tree = environment.parse(source.read().decode("utf-8"))
    except TemplateSyntaxError as error:
        raise SyntaxError(error.message or "", ("", error.lineno, None, None)) from error
    for call in tree.find_all(nodes.Call):
        name = str(getattr(call.node, "name", None) or getattr(call.node, "attr", ""))
        if name in keywords:
            yield call.lineno, name, tuple(_literal(one) for one in call.args), []


def main(arguments: Sequence[str]) -> int:
    """Bring FOLDER/locales up to date; returns an exit code."""
    root = Path(arguments[0] if arguments else ".").resolve()
    said = said_in((root / "publisher", root / "templates"), below=root)
    locales = root / "locales"
    _write(locales / f"{DOMAIN}.pot", said, {}, language="", plural_forms="")
    for file in sorted(locales.glob(f"*/LC_MESSAGES/{DOMAIN}.po")):
        missing = _merge(file, said)
        sys.stdout.write(f"{file.relative_to(root)}: {missing} without translation\n")
    return 0


def _sources(root: Path) -> Iterator[Path]:
    if root.is_file():
        yield root
    yield from sorted(file for file in root.rglob("*") if file.suffix in {".py", ".j2"})


def _said(file: Path, shown: str) -> Iterator[Said]:
    from babel.messages.extract import extract  # noqa: PLC0415 - only for tools

    method: Any = "python" if file.suffix == ".py" else templates
    keywords: Any = {name: spec if len(spec) > 1 else None for name, spec in KEYWORDS.items()}
    with file.open("rb") as source:
        for line, message, _, _ in extract(method, source, keywords):
            ids = (message,) if isinstance(message, str) else tuple(message)
            if ids[0]:
                yield Said(ids=ids, file=shown, line=line)
    if file.suffix == ".py":
        yield from _helps(file, shown)


def _helps(file: Path, shown: str) -> Iterator[Said]:
    """What the docstring of a command says, which `--help` shows: a sentence for a paragraph."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.FunctionDef) and any(map(_marks, node.decorator_list)):
            for words in paragraphs(ast.get_docstring(node) or ""):
                yield Said(ids=(words,), file=shown, line=node.lineno)


def _marks(decorator: ast.expr) -> bool:
    """@command, @app.command()."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", None)
    return name == _COMMAND


def _literal(node: Any) -> str | None:
    value = getattr(node, "value", None)
    return value if isinstance(value, str) else None


def _shown(file: Path, below: Path | None) -> str:
    inside = below is not None and file.is_relative_to(below)
    return (file.relative_to(below) if inside and below else file).as_posix()


def _unparsable(file: Path, error: SyntaxError) -> Problem:
    return Problem(
        message=msgid("It does not parse: {reason}"),
        args={"reason": error.msg},
        place=Place(file=str(file), line=error.lineno),
    )


def _merge(file: Path, said: Iterable[Said]) -> int:
    """Rewrite a .po with today's sentences; returns how many have no translation."""
    from babel.messages.plurals import get_plural  # noqa: PLC0415 - only for tools
    from babel.messages.pofile import read_po  # noqa: PLC0415 - only for tools

    language = file.parent.parent.name
    with file.open("rb") as source:
        catalog = read_po(source, locale=language.replace("-", "_"))
    known = {
        (one.id if isinstance(one.id, str) else one.id[0]): one.string
        for one in catalog
        if one.id and not one.fuzzy
    }
    forms = str(get_plural(language.replace("-", "_")).plural_forms)
    return _write(file, said, known, language=language, plural_forms=forms)


def _write(
    file: Path, said: Iterable[Said], known: Mapping[str, Any], *, language: str, plural_forms: str
) -> int:
    from babel.messages.catalog import Catalog  # noqa: PLC0415 - only for tools
    from babel.messages.pofile import generate_po  # noqa: PLC0415 - only for tools

    sparse = _is_source(file.parent.parent)
    catalog = Catalog(locale=language.replace("-", "_") or None)
    for one in said:
        translated = known.get(one.key)
        if sparse and not _whole(translated):
            continue
        usable = isinstance(translated, tuple | list) == (len(one.ids) > 1)
        message = catalog.add(
            one.ids if len(one.ids) > 1 else one.key,
            string=translated if translated and usable else None,
            locations=[(one.file, one.line)],
        )
        message.flags.clear()
    body = "".join(generate_po(catalog, omit_header=True, include_lineno=False, width=98))
    header = _HEADER.format(language=language, plural_forms=plural_forms)
    file.write_text(header + body.rstrip("\n") + "\n", encoding="utf-8")
    return sum(1 for one in catalog if one.id and not _whole(one.string))


def _is_source(home: Path) -> bool:
    """Whether sentences are written in this language, so that its catalog may be sparse."""
    file = home / "language.toml"
    return file.is_file() and bool(tomllib.loads(file.read_text("utf-8")).get("source"))


def _whole(string: Any) -> bool:
    return bool(string) if isinstance(string, str) else bool(string) and all(string)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
