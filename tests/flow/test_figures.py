"""Figures as their readers ask for them: forms, what is behind them, days, procedures, frozen sheets, a rebuild."""

import io
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from pypdf import PdfReader

from contracts import load_catalogue
from reference import OFFICE_TIME
from runtime.errors import CannotStartError
from runtime.parts import STATE
from runtime.recovery import LOG, Anchor
from services.reporting.recovery import RECOVERY
from tests.flow.support import D, System, at, event, received

PERIOD = {"from": "2026-03-09", "to": "2026-03-31", "unit": "H37.12"}


async def test_each_figure_is_as_many_dossiers_as_it_says(system: System) -> None:
    await system.send(*(received(D.format(n), "2026-03-02T09:00") for n in range(1, 5)))
    await system.send(event(D.format(1), "completed", "2026-03-02T09:30"))  # before the period
    await system.move(at(10, "08:00"))
    await system.send(
        event(D.format(2), "completed", "2026-03-09T08:30"),  # on the day it was promised for
        event(D.format(3), "completed", "2026-03-10T07:50"),  # late
        *(received(D.format(n), "2026-03-10T07:40", channel=n % 2 + 1) for n in range(5, 9)),
    )
    await system.move(at(10, "09:00"))
    await system.send(event(D.format(5), "completed", "2026-03-10T08:55"))
    await system.send(received("H37.13-260310-0001", "2026-03-10T08:00", receiving_unit="H37.13"))
    await system.settle()
    client = system.clients["reporting"]

    total = (await client.get("/v1/reports/II.06a", params=PERIOD)).json()["total"]
    behind = {
        number: (await client.get("/v1/reports/II.06a/dossiers", params={**PERIOD, "column": number})).json()
        for number in range(3, 14)
    }

    assert {str(number): found["figure"] for number, found in behind.items()} == total
    assert total == {"3": 7, "4": 2, "5": 2, "6": 3, "7": 3, "8": 1, "9": 1, "10": 1, "11": 4, "12": 3, "13": 1}
    assert behind[10]["dossiers"] == [D.format(3)]
    assert behind[13]["dossiers"] == [D.format(4)]
    assert behind[6]["dossiers"] == [D.format(2), D.format(3), D.format(4)]
    by_field: dict[str, str | int] = {**PERIOD, "column": 3, "field": "Hộ tịch"}
    assert (await client.get("/v1/reports/II.06a/dossiers", params=by_field)).json()["figure"] == 7
    assert (await client.get("/v1/reports/II.06a/dossiers", params={**by_field, "field": "Đất đai"})).json()["figure"] == 0
    assert (await client.get("/v1/reports/II.06a/dossiers", params={**by_field, "unit": "H99"})).status_code == 404
    assert (await client.get("/v1/reports/II.06a/dossiers", params={**by_field, "column": 14})).status_code == 422


