"""Documents as the release before wrote them: one of each form, played from the lives of the other tests of this folder."""

import json
from pathlib import Path

import pytest

from runtime.errors import Unavailable
from runtime.store import Document, Index, open_documents
from services.notifier.domain.letter import Drafted, Withdrawn
from services.notifier.domain.notice import Accepted
from services.notifier.store import CODEC, DOSSIERS, NEXT_SEND, find_due, load

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

    assert CODEC.written(load(document), document) == document
    assert CODEC.written(load(newer), newer) == newer


@pytest.mark.parametrize("part", ["letter", "notices"])
def test_a_state_that_a_newer_release_knows_is_waited_for(part: str) -> None:
    document = next(document for document in GOLDEN if part in document)
    kept = document[part]
    newer = {**kept, "s": "newer"} if part == "letter" else {name: {**message, "s": "newer"} for name, message in kept.items()}

    with pytest.raises(Unavailable, match="a newer one runs beside and wrote"):
        load({**document, part: newer})


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

    pages = [[dossier.code[-1] for dossier in page] async for page in find_due(store, 100, 2)]
    await store.close()

    assert pages == [["0"], ["3"]]
    with pytest.raises(Unavailable, match="layout 2"):
        CODEC.read(documents[1])
