"""sla's stored documents and its wire stay as they are: what was stored before must load, and is written the same again.

`golden.json` holds, per life, the document after each save, documents in the middle of a recovery, and what was said (type, id,
digest of the content). `python -m tests.sla.test_stored` makes it anew, where a change is meant to change what is stored.
"""

import json
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from contracts import Event, UnknownData, encode
from runtime.store import Document
from services.sla.store import CODEC
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.sla import absorb, recall
from tests.support.sla_lives import LIVES, Life, ask, copies, overdue

GOLDEN = Path(__file__).parent / "golden.json"
FOREIGN = Event(
    "00000000-0000-5000-8000-0000000000aa",
    "/intake",
    "vn.dunghen.dossier.weighed.v1",
    DOSSIER,
    at(3),
    UnknownData.model_validate({"grams": 12}),
)
TWICE = [
    fact(kind, at(day), occasion=n) for n, day in (("1", 3), ("2", 5)) for kind in ("supplement-requested", "supplemented")
]

MORE: dict[str, Callable[[], Life]] = {
    "late, with contradicting ends and minutes": lambda: overdue().hear(
        *TWICE, fact("completed", at(20)), fact("withdrawn", at(20, "10:00"))
    ),
    "early, papers asked for twice": lambda: Life().hear(received(), *TWICE, fact("completed", at(6))),
    "fees and another body pause": lambda: Life().hear(
        received(terms={"pause_on_fee": True, "pause_on_agency": True}),
        fact("fee-requested", at(3)),
        fact("fee-paid", at(3, "11:00")),
        fact("suspended", at(4)),
        fact("resumed", at(4, "11:00")),
        fact("suspended", at(5), occasion="2", reason="force_majeure", decision="QĐ 1"),
    ),
    "restarts after its papers": lambda: Life().hear(received(terms={"strategy": "restart"}), *TWICE[:2]),
    "printed date, paused and resumed": lambda: Life().hear(received(promised_at=at(10)), *TWICE[:2]),
    "printed date, open again": lambda: Life().hear(
        received(promised_at=at(10)), fact("completed", at(5)), fact("retracted", at(5), version=2, fact="completed")
    ),
    "printed date, conflict, then a pause": lambda: Life().hear(received(promised_at=at(10))).change(at(6)).hear(*TWICE),
    "a step with a department": lambda: (
        Life()
        .hear(
            received(limit=(15, "working_day")),
            fact("progressed", at(3), step="Thẩm định", department="Phòng Kinh tế", step_due_at=at(4)),
        )
        .until(at(4, "09:01"))
    ),
    "same day": lambda: Life().hear(received(limit=(1, "same_day"))).until(at(2, "17:00")),
    "months, another unit": lambda: Life().hear(
        received(limit=(1, "month")), received(limit=(1, "month"), version=2, competent_unit="H37.13")
    ),
    "an unknown unit": lambda: Life().hear(received(competent_unit="H37.99")).until(at(9, "10:00")),
    "an unknown type and unknown fields": lambda: Life().hear(received(colour="red"), FOREIGN, fact("completed", at(5))),
    "uncountable, then corrected": lambda: Life().hear(
        received(limit=(9000, "working_day")), received(version=2), fact("completed", at(5))
    ),
    "an end before its reception": lambda: Life().hear(fact("completed", at(6)), received()),
    "refused, taken back": lambda: Life().hear(
        received(), fact("refused", at(3)), fact("retracted", at(3), version=2, fact="refused")
    ),
    "completed, then refused after all": lambda: Life().hear(received(), fact("completed", at(5)), fact("refused", at(6))),
}
ALL = LIVES | MORE


def recovering(life: Life) -> Iterator[Document]:
    """The document in the middle of a recovery: after each statement, after each fact; from nothing and from what it was."""
    for start in ({"_id": DOSSIER, "rev": 0}, life.document):
        document: Document = dict(start)
        for event in life.own:
            document = recall(document, event)
            yield document
        for event in [*life.notices, *life.dossiers, ask(at(13), at(9, "12:00"), 9)]:
            document = absorb(document, event)
            yield document


def summary(event: Event) -> list[str]:
    """Type, id, digest of all that an event says."""
    said = json.dumps(json.loads(encode(event)), sort_keys=True).encode()
    return [event.type.removeprefix("vn.dunghen."), event.id, sha256(said).hexdigest()[:16]]


def played(name: str) -> dict[str, Any]:
    """A life as the golden file keeps it."""
    kept = [document for document, _, _ in _copies(name)]
    life = ALL[name]()
    found = {"saved": kept, "recovering": list(recovering(life)), "said": [summary(event) for event in life.own]}
    return {part: _unique(json.loads(json.dumps(each))) for part, each in found.items()}


def _copies(name: str) -> list[tuple[Document, int, int]]:
    LIVES.setdefault(name, ALL[name])
    try:
        return copies(name)
    finally:
        if name in MORE:
            del LIVES[name]


def _unique(items: list[Any]) -> list[Any]:
    return [item for number, item in enumerate(items) if item not in items[:number]]


def golden() -> dict[str, dict[str, Any]]:
    """The file."""
    found: dict[str, dict[str, Any]] = json.loads(GOLDEN.read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", ALL)
def test_a_life_is_stored_and_said_as_it_was_before(name: str) -> None:
    assert played(name) == golden()[name]


@pytest.mark.parametrize("name", ALL)
def test_a_stored_document_loads_and_is_written_the_same_with_what_nobody_here_knows(name: str) -> None:
    kept = golden()[name]
    for document in [*kept["saved"], *kept["recovering"]]:
        newer = {**document, "incomplete": ["dossiers.v1/0/5"], "outbox": [], "of-a-newer-release": {"a": [1, None]}}
        assert CODEC.written(CODEC.load(newer), newer) == newer


def main() -> None:
    """Make the golden file."""
    lines = [f"{json.dumps(name)}: {json.dumps(played(name), ensure_ascii=False)}" for name in ALL]
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