async def test_the_figures_of_days_and_procedures_and_what_they_mean(system: System) -> None:
    await system.send(*(received(D.format(n), "2026-03-02T09:00") for n in range(1, 5)))
    await system.move(at(4, "10:00"))
    await system.send(
        event(D.format(1), "completed", "2026-03-04T09:00"), event(D.format(2), "supplement-requested", "2026-03-04T09:00")
    )
    await system.send(event(D.format(2), "completed", "2026-03-04T09:30"))
    await system.settle()
    client = system.clients["reporting"]
    period = {"from": "2026-03-01", "to": "2026-03-14"}

    days = (await client.get("/v1/days", params={**period, "unit": "H37.12"})).json()
    assert [day["day"][-2:] for day in days] == ["01", "02", "03", "04"]  # a day that has not come has no stock
    assert [[day[name] for name in ("opening", "received", "resolved", "closing")] for day in days] == [
        [0, 0, 0, 0],
        [0, 4, 0, 4],
        [4, 0, 0, 4],  # a quiet day
        [4, 0, 2, 2],
    ]
    (line,) = (await client.get("/v1/procedures", params=period)).json()
    assert (line["procedure"], line["rates"]["without_supplement"], line["rates"]["in_time"]) == ("1.000894", 50.0, 100.0)
    assert line["percentiles"] == {"limit_used_p50": 40, "limit_used_p90": 40}  # two days of five
    assert line["counters"]["minutes_saved"] == 2 * 3 * 450
    meanings = (await client.get("/v1/definitions")).json()
    assert meanings["versions"][0]["version"] == line["definition"]
    kinds = {kind["kind"]: (kind["from"], kind["frozen"]) for kind in (await client.get("/v1/periods")).json()}
    assert kinds["month"] == ("2026-02-15", False)
    assert (await client.get("/v1/days", params={"from": "2024-01-01", "to": "2026-01-01"})).status_code == 422
    assert (await client.get("/v1/reports/II.06b", params=period)).json()["type"].endswith("unknown-form")
    by_form = (await client.get("/v1/reports/07a", params={**period, "unit": "H37.12"})).json()
    assert (by_form["total"]["4"], by_form["total"]["10"], by_form["missing"].keys()) == (4, 2, {"21", "22", "24", "25"})
    assert by_form["counted_at"].startswith("2026-03-04T03:00")
    backwards = {"from": "2026-03-14", "to": "2026-03-01"}
    assert [(await client.get(path, params=backwards)).status_code for path in ("/figures", "/figures/procedures")] == [
        422,
        422,
    ]
    pages = [(await client.get(path, params=period)).text for path in ("/figures/procedures", "/figures/checks")]
    assert "Đăng ký kết hôn" in pages[0]
    assert "giữ đúng quy tắc" in pages[1]


async def test_a_frozen_sheet_is_printed_as_it_was_frozen_with_what_it_booked(system: System) -> None:
    await system.send(received(D.format(1), "2026-03-02T09:00"))
    await system.move(at(16, "10:00"))
    client, march = system.clients["reporting"], {"from": "2026-02-15", "to": "2026-03-14"}
    assert (await client.post("/v1/reports/II.06a/frozen", params=march)).status_code == 201
    await system.send(event(D.format(1), "completed", "2026-03-09T08:30"))
    await system.move(datetime(2026, 4, 15, 8, tzinfo=OFFICE_TIME))
    april = {"from": "2026-03-15", "to": "2026-04-14"}
    frozen = (await client.post("/v1/reports/II.06a/frozen", params=april)).json()
    sheet = await client.get("/v1/reports/II.06a/frozen/pdf", params=april)
    words = PdfReader(io.BytesIO(sheet.content)).pages[0].extract_text()
    live = (await client.get("/v1/reports/II.06a", params={**april, "unit": "all"})).json()
    page = (await client.get("/figures")).text

    moved = [row for row in frozen["rows"] if row["field"]]
    assert [(row["6"], row["9"], row["11"]) for row in moved] == [(1, 1, 0)]
    assert not any(row["field"] for row in live["rows"])  # by its own days nothing happened in April
    assert "Số liệu tính đến 08:00 ngày 15/04/2026. Đã chốt ngày 15/04/2026." in " ".join(words.split())
    assert "Gồm điều chỉnh của kỳ trước, biết sau khi chốt:" in " ".join(words.split())
    assert "Đã chốt ngày 15/04/2026; đây là số liệu hiện thời, có thể khác biểu đã chốt." in live["standing"]
    assert "UBND xã Hoàng Vân, Hộ tịch, cột 9: +1" in " ".join(words.split())
    assert "Tháng, 15/03/2026 đến 14/04/2026" in page
    gauges = await system.fleet.gauges("reporting")
    assert gauges["restatements_total"] == 1


