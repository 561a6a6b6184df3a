"""Books of who answered in time, and the petitions that have stirred since theirs were counted. Only this room knows how they
are kept.

`counted` of a book is when a day of it was counted last; `stirred_at` of a petition is when the first of the days that it
stirred is over.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from contracts.facts import epoch_ms
from reference import OFFICE_TIME
from runtime.store import Document, Documents, Range
from services.reporting.domain.books import covered
from services.reporting.domain.petition_books import Entry, Key, PetitionBook
from services.reporting.domain.petitions import NONE, Petition, Place, Score
from services.reporting.petitions import CALENDAR_MONTHS, EARLIEST, PETITION, scores
from services.reporting.store import PAGE, PETITION_BOOKS, ROWS, STIRRED_AT, Held, every
from services.reporting.store import hold as hold_any
from services.stored import Codec

MOST_WAITING, MOST_DAYS = 200, 10  # petitions, and days of them, that a figure is corrected by while they wait to be counted
SUMS = tuple(f"sums.{name}" for name in Score._fields)


def load(document: Document) -> PetitionBook:
    """The book of a document; one that was never saved has no days."""
    unit, kind, channel, month = document["_id"].split("/")
    days = {
        day: Entry(Score(*kept["score"]), kept["revision"], kept["counted"]) for day, kept in document.get("days", {}).items()
    }
    return PetitionBook(Place(unit, kind, channel), month, days)


def dump(book: PetitionBook) -> Mapping[str, Any]:
    """A book as its document keeps it, with its place and its sums."""
    days = {day: {"score": list(own.score), "revision": own.revision, "counted": own.counted} for day, own in book.days.items()}
    newest = max((own.counted for own in book.days.values()), default=None)
    return {**book.place._asdict(), "month": book.month, "days": days, "sums": book.total._asdict(), "counted": newest}


BOOK = Codec.whole(load, dump, (*Place._fields, "month", "days", "sums", "counted"))


class Stirred(NamedTuple):
    """A petition as it was read, and the days that it stirred and that are over, by key."""

    id: str
    revision: int
    days: tuple[str, ...]


async def stirred(store: Documents, now: int) -> AsyncIterator[list[Stirred]]:
    """Those whose days are over by now (ms), page by page."""
    behind = None
    while page := await store.find(ROWS, {STIRRED_AT: Range(high=now)}, order=STIRRED_AT, limit=PAGE, after=behind):
        behind = (page[-1][STIRRED_AT], page[-1]["_id"])
        yield [
            Stirred(own.id, document["rev"], tuple(key for key in own.stirred if Key.parse(key).over <= now))
            for document, own in PETITION.readable(page)
        ]


async def settle(store: Documents, counted: Iterable[Stirred]) -> None:
    """Take days that were counted off their petitions. One that changed meanwhile keeps its own and is counted again."""
    read = {one.id: one for one in counted}
    found = (await store.get_many(ROWS, read)).values()
    same = [(document, own) for document, own in PETITION.readable(found) if document["rev"] == read[own.id].revision]
    await store.save_many(ROWS, [PETITION.written(_without(own, read[own.id].days), document) for document, own in same])


def _without(petition: Petition, days: Collection[str]) -> Petition:
    return petition._replace(stirred=tuple(key for key in petition.stirred if key not in days))


async def hold(store: Documents, keys: Collection[str]) -> dict[str, Held[PetitionBook]]:
    """These books, those that are not there yet as empty ones; without those of a newer release."""
    return await hold_any(store, PETITION_BOOKS, BOOK, keys)


async def save(store: Documents, books: Iterable[tuple[Held[PetitionBook], PetitionBook]]) -> set[str]:
    """Save books over what was read; returns those that had moved."""
    return await store.save_many(PETITION_BOOKS, [BOOK.written(after, held.document) for held, after in books])


async def standing(store: Documents, keys: Collection[str]) -> dict[str, PetitionBook]:
    """Those of these books that are there, by id."""
    found = await store.get_many(PETITION_BOOKS, keys)
    return {document["_id"]: book for document, book in BOOK.readable(found.values())}


async def recent(store: Documents, since: int) -> dict[str, list[str]]:
    """The days that were counted since then (ms), by book."""
    found: dict[str, list[str]] = {}
    async for document in every(store, PETITION_BOOKS, {"counted": Range(low=since)}):
        for _, book in BOOK.readable([document]):
            found[document["_id"]] = [day for day, own in book.days.items() if own.counted >= since]
    return found


# --- the share ----------------------------------------------------------------------------------------------------------------


async def figures(store: Documents, first: date, last: date, now: datetime) -> dict[Place, Score]:
    """What `petitions.scores` counts, from books as far as days are over: whole months by their sums, the others by their days,
    today from the petitions. Days that are to be counted anew are; while there are many of them, everything is."""
    today = now.astimezone(OFFICE_TIME).date()
    first, last = max(first, EARLIEST), min(last, today)
    waiting = await store.find(ROWS, {STIRRED_AT: Range(high=epoch_ms(now))}, order=STIRRED_AT, limit=MOST_WAITING + 1)
    keys = {Key.parse(key) for petition in PETITION.read_all(waiting) for key in petition.stirred}
    behind = {key for key in keys if first.isoformat() <= key.day <= last.isoformat() and key.over <= epoch_ms(now)}
    if len(waiting) > MOST_WAITING or len({key.day for key in behind}) > MOST_DAYS:
        return await scores(store, first, last, now)
    found = await scores(store, today, today, now) if first <= today <= last else {}
    last = min(last, today - timedelta(days=1))
    months, edges = covered(first, last, CALENDAR_MONTHS) if first <= last else (None, ())
    if months is not None:
        for row in await store.count_by(PETITION_BOOKS, {"month": Range(*months)}, group=Place._fields, sums=SUMS):
            _add(found, Place(*row.group), Score(*row.sums))
    for month, begin, end in edges:
        async for document in every(store, PETITION_BOOKS, {"month": month}):
            for _, book in BOOK.readable([document]):
                _add(found, book.place, book.between(begin.isoformat(), end.isoformat()))
    await _correct(store, behind, found, now)
    return {place: score for place, score in found.items() if score != NONE}


async def _correct(store: Documents, behind: Collection[Key], found: dict[Place, Score], now: datetime) -> None:
    """Put what these days come to in the place of what their books have."""
    books = await standing(store, {key.book for key in behind})
    for day in sorted({key.day for key in behind}):
        only = date.fromisoformat(day)
        counted = await scores(store, only, only, now)
        for key in (key for key in behind if key.day == day):
            book = books.get(key.book)
            _add(found, key.place, counted.get(key.place, NONE))
            _add(found, key.place, NONE if book is None else book.between(day, day).times(-1))


def _add(found: dict[Place, Score], place: Place, score: Score) -> None:
    if score != NONE:
        found[place] = found.get(place, NONE).plus(score)
