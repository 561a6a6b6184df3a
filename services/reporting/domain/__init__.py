"""Figures: pure functions from a dossier's row to its contributions, and from cells to a report."""

from services.reporting.domain.cells import DEFINITION, CellKey, contributions, flip_at
from services.reporting.domain.rows import FIELDS, merge_effect, merge_statement
from services.reporting.domain.sheet import COLUMNS, FLOW_COLUMNS, Flows, Sheet, SheetRow, broken_rules, make_sheet

__all__ = [
    "COLUMNS",
    "DEFINITION",
    "FIELDS",
    "FLOW_COLUMNS",
    "CellKey",
    "Flows",
    "Sheet",
    "SheetRow",
    "broken_rules",
    "contributions",
    "flip_at",
    "make_sheet",
    "merge_effect",
    "merge_statement",
]
