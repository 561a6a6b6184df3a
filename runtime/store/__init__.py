"""The document port: seven calls over MongoDB or SQLite."""

from runtime.store.open import open_documents
from runtime.store.port import Document, Documents, GroupRow, In, Index, Range, Where

__all__ = ["Document", "Documents", "GroupRow", "In", "Index", "Range", "Where", "open_documents"]
