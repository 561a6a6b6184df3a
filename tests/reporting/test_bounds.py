"""Work behind a lag of 0: any number of dossiers in one cell is counted page by page, and what waits is measured."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contracts import Event, encode, fact_id
from dunghen.audit import audit
from runtime.store import Document
from services.reporting import figures, store
from tests.reporting.alone import Reporting, reporting_alone
from tests.reporting.test_reporting import deadline, settled
from tests.support.dossiers import at, received


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is a page, or a hundred thousand, in life."""
    for room in (store.reading, store.marks, store.finding):
        monkeypatch.setattr(room, "PAGE", 4)
    monkeypatch.setattr(store.sums, "HELD", 8)


class Watched:
    """The store of a service, and how many documents each call had."""

    def __init__(self, reporting: Reporting, monkeypatch: pytest.MonkeyPatch) -> None:
        self.found: list[int] = []
        self.saved: list[int] = []
        documents: Any = reporting.parts.store
        find, save = documents.find, documents.save_many

        async def finding(*args: Any, **more: Any) -> list[Document]:
            answer: list[Document] = await find(*args, **more)
            self.found.append(len(answer))
            return answer

        async def saving(collection: str, documents: Any) -> set[str]:
            self.saved.append(len(documents))
            lost: set[str] = await save(collection, documents)
            return lost

        monkeypatch.setattr(documents, "find", finding)
        monkeypatch.setattr(documents, "save_many", saving)


def of(number: int, event: Event) -> Event:
    """The same of another dossier."""
    code = f"H37.12-260302-{number:04}"
    return replace(event, id=fact_id(code, event.id, "1", 1), subject=code)


def many(number: int, *events: Event) -> Iterable[Event]:
    """The same life of so many dossiers."""
    return [of(n, event) for n in range(1, number + 1) for event in events]


async def test_a_cell_of_any_number_of_dossiers_is_counted_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take(many(50, received()))
        watched = Watched(reporting, monkeypatch)
        await reporting.cells.flush()

        assert max(watched.found) <= 4
        assert max(watched.saved) <= 4
        assert await store.count_dirty(reporting.parts.store) == 0
        counted = [leaf.days async for leaf in store.leaves(reporting.parts.store, {})]
        assert counted == [{"2026-03-02": {"received_online": 50}}] * 2


async def test_a_cell_is_counted_once_for_all_the_rows_that_are_held_and_not_once_a_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take(many(48, received()))
        counts: list[int] = []
        count = reporting.cells.count

        async def counting(rows: Any) -> Any:
            counts.append(len(rows))
            return await count(rows)

        monkeypatch.setattr(reporting.cells, "count", counting)
        await reporting.cells.flush()

        assert len(counts) == 6  # 48 rows, eight held at once; a page has four


async def test_a_row_that_changes_while_its_cell_is_counted_stays_dirty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take(many(6, received(), deadline(1, at(9))))
        clear = store.clear

        async def late(*args: Any) -> None:
            monkeypatch.setattr(store, "clear", clear)
            await reporting.take([of(2, settled(1, "early", at(6), at(9)))])
            await clear(*args)

        monkeypatch.setattr(store, "clear", late)
        await reporting.cells.flush()
        left = await store.count_dirty(reporting.parts.store)
        await reporting.cells.flush()
        log = many(6, received(), deadline(1, at(9)))

        assert left == 1
        assert await store.count_dirty(reporting.parts.store) == 0
        heard = _log([*log, of(2, settled(1, "early", at(6), at(9)))])
        assert audit([*heard, *reporting.publisher.records], at(20)).differences() == []


def _log(events: Iterable[Event]) -> list[tuple[str, bytes]]:
    topics = {"/intake": "dossiers.v1", "/sla": "deadlines.v1"}
    return [(topics[event.source], encode(event)) for event in events]


async def test_cells_that_all_dossiers_left_are_emptied_page_by_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take(many(20, received()))
        await reporting.cells.flush()
        await reporting.take(many(20, received(at(3), version=2)))
        watched = Watched(reporting, monkeypatch)
        await reporting.cells.flush()
        counted = [leaf.days async for leaf in store.leaves(reporting.parts.store, {"role": "competent"})]

        assert counted == [{"2026-03-02": {}, "2026-03-03": {"received_online": 20}}]
        assert max((*watched.found, *watched.saved)) <= 4


async def test_dossiers_due_at_one_moment_are_flipped_and_counted_page_by_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with reporting_alone(tmp_path, at(8)) as reporting:
        await reporting.take(many(20, received(), deadline(1, at(9))))
        await reporting.cells.flush()
        reporting.clock.set(at(20))
        watched = Watched(reporting, monkeypatch)
        await reporting.cells.flush()
        sums = [leaf.days["2026-03-09"] async for leaf in store.leaves(reporting.parts.store, {"role": "competent"})]

        assert [own["overdue_opened"] for own in sums] == [20]
        assert max(watched.found) <= 4


