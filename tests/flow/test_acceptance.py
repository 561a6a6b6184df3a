"""A dossier that is submitted online, from the portal's payload to the list of who has to accept it, and off it again."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.flow.support import D, System, at, event, received, small_system, total

ONE, TWO, THREE, FOUR = (D.format(number) for number in range(1, 5))


def submitted(dossier: str, at: str, **more: Any) -> dict[str, Any]:
    """An item of DongBoHoSoMC in state 1."""
    sent = {"MaHoSo": dossier, "MaTTHC": "1.000894", "KenhThucHien": "2", "DonViXuLy": "H37.12", "TrangThaiHoSo": "1"}
    return {**sent, "NgayNopHoSo": at, **more}


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """Monday, 2 March 2026, 08:00."""
    async with small_system(tmp_path / "data", at(2, "08:00")) as running:
        yield running


async def dong_bo(system: System, *items: dict[str, Any]) -> list[str]:
    """Send payloads of the portal; the codes of the answers."""
    body = {"madonvi": "H37.12", "service": "DongBoHoSoMC", "isUpdating": "False", "data": list(items)}
    answer = await system.clients["intake"].post("/mapi/g", json=body)
    return [entry["error_code"] for entry in answer.json()["data"]]


async def waiting(system: System, **query: Any) -> list[tuple[str, str, str]]:
    """Who waits, how urgent, until when."""
    answer = await system.clients["sla"].get("/v1/due/unaccepted", params=query)
    assert answer.status_code == 200, answer.text
    return [(item["dossier"], item["urgency"], item["accept_by"][5:16]) for item in answer.json()["items"]]


async def test_what_is_submitted_waits_runs_out_and_is_answered(system: System) -> None:
    """D20."""
    sent = [
        submitted(ONE, "20260302073000"),
        submitted(TWO, "20260302075000"),
        submitted(THREE, "20260227150000"),
        submitted(FOUR, "00010101000000"),
    ]
    assert await dong_bo(system, *sent) == ["00", "00", "00", "01"]
    await system.settle()
    first = await waiting(system)
    await system.move(at(3, "08:10"))
    counts = (await system.clients["sla"].get("/v1/due")).json()["counts"]
    late = await waiting(system)
    await system.send(
        received(ONE, "2026-03-03T08:05"),
        event(TWO, "refused", "2026-03-03T08:05"),
        event(THREE, "withdrawn", "2026-03-02T16:00"),
        event(THREE, "withdrawn", "2026-03-02T16:00"),
    )
    await system.settle()
    gone, listed = await waiting(system), (await system.clients["sla"].get("/v1/due")).json()
    await system.send(event(TWO, "submitted", "2026-03-03T08:10", procedure="1.000894", receiving_unit="H37.12"))
    await system.settle()

    assert first == [(THREE, "today", "03-02T15:30"), (ONE, "tomorrow", "03-03T08:00"), (TWO, "tomorrow", "03-03T08:20")]
    assert late == [(THREE, "late", "03-02T15:30"), (ONE, "late", "03-03T08:00"), (TWO, "today", "03-03T08:20")]
    assert (counts["unaccepted"], counts["unaccepted_late"], counts["late"], counts["later"]) == (3, 2, 0, 0)
    assert gone == []
    assert [item["dossier"] for item in listed["items"]] == [ONE]
    assert await waiting(system) == [(TWO, "tomorrow", "03-04T08:40")]
    assert await system.said(ONE) == ["acceptance", "acceptance", "set", "acceptance"]
    assert await system.said(TWO) == ["acceptance"] * 4
    assert await system.said(TWO, "notices.v1") == []


async def test_it_is_in_no_figure_until_it_is_accepted(system: System) -> None:
    """D20, D10."""
    await system.send(received(FOUR, "2026-03-02T07:40"))
    await system.settle()
    before = await system.report("2026-03-01", "2026-03-31")
    assert await dong_bo(system, submitted(ONE, "20260302073000"), submitted(TWO, "20260302075000")) == ["00", "00"]
    await system.move(at(4, "09:00"))
    await system.send(event(TWO, "refused", "2026-03-04T08:30"))
    await system.settle()
    while_waiting = await system.report("2026-03-01", "2026-03-31")
    await system.send(received(ONE, "2026-03-04T08:40"))
    await system.settle()
    after = await system.report("2026-03-01", "2026-03-31")

    assert total(before, *range(3, 14)) == total(while_waiting, *range(3, 14)) == [1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0]
    assert total(after, *range(3, 14)) == [2, 2, 0, 0, 0, 0, 0, 0, 2, 2, 0]


async def test_the_list_as_a_file_and_the_dossier_say_until_when(system: System) -> None:
    await dong_bo(system, submitted(ONE, "20260302073000"), submitted(TWO, "20260302075000"))
    await system.send(event(TWO, "supplement-requested", "2026-03-02T07:55", occasion="1"))
    await system.settle()
    answer = await system.clients["sla"].get("/v1/due/unaccepted/csv", params={"unit": "H37.12"})
    one, two = [(await system.clients["sla"].get(f"/v1/dossiers/{code}")).json() for code in (ONE, TWO)]
    first, second = [await waiting(system, unit="H37.12", limit=1, **more) for more in ({}, {"after": "9~x"})]

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [(row["Mã hồ sơ"], row["Hạn tiếp nhận"], row["Tình trạng"]) for row in rows] == [
        (ONE, "08:00 thứ Ba 03/03/2026", "Hết hạn ngày làm việc tới")
    ]
    assert (one["stage"], one["received_at"], one["due_at"][:16]) == ("submitted", None, "2026-03-03T08:00")
    assert (one["submitted_at"][:16], one["unit"], one["urgency"]) == ("2026-03-02T07:30", "H37.12", "tomorrow")
    assert (two["stage"], two["waits_for"], two["due_at"]) == ("waiting", "supplement", None)
    assert (first, second) == ([(ONE, "tomorrow", "03-03T08:00")], first)
    assert await waiting(system, unit="H37.13") == []
    assert (await system.clients["sla"].get("/v1/due/unaccepted", params={"after": "x"})).status_code == 422
