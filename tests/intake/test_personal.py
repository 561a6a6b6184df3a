"""What people write about people, in every field of every door, is on no topic, in no dead letter, no log and no metric.

The fields come from the tables that the doors are read by, so that a new one is tried as soon as it is there.
"""

import csv
import io
import json
import logging
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
from openpyxl import Workbook
from pydantic import BaseModel

from contracts import load_catalogue
from runtime.log.reader import LogReader
from services.intake.domain.items import Item
from services.intake.domain.parsing import _INNER
from services.intake.files.headings import HEADINGS
from services.intake.portal import _SUPPLEMENT, KNOWN
from tests.intake.alone import Alone, intake_alone, received

NAME, PHONE, *_ = SECRETS = ("Nông Thị Mẫu", "0912000007", "020185000007", "mau@example.vn", "Bản Lũng")
WORDS = " ".join(SECRETS)
CODES = ("dossier", "type", "occasion")  # what names a thing, and is no place for words; another form of it is refused
BASE: dict[str, dict[str, Any]] = {
    "received": {"procedure": "1.000894", "receiving_unit": "H37.12"},
    "progressed": {"step": "Trình ký"},
    "reappointed": {"new_due_at": "2026-03-30T09:00"},
    "suspended": {"reason": "agency"},
    "retracted": {"fact": "completed"},
    "snapshot": {"state": "2", "procedure": "1.000894", "receiving_unit": "H37.12", "received_at": "2026-03-19T09:00"},
}


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Alone]:
    """intake alone."""
    async with intake_alone(tmp_path) as running:
        yield running


