"""Cells of petitions on metrics.v1 (R32): day by day as a plain count has them, whatever order, crash or second process."""

import random
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from contracts import EVENT_TYPES, decode
from contracts.metrics import PetitionCell
from contracts.petitions import PetitionAnswered, PetitionForwarded
from reference import OFFICE_TIME
from runtime.errors import Unavailable
from runtime.store import Range
from services.reporting import store
from services.reporting.domain.petition_books import Key, adds
from services.reporting.domain.petitions import PETITIONS, Place, Score
from services.reporting.petition_books import figures, settle, stirred
from services.reporting.petition_cells import PetitionCells
from services.reporting.petitions import PETITION, scores
from tests.reporting.alone import CaughtUp, Reporting, reporting_alone
from tests.support.dossiers import at
from tests.support.petition_lives import Life, lives
from tests.support.petition_said import received, said

DAY = "2026-03-10"
KEY = f"petitions/H37.12/petition/portal/{DAY}"
LATER = datetime(2026, 8, 1, 9, tzinfo=OFFICE_TIME)


def job(reporting: Reporting) -> PetitionCells:
    """Of one process."""
    caught_up: Any = CaughtUp()
    return PetitionCells(reporting.parts, caught_up)


def published(reporting: Reporting) -> dict[str, PetitionCell]:
    """What a compacted topic keeps: the last record of each key; and no record is older than one before it."""
    found: dict[str, PetitionCell] = {}
    for topic, value in reporting.publisher.records:
        event = decode(value, EVENT_TYPES)
        if isinstance(event.data, PetitionCell):
            assert topic == "metrics.v1"
            assert event.subject not in found or found[event.subject].revision <= event.data.revision
            found[event.subject] = event.data
    return found


def numbers(cells: Mapping[str, PetitionCell]) -> dict[str, Score]:
    """Without those in which nothing is due any more."""
    scored = {key: Score(cell.due, cell.in_time, cell.answered, cell.again, cell.published) for key, cell in cells.items()}
    return {key: score for key, score in scored.items() if score != Score()}


def plain(played: Iterable[Life], now: datetime) -> dict[str, Score]:
    """The same, counted from what feedback keeps, of days that are over."""
    found: dict[str, list[int]] = {}
    for life in played:
        for number, own in life.rounds.items():
            if own.due is None or own.kind not in PETITIONS:
                continue
            due = datetime.fromtimestamp(own.due / 1000, OFFICE_TIME)
            if due.date() >= now.date():
                continue
            line = found.setdefault(f"petitions/{own.unit}/{own.kind}/{own.channel}/{due.date()}", [0, 0, 0, 0, 0])
            in_time = own.answered is not None and datetime.fromtimestamp(own.answered / 1000, OFFICE_TIME) <= due
            for place, adds_one in enumerate((True, in_time, own.answered is not None, number > 1, own.published)):
                line[place] += adds_one
    return {key: Score(*line) for key, line in found.items()}


async def test_a_day_is_said_once_it_is_over_and_again_when_it_changes(tmp_path: Path) -> None:
    """R32."""
    async with reporting_alone(tmp_path, at(10, "23:59")) as reporting:
        await reporting.take([received(at(10))])
        await job(reporting).flush()
        assert published(reporting) == {}

        reporting.clock.set(at(11, "00:00"))
        await job(reporting).flush()
        first = published(reporting)[KEY]
        assert (first.day, first.due, first.in_time) == (date(2026, 3, 10), 1, 0)

        await reporting.take([said(PetitionAnswered, 2, at(9), at(10))])  # told late
        await job(reporting).flush()
        second = published(reporting)[KEY]
        assert (second.due, second.in_time, second.revision > first.revision) == (1, 1, True)
        count = len(reporting.publisher.records)
        await job(reporting).flush()
        assert len(reporting.publisher.records) == count


async def test_what_goes_on_to_another_unit_leaves_an_empty_cell(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(12)) as reporting:
        await reporting.take([received(at(10))])
        await job(reporting).flush()
        await reporting.take([said(PetitionForwarded, 2, at(12), at(20), unit="H37.15", from_unit="H37.12")])
        await job(reporting).flush()
        assert (published(reporting)[KEY].due, len(published(reporting))) == (0, 1)
        reporting.clock.set(at(21))
        await job(reporting).flush()
        assert numbers(published(reporting)) == {"petitions/H37.15/petition/portal/2026-03-20": Score(due=1)}


async def test_of_complaints_and_denunciations_nothing_is_on_the_topic(tmp_path: Path) -> None:
    """R34."""
    events = [received(at(10), kind=kind, id=f"PA-260302-{letter}AAAAAAA") for kind, letter in zip(KINDS, "ABCD", strict=True)]
    async with reporting_alone(tmp_path, at(12)) as reporting:
        await reporting.take(events)
        await job(reporting).flush()

        assert {cell.kind for cell in published(reporting).values()} == {"suggestion", "petition"}
        found = await figures(reporting.parts.store, date(2026, 3, 1), date(2026, 3, 31), at(12))
        assert {place.kind for place in found} == set(KINDS)


KINDS = ("suggestion", "petition", "complaint", "denunciation")


