"""The PDF of a letter that was sent: kept once, given ever after, gone with its person."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from runtime.parts import INTENTS
from runtime.store import open_documents
from services.notifier.domain.apologies import Issued
from services.notifier.domain.letter import Sent
from services.notifier.papers import keep_paper, paper_of
from services.notifier.store import DOSSIERS, PAPERS, declare, shred_papers
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier_hears import contact
from tests.support.office import Office, heard, renamed, words


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
    first = await keep_paper(office.parts, office.desk().press, due, (1, 2026), ground)
    kept = await office.store.get_many(PAPERS, [DOSSIER])
    later = replace(ground, now=ground.now + timedelta(days=1))
    second = await keep_paper(office.parts, office.desk().press, due, (1, 2026), later)

    assert first == second == Issued(ground.now, signed=False)
    assert await office.store.get_many(PAPERS, [DOSSIER]) == kept


async def test_after_a_crash_the_letter_is_of_the_day_that_its_paper_bears(office: Office) -> None:
    due, ground = await office.dossier(), office.desk().ground()
    await keep_paper(office.parts, office.desk().press, due, (1, 2026), ground)
    office.clock.set(at(7, "08:00"))
    await office.issue()
    letter = (await office.dossier()).letter

    assert isinstance(letter, Sent)
    assert (letter.number, letter.at) == (1, ground.now_ms)
    assert "ngày 06 tháng" in words(await office.pdf())


async def test_a_paper_names_nobody_to_whom_reads_the_store(office: Office) -> None:
    await office.issue()
    [paper] = await office.store.find(PAPERS, {})

    assert set(paper) == {"_id", "rev", "at", "epoch", "sealed", "signed"}
    assert "Nông Thị Mẫu" in words(await office.pdf())


async def test_who_is_erased_is_on_no_paper_any_more_and_a_late_write_brings_none_back(office: Office) -> None:
    due = await office.dossier()
    await office.issue()
    await office.erase()
    given = await paper_of(office.parts, office.desk().opener, await office.dossier())
    shredded = [await shred_papers(office.store), await shred_papers(office.store)]
    await keep_paper(office.parts, office.desk().press, due, (1, 2026), office.desk().ground())
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
