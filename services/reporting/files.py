"""A sheet as a file: CSV, workbook or PDF."""

import csv
import io

from reference import ReferenceData
from services.reporting.domain import Sheet
from services.reporting.domain.standing import Standing
from services.reporting.pdf import render as as_pdf
from services.reporting.printed import printed
from services.reporting.xlsx import render as as_xlsx


def as_file(sheet: Sheet, kind: str, reference: ReferenceData, unit: str, standing: Standing, note: str = "") -> bytes:
    """The file. `kind`: csv, xlsx or pdf; `unit`: as it was asked for; `note`: a sentence below the table."""
    if kind == "csv":
        return as_csv(sheet, standing)
    page = printed(sheet, reference, unit, standing, note)
    return as_xlsx(page) if kind == "xlsx" else as_pdf(page)


def as_csv(sheet: Sheet, standing: Standing) -> bytes:
    """The sheet as CSV with the official numbers as headings, for spreadsheets (UTF-8 with its mark). Below the total, in a row
    as wide as the others, how old and how final it is."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["unit", "field", *sheet.total])
    for row in sheet.rows:
        writer.writerow([row.unit, row.field, *row.values.values()])
    writer.writerow(["total", "", *sheet.total.values()])
    writer.writerow(["note", standing.words, *("" for _ in sheet.total)])
    return out.getvalue().encode("utf-8-sig")
