"""`./dev fuzz --minutes N`: odd requests at every door of intake. No answer is a fault of ours, and none takes long.

Bodies are made of what senders write, with one thing wrong at a time, and of anything at all. A run says how much memory its
process held after a tenth of its time, when everything has been used once, and at its end.
"""

import argparse
import asyncio
import io
import json
import random
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from runtime.web import Role
from tests.intake.alone import Alone, intake_alone, received
from tests.support.identity import as_person

READER = as_person(Role.OPERATOR)
SLOWEST = 10.0  # seconds for one answer, on a machine with other work
HUNG = 60.0  # seconds after which nobody waits for an answer any more
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**400,
    2**63,
    "",
    " ",
    "\x00",
    "\ud800",
    "x" * 70_000,
    "9" * 10_000,
    "=1+1",
    "<b>",
    "٣",
    "\u202e",
    [],
    {},
    [[]],
    {"a": {"b": {}}},
    "00010101000000",
    "99991231235959",
    "9999-12-31T23:59:59-12:00",
    "0001-01-01T00:00:00+14:00",
    20261023080500,
    "NaN",
)
RAW: tuple[bytes, ...] = (
    b"",
    b"{",
    b"[" * 100_000,
    b'{"a":' * 60_000,
    b"\xff\xfe",
    b"NaN",
    b"1e400",
    b"9" * 10_000,
    b'"\\ud800"',
    b'{"a": 1, "a": 2}',
    b"\x1f\x8b\x08",
)
STEP = {"MaHoSo": "H37.12-260319-0001", "ThoiDiemXuLy": "20260320090000", "NoiDungXuLy": "Trình ký", "TrangThai": "9"}
ROUND = {
    "HoSoBoSungId": "1",
    "NgayBoSung": "20260319100000",
    "NgayHenTraTruoc": "20260327080000",
    "NgayHenTraMoi": "20260330080000",
}
HEADINGS = ("Mã hồ sơ", "Mã TTHC", "Tên cá nhân, tổ chức", "Số điện thoại", "Ngày nhận", "Ngày hẹn trả", "Trạng thái")
SYNCED = {
    "MaHoSo": "H37.12-260319-0001",
    "MaTTHC": "1.000894",
    "TrangThaiHoSo": "5",
    "NgayTiepNhan": "20260319090000",
    "NgayHenTra": "20260326090000",
    "SoDienThoai": "0912000007",
    "KenhThucHien": "1",
    "DanhSachHoSoBoSung": [ROUND],
}
EVENTS: tuple[dict[str, Any], ...] = (
    received(1, contact={"name": "Nông Thị Mẫu", "phone": "0912000007"}, linked=[{"part": "Đăng ký thường trú"}]),
    {
        **received(1),
        "type": "snapshot",
        "state": "4",
        "received_at": "2026-03-19T09:00",
        "supplements": [{"requested_at": "2026-03-19T10:00"}],
    },
    *(
        {**received(2), "type": kind}
        for kind in ("completed", "suspended", "retracted", "reappointed", "progressed", "refused")
    ),
)


def spoilt(value: Any, chance: random.Random) -> Any:
    """The same with something wrong in it, at any depth."""
    if isinstance(value, dict) and value and chance.random() < 0.9:
        name = chance.choice(list(value))
        changed = {**value, name: spoilt(value[name], chance)}
        if chance.random() < 0.1:
            changed[chance.choice(["\x00", "\ud800", "$set", "a.b", "x" * 300, "contact_phone"])] = chance.choice(ODD)
        return changed
    if isinstance(value, list) and value and chance.random() < 0.8:
        return [spoilt(each, chance) for each in value]
    return chance.choice(ODD)


def body_of(value: Any, chance: random.Random) -> bytes:
    """As JSON, now and then broken."""
    if chance.random() < 0.1:
        return chance.choice(RAW)
    text = json.dumps(value).encode()
    if chance.random() < 0.1:
        place = chance.randrange(len(text))
        return text[:place] + chance.randbytes(chance.randrange(4)) + text[place + chance.randrange(4) :]
    return text


def file_of(kind: str, chance: random.Random) -> bytes:
    """A register or a file of events with something wrong in it."""
    line = [
        "H37.12-260319-0001",
        "1.000894",
        "Nông Thị Mẫu",
        "0912000007",
        "19/03/2026 08:30",
        "26/03/2026 16:30",
        "Đang xử lý",
    ]
    cells = [[chance.choice((cell, cell, cell, spoilt(cell, chance))) for cell in line] for _ in range(3)]
    if kind == "xlsx" and chance.random() < 0.8:
        return _workbook(cells, chance)
    if kind in ("csv", "tsv", "txt"):
        between = chance.choice((",", ";", "\t", "|"))
        text = "\n".join(between.join(map(str, row)) for row in (HEADINGS, *cells))
        return _torn(text.encode(chance.choice(("utf-8", "utf-8-sig", "utf-16")), "surrogatepass"), chance)
    return b"\n".join(body_of(spoilt(event, chance), chance) for event in EVENTS)


