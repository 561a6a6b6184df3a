"""A restatement names the dossiers that it is because of: those that changed, that came, that left; and no others."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts import Event, fact_id
from contracts.reports import ReportRestated
from runtime.errors import Unavailable
from services.reporting import periods, store
from services.reporting.domain.periods import Restated
from tests.reporting.alone import Reporting, reporting_alone
from tests.reporting.test_periods import MARCH
from tests.reporting.test_reporting import deadline, settled
from tests.support.dossiers import at, fact, received

KEY = f"II.06a/{MARCH[0]}/{MARCH[1]}"


def of(number: int, *events: Event) -> list[Event]:
    """The same of another dossier."""
    code = code_of(number)
    return [replace(event, id=fact_id(code, event.id, "1", 1), subject=code) for event in events]


def code_of(number: int) -> str:
    return f"H37.12-260302-{number:04}"


async def frozen(reporting: Reporting, *lives: list[Event]) -> None:
    """March, with these and one more that nothing happens to."""
    await reporting.take([event for life in (*lives, of(99, received(), deadline(1, at(9)))) for event in life])
    await reporting.cells.flush()
    await reporting.periods.freeze(*MARCH)


async def restated(reporting: Reporting) -> tuple[Restated, ...]:
    await reporting.cells.flush()
    period = await reporting.periods.get(*MARCH)
    assert period is not None
    return period.restated


ENDED = (received(), deadline(1, at(9)), settled(1, "early", at(6), at(9)))
LATER = {
    "another outcome": settled(2, "late", at(11), at(9)),
    "another day": received(at(3, "16:00"), version=2, channel=1),
    "another unit": received(competent_unit="H37.13", version=2),
    "not accepted after all": fact("refused", at(3)),
    "taken back": fact("retracted", at(12), version=2, fact="received"),
    "open again": settled(2, "open"),
    "ended in the next period": settled(2, "late", at(16), at(9)),
}


@pytest.mark.parametrize("later", LATER.values(), ids=LATER)
async def test_a_restatement_names_the_dossier_that_changed(later: Event, tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(18)) as reporting:
        await frozen(reporting, of(1, *ENDED), of(2, *ENDED))
        await reporting.take(of(2, later))
        (noted,) = await restated(reporting)

        assert (noted.dossiers, noted.others) == ((code_of(2),), 0)
        assert await store.causes_of(reporting.parts.store, KEY, 2) == [code_of(2)]


async def test_a_dossier_that_was_told_too_late_is_named(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(18)) as reporting:
        await frozen(reporting, of(1, *ENDED))
        await reporting.take(of(3, *ENDED))
        (noted,) = await restated(reporting)

        assert noted.dossiers == (code_of(3),)


async def test_what_changes_in_the_period_after_is_no_cause(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(18)) as reporting:
        await frozen(reporting, of(1, *ENDED), of(2, received(), deadline(1, at(25))))
        await reporting.take(of(2, settled(1, "early", at(17), at(25))))
        first = await restated(reporting)
        await reporting.take(of(1, settled(2, "late", at(11), at(9))))
        (noted,) = await restated(reporting)

        assert first == ()
        assert noted.dossiers == (code_of(1),)


async def test_each_restatement_names_its_own(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(18)) as reporting:
        await frozen(reporting, of(1, *ENDED), of(2, *ENDED))
        for number in (1, 2):
            await reporting.take(of(number, settled(2, "late", at(11), at(9))))
            noted = await restated(reporting)

        assert [one.dossiers for one in noted] == [(code_of(1),), (code_of(2),)]


async def test_an_event_names_the_first_and_counts_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(periods, "SHOWN", 3)
    for room in (store.reading, store.frozen):
        monkeypatch.setattr(room, "PAGE", 2)
    async with reporting_alone(tmp_path, at(18)) as reporting:
        await frozen(reporting, *(of(number, *ENDED) for number in range(1, 8)))
        for number in range(1, 8):
            await reporting.take(of(number, settled(2, "late", at(11), at(9))))
        (noted,) = await restated(reporting)
        all_of_them = await store.causes_of(reporting.parts.store, KEY, 2)
        said = [value for topic, value in reporting.publisher.records if topic == "reports.v1"]

        assert (noted.dossiers, noted.others) == (tuple(map(code_of, (1, 2, 3))), 4)
        assert all_of_them == [code_of(number) for number in range(1, 8)]
        assert b'"others":4' in said[-1].replace(b" ", b"")
        assert ReportRestated.TYPE.encode() in said[-1]


async def test_a_cause_is_named_though_the_service_died_before_it_restated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def dying(*_: object) -> None:
        raise Unavailable("killed in between")

    async with reporting_alone(tmp_path, at(18)) as reporting:
        await frozen(reporting, of(1, *ENDED), of(2, *ENDED))
        await reporting.take(of(2, settled(2, "late", at(11), at(9))))
        with monkeypatch.context() as patched:
            patched.setattr(store, "restate_period", dying)
            with pytest.raises(Unavailable):
                await reporting.cells.flush()
        left = await store.count_dirty(reporting.parts.store)
        await reporting.take(of(1, settled(2, "late", at(11), at(9))))
        (noted,) = await restated(reporting)

        assert left == 0  # its figures were published before
        assert noted.dossiers == (code_of(1), code_of(2))


async def test_a_period_of_an_older_release_has_restatements_without_names(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(18)) as reporting:
        await frozen(reporting, of(1, *ENDED))
        await reporting.take(of(1, settled(2, "late", at(11), at(9))))
        await restated(reporting)
        kept = (await reporting.parts.store.get_many(store.PERIODS, [KEY]))[KEY]
        older = [{name: value for name, value in one.items() if name not in ("dossiers", "others")} for one in kept["changes"]]
        await reporting.parts.store.save_many(store.PERIODS, [{**kept, "changes": older}])
        period = await reporting.periods.get(*MARCH)

        assert period is not None
        assert (period.restated[0].dossiers, period.restated[0].others) == ((), 0)
