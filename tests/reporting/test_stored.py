"""reporting's stored documents and its wire stay as they are: what was stored before loads, and is written the same again.

`golden.json` holds, per life, the rows, books, shelves and periods after each step, and what was said (type, key, id, time,
digest of the content). `python -m tests.reporting.test_stored` makes it anew, where a change is meant to change what is stored.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from contracts import Event, UnknownData
from contracts.codes import is_petition_id
from contracts.notices import LetterRejected
from contracts.petitions import PetitionAnswered, PetitionForwarded, PetitionPublished, PetitionReraised
from runtime.store import Document
from services.reporting.petitions import PETITION
from services.reporting.store import BOOK, BOOKS, PERIOD, PERIODS, ROW, ROWS, SHELF, SHELVES
from services.stored import Codec
from tests.reporting.alone import Reporting, reporting_alone
from tests.reporting.test_anonymous import response as answered
from tests.reporting.test_periods import APRIL, MARCH, day, of
from tests.reporting.test_reporting import deadline, effect, first_late, letter, rated, settled
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.petition_said import received as brought
from tests.support.petition_said import said

GOLDEN = Path(__file__).parent / "golden.json"
PASSED_ON = {"round": 2, "unit": "H37.15", "from_unit": "H37.12"}
COLLECTIONS = (ROWS, BOOKS, SHELVES, PERIODS)
FOREIGN = Event(
    "00000000-0000-5000-8000-0000000000aa",
    "/intake",
    "vn.dunghen.dossier.weighed.v1",
    DOSSIER,
    at(3),
    UnknownData.model_validate({"grams": 12}),
)


@dataclass(frozen=True, slots=True)
class Step:
    """What is heard, the clock after it, a period that is frozen then. Each step is followed by a flush."""

    events: Sequence[Event] = ()
    now: datetime | None = None
    freeze: tuple[date, date] | None = None


@dataclass
class Played:
    """What was stored, each document once, and what was said."""

    stored: dict[str, list[Document]] = field(default_factory=lambda: {name: [] for name in COLLECTIONS})
    said: list[list[str]] = field(default_factory=list)


def heard(*events: Event) -> Step:
    return Step(events)


def told(event: Event, when: datetime) -> Event:
    """The same, recorded at another time."""
    return replace(event, time=when)


def late_end(version: int = 1, **more: Any) -> Event:
    return told(settled(version, "late", at(11), at(9), **more), at(11))


def rejected(when: datetime, draft: int, reason: str) -> Event:
    return effect(LetterRejected, when, draft=draft, reason=reason)


LIVES: dict[str, list[Step]] = {
    "late, with a letter and a rating": [
        heard(received(receiving_unit="H37.13", out_of_area=True), deadline(1, at(9))),
        heard(late_end(state=9, supplements=1, limit_minutes=2250, used_minutes=2500, against_first="late")),
        heard(letter(at(6)), rated(at(12))),
        heard(letter(at(5)), rated(at(11))),  # the earlier ones count
    ],
    "corrected before and after it was counted": [
        heard(received(), deadline(1, at(9)), told(received(at(3), version=2), at(4))),
        heard(told(received(at(5), version=3, competent_unit="H37.13"), at(6))),
        heard(late_end(), told(settled(2, "early", at(6), at(9)), at(12))),
    ],
    "taken back": [
        heard(received(), deadline(1, at(9)), late_end()),
        heard(told(fact("retracted", at(12), version=2, fact="received"), at(12))),
        heard(told(received(at(13), version=3), at(14))),
    ],
    "refused, and not after all": [
        heard(received(), fact("refused", at(3))),
        heard(told(fact("retracted", at(3), version=2, fact="refused"), at(4))),
    ],
    "open again": [heard(received(), deadline(1, at(25)), late_end(), told(settled(2, "open"), at(13)))],
    "overdue by the clock, paused, promised anew": [
        Step([received(), deadline(1, at(21))], at(20)),
        Step(now=at(22)),
        heard(told(deadline(2, None), at(22))),
        heard(*first_late(at(9), at(16))),
    ],
    "late against the first promise, exempt": [
        heard(*first_late(at(9), at(16), at(13)), rejected(at(13), 1, "in-time")),
        heard(rejected(at(14), 2, "force-majeure")),
        heard(rejected(at(15), 1, "secrecy")),  # of an older draft
    ],
    "withdrawn, with contradicting ends": [heard(received(), deadline(1, at(9)), late_end(state=7, also=[9, 10]))],
    "a clock ahead, an unknown type and unknown fields": [
        heard(told(received(at(2), colour="red"), at(1)), FOREIGN, fact("completed", at(5)))
    ],
    "an end whose reception nobody told": [heard(deadline(1, at(9)), late_end())],
    "a petition, answered, published, raised again, passed on": [
        heard(brought(at(10), kind="suggestion"), brought(None, id="PA-260302-BAAAAAAA", kind="praise")),
        heard(said(PetitionAnswered, 2, at(9), at(10)), said(PetitionPublished, 3, at(10), at(10))),
        heard(said(PetitionReraised, 4, at(11), at(20), round=2), said(PetitionForwarded, 5, at(12), at(25), **PASSED_ON)),
    ],
    "answers that belong to no dossier, four and the fifth": [
        heard(*(answered(number, 100, None, 25) for number in range(4))),
        heard(answered(4, 75, 50)),
    ],
    "frozen, restated, booked in the next": [
        heard(*of("A", received(), deadline(1, at(9)), late_end()), *of("B", received(at(10)), deadline(1, at(31)))),
        Step(freeze=MARCH),
        heard(*of("A", told(settled(2, "early", at(6), at(9)), at(16, "10:00"))), *of("C", received(at(12)))),
        Step(now=day(4, 15), freeze=APRIL),
        heard(*of("A", told(settled(3, "open"), at(31)))),
    ],
}


async def _play(name: str, folder: Path) -> Played:
    played, said = Played(), 0
    async with reporting_alone(folder, at(16)) as reporting:
        for step in LIVES[name]:
            await reporting.take(step.events)
            await _keep(reporting, played)
            reporting.clock.set(step.now or reporting.clock.now() + timedelta(minutes=1))
            await reporting.cells.flush()
            if step.freeze is not None:
                await reporting.periods.freeze(*step.freeze)
            await _keep(reporting, played)
            played.said += [summary(value) for _, value in reporting.publisher.records[said:]]
            said = len(reporting.publisher.records)
    return played


async def _keep(reporting: Reporting, played: Played) -> None:
    """Note the documents that are new or another, without the outbox: its intents have random names."""
    for collection, known in played.stored.items():
        for found in await reporting.parts.store.find(collection, {}):
            document = {name: value for name, value in found.items() if name != "outbox"}
            if document not in known:
                known.append(document)


def summary(record: bytes) -> list[str]:
    """Type, key, id, time, digest of all that a record says."""
    event = json.loads(record)
    digest = sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()[:16]
    return [event["type"].removeprefix("vn.dunghen."), event["subject"], event["id"], event["time"], digest]


def golden() -> dict[str, dict[str, Any]]:
    """The file."""
    found: dict[str, dict[str, Any]] = json.loads(GOLDEN.read_text("utf-8"))
    return found


CODECS: dict[str, Codec[Any]] = {ROWS: ROW, BOOKS: BOOK, SHELVES: SHELF, PERIODS: PERIOD}


def codec_of(collection: str, document: Document) -> Codec[Any]:
    """Petitions lie beside the rows."""
    return PETITION if is_petition_id(document["_id"]) else CODECS[collection]


@pytest.mark.parametrize("name", LIVES)
@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_stored_document_loads_and_is_written_the_same_with_what_nobody_here_knows(name: str, collection: str) -> None:
    for document in golden()[name][collection]:
        codec = codec_of(collection, document)
        newer = {**document, "outbox": [], "of-a-newer-release": {"a": [1, None]}}
        assert codec.written(codec.load(newer), newer) == newer


@pytest.mark.parametrize("name", LIVES)
async def test_a_life_is_stored_and_said_as_it_was_before(name: str, tmp_path: Path) -> None:
    played = await _play(name, tmp_path)

    assert {**played.stored, "said": played.said} == golden()[name]


def main() -> None:
    """Make the golden file."""
    lines = []
    for name in LIVES:
        with TemporaryDirectory() as folder:
            played = asyncio.run(_play(name, Path(folder)))
        lines.append(f"{json.dumps(name)}: {json.dumps({**played.stored, 'said': played.said}, ensure_ascii=False)}")
    GOLDEN.write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
