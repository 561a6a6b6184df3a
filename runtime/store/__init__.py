"""The document port: seven calls over MongoDB or SQLite, and in memory for tests."""

from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.store.open import open_documents
from runtime.store.port import Document, Documents, GroupRow, In, Index, Range, Where

__all__ = [
    "Document",
    "Documents",
    "GroupRow",
    "In",
    "Index",
    "MemoryDocuments",
    "MemoryTables",
    "Range",
    "Where",
    "open_documents",
]