def _workbook(cells: list[list[Any]], chance: random.Random) -> bytes:
    book = Workbook()
    sheet = book.create_sheet(index=0)
    for row in (HEADINGS, *cells):
        sheet.append([cell if isinstance(cell, int | float) and abs(cell) < 2**62 else _in_sheet(cell) for cell in row])
    book.save(whole := io.BytesIO())
    if chance.random() < 0.5:
        return _torn(whole.getvalue(), chance)
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(changed := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as spoiled:
        names = archive.namelist()
        torn = chance.choice(names)
        for name in names:
            spoiled.writestr(name, _torn(archive.read(name), chance) if name == torn else archive.read(name))
    return changed.getvalue()


def _in_sheet(cell: Any) -> str:
    """What a sheet can hold of it."""
    return "".join(letter for letter in str(cell) if letter >= " " and not "\ud800" <= letter <= "\udfff")[:32_000]


def _torn(content: bytes, chance: random.Random) -> bytes:
    """The same with some bytes changed, or cut off."""
    if chance.random() < 0.3 or not content:
        return content
    place = chance.randrange(len(content))
    return content[:place] + chance.randbytes(chance.randrange(8)) + (b"" if chance.random() < 0.2 else content[place + 4 :])


def requests(chance: random.Random, sender: dict[str, str], operator: dict[str, str]) -> tuple[str, str, dict[str, str], bytes]:
    """Method, path with query, headers and body of one more."""
    word = chance.choice(("x", "%00", "%ED%A0%80", "a" * 300, "H37.12-260319-0001", "..%2fx", "%F0%9F%98%80", "-1", "1e9", "'"))
    pick = chance.randrange(10)
    if pick < 3:
        more = {"idempotency-key": word} if chance.random() < 0.3 else {}
        body = body_of([spoilt(event, chance) for event in chance.sample(EVENTS, 3)], chance)
        return "POST", "/v1/dossiers/events", {**sender, **more}, body
    if pick < 6:
        name, item = chance.choice((("DongBoHoSoMC", SYNCED), ("CapNhatTienDoHoSoMC", STEP)))
        call = {"service": name, "madonvi": "H37.12", "data": [spoilt(item, chance), item]}
        return "POST", "/mapi/g", sender, body_of(call if chance.random() < 0.8 else spoilt(call, chance), chance)
    if pick == 6:
        return (
            "POST",
            "/mapi/login",
            {},
            body_of(spoilt({"username": "motcua", "password": "dh_x", "session": "x"}, chance), chance),
        )
    if pick == 7:
        kind = chance.choice(("csv", "tsv", "txt", "ndjson", "xlsx", "exe"))
        name = f"a.{kind}{chance.choice(('', '', '', '%00'))}&answer={chance.choice(('json', 'refused', 'x'))}"
        return "POST", f"/v1/dossiers/files?name={name}", sender, file_of(kind, chance)
    if pick == 8:
        path = chance.choice(("/v1/quarantine/resubmit", f"/v1/quarantine/{word}/fix"))
        return "POST", path, operator, body_of(spoilt({"ids": ["x"], "reason": "unknown-unit"}, chance), chance)
    path = chance.choice(
        (
            f"/v1/changes?after={word}",
            f"/v1/dossiers/{word}",
            f"/v1/quarantine?reason={word}&limit={word}",
            f"/quality?days={word}",
            f"/thu-tuc/{word}",
            f"/{word}",
        )
    )
    headers = READER if path.startswith("/quality") else operator if "quarantine" in path else sender
    return "GET", path, headers, b""


@dataclass
class Attack:
    """What came of it. `memory`: MB that the process held after a tenth of the time and at the end."""

    count: int = 0
    hung: int = 0
    wrong: list[str] = field(default_factory=list)
    doors: Counter[str] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)


def resident() -> int:
    """MB that this process holds now."""
    status = Path("/proc/self/status").read_text("utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) // 1024


async def attack(intake: Alone, seconds: float, seed: int) -> Attack:
    """As many requests as there is time for."""
    chance, found = random.Random(seed), Attack()
    sender, operator = await intake.key(), await intake.key(role="operate")
    begin = time.monotonic()
    while (spent := time.monotonic() - begin) < seconds:
        if spent > seconds / 10 and not found.memory:
            found.memory.append(resident())
        method, path, headers, body = requests(chance, sender, operator)
        await _one(intake, found, method, path, headers, body)
    found.memory.append(resident())
    return found


def _door(path: str) -> str:
    """The door that a path is of; what is no door counts together."""
    known = ("/v1/dossiers/events", "/v1/dossiers/files", "/v1/dossiers", "/v1/changes", "/v1/quarantine", "/mapi", "/quality")
    return next((door for door in known if path.startswith(door)), "elsewhere")


async def _one(intake: Alone, found: Attack, method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    begun, request = time.monotonic(), f"{method} {path} {body[:120]!r}"
    try:
        async with asyncio.timeout(HUNG):
            answer = await intake.client.request(method, path, headers=headers, content=body)
    except Exception as error:  # noqa: BLE001 - whatever got through is what is looked for
        found.hung += isinstance(error, TimeoutError)
        found.wrong.append(f"{request}: {type(error).__name__}: {error}")
    else:
        if answer.status_code >= 500 or time.monotonic() - begun > SLOWEST:
            found.wrong.append(f"{request}: {answer.status_code} after {time.monotonic() - begun:.1f} s")
        found.doors[f"{method} {_door(path)} {answer.status_code}"] += 1
    found.count += 1


async def _run(seconds: float, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        async with intake_alone(Path(folder), INTAKE_ITEMS_PER_MINUTE="10000000") as intake:
            found = await attack(intake, seconds, seed)
    doors = (f"{number:8} {door}" for door, number in sorted(found.doors.items()))
    memory = " and ".join(f"{megabytes} MB" for megabytes in found.memory)
    wrong = f"{len(found.wrong)} wrong, {found.hung} hung"
    said = f"{found.count} requests, seed {seed}, {wrong}, {memory} held after a tenth and at the end"
    sys.stdout.write("\n".join((*doors, *found.wrong[:20], said, "")))
    return 1 if found.wrong else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz for some minutes."""
    parser = argparse.ArgumentParser(description="odd requests at every door of intake")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args(arguments)
    return asyncio.run(_run(given.minutes * 60, given.seed))


if __name__ == "__main__":
    raise SystemExit(main())