@pytest.mark.parametrize("breaks_after", range(6))
async def test_a_process_that_dies_in_mid_publishing_leaves_what_the_next_one_says(tmp_path: Path, breaks_after: int) -> None:
    events = [received(at(day), id=f"PA-260302-{letter}AAAAAAA") for day, letter in zip(range(4, 9), "ABCDE", strict=True)]
    async with reporting_alone(tmp_path, at(12)) as reporting:
        await reporting.take(events)
        reporting.publisher.breaks_after = breaks_after
        if breaks_after < len(events):
            with pytest.raises(Unavailable):
                await job(reporting).flush()
        reporting.publisher.breaks_after = None
        await job(reporting).flush()

        assert sum(cell.due for cell in published(reporting).values()) == 5


async def test_a_petition_that_changes_while_it_is_counted_is_counted_again(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(12)) as reporting:
        await reporting.take([received(at(10))])
        pages = [page async for page in stirred(reporting.parts.store, round(at(12).timestamp() * 1000))]
        await job(reporting).count(pages[0][0].days)
        await reporting.take([said(PetitionAnswered, 2, at(9), at(10))])  # before the marks are taken off
        await settle(reporting.parts.store, pages[0])
        await job(reporting).flush()

        assert published(reporting)[KEY].in_time == 1


async def test_what_was_counted_lately_is_said_once_more_as_it_stands(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(12)) as reporting:
        await reporting.take([received(at(10))])
        await job(reporting).flush()
        stale = reporting.publisher.records[0]
        await reporting.take([said(PetitionAnswered, 2, at(9), at(10))])
        await job(reporting).flush()
        reporting.publisher.records.append(stale)  # of a process that was stopped
        last = decode(reporting.publisher.records[-2][1], EVENT_TYPES)
        await job(reporting).say_again()

        assert decode(reporting.publisher.records[-1][1], EVENT_TYPES) == last


@pytest.mark.parametrize("seed", range(8))
async def test_random_lives_come_to_what_a_plain_count_of_feedback_has(tmp_path: Path, seed: int) -> None:
    """R32. Told in any order and more than once, to two processes in turn, with days that pass in between."""
    rng = random.Random(seed)
    played = list(lives(rng, 40))
    events = [event for life in played for event in life.said]
    told = rng.sample(events, len(events)) + rng.sample(events, len(events) // 3)
    begin = datetime(2026, 1, 20, 9, tzinfo=OFFICE_TIME)
    async with reporting_alone(tmp_path, begin) as reporting:
        processes = (job(reporting), job(reporting))
        for number, start in enumerate(range(0, len(told), 40)):
            await reporting.take(told[start : start + 40])
            await same_share(reporting, rng)
            if rng.random() < 0.7:
                await rng.choice(processes).flush()
            reporting.clock.set(begin + timedelta(days=7 * (number + 1)))
        reporting.clock.set(LATER)
        await processes[0].flush()
        await same_share(reporting, rng)

        assert numbers(published(reporting)) == plain(played, LATER) != {}
        left = await reporting.parts.store.find(store.ROWS, {"stirred_at": Range(high=round(LATER.timestamp() * 1000))})
        assert left == []


async def same_share(reporting: Reporting, rng: random.Random) -> None:
    """By books, and by the petitions themselves, also while some wait to be counted."""
    first = date(2026, 1, 1) + timedelta(days=rng.randrange(200))
    for last in (first, first + timedelta(days=rng.randrange(200)), date(2026, 12, 31)):
        now, documents = reporting.clock.now(), reporting.parts.store
        assert await figures(documents, first, last, now) == await scores(documents, first, last, now)


async def test_a_store_that_is_made_anew_says_the_same_under_higher_revisions(tmp_path: Path) -> None:
    events = [received(at(10)), said(PetitionAnswered, 2, at(9), at(10))]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    made: list[PetitionCell] = []
    for folder, now in (("one", at(12)), ("two", at(13))):
        async with reporting_alone(tmp_path / folder, now) as reporting:
            await reporting.take(reversed(events) if folder == "two" else events)
            await job(reporting).flush()
            made.append(published(reporting)[KEY])

    assert made[0].model_dump(exclude={"at", "revision"}) == made[1].model_dump(exclude={"at", "revision"})
    assert made[1].revision > made[0].revision


def test_a_key_is_read_as_it_is_written() -> None:
    key = Key(Place("H37.12", "petition", "sms-link"), DAY)

    assert Key.parse(str(key)) == key
    assert key.book == "H37.12/petition/sms-link/2026-03"
    assert datetime.fromtimestamp(key.over / 1000, OFFICE_TIME) == datetime(2026, 3, 11, tzinfo=OFFICE_TIME)


def test_what_is_of_no_day_adds_nothing() -> None:
    assert adds(PETITION.load({"_id": "PA-260302-AAAAAAAA", "rev": 0})) == {}


def test_the_catalogue_has_both_kinds_of_cells() -> None:
    topics = yaml.safe_load((Path(__file__).parents[2] / "contracts/topics.yaml").read_text("utf-8"))

    assert topics["metrics.v1"]["types"] == ["metrics.cell", "metrics.petitions"]
    assert get_args(PetitionCell.model_fields["kind"].annotation) == PETITIONS
