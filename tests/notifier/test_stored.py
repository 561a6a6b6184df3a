"""Documents as the release before wrote them: one of each form, played from the lives of the other tests of this folder."""

import json
from pathlib import Path

import pytest

from runtime.errors import Unavailable
from runtime.store import Document
from services.notifier.store import CODEC, load

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
