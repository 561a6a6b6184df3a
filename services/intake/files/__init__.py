"""Files that senders have: events or registers (Mẫu 07) as CSV, XLSX or NDJSON. A bad row harms no other row."""

from services.intake.files.reading import SUFFIXES, read_file
from services.intake.files.refusals import RefusalFile
from services.intake.files.rows import FileRefusedError, Row, SheetReport, Table

__all__ = ["SUFFIXES", "FileRefusedError", "RefusalFile", "Row", "SheetReport", "Table", "read_file"]
