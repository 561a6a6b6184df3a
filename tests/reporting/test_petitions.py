"""The share of petitions answered in time (R32): by the rules, over random lives against a plain count, and as people see it.

`DUNGHEN_PETITIONS=10000 pytest tests/reporting/test_petitions.py` plays ten thousand lives.
"""

import os
import random
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from contracts import Event, UnknownData
from contracts.petitions import PetitionAnswered, PetitionPublished, PetitionReceived, PetitionReraised
from dunghen import PROVINCE
from reference import OFFICE_TIME, ReferenceData
from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.recovery import empty
from runtime.settings import RuntimeSettings
from runtime.store import Document, Documents, open_documents
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Role
from services.reporting import store
from services.reporting.app import build
from services.reporting.checks import measure
from services.reporting.domain import Days
from services.reporting.domain.petitions import Petition, Place, Score
from services.reporting.in_time import in_time, newest
from services.reporting.petitions import scores
from services.reporting.recovery import RECOVERY
from services.reporting.settings import ReportingSettings
from tests.reporting.alone import FORMS, reporting_alone
from tests.support.dossiers import at
from tests.support.identity import ISSUER, as_person
from tests.support.petition_lives import Life, lives
from tests.support.petition_said import ID, UNIT, received, said
from tests.support.reporting import REFERENCE, handle, merged

LIVES, AT_ONCE = int(os.environ.get("DUNGHEN_PETITIONS", "1000")), 100
MARCH = date(2026, 3, 1), date(2026, 3, 31)


def rows_of(events: Iterable[Event]) -> dict[str, Document]:
    rows: dict[str, Document] = {}
    for event in events:
        rows[event.subject] = handle(rows.get(event.subject, {"_id": event.subject, "rev": 0}), event)
    return rows


@asynccontextmanager
async def kept(events: Iterable[Event], folder: Path | None = None) -> AsyncIterator[Documents]:
    """A store with what they make; in memory if there is no folder."""
    url = f"sqlite:///{folder}/reporting.db"
    documents: Documents = MemoryDocuments(MemoryTables()) if folder is None else open_documents(url)
    await store.declare(documents)
    assert await documents.save_many(store.ROWS, list(rows_of(events).values())) == set()
    try:
        yield documents
    finally:
        await documents.close()


async def counted(events: Iterable[Event], now: datetime, days: tuple[date, date] = MARCH) -> Score:
    """All that was due in March."""
    async with kept(events) as documents:
        found = await scores(documents, *days, now)
    assert len(found) <= 1
    return found.get(Place(UNIT, "petition", "portal"), Score())


# --- the rule ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answered", "now", "expected"),
    [
        pytest.param(at(10), at(24), (1, 1), id="before-it-was-due"),
        pytest.param(at(20), at(24), (1, 1), id="at-its-last-moment"),
        pytest.param(at(20) + timedelta(milliseconds=1), at(24), (1, 0), id="a-moment-later"),
        pytest.param(None, at(24), (1, 0), id="never"),
        pytest.param(at(10), at(20) - timedelta(milliseconds=1), (0, 0), id="answered-and-not-due-yet"),
        pytest.param(None, at(20) - timedelta(milliseconds=1), (0, 0), id="not-due-yet"),
        pytest.param(None, at(20), (1, 0), id="due-now"),
    ],
)
async def test_what_is_due_counts_below_and_what_was_answered_by_then_above(
    answered: datetime | None, now: datetime, expected: tuple[int, int]
) -> None:
    """R32."""
    events = [received(at(20))]
    if answered is not None:
        events.append(said(PetitionAnswered, 2, answered, at(20)))

    assert (await counted(events, now))[:2] == expected


@pytest.mark.parametrize(
    ("due", "inside"),
    [
        pytest.param(datetime(2026, 3, 1, tzinfo=OFFICE_TIME), True, id="first-moment"),
        pytest.param(datetime(2026, 3, 1, tzinfo=OFFICE_TIME) - timedelta(milliseconds=1), False, id="a-moment-before"),
        pytest.param(datetime(2026, 4, 1, tzinfo=OFFICE_TIME) - timedelta(milliseconds=1), True, id="last-moment"),
        pytest.param(datetime(2026, 4, 1, tzinfo=OFFICE_TIME), False, id="a-moment-after"),
    ],
)
async def test_a_period_is_of_whole_days_in_vietnam(due: datetime, *, inside: bool) -> None:
    assert (await counted([received(due)], at(30, month=4))).due == int(inside)


