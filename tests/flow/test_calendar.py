"""The calendar changes while the system runs: counted dates move, printed ones are listed, everybody follows."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference
from reference.calendar import load_seed
from tests.flow.support import System, event, received, small_system, until

D = "H37.12-251229-{:04}"
SWAP = {
    "days": {"2026-01-02": "off", "2026-01-10": "work"},
    "name": "Hoán đổi ngày làm việc dịp Tết Dương lịch 2026",
    "source": "Thông báo ngày 25/12/2025 về hoán đổi ngày làm việc",
    "signer": "Bộ trưởng Mẫu",
}


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_TIME)


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """29 December 2025, and nobody knows of the swap yet: the seed of the calendar as its library has it."""
    reference = replace(load_reference(PROVINCE), calendar=load_seed())
    async with small_system(tmp_path / "data", at("2025-12-29T10:00"), reference) as running:
        yield running


async def dates(system: System, dossier: str) -> list[tuple[str, str]]:
    """(type, due) of a dossier's deadlines, in the order of the log."""
    raw = [json.loads(r.value) for r in await system.log() if r.topic == "deadlines.v1" and r.key == dossier.encode()]
    return [(e["type"].split(".")[-2], e["data"]["due_at"][:16]) for e in raw if "computed_due_at" in e["data"]]


async def change(system: System, **more: Any) -> dict[str, Any]:
    answer = await system.clients["sla"].post("/v1/calendar/changes", json={**SWAP, **more})
    assert answer.status_code == 201, answer.text
    number = answer.json()["number"]

    async def followed() -> bool:
        return bool(system.together.reference.known == number)

    await until(followed)
    await system.settle()
    entry: dict[str, Any] = answer.json()
    return entry


async def test_a_swap_moves_counted_dates_lists_printed_ones_and_is_journaled(system: System) -> None:
    """R7."""
    counted, printed, early, done = (D.format(number) for number in (1, 2, 3, 4))
    await system.send(
        received(counted, "2025-12-29T09:00", procedure="1.000894"),  # 5 working days over the New Year
        received(printed, "2025-12-29T09:00", promised_at="2026-01-06T09:00"),
        received(early, "2025-12-29T09:00", procedure="1.004873"),  # 3 working days: 2 January is its last
        received(done, "2025-12-29T09:00"),
        event(done, "completed", "2025-12-29T09:30"),
    )
    await system.settle()
    assert await dates(system, counted) == [("set", "2026-01-06T09:00")]

    entry = await change(system)

    assert await dates(system, counted) == [("set", "2026-01-06T09:00"), ("moved", "2026-01-07T09:00")]
    assert await dates(system, printed) == [("set", "2026-01-06T09:00")]
    assert await dates(system, early) == [("set", "2026-01-02T09:00"), ("moved", "2026-01-05T09:00")]
    assert await dates(system, done) == [("set", "2026-01-06T09:00")]
    conflicts = (await system.clients["sla"].get("/v1/calendar/conflicts")).json()["items"]
    assert [(c["dossier"], c["promised"][:10], c["counted_now"][:10]) for c in conflicts] == [
        (printed, "2026-01-06", "2026-01-07")
    ]
    journal = (await system.clients["sla"].get("/v1/calendar/changes")).json()["items"]
    assert [(line["number"], line["signer"], line["source"]) for line in journal] == [(1, SWAP["signer"], SWAP["source"])]
    assert entry["days"] == [["2026-01-02", "off"], ["2026-01-10", "work"]]
    assert not [record for record in await system.log() if str(SWAP["signer"]).encode() in record.value]

    # What comes after the change is counted with it; timers follow the date that moved.
    await system.send(received(D.format(5), "2025-12-29T09:30"))
    await system.settle()
    assert await dates(system, D.format(5)) == [("set", "2026-01-07T09:30")]
    await system.move(at("2026-01-06T10:00"))
    assert "overdue" not in await system.said(counted)
    await system.move(at("2026-01-07T10:00"))
    assert "overdue" in await system.said(counted)
    overdue = (await system.clients["sla"].get("/v1/overdue?unit=H37.12")).json()["items"]
    assert overdue[0]["dossier"] == early
    assert {item["dossier"] for item in overdue} == {counted, printed, early, D.format(5)}


