"""reporting's documents: a row per dossier; books and shelves per role, unit, procedure and report month or year; periods. Only
this room knows how they are kept."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from sys import intern
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from contracts.definitions import Flows
from contracts.metrics import Role
from contracts.reports import ReportChange
from runtime.intents import Intents
from runtime.outputs import new_document
from runtime.store import Document, Documents, In, Index, Range
from services.changes import Answering, By, Changed
from services.facts import NO_FACTS, KnownFacts
from services.reporting.domain import Add, Book, Counted, Day, Days, Frozen, Known, NotFrozen, Period, Row, Shelf
from services.reporting.domain.cells import day_in
from services.reporting.domain.periods import Restated
from services.reporting.domain.row import (
    Ended,
    Letter,
    Promise,
    Promised,
    Rating,
    Rejected,
    Reopened,
    Response,
    Settled,
    Waiting,
)
from services.reporting.domain.sheet import LineKey, Lines
from services.stored import LAYOUT, Codec, Kept

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
Thing = TypeVar("Thing")


async def declare(store: Documents) -> None:
    """Make the collections and indexes."""
    await store.declare(
        ROWS,
        [
            Index("cells", many=True),
            Index("doubts", many=True),
            Index("dirty"),
            Index("dirty_at"),
            Index("moving"),
            Index("flip_at"),
            *OF_PETITIONS,
        ],
    )
    await store.declare(BOOKS, [Index("month"), Index("unit"), Index("recency")])
    await store.declare(SHELVES, [Index("year"), Index("unit")])
    await store.declare(PETITION_BOOKS, [Index("month"), Index("counted")])
    await store.declare(PERIODS, [Index("last")])
    await store.declare(CAUSES, [Index("restatement")])


# --- a row ---------------------------------------------------------------------------------------------------------------


def load(document: Document) -> Row:
    """The row of a document."""
    facts, promise, settled = document.get("facts"), document.get("deadline"), document.get("settled")
    letter, rating, rejected = document.get("letter"), document.get("rating"), document.get("rejected")
    response = document.get("response")
    return Row(
        document["_id"],
        Known(
            NO_FACTS if facts is None else KnownFacts.load(facts),
            None if promise is None else _promise(promise),
            None if settled is None else _settled(settled),
            None if letter is None else Letter(letter["at"], letter["t"]),
            None if rating is None else Rating(rating["at"], rating["t"], rating["answers"], rating["points"]),
            None if rejected is None else Rejected(rejected["draft"], rejected["t"], rejected["reason"]),
            None if response is None else Response(**response),
        ),
        _counted(document) if "adds" in document else None,
        tuple(document.get("touched", ())),
        document.get("flip_at"),
        tuple(document.get("doubts", ())),
        document.get("dirty_at"),
    )


def _promise(kept: Mapping[str, Any]) -> Promise:
    return Promised(kept["v"], kept["t"], kept["due"], kept["first"]) if "due" in kept else Waiting(kept["v"], kept["t"])


def _settled(kept: Mapping[str, Any]) -> Settled:
    if kept["outcome"] == "open":
        return Reopened(kept["v"], kept["t"])
    return Ended(
        kept["v"],
        kept["t"],
        kept["outcome"],
        kept["end"],
        kept["due"],
        kept["first"],
        kept.get("state"),
        kept.get("supplements"),
        kept.get("limit"),
        kept.get("used"),
        tuple(kept.get("also", ())),
    )


def _counted(document: Document) -> Counted:
    adds = {day: Add(add["as_of"], add["counters"]) for day, add in document["adds"].items()}
    return Counted(adds, tuple(document["cells"]))


def _dump_adds(adds: Mapping[str, Add]) -> dict[str, Any]:
    return {day: {"as_of": as_of, "counters": counters} for day, (as_of, counters) in adds.items()}


def _dump_rating(rating: Rating) -> dict[str, Any]:
    return {"at": rating.at, "t": rating.recorded, "answers": rating.answers, "points": rating.points}


def _dump_rejected(rejected: Rejected) -> dict[str, Any]:
    return {"draft": rejected.draft, "t": rejected.recorded, "reason": rejected.reason}


def _dump_promise(promise: Promise) -> dict[str, Any]:
    kept = {"v": promise.version, "t": promise.recorded}
    return kept | {"due": promise.due, "first": promise.first} if isinstance(promise, Promised) else kept


def _dump_settled(settled: Settled) -> dict[str, Any]:
    kept: dict[str, Any] = {"v": settled.version, "t": settled.recorded}
    if isinstance(settled, Reopened):
        return kept | {"outcome": "open"}
    kept |= {"outcome": settled.outcome, "end": settled.end, "due": settled.due, "first": settled.first}
    more = {"state": settled.state, "supplements": settled.supplements, "limit": settled.limit, "used": settled.used}
    kept |= {name: value for name, value in more.items() if value is not None}
    return kept | {"also": list(settled.also)} if settled.also else kept


ROW = Codec(
    load,
    kept=(
        Kept("facts", lambda row: row.known.facts, lambda facts: facts.dump() or None),
        Kept("deadline", lambda row: row.known.promise, _dump_promise),
        Kept("settled", lambda row: row.known.settled, _dump_settled),
        Kept("letter", lambda row: row.known.letter, lambda letter: {"at": letter.at, "t": letter.recorded}),
        Kept("rating", lambda row: row.known.rating, _dump_rating),
        Kept("rejected", lambda row: row.known.rejected, _dump_rejected),
        Kept("response", lambda row: row.known.response, Response._asdict),
        Kept("adds", lambda row: None if row.counted is None else row.counted.days, _dump_adds),
        Kept("cells", lambda row: None if row.counted is None else row.counted.cells, list),
        Kept("touched", lambda row: row.touched, lambda touched: list(touched) or None),
        Kept("dirty", lambda row: 1 if row.touched else None),  # to find the touched ones
        Kept("dirty_at", lambda row: row.touched_at),
        Kept("flip_at", lambda row: row.flip_at),
        Kept("doubts", lambda row: row.doubts, lambda doubts: list(doubts) or None),
    ),
)


# --- books and shelves ---------------------------------------------------------------------------------------------------


def load_book(document: Document) -> Book:
    """The book of a document; one that was never saved is empty."""
    role, unit, procedure, month = document["_id"].split("/")
    days = {day: Day(kept["as_of"], kept["revision"], kept["counters"]) for day, kept in document.get("days", {}).items()}
    return Book(role, unit, procedure, month, days, document.get("sums", {}))


def dump_book(book: Book) -> dict[str, Any]:
    """A book as its document keeps it: with its place, by which it is found and its sums are grouped."""
    days = {
        day: {"as_of": as_of, "revision": revision, "counters": counters}
        for day, (as_of, revision, counters) in book.days.items()
    }
    place = {"role": book.role, "unit": book.unit, "procedure": book.procedure}
    newest = max((day.as_of for day in book.days.values()), default=0)
    return {**place, "month": book.month, "days": days, "sums": book.sums, "recency": -newest}  # so that the newest comes first


def load_shelf(document: Document) -> Shelf:
    """The shelf of a document; one that was never saved is empty."""
    role, unit, procedure, year = document["_id"].split("/")
    return Shelf(role, unit, procedure, year, document.get("months", {}), document.get("sums", {}))


def dump_shelf(shelf: Shelf) -> dict[str, Any]:
    """A shelf as its document keeps it, with its place."""
    place = {"role": shelf.role, "unit": shelf.unit, "procedure": shelf.procedure}
    return {**place, "year": shelf.year, "months": shelf.months, "sums": shelf.sums}


BOOK = Codec.whole(load_book, dump_book, ("role", "unit", "procedure", "month", "days", "sums", "recency"))
SHELF = Codec.whole(load_shelf, dump_shelf, ("role", "unit", "procedure", "year", "months", "sums"))


# --- periods -------------------------------------------------------------------------------------------------------------


def load_period(document: Document) -> Period:
    """The period of a document; one that was never saved is not frozen."""
    if "lines" not in document:
        return NotFrozen()
    return Frozen(
        kind=document["kind"],
        days=Days(date.fromisoformat(document["first"]), date.fromisoformat(document["last"])),
        version=document["version"],
        frozen_at=datetime.fromisoformat(document["frozen_at"]),
        definition=document["definition"],
        lines=_lines(document["lines"]),
        stated=_lines(document["stated"]),
        booked={(unit, procedure): own for key, own in document["booked"].items() for unit, procedure in [key.split("|", 1)]},
        adjustments=_changes(document["adjustments"]),
        restated=tuple(
            Restated(
                kept["version"],
                datetime.fromisoformat(kept["at"]),
                kept["reason"],
                _changes(kept["changes"]),
                tuple(kept.get("dossiers", ())),
                kept.get("others", 0),
            )
            for kept in document["changes"]
        ),
        by=None if "frozen_by" not in document else By(**document["frozen_by"]),
    )


def _lines(kept: Mapping[str, Mapping[str, int]]) -> Lines:
    return {LineKey(*key.split("|", 1)): {int(column): n for column, n in own.items()} for key, own in kept.items()}


def _changes(kept: Iterable[Mapping[str, Any]]) -> tuple[ReportChange, ...]:
    return tuple(ReportChange.model_validate(change) for change in kept)


def dump_period(period: Period) -> dict[str, Any]:
    """A period as its document keeps it."""
    if isinstance(period, NotFrozen):
        return {}
    return {
        "kind": period.kind,
        "first": period.days.first.isoformat(),
        "last": period.days.last.isoformat(),
        "version": period.version,
        "frozen_at": period.frozen_at.isoformat(),
        "definition": period.definition,
        "frozen_by": None if period.by is None else asdict(period.by),
        "lines": _dump_lines(period.lines),
        "stated": _dump_lines(period.stated),
        "booked": {
            "|".join(place): own
            for place, counters in sorted(period.booked.items())
            if (own := {name: number for name, number in sorted(counters.items()) if number})
        },
        "adjustments": [change.model_dump() for change in period.adjustments],
        "changes": [
            {
                "version": noted.version,
                "at": noted.at.isoformat(),
                "reason": noted.reason,
                "changes": [change.model_dump() for change in noted.changes],
                "dossiers": list(noted.dossiers),
                "others": noted.others,
            }
            for noted in period.restated
        ],
    }


def _dump_lines(lines: Lines) -> dict[str, dict[str, int]]:
    return {"|".join(key): {str(column): number for column, number in own.items()} for key, own in lines.items()}


PERIOD = Codec.whole(
    load_period,
    dump_period,
    (
        *("kind", "first", "last", "version", "frozen_at", "definition", "frozen_by"),
        *("lines", "stated", "booked", "adjustments", "changes"),
    ),
)


async def periods(store: Documents) -> list[Frozen]:
    """All frozen periods, the newest end first."""
    found = [period async for page in _pages(store, PERIODS, {}) for _, period in PERIOD.readable(page)]
    frozen = [period for period in found if isinstance(period, Frozen)]
    return sorted(frozen, key=lambda period: (period.days.last, period.days.first), reverse=True)


async def period_of(store: Documents, days: Days) -> Frozen | None:
    """A frozen period, if it is. Raises Unavailable for one that a newer release wrote."""
    found = (await store.get_many(PERIODS, [days.key])).get(days.key)
    period = None if found is None else PERIOD.read(found)
    return period if isinstance(period, Frozen) else None


async def freeze_period(
    intents: Intents, days: Days, rule: Callable[[Period], Answering[Period, Frozen]], now: datetime
) -> Frozen:
    """Freeze a period as of `now` and publish it; returns what is frozen."""
    frozen: Frozen = (await _decide(intents, days, rule, now))[days.key]
    return frozen


async def restate_period(intents: Intents, days: Days, rule: Callable[[Period], Changed[Period]], now: datetime) -> None:
    """State anew what a period is, as of `now`, and publish it."""
    await _decide(intents, days, rule, now)


async def _decide(
    intents: Intents, days: Days, rule: Callable[[Period], Changed[Period] | Answering[Period, Frozen]], now: datetime
) -> Mapping[str, Any]:
    """What is said is of the moment it says itself."""

    return await intents.apply([days.key], lambda document: PERIOD.decide(document, rule, now))


# --- what was read, to be saved over just that ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held(Generic[Thing]):
    """Something as it was read, with its document: what is saved over it is lost if it moved meanwhile."""

    thing: Thing
    document: Document


async def hold_books(store: Documents, keys: Collection[str]) -> dict[str, Held[Book]]:
    """These books, those that are not there yet as empty ones; without those of a newer release."""
    return await hold(store, BOOKS, BOOK, keys)


async def books(store: Documents, keys: Collection[str]) -> list[Book]:
    """Those of these books that are there."""
    return BOOK.read_all((await store.get_many(BOOKS, keys)).values())


async def save_books(store: Documents, books: Iterable[tuple[Held[Book], Book]]) -> set[str]:
    """Save books over what was read; returns those that had moved."""
    return await store.save_many(BOOKS, [BOOK.written(after, held.document) for held, after in books])


async def hold_shelves(store: Documents, keys: Collection[str]) -> dict[str, Held[Shelf]]:
    """These shelves, those that are not there yet as empty ones; without those of a newer release."""
    return await hold(store, SHELVES, SHELF, keys)


async def save_shelves(store: Documents, shelves: Iterable[tuple[Held[Shelf], Shelf]]) -> set[str]:
    """Save shelves over what was read; returns those that had moved."""
    return await store.save_many(SHELVES, [SHELF.written(after, held.document) for held, after in shelves])


async def hold(store: Documents, collection: str, codec: Codec[Thing], keys: Collection[str]) -> dict[str, Held[Thing]]:
    """Things of a collection, those that are not there yet as empty ones; without those of a newer release."""
    found = await store.get_many(collection, keys)
    documents = [found.get(key) or new_document(key) for key in keys]
    return {document["_id"]: Held(thing, document) for document, thing in codec.readable(documents)}


class Marked(NamedTuple):
    """A row whose changes are not in the published figures yet, as it was when that was seen, and the cells that it touched.
    Not its document: of these a hundred thousand are held."""

    code: str
    revision: int
    touched: tuple[str, ...]


async def dirty_rows(store: Documents) -> AsyncIterator[list[Marked]]:
    """All of them, a page at a time, each that is still dirty when its page is read."""
    async for page in _pages(store, ROWS, {"dirty": 1}):
        yield [_marked(row) for row in page if not _newer(ROW, row)]


def _marked(row: Document) -> Marked:
    return Marked(row["_id"], row["rev"], tuple(map(intern, row["touched"])))


async def heard(store: Documents, rows: Sequence[Marked], keys: Collection[str]) -> dict[str, int]:
    """When the newest of what is known of the rows that touched each of these cells was recorded (ms)."""
    found: dict[str, int] = {}
    touched = {row.code: own for row in rows if (own := [key for key in row.touched if key in keys])}
    async for code, document in _named(store, list(touched)):
        recorded = load(document).known.recorded
        found |= {key: max(recorded, found.get(key, 0)) for key in touched[code]}
    return found


async def clear(store: Documents, rows: Sequence[Marked], frozen_until: str = "") -> None:
    """Clear the marks of rows that did not change meanwhile; a row that did stays dirty and is counted again.

    Cells up to `frozen_until` (ISO) stay noted as moved, until the frozen periods are stated anew and name their causes.
    """
    for start in range(0, len(rows), PAGE):
        revisions = {row.code: row.revision for row in rows[start : start + PAGE]}
        clean = [
            {key: value for key, value in document.items() if key not in MARKS} | _moved(document, frozen_until)
            async for code, document in _named(store, list(revisions))
            if document["rev"] == revisions[code]
        ]
        await store.save_many(ROWS, clean)


def _moved(row: Document, frozen_until: str) -> dict[str, Any]:
    moved = [key for key in row["touched"] if day_in(key) <= frozen_until]
    return {"moved": sorted({*row.get("moved", ()), *moved}), "moving": 1} if moved else {}


class Moved(NamedTuple):
    """A dossier, and the cells of frozen periods in which it counts otherwise than when they were stated last."""

    code: str
    cells: tuple[str, ...]


async def moved_rows(store: Documents) -> AsyncIterator[Moved]:
    """All of them, by their codes."""
    async for row in every(store, ROWS, {"moving": 1}):
        if not _newer(ROW, row):
            yield Moved(row["_id"], tuple(row["moved"]))


async def forget_moved(store: Documents) -> None:
    """After all frozen periods were stated anew. A row that changed meanwhile keeps its note, and is named once too often."""
    async for page in _pages(store, ROWS, {"moving": 1}):
        rows = [{key: value for key, value in row.items() if key not in ("moved", "moving")} for row in page]
        await store.save_many(ROWS, rows)


async def note_causes(store: Documents, period: str, version: int, codes: Sequence[str]) -> None:
    """Keep all dossiers of a restatement, before it is stated. What was noted before is replaced."""
    restatement = f"{period}/{version}"
    known = [document["_id"] async for document in every(store, CAUSES, {"restatement": restatement})]
    await store.delete_many(CAUSES, known)
    for start in range(0, len(codes), PAGE):
        page = list(codes[start : start + PAGE])
        await store.insert_unique(CAUSES, {"_id": f"{restatement}/{start:09}", "restatement": restatement, "dossiers": page})


async def causes_of(store: Documents, period: str, version: int) -> list[str]:
    """All dossiers of a restatement, by their codes."""
    pages = every(store, CAUSES, {"restatement": f"{period}/{version}"})
    return [code async for page in pages for code in page["dossiers"]]


async def frozen_until(store: Documents) -> str:
    """The last day (ISO) of any frozen period; "": none is frozen."""
    return max([period.days.last.isoformat() for period in await periods(store)], default="")


async def _named(store: Documents, codes: Sequence[str]) -> AsyncIterator[tuple[str, Document]]:
    """The rows of these dossiers, page by page."""
    for start in range(0, len(codes), PAGE):
        for code, document in (await store.get_many(ROWS, codes[start : start + PAGE])).items():
            yield code, document


async def rows_named(store: Documents, codes: Sequence[str]) -> AsyncIterator[Row]:
    """The rows of these dossiers that this release can read."""
    async for _, document in _named(store, codes):
        if not _newer(ROW, document):
            yield ROW.read(document)


async def flipping(store: Documents, now: int) -> AsyncIterator[list[str]]:
    """The rows whose due moment has passed since they were counted, a page at a time. `now` in ms."""
    async for page in _pages(store, ROWS, {"flip_at": Range(high=now)}, order="flip_at"):
        if due := [document["_id"] for document in page if not _newer(ROW, document)]:
            yield due


async def count_dirty(store: Documents) -> int:
    """How many rows are not in the published figures yet."""
    left = await store.count_by(ROWS, {"dirty": 1})
    return left[0].count if left else 0


async def dirty_since(store: Documents) -> int | None:
    """Since when the one waits that has waited longest (ms); None: none does."""
    oldest = await store.find(ROWS, {"dirty": 1, "dirty_at": Range(low=1)}, order="dirty_at", limit=1)
    return oldest[0]["dirty_at"] if oldest else None


# --- sums: rows and books are read by the thousand, so only what is summed becomes an object -------------------------


@dataclass(frozen=True, slots=True)
class Sums:
    """Cells counted from the rows, by key; rows whose marks these alone are; cells that a newer release has to count, because
    it alone can read a dossier in them."""

    cells: Mapping[str, Add]
    covered: Sequence[Marked]
    foreign: Collection[str]


async def cell_sums(store: Documents, keys: Collection[str]) -> Sums:
    """Cells counted from the rows, by key, those in which any dossier counts; and the first `HELD` of the rows met whose marks
    these alone are. A cell may have any number of rows: they are read page by page."""
    wanted, covered, foreign = set(keys), list[Marked](), set[str]()
    as_of, counters = dict[str, int](), dict[str, dict[str, int]]()
    async for row in every(store, ROWS, {"cells": In(tuple(wanted))}):
        if _newer(ROW, row):
            foreign.update(wanted.intersection(row["cells"]))
            continue
        if "dirty" in row and len(covered) < HELD and wanted.issuperset(row["touched"]):
            covered.append(_marked(row))
        for key in wanted.intersection(row["cells"]):
            add = row["adds"][day_in(key)]
            as_of[key] = max(as_of.get(key, 0), add["as_of"])
            into = counters.setdefault(key, {})
            for name, number in add["counters"].items():
                into[name] = into.get(name, 0) + number
    return Sums({key: Add(as_of[key], own) for key, own in counters.items() if key not in foreign}, covered, foreign)


@dataclass(frozen=True, slots=True)
class Share:
    """What one dossier counts as."""

    code: str
    counted: Counted


async def shares(store: Documents, where: Where) -> AsyncIterator[Share]:
    """All rows that match, as far as they were counted."""
    async for row in every(store, ROWS, where):
        if "adds" in row and not _newer(ROW, row):
            yield Share(row["_id"], _counted(row))


def shares_of_cells(store: Documents, keys: Iterable[str]) -> AsyncIterator[Share]:
    """All rows that count in any of these cells."""
    return shares(store, {"cells": In(tuple(keys))})


@dataclass(frozen=True, slots=True)
class Leaf:
    """The counters of a book by day (ISO)."""

    role: Role
    unit: str
    procedure: str
    month: str
    days: Mapping[str, Flows]


async def leaves(store: Documents, where: Where) -> AsyncIterator[Leaf]:
    """All books that match."""
    async for book in every(store, BOOKS, where):
        if _newer(BOOK, book):
            continue
        days = {day: entry["counters"] for day, entry in book["days"].items()}
        yield Leaf(book["role"], book["unit"], book["procedure"], book["month"], days)


async def sums_by(
    store: Documents, collection: str, where: Where, group: Sequence[str], names: Sequence[str]
) -> list[tuple[tuple[str, ...], Counter[str]]]:
    """Sums of some counters over books or shelves that match, by group."""
    found = await store.count_by(collection, where, group=group, sums=[f"sums.{name}" for name in names])
    return [(row.group, Counter(dict(zip(names, row.sums, strict=True)))) for row in found]


async def units_of_books(store: Documents) -> list[str]:
    """Every unit that ever had a figure."""
    return [str(row.group[0]) for row in await store.count_by(BOOKS, {}, group=("unit",))]


async def newest_of(store: Documents, unit: str | None = None) -> int | None:
    """When the newest of what any figure, or any of a competent unit, follows from was recorded (ms); None: nothing was."""
    where: Where = {"recency": Range(high=-1)}
    found = await store.find(
        BOOKS, where if unit is None else where | {"role": "competent", "unit": unit}, order="recency", limit=1
    )
    return -found[0]["recency"] if found else None


async def newest_by_unit(store: Documents, units: Iterable[str]) -> dict[str, int]:
    """The same for each of these units of which anything was heard."""
    found = {unit: await newest_of(store, unit) for unit in units}
    return {unit: newest for unit, newest in found.items() if newest is not None}


async def date_books(store: Documents) -> None:
    """Give books that a release wrote which kept no recency theirs; one that is saved meanwhile gets it then."""
    async for page in _pages(store, BOOKS, {}):
        undated = [(document, book) for document, book in BOOK.readable(page) if "recency" not in document and book.days]
        await store.save_many(BOOKS, [BOOK.written(book, document) for document, book in undated])


async def recent_days(store: Documents, since: int) -> dict[str, list[str]]:
    """The days counted since a moment (ms), by book."""
    found = {}
    async for book in every(store, BOOKS, {}):
        if not _newer(BOOK, book) and (days := [day for day, entry in book["days"].items() if entry["revision"] >= since]):
            found[book["_id"]] = days
    return found


async def touched_cells(store: Documents) -> set[str]:
    """All cells that are not in the published figures yet."""
    return {key async for row in every(store, ROWS, {"dirty": 1}) for key in row["touched"]}


async def in_doubt(store: Documents, kind: str, limit: int) -> list[str]:
    """The first dossiers of a kind of doubt, by their codes."""
    return [row["_id"] for row in await store.find(ROWS, {"doubts": kind}, limit=limit)]


async def count_in_doubt(store: Documents, kind: str) -> int:
    """How many they are."""
    groups = await store.count_by(ROWS, {"doubts": kind})
    return groups[0].count if groups else 0


async def every(store: Documents, collection: str, where: Where) -> AsyncIterator[Document]:
    """All documents that match, page by page, by their ids."""
    async for page in _pages(store, collection, where):
        for document in page:
            yield document


async def _pages(store: Documents, collection: str, where: Where, order: str = "_id") -> AsyncIterator[list[Document]]:
    behind = None
    while page := await store.find(collection, where, order=order, limit=PAGE, after=behind):
        behind = (page[-1][order], page[-1]["_id"])
        yield page


def _newer(codec: Codec[Any], document: Document) -> bool:
    """Whether a newer release wrote it that this one cannot read: it is passed over, and hides no other. In place of
    `Codec.readable` where only what is summed becomes an object."""
    return bool(document.get(LAYOUT, 1) > codec.layout)
