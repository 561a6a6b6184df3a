"""Snapshots of the portal against what is known: the table of snapshots.yaml, and what a portal's payload becomes."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from dunghen import PROVINCE
from reference import OFFICE_TIME, load_reference
from runtime.clock import SteppedClock
from services.intake import portal
from services.intake.domain import Accepted, Quarantined, Refused, Sender
from services.intake.handlers import Context
from tests.intake.test_intake import SEALER, SETTINGS
from tests.support.intake import take_items

REFERENCE = load_reference(PROVINCE)
CODE = "H37.12-260302-0001"
CASES = yaml.safe_load(Path(__file__).with_name("snapshots.yaml").read_text("utf-8"))


def at(text: str) -> str:
    """`05 10` is 5 March 2026, 10:00, as the portal writes it."""
    day, hour = text.split()
    return f"202603{day}{hour}0000"


def object_of(item: Any) -> dict[str, Any]:
    """An item that a payload becomes."""
    assert isinstance(item, dict)
    return item


def payload(step: Mapping[str, Any]) -> dict[str, Any]:
    """A step of the table as the item of ours that its payload becomes."""
    if "event" in step:
        return {"dossier": CODE, "type": step["event"], "at": at(step["at"])}
    if "step" in step:
        time, state = step["step"]
        sent: dict[str, Any] = {
            "MaHoSo": CODE,
            "NguoiXuLy": "Hoàng Thị Mẫu",
            "ThoiDiemXuLy": at(time),
            "NoiDungXuLy": "Xử lý",
            "TrangThai": str(state),
        }
        return object_of(portal.step_of(sent, "H37.12"))
    sent = {"MaHoSo": CODE, "MaTTHC": "1.000894", "TrangThaiHoSo": str(step["s"]), "KenhThucHien": "2"}
    times = {"p": "NgayNopHoSo", "n": "NgayTiepNhan", "h": "NgayHenTra", "k": "NgayKetThucXuLy", "t": "NgayTra"}
    sent |= {official: at(step[short]) for short, official in times.items() if short in step}
    rounds = []
    for number, asked, *given in step.get("bs", ()):
        entry = {"HoSoBoSungId": number, "NgayBoSung": at(asked)}
        names = ("NgayTiepNhanBoSung", "NgayHenTraMoi", "NgayHenTraTruoc")
        entry |= {name: at(time) for name, time in zip(names, given, strict=False)}
        rounds.append({name: value for name, value in entry.items() if value})
    sent_all: dict[str, Any] = {**sent, "DanhSachHoSoBoSung": rounds}
    item = object_of(portal.snapshot_of(sent_all, "H37.12"))
    if "seen" in step:
        item["observed_at"] = at(step["seen"])
    if "re" in step:
        item["reappointed"] = {"at": at(step["re"][0]), "new_due_at": at(step["re"][1])}
    return item


def say(body: Mapping[str, Any]) -> str:
    """An output as the table writes it."""
    data = body["data"]
    kind = body["type"].split(".")[-2]
    name = f"-{data['fact']}" if kind == "retracted" else kind
    time = datetime.fromisoformat(data["at"]).astimezone(OFFICE_TIME)
    occasion = f"/{data['occasion']}" if data["occasion"] != "1" else ""
    version = f"#{data['version']}" if data["version"] != 1 else ""
    return f"{name}@{time:%d %H}{occasion}{version}"


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_snapshot_gives_the_events_that_explain_the_difference(case: Mapping[str, Any]) -> None:
    """D15, D16."""
    document: dict[str, Any] = {"_id": CODE, "rev": 0}
    for step in case["steps"]:
        now = datetime.strptime(at(step.get("arrives", "20 10")), "%Y%m%d%H%M%S").replace(tzinfo=OFFICE_TIME)
        context = Context(REFERENCE, SETTINGS, SEALER, SteppedClock(now))
        took = take_items(document, [payload(step)], context, Sender("portal"))
        document = took.document
        assert isinstance(took.answers[0], Accepted), took.answers[0]
        assert [say(output.body) for output in took.outputs] == step["gives"]
        assert [note for note in took.notes if note == "promise_changes"] == step.get("flags", [])
        again = take_items(document, [payload(step)], context, Sender("portal"))
        assert again.outputs == []
        assert again.document is document
        assert isinstance(again.answers[0], Accepted)


def test_the_table_is_long_enough_to_be_believed() -> None:
    assert sum(len(case["steps"]) for case in CASES) >= 40
    assert len({case["name"] for case in CASES}) == len(CASES) >= 40


def take(item: Mapping[str, Any], system: str = "portal") -> tuple[Any, list[Any]]:
    context = Context(REFERENCE, SETTINGS, SEALER, SteppedClock(datetime(2026, 3, 20, 10, tzinfo=OFFICE_TIME)))
    took = take_items({"_id": CODE, "rev": 0}, [item], context, Sender(system))
    return took.answers[0], [output.body for output in took.outputs]


def test_a_status_map_reads_a_systems_own_words_and_an_unknown_word_is_held() -> None:
    """R4."""
    item = {**payload({"s": 9, "n": "02 08", "k": "05 10"}), "state": "xong"}

    known, outputs = take(item, "so-dat-dai")
    unknown, nothing = take(item, "motcua")

    assert isinstance(known, Accepted)
    assert [say(body) for body in outputs] == ["received@02 08", "completed@05 10"]
    assert (unknown, nothing) == (Quarantined("unknown-status", "state"), [])


def test_names_of_the_catalogue_stand_for_codes_and_unknown_names_are_held() -> None:
    item = payload({"s": 4, "n": "02 08"}) | {"procedure": None, "competent_unit_name": "ubnd  xã Hoàng Vân"}

    known, outputs = take({**item, "procedure_name": "Đăng ký Kết hôn"})
    unknown, _ = take({**item, "procedure_name": "Đăng ký kết bạn"})

    assert isinstance(known, Accepted)
    assert (outputs[0]["data"]["procedure"], outputs[0]["data"]["competent_unit"]) == ("1.000894", "H37.12")
    assert unknown == Quarantined("unknown-procedure", "procedure")


def test_a_snapshot_without_its_reception_names_what_is_missing() -> None:
    answer, outputs = take(payload({"s": 9, "k": "05 10"}))

    assert isinstance(answer, Refused)
    assert [(fault.field, fault.rule) for fault in answer.faults] == [("received_at", "missing")]
    assert outputs == []


def test_a_snapshot_is_taken_in_whole_or_not_at_all() -> None:
    future = datetime(2026, 3, 20, 10, tzinfo=OFFICE_TIME) + timedelta(days=1)
    answer, outputs = take({**payload({"s": 9, "n": "02 08"}), "completed_at": future.isoformat()})

    assert isinstance(answer, Refused)
    assert [(fault.field, fault.rule) for fault in answer.faults] == [("completed_at", "future")]
    assert outputs == []


def test_a_payload_as_field_systems_send_it_keeps_no_officer_and_names_faults_officially() -> None:
    sent: dict[str, Any] = {
        "MaHoSo": CODE, "MaTTHC": "1.000894", "TenTTHC": "Đăng ký kết hôn", "MaLinhVuc": "G15-HT01", "TenLinhVuc": "Hộ tịch",
        "KenhThucHien": None, "ChuHoSo": "Nông Thị Mẫu", "LoaiDoiTuong": "1", "MaDoiTuong": "000000000000", "Email": "",
        "Fax": "", "SoDienThoai": "0912000007", "NgayTiepNhan": "20260302080000", "NgayHenTra": "20260309080000",
        "TrangThaiHoSo": "4", "HinhThuc": "1", "DonViXuLy": "UBND xã Hoàng Vân", "TaiLieuNop": [],
        "DanhSachLePhi": [], "DanhSachHoSoBoSung": [],
    }  # fmt: skip
    answer, outputs = take(object_of(portal.snapshot_of(sent, "H37.13")))

    assert isinstance(answer, Accepted)
    data = outputs[0]["data"]
    assert (data["receiving_unit"], data["competent_unit"]) == ("H37.13", "H37.12")
    assert (data["channel"], data["return_method"], data["contact_sequence"]) == (1, "post", 1)
    assert "Mẫu" not in str(outputs)
    names = portal.SERVICES["DongBoHoSoMC"][1]
    assert portal.official_name("received_at", names) == "NgayTiepNhan"
    assert portal.official_name("supplements.1.requested_at", names) == "DanhSachHoSoBoSung/1/NgayBoSung"
