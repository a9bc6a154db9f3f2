"""What the parser of commands says, in the editor's language.

It speaks English only, and hands out whole sentences: those we know are recognised, their parts
put into ours.  What nobody knows is shown as it came.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from string import Formatter
from typing import Any

import typer

from publisher.cli.call import UNVALUED
from publisher.i18n.localizer import Localizer, paragraphs
from publisher.model.problems import msgid

_SAID = (  # the more telling one before the one that fits as well
    msgid("No such command {name}. Did you mean {names}?"),
    msgid("No such command {name}."),
    msgid("No such option: {option} (Possible options: {options})"),
    msgid("No such option: {option}"),
    msgid("Missing argument {name}."),
    msgid("Missing option {name}."),
    msgid("Got unexpected extra argument(s) ({words})"),
    msgid("Option {option} requires an argument."),
    msgid("Option {option} does not take a value."),
    msgid("Invalid value for {name}: {reason}"),
    msgid("Invalid value: {reason}"),
    msgid("Input should be a valid integer, unable to parse string as an integer"),
    msgid("Input should be greater than or equal to {n}"),
    msgid("Input should be less than or equal to {n}"),
    msgid("Try {command} for help."),
    msgid("Show this message and exit."),
    msgid("Options"),
    msgid("Arguments"),
    msgid("Commands"),
    msgid("required"),
    msgid("default: {value}"),
    msgid("[OPTIONS]"),
    msgid("COMMAND [ARGS]..."),
    msgid("str"),
    msgid("int"),
    msgid("int range"),
    msgid("path"),
    UNVALUED,
)
_NAMED = re.compile(r"\[OPTIONS\]|COMMAND \[ARGS\]\.\.\.|(?<=<)[a-z ]+(?=>)")  # and of values
_SEVERAL = re.compile(r"<list\[(\w+)\]>")  # of an option that may be given again
_EXTRA = re.compile(r"(?P<help>.*?)(?:^|  )\[(?P<extra>[^\[\]]+)\]", re.DOTALL)
_Formatter: Any = typer.Context.formatter_class  # typer has no other name for it


def said(text: Localizer, english: str) -> str:
    """A sentence of the parser's, or one of ours that it passes on."""
    for sentence in _SAID:
        if found := _pattern(sentence).fullmatch(english):
            parts = found.groupdict()
            if "reason" in parts:
                parts["reason"] = said(text, parts["reason"])
            return text.say(sentence, **parts)
    return text.raw(english)


def complaint(text: Localizer, error: Any) -> str:
    """A usage error as a person reads it: the usage, where help is, what is wrong."""
    words = text.say(msgid("Error: {words}"), words=said(text, error.format_message()))
    if error.ctx is None:
        return words
    usage = error.ctx.get_usage()
    if error.message.startswith(usage):  # nothing was said at all: the help answers
        return str(error.message)
    command = f"'{error.ctx.command_path} {error.ctx.help_option_names[0]}'"
    return f"{usage}\n{said(text, f'Try {command} for help.')}\n\n{words}"


def speaking(command: Any, words: Callable[[], Localizer]) -> Any:
    """Have a command, and those below it, write its help with our words."""
    formatter = partial(_Spoken, words)
    command.context_class = type(
        "Context", (command.context_class,), {"formatter_class": formatter}
    )
    if command.help and not command.short_help:
        command.short_help = paragraphs(command.help)[0]  # else it is cut to fit its line
    for one in getattr(command, "commands", {}).values():
        speaking(one, words)
    return command


class _Spoken(_Formatter):  # type: ignore[misc] # of whichever typer there is
    """Writes what it is given in the language of `words`."""

    def __init__(self, words: Callable[[], Localizer], **size: Any) -> None:
        super().__init__(**size)
        self._text = words()

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        usage = self._text.say(msgid("Usage:")) + " " if prefix is None else prefix
        super().write_usage(prog, self._named(args), usage)

    def write_heading(self, heading: str) -> None:
        super().write_heading(said(self._text, heading))

    def write_text(self, text: str) -> None:
        super().write_text("\n\n".join(said(self._text, one) for one in paragraphs(text)))

    def write_dl(self, rows: Sequence[tuple[str, str]], **size: Any) -> None:
        super().write_dl([(self._named(name), self._helped(words)) for name, words in rows], **size)

    def _named(self, words: str) -> str:
        plain = _SEVERAL.sub(r"<\1>...", words).replace("<Path>", "<path>")
        return _NAMED.sub(lambda found: said(self._text, found.group()), plain)

    def _helped(self, words: str) -> str:
        found = _EXTRA.fullmatch(words)
        if not found:
            return said(self._text, words)
        extra = "; ".join(said(self._text, one) for one in found["extra"].split("; "))
        return f"{said(self._text, found['help'])}  [{extra}]".strip()


@lru_cache
def _pattern(sentence: str) -> re.Pattern[str]:
    made = (
        re.escape(words) + (f"(?P<{slot}>.*)" if slot else "")
        for words, slot, _, _ in Formatter().parse(sentence)
    )
    return re.compile("".join(made), re.DOTALL)
