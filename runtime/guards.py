"""Cells that a spreadsheet would take for a formula are given back as text, and read again as what they were; tables of such.

The sign is the usual one, an apostrophe before the cell (OWASP, CSV injection). It stands before whatever a program on an
officer's desk may calculate, in CSV and XLSX alike: = + - @ and their full-width forms, also behind blanks, tabs and line ends.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence

_DANGEROUS = re.compile(r"'*[\s\ufeff\u200b]*[=+\-@＝＋－＠]|'*[\t\r\n]")
_GUARDED = re.compile(r"'(?=(?:'*[\s\ufeff\u200b]*[=+\-@＝＋－＠]|'*[\t\r\n]))")


def guarded(text: str) -> str:
    """A text that no program calculates."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def unguarded(text: str) -> str:
    """The text that was guarded; any other as it is."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text


def csv_text(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table as CSV, its cells guarded, with the mark by which Excel reads Vietnamese as UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(headings)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return "\ufeff" + text.getvalue()