async def test_who_has_to_answer_nobody_is_in_no_figure() -> None:
    assert await counted([received(None)], at(24)) == Score()


async def test_a_petition_that_is_raised_again_is_due_once_more_and_its_first_round_stays() -> None:
    events = [
        received(at(10)),
        said(PetitionAnswered, 2, at(9), at(10)),
        said(PetitionPublished, 3, at(10), at(10)),
        said(PetitionReraised, 4, at(11), at(20), round=2),
    ]

    assert await counted(events, at(24)) == Score(due=2, in_time=1, answered=1, again=1, published=1)
    assert (await counted(events, at(24), (date(2026, 3, 1), date(2026, 3, 10)))).due == 1
    assert (await counted(events, at(24), (date(2026, 3, 11), date(2026, 3, 31)))).again == 1


async def test_it_counts_for_the_unit_it_went_on_to_by_the_new_date() -> None:
    events = [received(at(10)), said(PetitionReceived, 2, at(11), at(25), unit="H37.15")]
    async with kept(events) as documents:
        assert await scores(documents, *MARCH, at(24)) == {}
        assert await scores(documents, *MARCH, at(26)) == {Place("H37.15", "petition", "portal"): Score(due=1)}


def test_any_order_and_repetition_make_the_same_document() -> None:
    events = [
        received(at(10)),
        said(PetitionAnswered, 2, at(9), at(10)),
        said(PetitionPublished, 3, at(10), at(10)),
        said(PetitionReraised, 4, at(11), at(20), round=2),
    ]
    for seed in range(20):
        shuffled = random.Random(seed).sample(events + events, 2 * len(events))
        assert rows_of(shuffled) == rows_of(events)
    document = rows_of(events)[ID]
    assert handle(document, events[1]) is document


async def test_a_rebuild_takes_petitions_away_and_the_log_makes_them_again() -> None:
    async with kept(EVENTS) as documents:
        before = await scores(documents, *MARCH, at(24))
        gone = await empty(documents, RECOVERY.made_from_log)
        between = await scores(documents, *MARCH, at(24))
        await documents.save_many(store.ROWS, list(rows_of(EVENTS).values()))

        assert (gone, between) == (len({event.subject for event in EVENTS}), {})
        assert await scores(documents, *MARCH, at(24)) == before != {}


async def test_the_gauge_counts_units_below_the_target_this_month(tmp_path: Path) -> None:
    async with reporting_alone(tmp_path, at(24)) as reporting:
        telemetry = reporting.parts.telemetry
        measured = []
        for events in ((), EVENTS):
            await reporting.take(events)
            await measure(reporting.parts, reporting.reference, FORMS, 3)
            measured.append(re.search(r"^dunghen_petitions_below_target.* (\S+)$", telemetry.text().decode(), re.MULTILINE))

    assert [None if found is None else float(found.group(1)) for found in measured] == [0.0, 1.0]


def test_no_figure_of_dossiers_looks_at_a_petition() -> None:
    document = rows_of([received(at(10))])[ID]

    assert not {"adds", "cells", "touched", "dirty", "flip_at", "facts", "doubts"} & document.keys()


@pytest.mark.parametrize(
    ("due", "on_time", "share", "below"),
    [
        pytest.param(0, 0, None, False, id="none"),
        pytest.param(10, 9, "90.00", False, id="just"),
        pytest.param(3, 2, "66.67", True, id="half-up"),
        pytest.param(25001, 22500, "90.00", True, id="below-though-rounded-to-it"),
        pytest.param(7, 0, "0.00", True, id="nothing"),
    ],
)
def test_a_share_has_two_decimals_none_of_nothing_and_its_mark_is_of_the_numbers(
    due: int, on_time: int, share: str | None, *, below: bool
) -> None:
    """R32."""
    score = Score(due=due, in_time=on_time)

    assert (None if score.share is None else str(score.share), score.below) == (share, below)


async def test_merged_units_count_together_by_the_units_of_the_last_day() -> None:
    events = [received(at(10)), received(at(12), id="PA-260302-BAAAAAAA", unit="H37.13")]
    reference = merged()
    async with kept(events) as documents:
        before = await in_time(documents, reference, Days(date(2026, 3, 1), date(2026, 3, 10)), at(24))
        after = await in_time(documents, reference, Days(*MARCH), at(24))
        alone = await in_time(documents, reference, Days(*MARCH), at(24), unit="H37.99")

    assert (before.units["H37.12"].due, before.units["H37.13"].due) == (1, 0)
    assert (after.units["H37.99"].due, "H37.12" in after.units) == (2, False)
    assert (alone.units, alone.whole.due) == ({"H37.99": Score(due=2)}, 2)


