"""Books: what is published is what the audit counts, however often the service dies while it counts; and nothing else."""

import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from contracts import encode
from dunghen.audit import audit
from runtime.errors import Unavailable
from services.reporting.checks import find_doubts, unknown_units
from services.reporting.figures import Asked, flows, flows_by_day
from services.reporting.reports import ReportRefusedError, behind, report
from services.reporting.store import BOOKS, SHELVES
from tests.reporting.alone import Reporting, reporting_alone
from tests.reporting.test_histories import DOSSIERS, HISTORIES, NOW, TOPICS, Life, stated
from tests.reporting.test_reporting import deadline, settled
from tests.support.dossiers import DOSSIER, at, fact, received

FIRST, LAST = date(2026, 2, 15), date(2026, 3, 14)


@pytest.mark.parametrize("seed", range(HISTORIES // 5))
async def test_what_is_published_is_the_audits_whatever_dies_in_between(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    events = [event for number in range(DOSSIERS) for event in Life(rng, number).events()]
    rng.shuffle(events)
    log = [(TOPICS[event.source], encode(event)) for event in events] + stated(events)
    async with reporting_alone(tmp_path, at(2)) as reporting:
        waiting = rng.sample(log, len(log))
        while waiting:
            size = rng.randrange(1, 200)
            await reporting.take([value for _, value in waiting[:size]])
            waiting = waiting[size:]
            await flush_with_a_crash(reporting, rng)
            reporting.clock.set(min(reporting.clock.now() + timedelta(days=3), NOW))
        reporting.clock.set(NOW)
        await reporting.cells.flush()
        found = audit([*log, *reporting.publisher.records], NOW)

        assert found.differences() == []
        await reporting.cells.reconcile()
        assert reporting.cells.unreconciled == []
        sums = await flows(reporting.parts.store, Asked(("received_online",)), None, LAST)
        year = await flows(reporting.parts.store, Asked(("received_online",)), date(2025, 12, 15), date(2026, 12, 14))
    competent = {key: own for key, own in found.counted.items() if key.startswith("competent/")}
    assert total(sums.values()) == total(own for key, own in competent.items() if key[-10:] <= str(LAST))
    assert total(year.values()) == total(competent.values())


def total(cells: Iterable[Mapping[str, int]]) -> int:
    return sum(own.get("received_online", 0) for own in cells)


async def flush_with_a_crash(reporting: Reporting, rng: random.Random) -> None:
    """Sometimes the flush dies after some of its records; the next one has to make up for it."""
    published = len(reporting.publisher.records)
    reporting.publisher.breaks_after = published + rng.randrange(60) if rng.random() < 0.5 else None
    try:
        await reporting.cells.flush()
    except Unavailable:
        assert reporting.publisher.breaks_after is not None
    reporting.publisher.breaks_after = None


async def test_a_log_read_into_an_empty_store_gives_equal_cells_and_times(tmp_path: Path) -> None:
    rng = random.Random(7)
    events = [event for number in range(DOSSIERS) for event in Life(rng, number).events()]
    log = [encode(event) for event in events] + [value for _, value in stated(events)]
    cells = []
    for name, pieces in (("live", 40), ("rebuilt", 1)):
        async with reporting_alone(tmp_path, NOW, name=name) as reporting:
            size = len(log) // pieces + 1
            for start in range(0, len(log), size):
                await reporting.take(log[start : start + size])
                await reporting.cells.flush()
            cells.append(published(reporting))

    assert cells[0] == cells[1]
    assert len(cells[0]) > 100


def published(reporting: Reporting) -> dict[str, tuple[str, dict[str, int]]]:
    """Newest value and time of every cell that has any figure."""
    newest: dict[str, tuple[int, str, dict[str, int]]] = {}
    for _, value in reporting.publisher.records:
        event = json.loads(value)
        data = event["data"]
        if data["revision"] > newest.get(event["subject"], (0, "", {}))[0]:
            newest[event["subject"]] = (data["revision"], event["time"], data["counters"])
    return {key: (time, counters) for key, (_, time, counters) in newest.items() if counters}


async def test_quiet_days_have_their_stock_too(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([received(), deadline(1, at(9)), settled(1, "late", at(11), at(9))])
        await reporting.cells.flush()
        days = await flows_by_day(
            reporting.parts.store, Asked(("received_online", "resolved_late")), at(1).date(), at(14).date()
        )

    assert len(days) == 14
    assert {day.day: dict(own) for day, own in days.items() if own} == {2: {"received_online": 1}, 11: {"resolved_late": 1}}


async def test_a_broken_rule_names_the_dossier_that_breaks_it(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([received(), deadline(1, at(25))])
        rows = await reporting.parts.store.get_many("rows", [DOSSIER])
        day = {"as_of": 1, "counters": {"resolved_late": 2}}
        broken = {**rows[DOSSIER], "adds": {**rows[DOSSIER]["adds"], "2026-03-02": day}}  # as a fault in our own counting would
        await reporting.parts.store.save_many("rows", [broken])
        await reporting.cells.flush()

        with pytest.raises(ReportRefusedError) as refused:
            await report(reporting.parts.store, reporting.reference, reporting.wanted(FIRST, LAST))

    (line, total) = refused.value.faults
    assert line.text == "H37.12 / Hộ tịch: no column is negative"
    assert line.dossiers == (DOSSIER,)
    assert total.text == "total: no column is negative"


async def test_a_figure_in_the_books_that_no_dossier_gives_is_found(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([received()])
        await reporting.cells.flush()
        assert await second_count(reporting) == []
        book = next(iter((await reporting.parts.store.get_many(BOOKS, ["competent/H37.12/1.000894/2026-03"])).values()))
        await reporting.parts.store.save_many(BOOKS, [{**book, "sums": {"received_online": 2}}])

        place = "books competent/H37.12/1.000894 received_online"
        assert await second_count(reporting) == [place, "books province received_online"]
        assert 'dunghen_figures_unreconciled{service="reporting"} 2.0' in reporting.parts.telemetry.text().decode()
        await reporting.take([received(at(3), version=2)])  # on its way into the books: passed over
        assert await second_count(reporting) == []


async def test_a_place_that_no_book_knows_and_a_dossier_that_no_row_gives_are_found(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([received()])
        await reporting.cells.flush()
        store = reporting.parts.store
        book = (await store.get_many(BOOKS, ["competent/H37.12/1.000894/2026-03"]))["competent/H37.12/1.000894/2026-03"]
        await store.save_many(BOOKS, [{**book, "days": {}, "sums": {}}])  # the day is lost, and nothing else points to its row
        assert "books competent/H37.12/1.000894 received_online" in await second_count(reporting)
        await store.delete_many(SHELVES, ["competent/H37.12/1.000894/2026"])
        assert "shelves competent/H37.12/1.000894 received_online" in await second_count(reporting)
        await store.delete_many(BOOKS, ["competent/H37.12/1.000894/2026-03"])
        assert await second_count(reporting) == [
            "books competent/H37.12/1.000894 are not there",
            "books province received_online",
            "shelves province received_online",
        ]
        await store.delete_many("rows", [DOSSIER])
        assert "books received/H37.12/1.000894 received_online" in await second_count(reporting)


async def second_count(reporting: Reporting) -> list[str]:
    """What the hourly second count finds now."""
    await reporting.cells.reconcile()
    return reporting.cells.unreconciled


async def test_dossiers_in_doubt_are_counted_and_named(tmp_path: Path) -> None:
    twice = settled(1, "late", at(11), at(9), also=[7])
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([received(competent_unit="H99.99"), deadline(1, at(9)), twice])
        await reporting.cells.flush()
        doubts = {
            doubt.kind: (doubt.number, doubt.dossiers)
            for doubt in await find_doubts(reporting.parts.store, reporting.reference)
        }

        assert doubts == {"ended-twice": (1, (DOSSIER,)), "clock-ahead": (1, (DOSSIER,)), "unknown-unit": (1, (DOSSIER,))}
        assert await unknown_units(reporting.parts.store, reporting.reference) == ["H99.99"]
        with pytest.raises(ReportRefusedError, match=r"H99\.99: not in units\.yaml"):
            await report(reporting.parts.store, reporting.reference, reporting.wanted(FIRST, LAST))
        await reporting.take([received(competent_unit="H37.12", version=2), settled(2, "open")])
        await reporting.cells.flush()
        assert await unknown_units(reporting.parts.store, reporting.reference) == []
        after = await find_doubts(reporting.parts.store, reporting.reference)
    assert [doubt.number for doubt in after] == [0, 0, 0]


async def test_each_figure_opens_to_its_dossiers(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([received(), deadline(1, at(9)), settled(1, "late", at(11), at(9))])
        await reporting.cells.flush()
        wanted = reporting.wanted(FIRST, LAST, unit="H37.12")
        store, reference = reporting.parts.store, reporting.reference

        assert await behind(store, reference, wanted, 10) == [DOSSIER]
        assert await behind(store, reference, wanted, 11) == []
        assert await behind(store, reference, reporting.wanted(FIRST, at(10).date(), unit="H37.12"), 13) == [DOSSIER]
        assert await behind(store, reference, reporting.wanted(FIRST, LAST, unit="H37.12", form="07a"), 14) == [DOSSIER]
        with pytest.raises(ValueError, match="no column 21"):  # it has no source
            await behind(store, reference, reporting.wanted(FIRST, LAST, unit="H37.12", form="07a"), 21)


async def test_an_older_revision_that_a_stopped_process_said_last_is_made_good(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, NOW) as reporting:
        await reporting.take([received(), settled(1, "late", at(10), at(9))])
        await reporting.cells.flush()
        said = sorted(reporting.publisher.records)
        reporting.publisher.records.clear()
        await reporting.cells.say_again()

        assert said
        assert sorted(reporting.publisher.records) == said
        reporting.publisher.records.clear()
        reporting.clock.set(NOW + timedelta(days=3))
        await reporting.cells.say_again()
        assert reporting.publisher.records == []


async def test_an_emptied_cell_is_as_of_the_fact_that_emptied_it(tmp_path: Path) -> None:
    """No cell carries a time at which nothing happened, and none keeps its time while its figures change."""
    corrected, retracted = at(5), at(7)
    async with reporting_alone(tmp_path, at(20)) as reporting:
        await reporting.take([received()])
        await reporting.cells.flush()
        moved = received(at(3), version=2, competent_unit="H37.13", receiving_unit="H37.13")
        await reporting.take([replace(moved, time=corrected)])
        await reporting.cells.flush()
        assert times(reporting) == {"H37.12/2026-03-02": corrected, "H37.13/2026-03-03": corrected}
        # Counted on the 4th and taken back before anybody counted: nothing was ever said of that day.
        await reporting.take([replace(received(at(4), version=3), time=at(6))])
        await reporting.take([replace(fact("retracted", at(7), version=4, fact="received"), time=retracted)])
        await reporting.cells.flush()

    assert times(reporting) == {"H37.12/2026-03-02": corrected, "H37.13/2026-03-03": retracted, "H37.12/2026-03-04": retracted}


def times(reporting: Reporting) -> dict[str, datetime]:
    """The time of the newest value of each competent cell."""
    said = [json.loads(value) for _, value in reporting.publisher.records]
    newest = {event["subject"]: event for event in sorted(said, key=lambda event: int(event["data"]["revision"]))}
    return {
        f"{unit}/{day}": datetime.fromisoformat(event["time"])
        for key, event in newest.items()
        for role, unit, _, day in [key.split("/")]
        if role == "competent"
    }
