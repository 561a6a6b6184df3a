"""The same month by each way in: events, the portal's payloads, the register as a workbook. The same facts, byte for byte."""

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from openpyxl import Workbook

from contracts.codes import check_dossier_code
from dunghen.log import read_broker
from reference import OFFICE_TIME
from tests.flow.support import until
from tests.intake.alone import Alone, intake_alone
from tests.support.fleet import load_month

Rows = Mapping[str, Sequence[Mapping[str, str]]]  # by dossier, in the order of its life
# What each format can carry, by short type (docs/integration/ways.md). The month has no suspension and no re-promise.
REGISTER = {"received", "supplement-requested", "supplemented", "completed", "returned", "refused", "withdrawn", "stopped"}
PORTAL = REGISTER | {"progressed", "fee-requested", "fee-paid"}
ENDS = {"refused": 3, "withdrawn": 7, "stopped": 8, "completed": 9, "returned": 10}


def the_month() -> Rows:
    """The demo's month, good rows only; no dossier that a snapshot cannot show."""
    by_dossier: dict[str, list[tuple[datetime, Mapping[str, str]]]] = {}
    for row in load_month():
        item = {key: value for key, value in row.item.items() if key != "observed_at"}
        try:
            check_dossier_code(item.get("dossier", ""))
        except ValueError:
            continue
        if not item["dossier"].endswith("-9001"):
            by_dossier.setdefault(item["dossier"], []).append((row.reported_at, item))
    return {code: list(_in_order(rows)) for code, rows in by_dossier.items() if _can_be_seen_whole([row for _, row in rows])}


