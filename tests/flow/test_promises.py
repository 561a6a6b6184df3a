"""The date in force after pauses, from what a department's system sends to what sla says (D6): the lives of promises.yaml."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml

from contracts import EVENT_TYPES, decode
from dunghen import PROVINCE
from dunghen.log import read_broker
from reference import OFFICE_TIME
from runtime.store import Document
from tests.flow.support import until
from tests.intake.alone import Alone, intake_alone
from tests.support.sla import handle

Life = Mapping[str, Any]
LIVES: list[Life] = yaml.safe_load(Path(__file__).with_name("promises.yaml").read_text("utf-8"))
AFTER_ALL = datetime(2026, 11, 25, 8, 0, tzinfo=OFFICE_TIME)
ROUND = ("NgayBoSung", "NgayTiepNhanBoSung", "NgayHenTraTruoc", "NgayHenTraMoi")
PROCEDURES = """
- {code: "1.999001", name: Thủ tục thử một, field: Thử, bodies: [commune],
   versions: [{valid_from: 2015-01-01, limit: {value: 10, unit: working_day}, pause_on_fee: true}]}
- {code: "1.999002", name: Thủ tục thử hai, field: Thử, bodies: [commune],
   versions: [{valid_from: 2015-01-01, limit: {value: 3, unit: working_day}}]}
- {code: "1.999003", name: Thủ tục thử ba, field: Thử, bodies: [commune],
   versions: [{valid_from: 2015-01-01, limit: {value: 10, unit: calendar_day}}]}
- {code: "1.999004", name: Thủ tục thử bốn, field: Thử, bodies: [commune],
   versions: [{valid_from: 2015-01-01, limit: {value: 1, unit: month}}]}
- {code: "1.999005", name: Thủ tục thử năm, field: Thử, bodies: [commune],
   versions: [{valid_from: 2015-01-01, limit: {value: "0,5", unit: working_day}}]}
- {code: "1.999006", name: Thủ tục thử sáu, field: Thử, bodies: [commune],
   versions: [{valid_from: 2015-01-01, limit: {value: 90, unit: minute}}]}
"""


def at(text: str) -> datetime:
    """`10-19 09:00` of 2026."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=OFFICE_TIME)


def sent(life: Life) -> Iterator[tuple[datetime, dict[str, Any]]]:
    """What the department's system sends, and when."""
    for each in life["steps"]:
        item: dict[str, Any] = {"MaHoSo": life["code"]}
        if "step" in each:
            seen, state = each["step"]
            service = "CapNhatTienDoHoSoMC"
            item |= {"ThoiDiemXuLy": f"{at(seen):%Y%m%d%H%M%S}", "NoiDungXuLy": "Chuyển bước", "TrangThai": str(state)}
        else:
            seen, snap, service = each["seen"], each["snap"], "DongBoHoSoMC"
            item |= {"MaTTHC": life["procedure"], "KenhThucHien": snap.get("c", "1"), "ChuHoSo": "Nông Văn Mẫu"}
            item |= {"NgayTiepNhan": f"{at(snap['n']):%Y%m%d%H%M%S}", "TrangThaiHoSo": str(snap["s"])}
            item |= {"NgayHenTra": f"{at(snap['h']):%Y%m%d%H%M%S}"} if "h" in snap else {}
            rounds = (zip(ROUND, times, strict=True) for times in snap.get("bs", ()))
            item["DanhSachHoSoBoSung"] = [{name: f"{at(time):%Y%m%d%H%M%S}" for name, time in given} for given in rounds]
        yield at(seen), {"session": "", "madonvi": "H37.12", "service": service, "isUpdating": "False", "data": [item]}


async def dates(intake: Alone, lives: list[Life], *, live: bool) -> dict[str, tuple[str, str]]:
    """The date in force at the end of each life, and its outcome. `live`: each item arrives in its time."""
    key = await intake.key("motcua")
    items = [item for life in lives for item in sent(life)]
    for when, body in sorted(items, key=lambda item: item[0]) if live else items:
        intake.clock.set(when if live else AFTER_ALL)
        answer = await intake.client.post("/mapi/g", json=body, headers=key)
        assert answer.status_code == 200, answer.text

    async def idle() -> bool:
        return not await intake.service.parts.store.find("intents", {})

    await until(idle)
    documents: dict[str, Document] = {}
    said: dict[str, tuple[str, str]] = {}
    for record in await read_broker(intake.bootstrap, topics=["dossiers.v1"]):
        event = decode(record.value, EVENT_TYPES)
        decision = handle(documents.get(event.subject, {"_id": event.subject, "rev": 0}), event)
        documents[event.subject] = decision.document
        for output in decision.outputs:
            if output.body["type"].endswith("deadline.settled.v1"):
                said[event.subject] = (output.body["data"]["due_at"], output.body["data"]["outcome"])
    return said


@pytest.mark.parametrize("live", [True, False], ids=["as it happens", "all at once, later"])
async def test_the_date_that_holds_after_pauses(live: bool, tmp_path: Path) -> None:
    """D6, D16."""
    copytree(PROVINCE, tmp_path / "province")
    with (tmp_path / "province/procedures.yaml").open("a", encoding="utf-8") as procedures:
        procedures.write(PROCEDURES)
    lives = [life for life in LIVES if live or not life.get("live")]
    async with intake_alone(tmp_path, REFERENCE_DIR=str(tmp_path / "province")) as intake:
        found = await dates(intake, lives, live=live)

    named = {life["code"]: life["name"] for life in lives}
    wanted = {life["name"]: (at(life["due"]).isoformat(), life["outcome"]) for life in lives}
    assert {named[code]: date for code, date in found.items()} == wanted
