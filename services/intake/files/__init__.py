"""Files that senders have: events or registers (Mẫu 07) as CSV, XLSX or NDJSON. A bad row harms no other row."""

from services.intake.files.reading import read_file
from services.intake.files.refusals import RefusalFile
from services.intake.files.rows import FileRefusedError, Row, Table

__all__ = ["FileRefusedError", "RefusalFile", "Row", "Table", "read_file"]
