"""Open a store by its URL."""

from collections.abc import Callable
from pathlib import Path

from runtime.machine import SystemMachine
from runtime.store.mongo import MongoDocuments
from runtime.store.port import Documents
from runtime.store.sqlite import SqliteDocuments


def open_documents(url: str, new_id: Callable[[], str] | None = None) -> Documents:
    """`sqlite:///path` or `mongodb://host:port/database`. Raises ValueError for anything else; nothing is asked yet.

    `new_id`: where names for saves come from (`Machine.new_id`), never the same twice; left out: random ones.
    """
    if url.startswith("sqlite:///"):
        return SqliteDocuments(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("mongodb://", "mongodb+srv://")):
        return MongoDocuments(url, new_id or SystemMachine().new_id)
    raise ValueError("STORE_URL must start with sqlite:/// or mongodb://")
