"""Open a store by its URL."""

from pathlib import Path

from runtime.store.mongo import MongoDocuments
from runtime.store.port import Documents
from runtime.store.sqlite import SqliteDocuments


def open_documents(url: str) -> Documents:
    """`sqlite:///path` or `mongodb://host:port/database`. Raises ValueError for anything else."""
    if url.startswith("sqlite:///"):
        return SqliteDocuments(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("mongodb://", "mongodb+srv://")):
        return MongoDocuments(url)
    raise ValueError("STORE_URL must start with sqlite:/// or mongodb://")