async def test_the_dossiers_behind_a_figure_are_found_once_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take(many(11, received(), deadline(1, at(9)), settled(1, "early", at(6), at(9))))
        await reporting.cells.flush()
        keys = [f"competent/H37.12/1.000894/2026-03-{day:02}" for day in (2, 6)]
        found = []
        for at_once in (1, 200):
            monkeypatch.setattr(figures, "KEYS_AT_ONCE", at_once)
            found.append(sorted([share.code async for share in figures.each_once(reporting.parts.store, keys)]))

        assert len(found[0]) == 11
        assert found[0] == found[1]


async def test_what_waits_is_measured_with_the_age_of_the_oldest(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20, "08:00")) as reporting:
        await reporting.take([of(1, received())])
        reporting.clock.set(at(20, "08:30"))
        await reporting.take([of(2, received()), of(1, deadline(1, at(25)))])
        reporting.clock.set(at(20, "09:00"))
        await reporting.cells.measure()
        before = gauges(reporting)
        await reporting.cells.flush()
        await reporting.cells.measure()

        assert before == {"dunghen_dirty_rows": 2, "dunghen_dirty_oldest_seconds": 3600}
        assert gauges(reporting) == {"dunghen_dirty_rows": 0, "dunghen_dirty_oldest_seconds": 0}


async def test_a_row_that_an_older_release_marked_is_counted_though_nobody_knows_since_when(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([of(1, received())])
        (row,) = await reporting.parts.store.find(store.ROWS, {})
        await reporting.parts.store.save_many(store.ROWS, [{k: v for k, v in row.items() if k != "dirty_at"}])
        await reporting.cells.measure()
        before = gauges(reporting)
        await reporting.cells.flush()

        assert before == {"dunghen_dirty_rows": 1, "dunghen_dirty_oldest_seconds": 0}
        assert await store.count_dirty(reporting.parts.store) == 0


def gauges(reporting: Reporting) -> dict[str, float]:
    lines = reporting.parts.telemetry.text(["dunghen_dirty_rows", "dunghen_dirty_oldest_seconds"]).decode().splitlines()
    return {line.partition("{")[0]: float(line.rpartition(" ")[2]) for line in lines if not line.startswith("#")}


async def test_a_newer_releases_row_or_book_leaves_its_cells_to_it_and_hides_no_other(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        documents = reporting.parts.store
        await reporting.take(many(9, received()))
        await reporting.take([of(n, received(competent_unit="H37.13", receiving_unit="H37.13")) for n in (10, 11)])
        await reporting.take([of(12, received(competent_unit="H37.14", receiving_unit="H37.14"))])
        rows = await documents.get_many(store.ROWS, ["H37.12-260302-0001", "H37.12-260302-0010"])
        newer = {"_id": "competent/H37.14/1.000894/2026-03", "rev": 0, "layout": 9}
        await documents.save_many(store.ROWS, [{**row, "layout": 9} for row in rows.values()])
        await documents.save_many(store.BOOKS, [newer])
        await reporting.cells.flush()
        counted = {(leaf.role, leaf.unit) async for leaf in store.leaves(documents, {}) if any(leaf.days.values())}
        dirty = [row.code async for page in store.dirty_rows(documents) for row in page]

        assert counted == {("received", "H37.14")}  # the others' cells have a part that only the newer release can read
        assert len(dirty) == 10  # they wait for it, and this release's flush ends all the same
        assert await store.count_dirty(documents) == 12


async def test_a_newer_releases_period_hides_no_other(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.periods.freeze(date(2026, 1, 15), date(2026, 2, 14))
        later = {"_id": "II.06a/2025-12-15/2026-01-14", "rev": 0, "layout": 9, "lines": "in another way"}
        await reporting.parts.store.save_many(store.PERIODS, [later])

        assert [period.days.first for period in await reporting.periods.all()] == [date(2026, 1, 15)]


async def test_dossiers_of_a_newer_release_whose_moment_passed_hold_up_no_other(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(8)) as reporting:
        await reporting.take(many(6, received(), deadline(1, at(9))))
        await reporting.take([of(7, received(competent_unit="H37.13", receiving_unit="H37.13"))])
        await reporting.take([of(7, deadline(1, at(9, "17:00")))])
        found = await reporting.parts.store.find(store.ROWS, {}, limit=6)
        await reporting.parts.store.save_many(store.ROWS, [{**row, "layout": 9} for row in found])
        reporting.clock.set(at(20))
        await reporting.cells.flush()
        overdue = [leaf.unit async for leaf in store.leaves(reporting.parts.store, {}) if "2026-03-09" in leaf.days]

        assert overdue == ["H37.13", "H37.13"]
