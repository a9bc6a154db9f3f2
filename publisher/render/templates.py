"""Templates: Jinja behind one door, the newsroom's own files before ours.

A newsroom overrides a file by a file of the same name, or one block of it: its own
`email/digest.html.j2` may say {% extends "shipped/email/digest.html.j2" %}.
"""

import os
import textwrap
from collections.abc import Callable, Sequence
from pathlib import Path

from jinja2 import (
    BaseLoader,
    ChoiceLoader,
    Environment,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_eval_context,
)
from jinja2.nodes import EvalContext
from markupsafe import Markup

from publisher.errors import Misconfigured
from publisher.i18n.localizer import Localizer
from publisher.model.names import Language
from publisher.model.problems import Place, Problem, msgid
from publisher.render.typography import plain_spaces

SHIPPED = "shipped"  # the prefix under which an overridden file can still be reached
EXTENSIONS = ("jinja2.ext.i18n",)
TEXT_WIDTH = 72  # columns of a text part


class Templates:
    """Fills templates in any language; one Jinja environment per language.

    In every template stand `text` (the Localizer), `say` and `plural` (as in Python; arguments
    are escaped), and gettext for {% trans %}.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._files = _Folders([str(folder) for folder in folders])
        self._shipped = _Folders([str(folder) for folder in folders[-1:]])
        self._environments: dict[Language, tuple[Localizer, Environment]] = {}

    def render(self, name: str, *, text: Localizer, **context: object) -> str:
        """The filled template; a missing or broken one raises Misconfigured with file and line."""
        environment = self._environment(text)
        self._files.look_again()
        self._shipped.look_again()
        try:
            return environment.get_template(name).render(context)
        except TemplateNotFound as error:
            raise Misconfigured(_missing(str(error.name or name))) from error
        except TemplateSyntaxError as error:
            place = Place(file=error.filename or error.name, line=error.lineno)
            raise Misconfigured(_broken(place, error.message or "")) from error
        except (TemplateError, TypeError, KeyError, ValueError, ArithmeticError) as error:
            raise Misconfigured(_broken(self._place(error, name), _reason(error))) from error

    def _environment(self, text: Localizer) -> Environment:
        known = self._environments.get(text.language)
        if known is None or known[0] is not text:
            loader = ChoiceLoader([self._files, PrefixLoader({SHIPPED: self._shipped})])
            known = (text, _environment(loader, text))
            self._environments[text.language] = known
        return known[1]

    def _place(self, error: BaseException, name: str) -> Place:
        """The deepest line of a template in the traceback; Jinja rewrites frames to fit."""
        place = Place(file=name)
        trace = error.__traceback__
        while trace is not None:
            file = Path(trace.tb_frame.f_code.co_filename)
            if any(file.is_relative_to(folder) for folder in self._folders):
                place = Place(file=str(file), line=trace.tb_lineno)
            trace = trace.tb_next
        return place


def tidy(text: str) -> str:
    """For text parts: no space at line ends, no more than one empty line."""
    lines: list[str] = []
    for line in text.splitlines():
        bare = line.rstrip(" ")
        if bare or (lines and lines[-1]):
            lines.append(bare)
    return "\n".join(lines).strip("\n") + "\n"


class _Folders(FileSystemLoader):
    """Files of folders, the first that has one; a file put before another is seen at once.

    Each file is looked at once a page: a block is asked for with every story.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        super().__init__(folders)
        self._fresh: set[str] = set()

    def look_again(self) -> None:
        """Another page begins."""
        self._fresh.clear()

    def get_source(
        self, environment: Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        """As Jinja's own, which looks only at the file it once found."""
        text, file, is_unchanged = super().get_source(environment, template)

        def is_fresh() -> bool:
            if template not in self._fresh and is_unchanged() and self._first(template) == file:
                self._fresh.add(template)
            return template in self._fresh

        self._fresh.add(template)
        return text, file, is_fresh

    def _first(self, template: str) -> str | None:
        found = (os.path.normpath(f"{folder}/{template}") for folder in self.searchpath)
        return next((file for file in found if os.path.isfile(file)), None)  # noqa: PTH113 - as Jinja names it


def _environment(loader: BaseLoader, text: Localizer) -> Environment:
    environment = Environment(
        loader=loader,
        autoescape=_is_markup,  # noqa: S701 - all but the text parts
        undefined=StrictUndefined,
        extensions=EXTENSIONS,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined] # added by the extension
        text.raw, lambda one, many, n: text.raw_plural(one, many, n=n), newstyle=True
    )
    environment.globals.update(text=text, say=_sayer(text), plural=_counter(text))
    environment.filters.update(wrap=_wrap, plain=_plain)
    return environment


def _is_markup(name: str | None) -> bool:
    """Everything is escaped but the text parts."""
    return not (name or "").endswith((".txt", ".txt.j2"))


def _sayer(text: Localizer) -> Callable[..., str]:
    @pass_eval_context
    def say(place: EvalContext, message: str, /, **args: object) -> str:
        if not place.autoescape:
            return text.say(message, **args)
        text.say(message, **args)  # wrong slots raise here
        return Markup(text.raw(message)).format(**args)  # noqa: S704 - catalogs hold our words

    return say


def _counter(text: Localizer) -> Callable[..., str]:
    @pass_eval_context
    def plural(place: EvalContext, one: str, many: str, /, *, n: int, **args: object) -> str:
        if not place.autoescape:
            return text.plural(one, many, n=n, **args)
        words = Markup(text.raw_plural(one, many, n=n))  # noqa: S704 - catalogs hold our words
        return words.format(n=text.number(n), **args)

    return plural


def _plain(value: object) -> str:
    """For text parts: plain spaces only."""
    return plain_spaces(str(value))


def _wrap(value: object, width: int = TEXT_WIDTH) -> str:
    """For text parts: lines of so many columns; a word or an address is never broken."""
    return textwrap.fill(_plain(value), width, break_long_words=False, break_on_hyphens=False)


def _missing(name: str) -> Problem:
    return Problem(
        message=msgid("The template {name} is missing."),
        args={"name": name},
        remedy=msgid("Put it into templates/, or take away the file that asks for it."),
        place=Place(file=f"templates/{name}"),
    )


def _broken(place: Place, reason: str) -> Problem:
    return Problem(
        message=msgid("The template cannot be used: {reason}"),
        args={"reason": reason},
        remedy=msgid("Mend that line, or remove the file to use the one that came with Publisher."),
        place=place,
    )


def _reason(error: BaseException) -> str:
    return str(error.args[0]) if error.args else type(error).__name__
