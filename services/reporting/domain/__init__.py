"""Figures: pure functions from a dossier's row to its contributions, from cells to a form."""

from services.reporting.domain.books import (
    Book,
    book_of,
    cell_of,
    flows_of_days,
    month_of,
    recounted,
    shelf_of,
    shelved,
    span,
)
from services.reporting.domain.cells import (
    DEFINITION,
    ROLES,
    Add,
    CellKey,
    Contributions,
    Place,
    contributions,
    day_of,
    doubts,
    flip_at,
)
from services.reporting.domain.forms import FORMS, Column, Form, load_forms
from services.reporting.domain.rows import FIELDS, merge_effect, merge_statement
from services.reporting.domain.sheet import ByPlace, Lens, Sheet, SheetRow, broken_rules, make_sheet, value_of

__all__ = [
    "DEFINITION",
    "FIELDS",
    "FORMS",
    "ROLES",
    "Add",
    "Book",
    "ByPlace",
    "CellKey",
    "Column",
    "Contributions",
    "Form",
    "Lens",
    "Place",
    "Sheet",
    "SheetRow",
    "book_of",
    "broken_rules",
    "cell_of",
    "contributions",
    "day_of",
    "doubts",
    "flip_at",
    "flows_of_days",
    "load_forms",
    "make_sheet",
    "merge_effect",
    "merge_statement",
    "month_of",
    "recounted",
    "shelf_of",
    "shelved",
    "span",
    "value_of",
]