async def test_the_longest_period_that_can_be_asked_for_is_counted() -> None:
    assert (await counted([received(at(10))], at(24), (date.min, date.max))).due == 1
    assert (await counted([received(at(10))], at(24), (date.max, date.max))).due == 0


# --- random lives -----------------------------------------------------------------------------------------------------------


def plain(rounds: Iterable[Life], first: date, last: date, now: datetime) -> dict[tuple[str, str, str], list[int]]:
    """The same, counted from what feedback keeps: due, in time, answered, raised again, published."""
    found: dict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0, 0])
    for life in rounds:
        for number, own in life.rounds.items():
            if own.due is None:
                continue
            due = datetime.fromtimestamp(own.due / 1000, OFFICE_TIME)
            if due > now or not first <= due.date() <= last:
                continue
            line = found[own.unit, own.kind, own.channel]
            line[0] += 1
            if own.answered is not None:
                line[2] += 1
                if datetime.fromtimestamp(own.answered / 1000, OFFICE_TIME) <= due:
                    line[1] += 1
            if number > 1:
                line[3] += 1
            if own.published:
                line[4] += 1
    return dict(found)


@pytest.mark.parametrize("seed", range(max(1, LIVES // AT_ONCE)))
async def test_random_lives_are_counted_as_a_plain_count_of_what_feedback_keeps(seed: int, tmp_path: Path) -> None:
    """R32."""
    rng = random.Random(seed)
    played = list(lives(rng, AT_ONCE))
    events = [event for life in played for event in life.said]
    told = rng.sample(events, len(events)) + rng.sample(events, len(events) // 3)
    async with kept(told, tmp_path if seed % 10 == 0 else None) as documents:
        for _ in range(10):
            first = date(2026, 1, 1) + timedelta(days=rng.randrange(120))
            last = first + timedelta(days=rng.randrange(120))
            now = datetime(2026, 2, 1, tzinfo=OFFICE_TIME) + timedelta(minutes=rng.randrange(150 * 1440))
            found = await scores(documents, first, last, now)

            assert {tuple(place): list(score) for place, score in found.items()} == plain(played, first, last, now)


def test_random_lives_come_to_all_that_is_counted() -> None:
    """A comparison of nothing with nothing would always hold."""
    rounds = [own for life in lives(random.Random(1), 500) for own in life.rounds.items()]

    assert {own.kind for _, own in rounds if own.due} == {"suggestion", "petition", "complaint", "denunciation"}
    assert sum(own.answered is not None and own.due is not None and own.answered <= own.due for _, own in rounds) > 50
    assert sum(own.answered is not None and own.due is not None and own.answered > own.due for _, own in rounds) > 10
    assert sum(number > 1 for number, _ in rounds) > 20
    assert sum(own.published for _, own in rounds) > 20


# --- as people see it -------------------------------------------------------------------------------------------------------

EVENTS = [
    *(received(at(10), id=f"PA-260302-{letter}AAAAAAA") for letter in "ABCDEFGH"),
    *(said(PetitionAnswered, 2, at(9), at(10), id=f"PA-260302-{letter}AAAAAAA") for letter in "ABCDEFG"),
    received(at(10), id="PA-260302-2AAAAAAA", unit="H37.13", channel="phone", kind="suggestion"),
    said(PetitionAnswered, 2, at(9), at(10), id="PA-260302-2AAAAAAA", unit="H37.13", channel="phone", kind="suggestion"),
    received(at(10), id="PA-260302-3AAAAAAA", kind="complaint"),
    received(at(10), id="PA-260302-4AAAAAAA", kind="denunciation"),
    received(at(30), id="PA-260302-5AAAAAAA"),
]


@asynccontextmanager
async def served(events: Iterable[Event], reference: ReferenceData = REFERENCE) -> AsyncIterator[httpx.AsyncClient]:
    async with kept(events) as documents:
        await documents.declare(INTENTS)
        broker = MemoryBroker({"feedback.v1": 1}, lambda: 0)
        service = build(
            RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", identity_issuers=(ISSUER.trusted(),)),
            ReportingSettings.model_validate({"reference_dir": PROVINCE}, by_name=True),
            reference=reference,
            ports=Ports(store=documents, topics=MemoryLog("reporting", broker), clock=SteppedClock(at(24))),
        )
        service.health.waits_for = ""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="https://example.org") as client:
            yield client


ASKED = {"from": "2026-03-01", "to": "2026-03-31"}


async def test_the_data_has_numerator_and_denominator_zeros_and_a_mark_below_the_target() -> None:
    """R32."""
    async with served(EVENTS) as client:
        found = (await client.get("/v1/petitions/in-time", params=ASKED, headers=as_person(Role.OFFICER))).json()

    zero = {"due": 0, "in_time": 0, "late": 0, "open": 0, "again": 0, "published": 0, "share": None, "below_target": False}
    units = {unit.pop("unit"): {name: value for name, value in unit.items() if name != "name"} for unit in found["units"]}
    assert found["total"] | {"x": 1} == {
        **zero,
        "due": 9,
        "in_time": 8,
        "open": 1,
        "share": 88.89,
        "below_target": True,
        "x": 1,
    }
    assert units["H37.12"] == {**zero, "due": 8, "in_time": 7, "open": 1, "share": 87.5, "below_target": True}
    assert units["H37.13"] == {**zero, "due": 1, "in_time": 1, "share": 100.0}
    assert units["H37.15"] == zero
    assert {line["kind"]: line["due"] for line in found["kinds"]} == {"suggestion": 1, "petition": 8}
    assert {line["channel"]: line["due"] for line in found["channels"] if line["due"]} == {"portal": 8, "phone": 1}
    assert len(found["channels"]) == 8
    assert found["standing"].startswith("Số liệu tính đến 09:00 ngày 24/03/2026, sự việc mới nhất")
    assert found["target"] == 90


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        (Role.OFFICER, []),
        (Role.SUPERVISOR, []),
        (Role.UNIT_HEAD, ["complaint"]),
        (Role.INSPECTOR, ["complaint", "denunciation"]),
    ],
)
async def test_complaints_and_denunciations_are_shown_to_the_competent_alone(role: Role, kinds: list[str]) -> None:
    """R34."""
    async with served(EVENTS) as client:
        found = (await client.get("/v1/petitions/in-time", params=ASKED, headers=as_person(role))).json()
        page = (await client.get("/figures/petitions", params=ASKED, headers=as_person(role))).text

    assert [own["kind"] for own in found["apart"]] == kinds
    assert found["total"]["due"] == 9
    headings = {"complaint": "<h2>Khiếu nại", "denunciation": "<h2>Tố cáo"}
    assert [kind for kind, heading in headings.items() if heading in page] == kinds


async def test_the_page_says_as_of_when_the_share_and_the_mark_in_words() -> None:
    """R32."""
    async with served(EVENTS) as client:
        page = (await client.get("/figures/petitions", params=ASKED, headers=as_person(Role.OFFICER))).text
        usual = await client.get("/figures/petitions", headers=as_person(Role.OFFICER))

    assert "Số liệu tính đến 09:00 ngày 24/03/2026" in page
    assert '<span class="late">87,50 %, dưới 90 %</span>' in page
    assert '<td class="n" data-name="Tỷ lệ đúng hạn">100,00 %</td>' in page
    assert '<td class="n" data-name="Tỷ lệ đúng hạn">-</td>' in page
    assert "từ 01/03/2026 đến 31/03/2026" in page
    assert "từ 23/02/2026 đến 24/03/2026" in usual.text


async def test_questions_that_make_no_sense_and_strangers_are_refused() -> None:
    async with served(EVENTS) as client:
        path, officer = "/v1/petitions/in-time", as_person(Role.OFFICER)
        backwards = await client.get(path, params={"from": "2026-03-31", "to": "2026-03-01"}, headers=officer)
        unknown = await client.get(path, params={**ASKED, "unit": "H99"}, headers=officer)
        endless = await client.get(path, params={"from": "0001-01-01", "to": "9999-12-31"}, headers=officer)
        stranger = await client.get(path, params=ASKED)

    assert [answer.status_code for answer in (backwards, unknown, endless, stranger)] == [422, 404, 200, 401]


async def test_the_newest_of_what_was_told_is_known() -> None:
    async with kept(EVENTS) as documents:
        assert await newest(documents) == at(9)
    async with kept([]) as documents:
        assert await newest(documents) is None


def test_what_is_of_no_petition_says_nothing_of_one() -> None:
    petition = Petition(ID).told(received(at(10)))
    other = replace(received(at(10)), data=UnknownData.model_validate({"grams": 12}))

    assert petition.told(other) is petition
