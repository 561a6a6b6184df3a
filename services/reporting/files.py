"""A sheet as a file: CSV, workbook or PDF."""

import csv
import io

from reference import ReferenceData
from services.reporting.domain import Sheet
from services.reporting.pdf import render as as_pdf
from services.reporting.printed import printed
from services.reporting.xlsx import render as as_xlsx


def as_file(sheet: Sheet, kind: str, reference: ReferenceData, unit: str, note: str = "") -> bytes:
    """The file. `kind`: csv, xlsx or pdf; `unit`: as it was asked for; `note`: a sentence below the table."""
    if kind == "csv":
        return as_csv(sheet)
    page = printed(sheet, reference, unit, note)
    return as_xlsx(page) if kind == "xlsx" else as_pdf(page)


def as_csv(sheet: Sheet) -> bytes:
    """The sheet as CSV with the official numbers as headings, for spreadsheets (UTF-8 with its mark)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["unit", "field", *sheet.total])
    for row in sheet.rows:
        writer.writerow([row.unit, row.field, *row.values.values()])
    writer.writerow(["total", "", *sheet.total.values()])
    return out.getvalue().encode("utf-8-sig")