async def test_a_closure_is_for_its_unit_alone_and_each_date_names_its_calendar(system: System) -> None:
    here, there = D.format(1), "H37.13-251229-0001"
    await system.send(received(here, "2025-12-29T09:00"), received(there, "2025-12-29T09:00", receiving_unit="H37.13"))
    await system.settle()
    before = await system.log()

    await change(system, unit="H37.12", days={"2025-12-30": "off"}, name="Đóng cửa vì bão")

    assert [name for name, _ in await dates(system, here)] == ["set", "moved"]
    assert [name for name, _ in await dates(system, there)] == ["set"]
    versions = {
        json.loads(record.value)["data"]["calendar_version"]
        for record in await system.log()
        if record.topic == "deadlines.v1" and record.key == here.encode() and b"calendar_version" in record.value
    }
    assert len(versions) == 2
    assert len(before) < len(await system.log())


async def test_a_change_without_source_or_for_an_unknown_unit_is_refused(system: System) -> None:
    client = system.clients["sla"]

    nameless = await client.post("/v1/calendar/changes", json={**SWAP, "source": ""})
    unknown = await client.post("/v1/calendar/changes", json={**SWAP, "unit": "H99"})
    impossible = await client.post("/v1/calendar/changes", json={**SWAP, "days": {"2026-02-30": "off"}})

    assert [answer.status_code for answer in (nameless, unknown, impossible)] == [422, 404, 422]
    assert (await client.get("/v1/calendar/changes")).json() == {"items": []}


async def test_next_years_list_ends_the_provisional_dates_and_the_gauge(system: System) -> None:
    """R8."""

    async def gauge() -> float:
        return (await system.fleet.gauges("sla"))["calendar_unconfirmed"]

    assert await gauge() == 0  # 29 December 2025: the list of 2026 is known
    await system.move(at("2026-12-28T10:00"))
    await system.send(received("H37.12-261228-0001", "2026-12-28T09:00"))
    await system.settle()
    assert await gauge() == 1
    assert await dates(system, "H37.12-261228-0001") == [("set", "2027-01-05T09:00")]

    await change(system, days={"2027-01-01": "off"}, name="Lịch nghỉ năm 2027", confirmed_through=2027)
    await system.send(received("H37.12-261228-0002", "2026-12-28T09:00"))
    await system.settle()

    async def confirmed() -> bool:
        return await gauge() == 0

    await until(confirmed)
    stated: dict[str, list[bool]] = {}
    for record in await system.log():
        data = json.loads(record.value)["data"] if record.topic == "deadlines.v1" else {}
        if "provisional" in data:
            stated.setdefault(record.key.decode(), []).append(data["provisional"])
    assert stated == {"H37.12-261228-0001": [True, False], "H37.12-261228-0002": [False]}


async def test_a_swap_moves_the_time_to_accept_while_it_runs(system: System) -> None:
    """R7, D20."""
    waits, answered = D.format(8), D.format(9)
    await system.move(at("2025-12-31T16:10"))
    sent = [
        event(code, "submitted", "2025-12-31T16:00", procedure="1.000894", receiving_unit="H37.12", channel=2)
        for code in (waits, answered)
    ]
    await system.send(*sent, event(answered, "refused", "2025-12-31T16:05"))
    await system.settle()

    async def accept_by() -> list[tuple[str, str]]:
        found = (await system.clients["sla"].get("/v1/due/unaccepted")).json()["items"]
        return [(item["dossier"], item["accept_by"][:16]) for item in found]

    before = await accept_by()
    await change(system)

    async def moved() -> bool:
        return await accept_by() != before

    await until(moved)
    await system.settle()

    assert before == [(waits, "2026-01-02T16:30")]
    assert await accept_by() == [(waits, "2026-01-05T16:30")]
    assert (await system.said(waits), await system.said(answered)) == (["acceptance"] * 2, ["acceptance"] * 2)
