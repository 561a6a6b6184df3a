"""intake's stored documents and its wire stay as they are: what was stored before must load, and is written the same again.

`golden/dossiers.json` holds, per life, the document after each item, documents in the middle of a recovery, and what was said
(type, id, digest of the content). `golden/others.ndjson` holds one line {collection, document} for each other form. `python -m
tests.intake.test_stored` makes the first anew, where a change is meant to change what is stored.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from reference import OFFICE_TIME
from runtime.clock import SteppedClock
from runtime.outputs import Output
from runtime.store import Document
from services.intake.domain import Sender
from services.intake.handlers import Context
from services.intake.recovery import decode
from services.intake.store import CODEC, COUNTS, DEED, GIVEN, HELD, KEPT_WORDS, KEY
from services.speaking import encode
from services.stored import Codec
from tests.intake.test_intake import CONTEXT, PERSON, SEALER, SETTINGS
from tests.intake.test_recovery import SENDS
from tests.intake.test_snapshots import CASES, at, payload
from tests.support.intake import recall, take_items

FOLDER = Path(__file__).parent / "golden"
CODE = "H37.12-260302-0001"
RECEIVED = SENDS[0]
SUBMITTED = {
    "dossier": CODE,
    "type": "submitted",
    "at": "2026-03-02T07:00",
    "procedure": "1.000894",
    "receiving_unit": "H37.12",
}
LINKED = [{"part": "Đăng ký thường trú", "unit": "H37.12"}, {"part": "Cấp thẻ bảo hiểm", "dossier": "H37.12-260302-0009"}]
WHOLE = {"linked": LINKED, "out_of_area": True, "return_method": "post", "promised_at": "2026-03-10T02:00Z", "channel": 3}
ITEMS: dict[str, list[dict[str, Any]]] = {
    "single events": SENDS,
    "a reception with all there is, then another unit": [{**RECEIVED, **WHOLE}, {**RECEIVED, "competent_unit": "H37.13"}],
    "a reception under a number of its sender": [{**RECEIVED, "occasion": "7"}, {**RECEIVED, "occasion": "7", "channel": 1}],
    "a contact that changes": [RECEIVED, {**RECEIVED, "contact": {**PERSON, "phone": "0912000008"}}],
    "no contact": [{name: value for name, value in RECEIVED.items() if name != "contact"}],
    "suspended, resumed, a fee": [
        {
            "dossier": CODE,
            "type": "suspended",
            "at": "2026-03-02T08:10",
            "reason": "force_majeure",
            "decision": "QĐ 12/QĐ-UBND",
        },
        {"dossier": CODE, "type": "resumed", "at": "2026-03-02T08:20"},
        {"dossier": CODE, "type": "suspended", "at": "2026-03-02T08:30"},
        {"dossier": CODE, "type": "fee-requested", "at": "2026-03-02T08:40", "occasion": "B.1"},
        {"dossier": CODE, "type": "fee-paid", "at": "2026-03-02T08:50", "occasion": "B.1"},
    ],
    "a step with all there is": [
        {
            "dossier": CODE,
            "type": "progressed",
            "at": "2026-03-02T08:10",
            "step": "Thẩm định",
            "department": "Phòng Kinh tế",
            "started_at": "2026-03-02T01:05Z",
            "step_due_at": "2026-03-03T08:05+07:00",
            "state": "5",
        }
    ],
    "submitted, corrected, refused, submitted again, accepted": [
        SUBMITTED,
        {**SUBMITTED, "competent_unit": "H37.13", "channel": 2},
        {"dossier": CODE, "type": "refused", "at": "2026-03-02T08:00"},
        {**SUBMITTED, "at": "2026-03-02T08:20"},
        {**RECEIVED, "at": "2026-03-02T08:40"},
    ],
    "a submission taken back": [
        SUBMITTED,
        {"dossier": CODE, "type": "retracted", "fact": "submitted", "at": "2026-03-02T07:00"},
    ],
    "what is refused or held leaves nothing": [
        {**RECEIVED, "procedure": "9.999999"},
        {"dossier": CODE, "type": "retracted", "fact": "completed", "at": "2026-03-02T08:10"},
    ],
}
STEPS = {f"snapshots: {case['name']}": case["steps"] for case in CASES}


def moments(name: str) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """The items of a life, and when each arrives."""
    if name in ITEMS:
        now = datetime(2026, 3, 2, 10, tzinfo=OFFICE_TIME)
        yield from ((now + number * timedelta(minutes=1, milliseconds=7), item) for number, item in enumerate(ITEMS[name], 1))
        return
    for step in STEPS[name]:
        arrives = datetime.strptime(at(step.get("arrives", "20 10")), "%Y%m%d%H%M%S").replace(tzinfo=OFFICE_TIME)
        yield arrives, payload(step)


def summary(output: Output) -> list[Any]:
    """Topic, id, digest of all that an event says; a sealed box is another one each time."""
    body = json.loads(encode(output))
    body["data"].pop("sealed", None)
    return [output.topic, output.id, sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]]


def played(name: str) -> dict[str, Any]:
    """A life as the golden file keeps it."""
    document: Document = {"_id": CODE, "rev": 0}
    rebuilt = dict(document)
    found: dict[str, list[Any]] = {"saved": [], "said": [], "recovering": []}
    for now, item in moments(name):
        took = take_items(document, [item], Context(CONTEXT.reference, SETTINGS, SEALER, SteppedClock(now)), Sender("portal"))
        document = took.document
        found["saved"].append(document)
        for output in took.outputs:
            rebuilt = recall(rebuilt, decode(encode(output)))
            found["said"].append(summary(output))
            found["recovering"].append(rebuilt)
    return {part: _unique(json.loads(json.dumps(each))) for part, each in found.items()}


def _unique(items: list[Any]) -> list[Any]:
    return [item for number, item in enumerate(items) if item not in items[:number]]


def golden() -> dict[str, dict[str, Any]]:
    """The file of lives."""
    found: dict[str, dict[str, Any]] = json.loads((FOLDER / "dossiers.json").read_text("utf-8"))
    return found


@pytest.mark.parametrize("name", [*ITEMS, *STEPS])
def test_a_life_is_stored_and_said_as_it_was_before(name: str) -> None:
    assert played(name) == golden()[name]


def test_the_golden_documents_have_every_part() -> None:
    documents = [document for life in golden().values() for part in ("saved", "recovering") for document in life[part]]
    facts = [fact for document in documents for fact in document.get("facts", {}).values()]

    assert {name for document in documents for name in document} == {
        *("_id", "rev", "facts", "sequence", "contact", "received", "submitted", "seen", "seen_at", "same", "step_states")
    }
    assert {name for fact in facts for name in fact} == {"v", "h", "o", "at", "x", "c"}
    assert {fact.get("c") for fact in facts} == {None, 0, 1}
    assert any(document.get("contact", {}).get("h") == "" for document in documents)


OTHERS = [json.loads(line) for line in (FOLDER / "others.ndjson").read_text("utf-8").splitlines()]
FOREIGN = {"outbox": [], "incomplete": ["dossiers.v1/0/5"], "of-a-newer-release": {"a": [1, None]}}
CODECS: dict[str, Codec[Any]] = {
    "keys": KEY,
    "quarantine": HELD,
    "deeds": DEED,
    "answers": GIVEN,
    "quality": COUNTS,
    "words": KEPT_WORDS,
}


@pytest.mark.parametrize("name", [*ITEMS, *STEPS])
def test_a_stored_dossier_loads_and_is_written_the_same_with_what_nobody_here_knows(name: str) -> None:
    kept = golden()[name]
    for document in [*kept["saved"], *kept["recovering"]]:
        newer = {**document, **FOREIGN}
        assert CODEC.written(CODEC.load(newer), newer) == newer
        assert CODEC.written(CODEC.load(document), {"_id": CODE, "rev": 0}) == document


@pytest.mark.parametrize("entry", OTHERS, ids=[f"{entry['collection']}/{number}" for number, entry in enumerate(OTHERS)])
def test_every_other_stored_document_loads_and_is_written_the_same(entry: dict[str, Any]) -> None:
    codec, newer = CODECS[entry["collection"]], {**entry["document"], **FOREIGN}

    assert codec.written(codec.load(newer), newer) == newer


def test_the_other_golden_documents_have_every_part() -> None:
    parts: dict[str, set[str]] = {}
    for entry in OTHERS:
        parts.setdefault(entry["collection"], {"_id", "rev"}).update(entry["document"])

    assert parts == {name: {"_id", "rev", *codec.derived.names} for name, codec in CODECS.items() if codec.derived}


def test_a_fact_that_did_not_change_keeps_what_a_newer_release_wrote_in_it() -> None:
    document = golden()["single events"]["saved"][0]
    facts = {key: {**fact, "of-a-newer-release": 1} for key, fact in document["facts"].items()}
    took = take_items({**document, "facts": facts}, [SENDS[2]], CONTEXT, Sender("portal"))

    assert took.document["facts"]["received/1"] == facts["received/1"]
    assert set(took.document["facts"]) == {"received/1", "supplement-requested/1"}


def main() -> None:
    """Make the golden file."""
    lines = [
        f"{json.dumps(name, ensure_ascii=False)}: {json.dumps(played(name), ensure_ascii=False)}" for name in [*ITEMS, *STEPS]
    ]
    (FOLDER / "dossiers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
