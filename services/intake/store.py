"""intake's documents of dossiers: what is known of each, so that what is said again is nothing new."""

from collections.abc import Mapping
from typing import Any

from runtime.store import Documents

DOSSIERS = "dossiers"
MADE_FROM_LOG = (DOSSIERS,)  # the rest has to be restored from backup


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(DOSSIERS)


def units_of(document: Mapping[str, Any] | None) -> set[str]:
    """The units a dossier is of, as far as its reception is known."""
    received = (document or {}).get("received", {})
    return {received[name] for name in ("receiving_unit", "competent_unit") if name in received}
