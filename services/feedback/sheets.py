"""Documents of printed survey sheets: found by the digest of their number, counted by unit. No store holds a number.

Only this room knows how they are kept.
"""

import secrets
from collections.abc import Sequence
from typing import NamedTuple

from contracts.lookup import LENGTH, LETTERS, typed
from runtime.store import Document, Documents, In, Index, Range
from services.feedback.domain import digest
from services.feedback.domain.sheets import Sheet, Way

SHEETS = "sheets"
PRINTED, UNIT, USED = "printed", "unit", "used"
PAGE = 500


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(SHEETS, [Index(UNIT), Index(PRINTED)])


async def enter(store: Documents, sheets: Sequence[tuple[str, str, str]], printed: int) -> list[str]:
    """Keep new sheets (unit, procedure, form) before anybody holds one; their numbers. Raises Unavailable."""
    numbers = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in sheets]
    for number, (unit, procedure, form) in zip(numbers, sheets, strict=True):
        await store.insert_unique(SHEETS, _dump(Sheet(digest(number), unit, procedure, form, printed)))
    return numbers


def plain(number: str) -> str:
    """A number without what people type between its letters; "" for what is none."""
    return typed(number[:40]) or ""


async def find(store: Documents, number: str) -> Sheet | None:
    """The sheet of a number as somebody typed it, or as its QR code says it. Raises Unavailable."""
    code = plain(number)
    if not code:
        return None
    name = digest(code)
    document = (await store.get_many(SHEETS, [name])).get(name)
    return None if document is None else _load(document)


async def note_use(store: Documents, sheet: Sheet, way: Way) -> None:
    """Say how it was answered; what was said first stays. Raises Unavailable."""
    document = (await store.get_many(SHEETS, [sheet.token])).get(sheet.token)
    if document is not None and document.get(USED) is None:
        await store.save_many(SHEETS, [{**document, USED: way}])  # one that is lost here another has noted


class Counted(NamedTuple):
    """Sheets of a unit: how many were printed, and answered on paper and by their QR code."""

    unit: str
    printed: int
    paper: int
    web: int


async def counted(store: Documents, units: Sequence[str] | None) -> list[Counted]:
    """The sheets that are kept, of some units (None: of all)."""
    where = {UNIT: Range("") if units is None else In(tuple(units))}
    numbers = {(str(row.group[0]), row.group[1]): row.count for row in await store.count_by(SHEETS, where, group=(UNIT, USED))}
    found = sorted({unit for unit, _ in numbers})
    used = [(unit, numbers.get((unit, "paper"), 0), numbers.get((unit, "web"), 0)) for unit in found]
    return [Counted(unit, paper + web + numbers.get((unit, None), 0), paper, web) for unit, paper, web in used]


async def forget(store: Documents, printed_before: int) -> None:
    """The job: delete those that nobody may answer any more."""
    while old := await store.find(SHEETS, {PRINTED: Range(high=printed_before)}, limit=PAGE):
        await store.delete_many(SHEETS, [sheet["_id"] for sheet in old])


def _load(document: Document) -> Sheet:
    plain = (document[UNIT], document["procedure"], document["form"], document[PRINTED])
    return Sheet(document["_id"], *plain, document.get(USED))


def _dump(sheet: Sheet) -> Document:
    return {"_id": sheet.token, UNIT: sheet.unit, "procedure": sheet.procedure, "form": sheet.form, PRINTED: sheet.printed}
