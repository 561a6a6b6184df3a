"""What the front keeps, as it lies in the store: two releases run side by side on it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from runtime.store import MemoryDocuments, MemoryTables
from services.front import store
from services.front.domain import Entry, Person, Session, What
from services.front.domain.mailed import Mailed, State
from services.front.tokens import Tokens

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PERSON = Person("lan", "Lan", frozenset({"signer", "officer"}), frozenset({"H56.2", "H56.1"}))
LATER = AT + timedelta(seconds=1)
SESSION = Session(store.digest("name"), PERSON, "form", AT, AT, AT, LATER, LATER, "sealed")
ENTRY = Entry(store.entry_id(AT, "abc"), AT, What.CHANGE, "lan", "Lan", "POST", "/letters/x", 303, "")


async def test_a_session_and_a_line_of_the_journal_lie_as_they_always_did_and_come_back() -> None:
    documents = MemoryDocuments(MemoryTables())
    await store.declare(documents)
    assert await store.save_session(documents, SESSION)
    await store.add_entry(documents, ENTRY)

    assert await documents.find(store.SESSIONS, {}) == [
        {
            "_id": "82a3537ff0dbce7eec35d69edc3a189ee6f17d82f353a553f9aa96cb0be3ce89",
            "rev": 1,
            "person": {"subject": "lan", "name": "Lan", "roles": ["officer", "signer"], "units": ["H56.1", "H56.2"]},
            "form": "form",
            "opened": 1772442000000,
            "seen": 1772442000000,
            "asked": 1772442000000,
            "tried": 1772442001000,
            "asking": 1772442001000,
            "sealed": "sealed",
        }
    ]
    assert await documents.find(store.JOURNAL, {}) == [
        {
            "_id": "1772442000000-abc",
            "rev": 1,
            "at": 1772442000000,
            "what": "change",
            "who": "lan",
            "name": "Lan",
            "method": "POST",
            "path": "/letters/x",
            "status": 303,
            "why": "",
        }
    ]
    assert await store.session_of(documents, "name") == (SESSION, 1)
    assert await store.entries(documents, AT, AT, "", 10) == [ENTRY]


async def test_a_digest_lies_as_it_always_did_and_one_front_alone_goes_on_with_it() -> None:
    documents = MemoryDocuments(MemoryTables())
    await store.declare(documents)
    boxes = {"pending": ("b@x.example",), "taken": ("a@x.example",), "refused": ("c@x.example",), "uncertain": ("d@x.example",)}
    waiting = Mailed("2026-03-02/morning/H37.12", State.WAITING, AT, AT + timedelta(hours=1), "", **boxes)
    assert await store.save_digest(documents, waiting, 0)

    assert await documents.find(store.DIGESTS, {}) == [
        {
            "_id": "2026-03-02/morning/H37.12",
            "rev": 1,
            "state": "waiting",
            "at": 1772442000000,
            "over": 1772445600000,
            "claim": "",
            **{name: list(own) for name, own in boxes.items()},
        }
    ]
    assert await store.digests(documents, [waiting.id, "another"]) == {waiting.id: (waiting, 1)}
    assert await store.unfinished(documents) == [(waiting, 1)]
    assert not await store.save_digest(documents, waiting, 0)
    assert await store.save_digest(documents, replace(waiting, state=State.SENT), 1)
    assert not await store.save_digest(documents, waiting, 1)
    assert await store.unfinished(documents) == []


async def test_a_session_that_somebody_else_changed_or_ended_is_not_saved_over() -> None:
    documents = MemoryDocuments(MemoryTables())
    await store.declare(documents)
    await store.save_session(documents, SESSION)

    assert await store.save_session(documents, SESSION, 1)
    assert not await store.save_session(documents, SESSION, 1)
    await store.end_sessions(documents, [SESSION.id])
    assert not await store.save_session(documents, SESSION, 2)


def test_the_issuers_tokens_are_opened_by_the_name_that_they_were_sealed_to_alone() -> None:
    sealed = Tokens("access", "refresh").sealed("name")

    assert Tokens.opened(sealed, "name") == Tokens("access", "refresh")
    with pytest.raises(ValueError, match="another session"):
        Tokens.opened(sealed, "another")
    assert "access" not in sealed
