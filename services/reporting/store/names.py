"""What reporting's collections, and fields that several rooms know, are called."""

from typing import TypeAlias

from runtime.store import In, Index, Range

ROWS, BOOKS, SHELVES, PERIODS = "rows", "books", "shelves", "periods"
PETITION_BOOKS = "petition_books"
CAUSES = "causes"  # the dossiers of a restatement, some thousand in a document
MADE_FROM_LOG = (ROWS, BOOKS, SHELVES, PETITION_BOOKS)  # the rest has to be restored from backup
PAGE = 2000  # documents read at once
HELD = 100_000  # rows whose marks are known at once: some 20 MB
MARKS = ("touched", "dirty", "dirty_at")
# Of petitions, which lie beside the rows (petitions.py): when its round in force is due, the months in which earlier ones
# were, how new it is. Declared here, because a collection is declared once.
LAST, EARLIER, RECENCY = "last", "earlier", "recency"
# The days in which it has to be counted anew, and when the first of them is over.
STIRRED, STIRRED_AT = "stirred", "stirred_at"
OF_PETITIONS = (Index(f"{LAST}.due"), Index(EARLIER, many=True), Index(RECENCY), Index(STIRRED_AT))
Where: TypeAlias = dict[str, str | int | Range | In]
