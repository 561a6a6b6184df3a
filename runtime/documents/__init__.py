"""The document port: seven calls over MongoDB or SQLite."""

from runtime.documents.open import open_documents
from runtime.documents.port import Document, Documents, GroupRow, In, Index, Range, Where

__all__ = ["Document", "Documents", "GroupRow", "In", "Index", "Range", "Where", "open_documents"]