def _can_be_seen_whole(rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether states can show this life: nothing was taken back, no late request was cut off by the month's end, and no fee
    runs beside a supplement or after the result (a dossier has one state at a time)."""
    asked, given, due, paid = (
        {row["occasion"]: row["at"] for row in rows if row["type"] == kind}
        for kind in ("supplement-requested", "supplemented", "fee-requested", "fee-paid")
    )
    if any(row["type"] == "retracted" for row in rows) or given.keys() - asked.keys() or paid.keys() - due.keys():
        return False
    last = max((*due.values(), *paid.values()), default="")
    others = [given.get(occasion, "9") for occasion in asked if given.get(occasion, "9") > min(due.values(), default="9")]
    return not (due and (others or any(row["type"] in ENDS and row["at"] <= last for row in rows)))


def _in_order(rows: Iterable[tuple[datetime, Mapping[str, str]]]) -> Iterable[Mapping[str, str]]:
    """First reports by when they happened, corrections behind them; a fee's steps are told as steps too."""
    seen: dict[tuple[str, str], Mapping[str, str]] = {}
    firsts: list[Mapping[str, str]] = []
    corrections: list[Mapping[str, str]] = []
    for _, row in sorted(rows, key=lambda pair: pair[0]):
        key = (row["type"], row.get("occasion", ""))
        if seen.get(key) == row:
            continue
        (corrections if key in seen else firsts).append(row)
        seen[key] = row
    for row in [*sorted(firsts, key=lambda row: row["at"]), *corrections]:
        yield row
        if row["type"].startswith("fee-"):
            yield {"dossier": row["dossier"], "type": "progressed", "at": row["at"], "step": row["type"]}


def state_after(step: Mapping[str, str]) -> str:
    """What a system says of the state after a step (TrangThai), whichever way it takes."""
    return "6" if step["step"] == "fee-requested" else "4"


def portal_time(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(OFFICE_TIME):%Y%m%d%H%M%S}"


def snapshots(rows: Sequence[Mapping[str, str]]) -> Iterable[tuple[str, str, dict[str, Any]]]:
    """(service, madonvi, item): what a department's system sends after each event."""
    known: dict[str, Any] = {"MaHoSo": rows[0]["dossier"]}
    unit, rounds = "", []
    fees, end = 0, 0
    for row in rows:
        kind, at = row["type"], portal_time(row["at"])
        if kind == "received":
            unit = row["receiving_unit"]
            names = {"procedure": "MaTTHC", "channel": "KenhThucHien", "competent_unit": "DonViXuLy"}
            names |= {"contact_name": "ChuHoSo", "contact_phone": "SoDienThoai"}
            known |= {official: row[ours] for ours, official in names.items() if ours in row}
            known |= {"NgayTiepNhan": at} | ({"NgayHenTra": portal_time(row["promised_at"])} if "promised_at" in row else {})
        elif kind == "supplement-requested":
            rounds.append({"HoSoBoSungId": row["occasion"], "NgayBoSung": at})
        elif kind == "supplemented":
            next(r for r in rounds if r["HoSoBoSungId"] == row["occasion"])["NgayTiepNhanBoSung"] = at
        elif kind in ENDS:
            known["NgayTra" if kind == "returned" else "NgayKetThucXuLy"] = at
            end = max(end, ENDS[kind])
        elif kind.startswith("fee-"):
            fees += 1 if kind == "fee-requested" else -1
            continue  # fees travel with their steps
        waiting = any("NgayTiepNhanBoSung" not in r for r in rounds)
        state = str(end or (5 if waiting else 6 if fees else 4))
        if kind == "progressed":
            step = {"MaHoSo": known["MaHoSo"], "ThoiDiemXuLy": at, "NoiDungXuLy": row["step"], "NguoiXuLy": "Cán bộ Mẫu"}
            yield "CapNhatTienDoHoSoMC", unit, step | {"TrangThai": state_after(row)}
        if kind != "progressed" or not end:
            yield "DongBoHoSoMC", unit, {**known, "TrangThaiHoSo": state, "DanhSachHoSoBoSung": [dict(r) for r in rounds]}


HEADINGS = (
    "STT", "Mã hồ sơ", "Mã TTHC", "Tên TTHC", "Số lượng hồ sơ", "Tên cá nhân, tổ chức", "Số điện thoại", "Đơn vị tiếp nhận",
    "Cơ quan chủ trì giải quyết", "Kênh thực hiện", "Ngày nhận", "Ngày hẹn trả", "Ngày trả", "Ngày kết thúc xử lý",
    "Trạng thái", "Ngày yêu cầu bổ sung", "Ngày bổ sung xong", "Ngày yêu cầu bổ sung (lần 2)", "Ngày bổ sung xong (lần 2)",
    "Ký nhận", "Ghi chú",
)  # fmt: skip
NAMES = {3: "Không được tiếp nhận", 7: "Công dân yêu cầu rút hồ sơ", 8: "Dừng xử lý", 9: "Đã xử lý xong", 10: "Đã trả kết quả"}


def register_row(rows: Iterable[Mapping[str, str]]) -> list[Any]:
    """A dossier as a line of the register, as it stands after these events."""
    cells: dict[str, Any] = {}
    for row in rows:
        kind, at = row["type"], f"{datetime.fromisoformat(row['at']).astimezone(OFFICE_TIME):%d/%m/%Y %H:%M}"
        cells["Mã hồ sơ"] = row["dossier"]
        if kind == "received":
            names = {"procedure": "Mã TTHC", "contact_name": "Tên cá nhân, tổ chức", "contact_phone": "Số điện thoại"}
            names |= {"receiving_unit": "Đơn vị tiếp nhận", "competent_unit": "Cơ quan chủ trì giải quyết"}
            cells |= {heading: row[ours] for ours, heading in names.items() if ours in row} | {"Ngày nhận": at}
            cells["Kênh thực hiện"] = {"1": "Trực tiếp", "2": "Trực tuyến", "3": "Bưu chính"}[row.get("channel", "1")]
            if "promised_at" in row:
                due = datetime.fromisoformat(row["promised_at"]).astimezone(OFFICE_TIME)
                cells["Ngày hẹn trả"] = f"{due:%d/%m/%Y %H:%M}"
        elif kind in ("supplement-requested", "supplemented"):
            name = "Ngày yêu cầu bổ sung" if kind == "supplement-requested" else "Ngày bổ sung xong"
            cells[name if row["occasion"] == "1" else f"{name} (lần {row['occasion']})"] = at
        elif kind == "returned":
            cells |= {"Ngày trả": at, "Trạng thái": NAMES[10]}
        elif kind in ENDS:
            cells["Ngày kết thúc xử lý"] = at
            cells.setdefault("Trạng thái", NAMES[ENDS[kind]])
    return [cells.get(heading) for heading in HEADINGS]


def workbook(path: Path, lines: Iterable[list[Any]]) -> Path:
    """A register as exported: a title, an empty first column, the numbering under the heads."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Sổ theo dõi")
    sheet.append([None, "SỔ THEO DÕI HỒ SƠ"])
    sheet.append([])
    sheet.append([None, *HEADINGS])
    sheet.append([None, *(f"({n})" for n in range(1, len(HEADINGS) + 1))])
    for line in lines:
        sheet.append([None, *line])
    book.save(path)
    return path


async def by_events(intake: Alone, key: Mapping[str, str], month: Rows, _: Path, *, again: bool) -> None:
    """Events in lists of 500. Again: all of them, but for dossiers that were corrected without a time of observation."""
    uncorrected = {code: rows for code, rows in month.items() if not _is_corrected(rows)}
    items = [
        {**row, "state": state_after(row)} if row["type"] == "progressed" else row
        for rows in (uncorrected if again else month).values()
        for row in rows
    ]
    for start in range(0, len(items), 500):
        # A sender that lost the first answer.
        once = {"idempotency-key": f"{len(items)}/{start}"}
        answers = [await intake.send(key, *items[start : start + 500], headers=once) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [202, 202]
        assert _ids(answers[0]) == _ids(answers[1])


def _ids(answer: httpx.Response) -> list[list[str]]:
    return [item["ids"] if "ids" in item else [item["id"]] for item in answer.json()["items"]]


async def by_portal(intake: Alone, key: Mapping[str, str], month: Rows, _: Path, *, again: bool) -> None:
    """Call after call in the order of each dossier's life; what goes under one service and unit goes together.

    Again: what field systems do to be sure, the last snapshot of every dossier, and every step.
    """
    streams = [list(snapshots(rows)) for rows in month.values()]
    if again:
        streams = [
            [call for call in stream if call[0] == "CapNhatTienDoHoSoMC"]
            + [call for call in stream if call[0] == "DongBoHoSoMC"][-1:]
            for stream in streams
        ]
    for place in range(max(map(len, streams))):
        calls: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for stream in streams:
            if place < len(stream):
                service, unit, item = stream[place]
                calls.setdefault((service, unit), []).append(item)
        for (service, unit), data in calls.items():
            for start in range(0, len(data), 500):
                body = {"madonvi": unit, "service": service, "isUpdating": "False", "data": data[start : start + 500]}
                for _attempt in range(2):
                    answer = (await intake.client.post("/mapi/g", json=body, headers=key)).json()
                    assert answer["error_code"] == "00", answer["message"]


async def by_register(intake: Alone, key: Mapping[str, str], month: Rows, folder: Path, *, again: bool) -> None:
    """Two exports: before the corrections, and as it all ended. Again: the last one."""
    first = {
        code: [row for n, row in enumerate(rows) if _kinds(rows[:n]).isdisjoint(_kinds([row]))] for code, rows in month.items()
    }
    for export in (month,) if again else (first, month):
        file = workbook(folder / "so.xlsx", (register_row(rows) for rows in export.values()))
        answer = await intake.client.post("/v1/dossiers/files?name=so.xlsx", content=file.read_bytes(), headers=key)
        assert (answer.json()["accepted"], answer.json()["errors"]) == (len(month), [])


def _is_corrected(rows: Sequence[Mapping[str, str]]) -> bool:
    return any(not _kinds(rows[:n]).isdisjoint(_kinds([row])) for n, row in enumerate(rows))


def _kinds(rows: Iterable[Mapping[str, str]]) -> set[tuple[str, str]]:
    return {(row["type"], row.get("occasion", row["at"] if row["type"] == "progressed" else "")) for row in rows}


@asynccontextmanager
async def sent(folder: Path, way: Any, month: Rows) -> AsyncIterator[tuple[Alone, dict[str, bytes]]]:
    """The month by one way; yields intake and what it said, by id, without source, time and the sequence made from it."""
    async with intake_alone(folder) as intake:
        key = await intake.key("demo")
        await way(intake, key, month, folder, again=False)
        said = await log_of(intake)
        await way(intake, key, month, folder, again=True)
        assert await log_of(intake) == said, "sent twice: nothing new"
        yield intake, said


async def log_of(intake: Alone) -> dict[str, bytes]:
    async def idle() -> bool:
        return not await intake.service.parts.store.find("intents", {})

    await until(idle)
    said = {}
    for record in await read_broker(intake.bootstrap, topics=["dossiers.v1"]):
        event = json.loads(record.value)
        left = {name: value for name, value in event.items() if name not in ("source", "time", "sequence")}
        left["data"].pop("sure", None)  # of a time that a way in could not say, whence it was taken
        said[event["id"]] = json.dumps(left, ensure_ascii=False).encode()
    return said


def carried(said: Mapping[str, bytes], kinds: set[str]) -> dict[str, bytes]:
    return {identity: raw for identity, raw in said.items() if json.loads(raw)["type"].split(".")[-2] in kinds}


async def test_the_same_month_by_each_way_gives_the_same_facts(tmp_path: Path) -> None:
    month = the_month()
    for name in ("events", "portal", "register"):
        (tmp_path / name).mkdir()
    async with (
        sent(tmp_path / "events", by_events, month) as (_, events),
        sent(tmp_path / "portal", by_portal, month) as (_, portal),
        sent(tmp_path / "register", by_register, month) as (_, register),
    ):
        assert len(month) > 2000, len(month)
        assert carried(portal, PORTAL) == carried(events, PORTAL)
        assert carried(register, REGISTER) == carried(events, REGISTER)
        assert set(portal) == set(carried(events, PORTAL))
        assert sum(json.loads(raw)["data"]["version"] > 1 for raw in carried(register, REGISTER).values()) >= 3
