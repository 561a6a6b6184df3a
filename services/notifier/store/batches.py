"""Letters that were printed together."""

from typing import NamedTuple

from runtime.store import Document, Documents
from services.changes import By
from services.notifier.store.names import BATCHES


class Batch(NamedTuple):
    """Letters of a body that were printed together; `at` in ms. `left`: those that could not be, and why in words."""

    unit: str
    year: int
    number: int
    at: int
    by: By
    dossiers: tuple[str, ...]
    left: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """`3/2026`, as people call it."""
        return f"{self.number}/{self.year}"


async def enter_batch(store: Documents, batch: Batch) -> bool:
    """Keep a batch; False if there is one with its number. Raises Unavailable: it may be kept, or be kept later."""
    kept = {"series": f"{batch.unit}/{batch.year}", "number": batch.number, "at": batch.at, "by": batch.by.name}
    more = {"by_subject": batch.by.subject, "dossiers": list(batch.dossiers), "left": [list(one) for one in batch.left]}
    return await store.insert_unique(
        BATCHES, {"_id": _batch_id(batch.unit, batch.year, batch.number), "rev": 0, **kept, **more}
    )


async def find_batch(store: Documents, unit: str, year: int, number: int) -> Batch | None:
    """A batch by its number."""
    name = _batch_id(unit, year, number)
    kept = (await store.get_many(BATCHES, [name])).get(name)
    return None if kept is None else _batch(kept)


async def count_batches(store: Documents, unit: str, year: int) -> int:
    """How many batches a body printed in a year."""
    counted = await store.count_by(BATCHES, {"series": f"{unit}/{year}"})
    return counted[0].count if counted else 0


async def last_batches(store: Documents, unit: str, year: int, most: int) -> list[Batch]:
    """The last few of a year, the newest first."""
    first = max(1, await count_batches(store, unit, year) - most + 1)
    names = [_batch_id(unit, year, number) for number in range(first, first + most)]
    found = await store.get_many(BATCHES, names)
    return [_batch(found[name]) for name in reversed(names) if name in found]


def _batch_id(unit: str, year: int, number: int) -> str:
    return f"{unit}/{year}/{number:05d}"


def _batch(kept: Document) -> Batch:
    unit, _, year = kept["series"].partition("/")
    by = By(kept["by"], kept["by_subject"])
    return Batch(
        unit,
        int(year),
        kept["number"],
        kept["at"],
        by,
        tuple(kept["dossiers"]),
        tuple((code, why) for code, why in kept["left"]),
    )
