"""What a digest is made of: who works today, which dates come near in a session, how late something is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import httpx
import pytest

from contracts.facts import epoch_ms
from dunghen import PROVINCE
from reference import BeyondCalendarError, load_reference, moment
from reference.catalogue import Unit
from runtime.clock import SteppedClock
from runtime.parts import Ports
from runtime.settings import RuntimeSettings
from runtime.store import MemoryDocuments, MemoryTables
from runtime.web import Role
from services.sla.app import build
from services.sla.domain.digests import days_late, nearing, works_on
from services.sla.settings import SlaSettings
from tests.support.dossiers import at
from tests.support.identity import ISSUER
from tests.support.sla import REFERENCE

LINE = REFERENCE.timeline("H37.12")


@pytest.mark.parametrize(
    ("now", "works"),
    [
        (at(3, "07:30"), True),
        (at(7, "07:30"), False),  # a Saturday
        (at(16, "07:30", month=2), False),  # Tết 2026
        (at(20, "07:30", month=2), False),
        (at(23, "07:30", month=2), True),
    ],
)
def test_a_digest_is_for_working_days(now: datetime, works: bool) -> None:
    assert works_on(now, LINE) is works


def test_beyond_the_calendar_nobody_can_say_who_works() -> None:
    with pytest.raises(BeyondCalendarError):
        works_on(at(3).replace(year=2099), LINE)


@pytest.mark.parametrize(
    ("now", "first", "reached", "last"),
    [
        # Open from 07:30 to 11:30 and from 13:30 to 17:00: four open hours after 11:30 is 08:00 of the next morning.
        (at(3, "07:30"), at(3, "13:31"), at(3, "13:30"), at(4, "08:00")),
        (at(3, "09:00"), at(3, "13:31"), at(3, "15:00"), at(4, "08:00")),
        (at(3, "11:30"), at(3, "13:31"), at(4, "08:00"), at(4, "08:00")),
        (at(3, "13:30"), at(4, "08:01"), at(4, "08:00"), at(4, "13:30")),
        (at(3, "17:00"), at(4, "08:01"), at(4, "13:30"), at(4, "13:30")),
        (at(6, "14:00"), at(9, "08:01"), at(9, "08:30"), at(9, "13:30")),  # a Friday: of Monday
        (at(13, "16:00", month=2), at(23, "08:01", month=2), at(23, "10:30", month=2), at(23, "13:30", month=2)),  # before Tết
    ],
)
def test_the_dates_that_come_near_in_a_session(now: datetime, first: datetime, reached: datetime, last: datetime) -> None:
    found = nearing(now, LINE, 4)

    assert found is not None
    assert moment(found.first) == first
    assert [moment(each).replace(second=0, microsecond=0) for each in (found.reached, found.last)] == [reached, last]
    assert found.begins <= now <= found.ends


def test_each_date_comes_near_in_one_session_alone() -> None:
    morning, afternoon, next_morning = (nearing(now, LINE, 4) for now in (at(3, "08:00"), at(3, "14:00"), at(4, "08:00")))

    assert morning is not None
    assert afternoon is not None
    assert next_morning is not None
    assert (afternoon.first, next_morning.first) == (morning.last + 1, afternoon.last + 1)


@pytest.mark.parametrize("now", [at(3, "07:29"), at(3, "12:00"), at(3, "17:01"), at(7, "09:00")])
def test_while_a_unit_is_closed_nothing_comes_near(now: datetime) -> None:
    assert nearing(now, LINE, 4) is None


@pytest.mark.parametrize(
    ("due", "now", "days"),
    [
        (at(3, "09:00"), at(3, "10:00"), 0),
        (at(2, "16:00"), at(3, "07:30"), 1),
        (at(6, "16:00"), at(8, "10:00"), 0),  # a Friday, seen on Sunday
        (at(6, "16:00"), at(9, "07:30"), 1),
        (at(13, "16:00", month=2), at(24, "07:30", month=2), 2),  # over Tết
    ],
)
def test_lateness_is_counted_in_working_days(due: datetime, now: datetime, days: int) -> None:
    assert days_late(epoch_ms(due), now, LINE) == days


# --- as the front asks --------------------------------------------------------------------------------------------------------


NEW, OLD, GONE, FUTURE = "H37.12", "H37.90", "H37.91", "H37.92"


@asynccontextmanager
async def asking(now: datetime) -> AsyncIterator[httpx.AsyncClient]:
    """sla without a dossier, asked by the front; of an old unit there is a successor, of another there is none."""
    reference = load_reference(PROVINCE)
    new = reference.units[NEW].model_copy(update={"predecessors": (OLD,)})
    usual = {"kind": "commune", "mailboxes": ["cu@cu.example"]}
    for code, more in {
        OLD: {"name": "UBND xã Cũ", "valid_to": "2025-06-30"},
        GONE: {"name": "UBND xã Hết", "valid_to": "2025-06-30"},
        FUTURE: {"name": "UBND xã Mới", "valid_from": "2027-01-01"},
    }.items():
        reference.units[code] = Unit.model_validate({"code": code, **usual, **more})
    reference.units[NEW] = new
    runtime = RuntimeSettings(
        kafka_bootstrap_servers="localhost:9092", store_url="memory", identity_issuers=(ISSUER.trusted(),)
    )
    ports = Ports(store=MemoryDocuments(MemoryTables()), clock=SteppedClock(now))
    service = build(runtime, SlaSettings(reference_dir=PROVINCE), reference=reference, ports=ports)
    service.health.waits_for = ""
    for step in service.collections:
        await step()
    headers = {"authorization": f"Bearer {ISSUER.token(Role.OFFICER, duty='digests')}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(service.app), base_url="http://sla", headers=headers) as client:
        yield client


async def test_dossiers_of_an_old_unit_are_told_to_who_stands_for_it() -> None:
    async with asking(at(3, "08:00")) as sla:
        told = (await sla.get("/v1/digests")).raise_for_status().json()

    units = {unit["unit"]: unit for unit in told["units"]}
    assert (told["warn_hours"], FUTURE in units) == (4, False)
    assert units[OLD]["mailboxes"] == units[NEW]["mailboxes"] == ["motcua@hoangvan.example"]
    assert units[GONE]["mailboxes"] == ["cu@cu.example"]  # nobody follows: whoever reads it still does
    assert units["H37"]["mailboxes"] == []
    assert units[NEW]["session"] == {"begins": "2026-03-03T07:30:00+07:00", "ends": "2026-03-03T11:30:00+07:00"}
    assert units["H37.13"]["session"]["begins"] == "2026-03-03T07:00:00+07:00"


@pytest.mark.parametrize(
    ("now", "working"), [(at(16, "08:00", month=2), False), (at(7, "08:00"), False), (at(3, "20:00"), True)]
)
async def test_in_a_tet_week_at_a_weekend_and_in_the_evening_no_session_is_open(now: datetime, working: bool) -> None:
    async with asking(now) as sla:
        told = (await sla.get("/v1/digests")).raise_for_status().json()

    assert {(unit["working"], unit["session"], unit["warned"]) for unit in told["units"]} == {(working, None, 0)}


async def test_a_unit_that_is_in_no_list_has_no_digest() -> None:
    async with asking(at(3, "08:00")) as sla:
        assert (await sla.get("/v1/digests/H37.99")).status_code == 404
        assert (await sla.get(f"/v1/digests/{NEW}")).json()["late"] == {"total": 0, "lines": []}
