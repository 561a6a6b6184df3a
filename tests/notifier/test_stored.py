"""Documents as the release before wrote them: one of each form, played from the lives of the other tests of this folder."""

import json
from pathlib import Path

import pytest

from runtime.errors import Unavailable
from runtime.store import Document, Index, open_documents
from services.notifier.domain.letter import Drafted, Withdrawn
from services.notifier.domain.notice import Accepted
from services.notifier.store import CODEC, DOSSIERS, FAILED, LANE, NEXT_SEND, NO_LANE, UNADDRESSED, find_due, lane_of, load

GOLDEN: list[Document] = [
    json.loads(line) for line in (Path(__file__).parent / "golden/documents.ndjson").read_text("utf-8").splitlines()
]
LETTERS = {"drafted", "approved", "issuing", "sent", "rejected", "withdrawn"}
MESSAGES = {"queued", "claimed", "accepted", "delivered", "failed", "uncertain", "skipped"}


def test_the_golden_documents_are_of_every_state() -> None:
    messages = [message for document in GOLDEN for message in document.get("notices", {}).values()]

    assert {document["letter"]["s"] for document in GOLDEN if "letter" in document} == LETTERS
    assert {message["s"] for message in messages} == MESSAGES
    assert {message["s"] for message in messages if "waits" in message} == {"queued", "claimed"}
    for name in ("recovered", "held", "incomplete"):
        assert any(name in document for document in GOLDEN)
    assert any(document.get("contact", {}).get("gone") for document in GOLDEN)


@pytest.mark.parametrize("document", GOLDEN, ids=range(len(GOLDEN)))
def test_what_is_loaded_and_dumped_is_the_same_document_and_keeps_what_it_does_not_know(document: Document) -> None:
    newer = {**document, "added_by_a_newer_release": {"kept": [1, None]}}

    assert CODEC.written(load(document), document) == {**document, **indexed(document)}
    assert CODEC.written(load(newer), newer) == {**newer, **indexed(newer)}


def indexed(document: Document) -> Document:
    """What this release adds for its indexes to a document that an earlier one wrote."""
    failed = "failed" in [message["s"] for message in document.get("notices", {}).values()]
    lane = {LANE: lane_of(load(document))} if NEXT_SEND in document else {}
    letter = document.get("letter", {})
    nobodys = letter.get("s") == "sent" and "contact" not in letter and load(document).recovering is None
    return {**lane, **({FAILED: 1} if failed else {}), **({UNADDRESSED: 1} if nobodys else {})}


WAYS: list[Document] = [
    {"s": "queued", "at": 1, "next": 2, "tries": 3},
    {"s": "queued", "at": 1, "next": 2, "round": 2, "serial": 2, "by": "Nông Văn Thử", "by_subject": "u-1"},
    {"s": "claimed", "at": 1, "next": 2, "tries": 1, "via": "second", "doubt": True, "claim": "c"},
    {"s": "accepted", "at": 1, "round": 3, "by": "Nông Văn Thử", "by_subject": "u-1"},
    {"s": "accepted", "at": 1, "corrected": True, "text_version": 3, "by": "Nông Văn Thử", "by_subject": "u-1"},
    {"s": "failed", "at": 1, "kind": "technical", "reason": "expired"},
    {"s": "uncertain", "at": 1, "round": 2},
]


@pytest.mark.parametrize("message", WAYS, ids=lambda message: message["s"])
def test_how_far_the_sending_of_a_message_has_come_is_kept(message: Document) -> None:
    document: Document = {"_id": "H37.12-260302-0001", "rev": 1, "notices": {"result-ready": message}}

    assert CODEC.written(load(document), document)["notices"]["result-ready"] == message


@pytest.mark.parametrize("part", ["letter", "notices"])
def test_a_state_that_a_newer_release_knows_is_waited_for(part: str) -> None:
    document = next(document for document in GOLDEN if part in document)
    kept = document[part]
    newer = {**kept, "s": "newer"} if part == "letter" else {name: {**message, "s": "newer"} for name, message in kept.items()}

    with pytest.raises(Unavailable, match="a newer one runs beside and wrote"):
        load({**document, part: newer})


@pytest.mark.parametrize(
    ("state", "more"),
    [
        ("drafted", {"kind": "letter-of-a-newer-release"}),
        ("rejected", {"why": "reason-of-a-newer-release"}),
        ("approved", {"reason": "reason-of-a-newer-release"}),
        ("issuing", {"waits": "obstacle-of-a-newer-release"}),
    ],
)
def test_a_letter_of_a_kind_or_for_a_reason_that_a_newer_release_knows_is_waited_for(state: str, more: Document) -> None:
    document = next(document for document in GOLDEN if document.get("letter", {}).get("s") == state)

    with pytest.raises(Unavailable, match="-of-a-newer-release: a newer one runs beside and wrote"):
        load({**document, "letter": {**document["letter"], **more}})


@pytest.mark.parametrize("message", [{"pigeon-sent": {}}, {"result-ready": {"channel": "pigeon"}}])
def test_a_message_of_a_kind_or_by_a_way_that_a_newer_release_knows_is_waited_for(message: dict[str, Document]) -> None:
    [(name, way)] = message.items()
    queued = {"_id": "H37.12-260302-0001", "rev": 1, "notices": {name: {"s": "queued", "at": 1, "next": 2, **way}}}

    with pytest.raises(Unavailable, match=r"pigeon.*: a newer one runs beside and wrote"):
        load(queued)


def test_what_a_newer_release_wrote_within_a_letter_or_a_message_stays_through_a_decision() -> None:
    document = next(document for document in GOLDEN if document.get("letter", {}).get("s") == "drafted")
    kept = {name: {**message, "colour": 1} for name, message in document.get("notices", {}).items()}
    newer = {**document, "letter": {**document["letter"], "seen_by": "x"}, "notices": {**kept, **_queued("colour")}}
    dossier = load(newer)
    assert isinstance(dossier.letter, Drafted)

    moved = dossier._replace(
        letter=Withdrawn(dossier.letter.draft, dossier.letter.back),
        messages={**dossier.messages, "result-ready": Accepted(5)},
    )
    written = CODEC.written(moved, newer, dossier)

    assert written["letter"] == {**document["letter"], "s": "withdrawn", "seen_by": "x"}
    assert written["notices"]["result-ready"] == {"s": "accepted", "at": 5, "colour": 1}
    assert "next" in newer["notices"]["result-ready"]


def _queued(more: str) -> Document:
    return {"result-ready": {"s": "queued", "at": 1, "next": 2, more: 1}}


async def test_one_document_of_a_newer_release_hides_no_other_of_its_page(tmp_path: Path) -> None:
    store = open_documents(f"sqlite:///{tmp_path / 'store'}")
    await store.declare(DOSSIERS, [Index(NEXT_SEND)])
    documents: list[Document] = [
        {"_id": f"H37.12-260302-000{number}", "rev": 0, "notices": _queued("x"), NEXT_SEND: 10 + number, "layout": layout}
        for number, layout in enumerate((1, 2, 2, 1))
    ]
    await store.save_many(DOSSIERS, documents)

    first, place = await find_due(store, NO_LANE, 100, 2, None)
    second, end = await find_due(store, NO_LANE, 100, 2, place)
    third, _ = await find_due(store, NO_LANE, 100, 2, end)
    await store.close()

    assert [[dossier.code[-1] for dossier in page] for page in (first, second, third)] == [["0"], ["3"], []]
    with pytest.raises(Unavailable, match="layout 2"):
        CODEC.read(documents[1])
