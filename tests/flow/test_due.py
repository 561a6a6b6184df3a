"""A clerk's day: what is due when, why a dossier is due then, and what its person was told."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tests.flow.support import D, System, at, event, received, small_system


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """Tuesday, 3 March 2026, 10:00: one dossier late, one due today, one tomorrow, two later; one waits, one has ended."""
    async with small_system(tmp_path / "data", at(2, "08:00")) as running:
        dates = ("03-03T09:00", "03-03T15:00", "03-04T09:00", "03-09T09:00", "03-10T09:00", "03-10T10:00", "03-10T11:00")
        sent = [received(D.format(n), f"2026-03-02T08:0{n}", promised_at=f"2026-{day}") for n, day in enumerate(dates, 1)]
        contact = {"contact": {"name": "Trần Thị Thử", "phone": "0912345678", "address": "thôn Mẫu"}}
        await running.send(*(item | contact for item in sent))
        await running.move(at(3, "10:00"))
        waits = event(D.format(6), "supplement-requested", "2026-03-03T09:30", occasion="1")
        await running.send(waits, event(D.format(7), "completed", "2026-03-03T09:40"))
        await running.settle()
        yield running


async def ask(system: System, service: str, path: str, **query: Any) -> Any:
    answer = await system.clients[service].get(path, params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_list_of_a_day_is_sorted_by_what_comes_first(system: System) -> None:
    found = await ask(system, "sla", "/v1/due", unit="H37.12")

    waiting = {"unaccepted": 0, "unaccepted_late": 0}
    assert found["counts"] == {"late": 1, "today": 1, "tomorrow": 1, "later": 2, **waiting}
    assert [(item["dossier"], item["urgency"]) for item in found["items"]] == [
        (D.format(1), "late"),
        (D.format(2), "today"),
        (D.format(3), "tomorrow"),
        (D.format(4), "later"),
        (D.format(5), "later"),
    ]
    assert found["items"][0]["spent"]["elapsed"] > 0


async def test_the_list_is_read_page_by_page_and_by_urgency(system: System) -> None:
    first = await ask(system, "sla", "/v1/due", limit=2)
    second = await ask(system, "sla", "/v1/due", limit=2, after=first["after"])
    today = await ask(system, "sla", "/v1/due", urgency="today")
    elsewhere = await ask(system, "sla", "/v1/due", unit="H37.13")

    assert [item["dossier"] for item in first["items"] + second["items"]] == [D.format(n) for n in (1, 2, 3, 4)]
    assert [item["dossier"] for item in today["items"]] == [D.format(2)]
    assert (elsewhere["items"], elsewhere["counts"]["late"], elsewhere["after"]) == ([], 0, None)
    assert (await system.clients["sla"].get("/v1/due", params={"after": "'; x~1"})).status_code == 422


async def test_the_list_as_a_file_opens_in_a_sheet(system: System) -> None:
    answer = await system.clients["sla"].get("/v1/due/csv", params={"unit": "H37.12"})

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Mã hồ sơ"], row["Tình trạng"]) for row in rows][:2] == [
        (D.format(1), "Đã quá hạn"),
        (D.format(2), "Đến hạn hôm nay"),
    ]


async def test_a_dossier_says_why_it_is_due_then_and_what_it_waits_for(system: System) -> None:
    late, waits, ended = [await ask(system, "sla", f"/v1/dossiers/{D.format(number)}") for number in (1, 6, 7)]

    assert (late["stage"], late["urgency"], late["due_at"][:16]) == ("open", "late", "2026-03-03T09:00")
    assert late["why"][0]["text"]
    assert (waits["stage"], waits["waits_for"], waits["due_at"]) == ("waiting", "supplement", None)
    assert (ended["stage"], ended["outcome"], ended["end_state"]) == ("ended", "early", 9)
    assert (await system.clients["sla"].get(f"/v1/dossiers/{D.format(99)}")).status_code == 404


async def test_what_a_person_was_told_names_no_number(system: System) -> None:
    told, raw = await ask(system, "notifier", f"/v1/dossiers/{D.format(7)}"), D.format(7)

    assert told["reachable"]
    assert [(one["notice"], one["state"]) for one in told["messages"]][:1] == [("result-ready", "accepted")]
    assert raw in told["messages"][0]["text"]
    assert "0912345678" not in str(told)
    assert "Trần" not in str(told)


async def test_the_tracking_book_of_a_unit_is_a_workbook_without_names(system: System) -> None:
    asked = {"unit": "H37.12", "from": "2026-03-01", "to": "2026-03-31"}
    answer = await system.clients["reporting"].get("/v1/tracking-book/xlsx", params=asked)
    sheet: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    cells = [cell.value for row in sheet.iter_rows() for cell in row if cell.value is not None]
    refused = [
        (await system.clients["reporting"].get("/v1/tracking-book/xlsx", params={**asked, **more})).status_code
        for more in ({"unit": "H37.99"}, {"to": "2026-02-01"}, {"to": "2027-02-01"})
    ]

    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert [cell for cell in cells if str(cell).startswith("H37.12-")] == [D.format(number) for number in range(1, 8)]
    assert "Thời hạn đang tạm dừng" in cells
    assert "Trần" not in str(cells)
    assert refused == [404, 422, 422]
