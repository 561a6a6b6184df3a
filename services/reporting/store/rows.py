"""How a dossier's row is kept."""

from collections.abc import Mapping
from typing import Any

from runtime.store import Document
from services.facts import NO_FACTS, KnownFacts
from services.reporting.domain import Add, Counted, Known, Row
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
from services.stored import Codec, Kept


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
        counted_of(document) if "adds" in document else None,
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


def counted_of(document: Document) -> Counted:
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
