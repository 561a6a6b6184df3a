"""The PDF of a letter that was sent: kept once, given ever after, gone with its person."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest

from contracts import Event
from reference import ReferenceData
from runtime.clock import SteppedClock
from runtime.intents import Intents
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Parts, Ports
from runtime.service import make_parts
from runtime.settings import RuntimeSettings
from runtime.store import Documents, open_documents
from runtime.web import Person, Role
from services.notifier.domain import Dossier
from services.notifier.domain.letter import Sent
from services.notifier.domain.signing import Approval
from services.notifier.domain.telling import forget
from services.notifier.http.desk import LetterDesk
from services.notifier.issuing import issue_letter
from services.notifier.jobs import Desk
from services.notifier.papers import keep_paper, paper_of
from services.notifier.store import CODEC, DOSSIERS, PAPERS, declare, find_one, shred_papers
from services.notifier.telemetry import METRICS
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE, approve, context, desk, handle
from tests.support.notifier_hears import DUE, NEAR, PROMISED, contact, promise

SIGNER = Person("s", "Người ký", frozenset({Role.SIGNER}), frozenset({"*"}))
MORNING = at(6, "10:00")


def heard(*whom: Event) -> dict[str, Any]:
    """A signed letter whose date sla granted."""
    document: Any = {"_id": DOSSIER, "rev": 0}
    for event in (PROMISED, *whom, promise(1, DUE), NEAR):
        document = handle(document, event, context(at(5))).document
    approval = Approval("workload", "Hoàng Đức Giả Định", new_due_at=at(11))
    document = approve(document, approval, context(at(6))).document
    return {**handle(document, promise(2, at(11), "reappointed"), context(at(6))).document, "outbox": []}


class Office:
    """A store with one letter that is due, and whoever issues it."""

    def __init__(self, store: Documents) -> None:
        self.store, self.clock = store, SteppedClock(MORNING)
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
        topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
        self.parts: Parts = make_parts("notifier", runtime, METRICS, Ports(store=store, topics=topics, clock=self.clock))[0]
        self.intents = Intents(self.parts, DOSSIERS, encode)

    def desk(self, reference: ReferenceData = REFERENCE) -> Desk:
        return desk(self.clock.now(), reference=reference)

    async def issue(self) -> None:
        own = self.desk()
        await issue_letter(self.parts, self.intents, own.opener, own.ground, DOSSIER, timedelta(minutes=5))

    async def dossier(self) -> Dossier:
        found = await find_one(self.store, DOSSIER)
        assert found is not None
        return found

    async def pdf(self, reference: ReferenceData = REFERENCE) -> bytes:
        return await LetterDesk(self.parts, self.intents, self.desk(reference)).pdf(DOSSIER, SIGNER)

    async def erase(self) -> None:
        document = (await self.store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]
        gone = forget(await self.dossier(), self.desk().ground()).after
        assert await self.store.save_many(DOSSIERS, [CODEC.written(gone, document)]) == set()


def renamed() -> ReferenceData:
    """A province whose unit has another letterhead since."""
    unit = REFERENCE.units["H37.12"]
    assert unit.letterhead is not None
    head = unit.letterhead.model_copy(update={"place": "Nơi Khác"})
    return replace(REFERENCE, units={**REFERENCE.units, "H37.12": unit.model_copy(update={"letterhead": head})})


def words(pdf: bytes) -> str:
    return " ".join(pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    store = open_documents(f"sqlite:///{tmp_path}/notifier.db")
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [heard(contact())])
    yield Office(store)
    await store.close()


async def test_a_changed_letterhead_changes_no_letter_that_was_sent(office: Office) -> None:
    await office.issue()
    before = await office.pdf()

    assert "01/PXL" in words(before)
    assert await office.pdf(renamed()) == before


async def test_a_letter_sent_before_papers_were_kept_is_set_from_what_is_known_today(office: Office) -> None:
    await office.issue()
    await office.store.delete_many(PAPERS, [DOSSIER])

    assert "Nơi Khác" not in words(await office.pdf())
    assert "Nơi Khác" in words(await office.pdf(renamed()))


async def test_a_second_write_of_another_process_changes_no_paper(office: Office) -> None:
    due, ground = await office.dossier(), office.desk().ground()
    first = await keep_paper(office.parts, office.desk().opener, due, (1, 2026), ground)
    kept = await office.store.get_many(PAPERS, [DOSSIER])
    later = replace(ground, now=ground.now + timedelta(days=1))
    second = await keep_paper(office.parts, office.desk().opener, due, (1, 2026), later)

    assert first == second == ground.now_ms
    assert await office.store.get_many(PAPERS, [DOSSIER]) == kept


async def test_after_a_crash_the_letter_is_of_the_day_that_its_paper_bears(office: Office) -> None:
    due, ground = await office.dossier(), office.desk().ground()
    await keep_paper(office.parts, office.desk().opener, due, (1, 2026), ground)
    office.clock.set(at(7, "08:00"))
    await office.issue()
    letter = (await office.dossier()).letter

    assert isinstance(letter, Sent)
    assert (letter.number, letter.at) == (1, ground.now_ms)
    assert "ngày 06 tháng" in words(await office.pdf())


async def test_a_paper_names_nobody_to_whom_reads_the_store(office: Office) -> None:
    await office.issue()
    [paper] = await office.store.find(PAPERS, {})

    assert set(paper) == {"_id", "rev", "at", "epoch", "sealed"}
    assert "Nông Thị Mẫu" in words(await office.pdf())


async def test_who_is_erased_is_on_no_paper_any_more_and_a_late_write_brings_none_back(office: Office) -> None:
    due = await office.dossier()
    await office.issue()
    await office.erase()
    given = await paper_of(office.parts, office.desk().opener, await office.dossier())
    shredded = [await shred_papers(office.store), await shred_papers(office.store)]
    await keep_paper(office.parts, office.desk().opener, due, (1, 2026), office.desk().ground())
    [left] = await office.store.find(PAPERS, {})

    assert given is None
    assert shredded == [1, 0]
    assert set(left) == {"_id", "rev"}
    assert "Nông Thị Mẫu" not in words(await office.pdf())


async def test_a_letter_to_nobody_leaves_no_paper_and_goes_all_the_same(office: Office) -> None:
    await office.store.delete_many(DOSSIERS, [DOSSIER])
    await office.store.save_many(DOSSIERS, [heard()])
    await office.issue()

    assert isinstance((await office.dossier()).letter, Sent)
    assert await office.store.find(PAPERS, {}) == []


@pytest.mark.parametrize("largest", [0, 10])
async def test_a_paper_that_is_too_large_is_not_kept_and_the_letter_goes(
    office: Office, monkeypatch: pytest.MonkeyPatch, largest: int
) -> None:
    monkeypatch.setattr("services.notifier.papers.LARGEST", largest)
    await office.issue()

    assert isinstance((await office.dossier()).letter, Sent)
    assert await office.store.find(PAPERS, {}) == []
