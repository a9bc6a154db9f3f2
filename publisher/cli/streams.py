"""stdout and stderr as they may be: closed, full, of a small alphabet.  Says nothing by itself."""

import codecs
import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


_NEAREST = "nearest"
_LIKE = {
    **dict.fromkeys("“”„«»", '"'),
    **dict.fromkeys("\u2018\u2019", "'"),
    **dict.fromkeys("—–\u2212·", "-"),
    **dict.fromkeys("\u00a0\u202f", " "),
    "…": "...",
    "✗": "x",
    "✓": "+",
    "№": "No.",
    "→": "->",
}


class _Door(FileIO):
    """Remembers why nothing leaves any more; Python itself forgets it after the first failure."""

    shut: OSError | None = None

    def write(self, words: "ReadableBuffer", /) -> int:
        try:
            return super().write(words)
        except OSError as error:
            self.shut = error
            raise


def prepare() -> None:
    """Let both be there and take every word.

    A sign that an alphabet lacks is written as one that is like it, a letter as an escape.
    """
    codecs.register_error(_NEAREST, _nearest)
    if sys.stdout is None:  # closed before we began: its number must go to no file of ours
        sys.stdout = _null(os.O_RDONLY)
    if sys.stderr is None:
        sys.stderr = _null(os.O_WRONLY)
    if isinstance(sys.stderr, TextIOWrapper):
        sys.stderr.reconfigure(errors=_NEAREST)
    sys.stdout = TextIOWrapper(
        BufferedWriter(_Door(sys.stdout.fileno(), "w", closefd=False)),
        encoding=sys.stdout.encoding,
        errors=_NEAREST,
        line_buffering=sys.stdout.isatty(),
    )


def _nearest(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError) or error.object[error.start] not in _LIKE:
        return codecs.backslashreplace_errors(error)
    return _LIKE[error.object[error.start]], error.start + 1


def data_out() -> None:
    """What follows is for programs: UTF-8, whatever the terminal's alphabet is (RFC 8259, 8.1)."""
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def unwritten() -> OSError | None:
    """Why what was written does not leave; None where nothing is known against it."""
    raw = getattr(getattr(sys.stdout, "buffer", None), "raw", None)
    return raw.shut if isinstance(raw, _Door) else None


def to_nowhere() -> None:
    """Nobody reads any more: let the rest go, and Python's last flush with it."""
    try:
        number = sys.stdout.fileno()
    except OSError:  # no file at all: a test's
        return
    os.dup2(os.open(os.devnull, os.O_WRONLY), number)


def _null(how: int) -> TextIO:
    return os.fdopen(os.open(os.devnull, how), "w", encoding="utf-8", closefd=False)
