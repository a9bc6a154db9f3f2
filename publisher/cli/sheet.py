"""CSV as spreadsheets and other programs read it, whichever of them parts cells by semicolons."""

import csv
from collections.abc import Sequence
from typing import TextIO


class Sheet:
    """Rows onto a stream.  Cells are quoted where they must be, or where they hold a semicolon.

    Excel of a country whose numbers have commas takes that for the end of a cell.
    """

    def __init__(self, out: TextIO) -> None:
        self._plain = csv.writer(out, lineterminator="\n")
        self._quoted = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)

    def write(self, row: Sequence[object]) -> None:
        """One row."""
        holds = any(isinstance(cell, str) and ";" in cell for cell in row)
        (self._quoted if holds else self._plain).writerow(row)