def fields_of(model: type[BaseModel]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of an item, also of the objects in it, with the secrets as its value."""
    for name in model.model_fields:
        inner = _INNER.get(name)
        if inner is None:
            yield name, {name: WORDS}
            continue
        for each in inner.model_fields:
            told = {"requested_at": "2026-03-19T09:00", "at": "2026-03-19T09:00", "new_due_at": "2026-03-30T09:00"}
            value = {**{key: at for key, at in told.items() if key in inner.model_fields}, each: WORDS}
            yield f"{name}.{each}", {name: value if name in ("contact", "reappointed") else [value]}


def every_item() -> Iterator[dict[str, Any]]:
    """An item for every field there is, each of a dossier of its own."""
    number = 0
    for model in get_args(Item):
        for kind in get_args(model.model_fields["type"].annotation):
            number += 1
            yield {**item(number, kind), "ghi_chu": WORDS}
            for name, told in fields_of(model):
                number += 1
                yield {**item(number, kind), **told} if name not in CODES else {**item(number, kind), name: f"{WORDS}!"}


def item(number: int, kind: str) -> dict[str, Any]:
    """An item that is taken."""
    return {"dossier": received(number)["dossier"], "type": kind, "at": "2026-03-19T10:00", **BASE.get(kind, {})}


def every_payload(service: str) -> Iterator[dict[str, Any]]:
    """A payload of the portal for every field that a specification knows; the code itself is said back to its sender."""
    for number, name in enumerate(sorted(KNOWN[service] - {"MaHoSo"}), start=500 if service == "DongBoHoSoMC" else 600):
        base = {"MaHoSo": received(number)["dossier"], "MaTTHC": "1.000894", "TrangThaiHoSo": "2", "TrangThai": "4"}
        times = {"NgayTiepNhan": "20260319090000", "ThoiDiemXuLy": "20260319100000"}
        yield {**base, **times, name: WORDS}
        yield {**base, **times, name: [dict.fromkeys((*_SUPPLEMENT.values(), "TenGiayTo"), WORDS)]}


def rows_of(headings: list[str], good: Mapping[str, str]) -> list[list[str]]:
    """A table with a row for every column that holds the secrets there, one with all of them, and one with a broken code."""
    rows = [
        [WORDS if at == place else good.get(name, "") for at, name in enumerate(headings)] for place in range(len(headings))
    ]
    return [headings, *rows, [good.get(name, WORDS) for name in headings]]


def tables() -> dict[str, list[list[str]]]:
    """A table of events, and a register with every heading that is known."""
    events = sorted({name for model in get_args(Item) for name in model.model_fields} | {"contact_name", "contact_phone"})
    event = {"dossier": received(700)["dossier"], "type": "progressed", "at": "2026-03-19T10:00", "step": "Trình ký"}
    register = [names[0] for names in HEADINGS.values()] + ["Ghi chú", "Cán bộ thụ lý"]
    row = {"Mã hồ sơ": received(701)["dossier"], "Mã TTHC": "1.000894", "Ngày nhận": "19/03/2026 09:00"}
    return {"events": rows_of(events, event), "register": rows_of(register, row)}


def as_csv(table: list[list[str]]) -> bytes:
    """A table as a text file."""
    text = io.StringIO()
    csv.writer(text).writerows(table)
    return text.getvalue().encode()


def as_workbook(*sheets: list[list[str]]) -> bytes:
    """Tables as sheets, the second one named after somebody."""
    book, file = Workbook(), io.BytesIO()
    for number, table in enumerate(sheets):
        sheet = book.worksheets[0] if number == 0 else book.create_sheet(NAME)
        for row in table:
            sheet.append(row)
    book.save(file)
    return file.getvalue()


async def send_everything(intake: Alone) -> list[str]:
    """Through every door; what was answered, but for files that come back."""
    key, operator = await intake.key(), await intake.key("vanhanh", role="operate")
    items = list(every_item())
    answers = [(await intake.send(key, *items)).text]
    for service in KNOWN:
        body = {"service": service, "madonvi": "H37.12", "data": list(every_payload(service))}
        answers.append((await intake.client.post("/mapi/g", json=body, headers=key)).text)
        await intake.client.post("/mapi/g", json={**body, "data": [{"MaHoSo": WORDS}]}, headers=key)
        await intake.client.post("/mapi/g", json={**body, "madonvi": WORDS, "service": WORDS}, headers=key)
    ndjson = "\n".join(json.dumps(each, ensure_ascii=False) for each in items).encode() + WORDS.encode()
    files = {"a.ndjson": ndjson, **{f"{name}.csv": as_csv(table) for name, table in tables().items()}}
    files["a.xlsx"] = as_workbook(*tables().values())
    for name, content in files.items():
        for asked in (f"name={name}", f"name={NAME} {name}&answer=refused"):
            told = await intake.client.post(f"/v1/dossiers/files?{asked}", content=content, headers=key)
            assert told.status_code == 200, told.text
    odd = (WORDS.encode(), b'{"' + WORDS.encode() + b'": NaN}', f"[{json.dumps(WORDS)}]".encode())
    answers += [(await intake.client.post("/v1/dossiers/events", content=each, headers=key)).text for each in odd]
    # A name that nobody knows is said back to its sender, and to nobody else.
    await intake.send(key, *({**item(900 + n, "received"), secret: secret} for n, secret in enumerate((WORDS, *SECRETS))))
    await intake.client.post("/v1/dossiers/events", json=[item(800, "completed")], headers={**key, "idempotency-key": PHONE})
    await intake.client.get(f"/v1/dossiers/{WORDS}", headers=key)
    await quarantine(intake, operator)
    return answers


async def quarantine(intake: Alone, operator: Mapping[str, str]) -> None:
    """What is held is looked at, mended with secrets, and sent again."""
    listed = (await intake.client.get("/v1/quarantine?limit=500", headers=operator)).json()["items"]
    assert listed
    for entry in listed[:20]:
        await intake.client.post(f"/v1/quarantine/{entry['id']}/fix", json={"step": WORDS, "state": WORDS}, headers=operator)
    for reason in {entry["reason"] for entry in listed}:
        await intake.client.post("/v1/quarantine/resubmit", json={"reason": reason}, headers=operator)


async def on_all_topics(intake: Alone) -> list[str]:
    """Every record of the log, dead letters too, with its key and headers."""
    found, places = list[str](), dict[str, list[int]]()
    topics = [name for topic, spec in load_catalogue().topics.items() for name in (topic, f"{spec.owner}.dlq")]
    existing = [name for name, count in (await intake.service.parts.topics.partitions(sorted(set(topics)))).items() if count]
    reader = LogReader(intake.service.parts.topics, existing)
    while True:
        page = await reader.read(places, 1000)
        found += [f"{record.key!r} {(record.value or b'').decode()} {record.headers}" for record in page.records]
        if not page.more:
            return found
        places = page.places


async def test_what_people_write_into_any_field_of_any_door_is_on_no_topic_in_no_log_and_no_metric(
    intake: Alone, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = await send_everything(intake)
        for drain in intake.service.drains:
            await drain()
        for job in intake.service.jobs:
            await job.run()
    logged = [record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore", "asyncio"))]
    records = await on_all_topics(intake)
    pages = [(await intake.client.get(path)).text for path in ("/metrics", "/quality", "/readyz")]
    texts = {"topics": records, "logs": [*logged, *capfd.readouterr()], "pages": pages}

    assert len(records) > 100
    for place, found in {**texts, "answers": answers}.items():
        for secret in SECRETS:
            told = [text for text in found if secret in text or json.dumps(secret).strip('"') in text]
            assert not told, f"{secret} in {place}: {told[0][:600]}"
