"""Cells that a spreadsheet would take for a formula are given back as text, and read again as what they were.

The sign is the usual one, an apostrophe before the cell (OWASP, CSV injection). It stands before whatever a program on an
officer's desk may calculate, in CSV and XLSX alike: = + - @ and their full-width forms, also behind blanks, tabs and line ends.
"""

import re

_DANGEROUS = re.compile(r"'*[\s\ufeff\u200b]*[=+\-@＝＋－＠]|'*[\t\r\n]")
_GUARDED = re.compile(r"'(?=(?:'*[\s\ufeff\u200b]*[=+\-@＝＋－＠]|'*[\t\r\n]))")


def guarded(text: str) -> str:
    """A text that no program calculates."""
    return f"'{text}" if _DANGEROUS.match(text) else text


def unguarded(text: str) -> str:
    """The text that was guarded; any other as it is."""
    return text[1:] if text.startswith("'") and _GUARDED.match(text) else text