async def test_nothing_is_reported_while_the_figures_are_made_from_the_log_again(system: System) -> None:
    await system.send(received(D.format(1), "2026-03-02T09:00"))
    await system.settle()
    parts = system.together.services["reporting"].parts
    standing = (await parts.store.get_many(STATE, [LOG]))[LOG]
    far = {"own": {}, "from": {}, "ends": {"dossiers.v1/0": 10**6}, "left": 10**6, "told": True}
    again: Anchor[Any] = Anchor(parts, RECOVERY, load_catalogue().read_by("reporting"))
    assert await parts.store.save_many(STATE, [{**standing, "recovering": far}]) == set()
    await again.begin()

    assert again.running
    assert not await again.over()
    standing = (await parts.store.get_many(STATE, [LOG]))[LOG]
    near = {**far, "ends": {"dossiers.v1/0": 0}}
    await parts.store.save_many(STATE, [{**standing, "recovering": near}])
    assert await again.over()
    assert not again.running
    with pytest.raises(CannotStartError, match=r"made by version .*, this is 0: stop the service and run `dunghen rebuild"):
        await Anchor(parts, replace(RECOVERY, version="0"), load_catalogue().read_by("reporting")).begin()


async def test_a_unit_in_no_list_is_an_error_and_no_row_of_zeros(system: System) -> None:
    client, period = system.clients["reporting"], {"from": "2026-03-01", "to": "2026-03-14"}
    for path in ("/v1/days", "/v1/procedures", "/v1/reports/II.06a", "/v1/reports/II.06a/csv"):
        answer = await client.get(path, params={**period, "unit": "H99"})
        assert (path, answer.status_code, answer.json()["type"]) == (path, 404, "urn:dunghen:problem:unknown-unit")


async def test_a_restatement_names_its_dossiers_on_the_page_and_all_of_them_in_the_api(system: System) -> None:
    await system.send(*(received(D.format(n), "2026-03-02T09:00") for n in range(1, 26)))
    await system.move(at(16, "10:00"))
    client, march = system.clients["reporting"], {"from": "2026-02-15", "to": "2026-03-14"}
    assert (await client.post("/v1/reports/II.06a/frozen", params=march)).status_code == 201
    await system.send(*(event(D.format(n), "completed", "2026-03-09T08:30") for n in range(1, 26)))
    await system.settle()
    (noted, *_) = (await client.get("/v1/reports/II.06a/frozen", params=march)).json()["changes"]
    named = await client.get("/v1/reports/II.06a/frozen/dossiers", params={**march, "version": noted["version"]})
    unknown = await client.get("/v1/reports/II.06a/frozen/dossiers", params={**march, "version": 99})
    page = " ".join((await client.get("/figures")).text.split())

    assert (named.json()["number"], named.json()["dossiers"][0], unknown.status_code) == (25, D.format(1), 404)
    assert noted["dossiers"] == named.json()["dossiers"]
    assert f"Hồ sơ: {D.format(1)}, {D.format(2)}," in page
    assert "5 hồ sơ khác</a>" in page


async def test_a_petition_that_nobody_answered_by_its_day_is_in_the_share_from_then_on(system: System) -> None:
    """R32: through feedback's form, the log and reporting."""
    form = {"kind": "petition", "unit": "H37.12", "text": "Phải đi lại nhiều lần", "once": "abc"}
    assert (await system.clients["feedback"].post("/gop-y", data=form)).status_code == 200
    client, period = system.clients["reporting"], {"from": "2026-03-01", "to": "2026-03-31", "unit": "H37.12"}
    await system.settle()
    before = (await client.get("/v1/petitions/in-time", params=period)).json()
    await system.move(at(24, "10:00"))
    after = (await client.get("/v1/petitions/in-time", params=period)).json()

    assert [(found["total"]["due"], found["total"]["share"]) for found in (before, after)] == [(0, None), (1, 0.0)]
    assert after["total"]["below_target"]
    assert "0,00 %, dưới 90 %" in (await client.get("/figures/petitions", params={"from": "2026-03-01"})).text
