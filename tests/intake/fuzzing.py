"""`./dev fuzz --minutes N`: odd requests at every door of intake. No answer is a fault of ours, none takes long, all are JSON.

Bodies are made of what senders write, with one thing wrong at a time, and of anything at all.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runtime.web import Role
from tests.intake.alone import Alone, intake_alone, received
from tests.support.identity import as_person

READER = as_person(Role.OPERATOR)
SLOWEST = 10.0  # seconds for one answer, on a machine with other work
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
ROUND = {"HoSoBoSungId": "1", "NgayBoSung": "20260319100000", "NgayHenTraMoi": "20260330080000"}
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
        kind = chance.choice(("csv", "ndjson", "xlsx", "exe"))
        name = f"a.{kind}{chance.choice(('', '', '', '%00'))}"
        return "POST", f"/v1/dossiers/files?name={name}", sender, body_of(spoilt(EVENTS[0], chance), chance)
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


async def attack(intake: Alone, seconds: float, seed: int) -> tuple[int, list[str]]:
    """How many requests there was time for, and which went wrong."""
    chance, wrong, count = random.Random(seed), list[str](), 0
    sender, operator = await intake.key(), await intake.key(role="operate")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        method, path, headers, body = requests(chance, sender, operator)
        begun = time.monotonic()
        try:
            answer = await intake.client.request(method, path, headers=headers, content=body)
        except Exception as error:  # noqa: BLE001 - whatever got through is what is looked for
            wrong.append(f"{method} {path} {body[:300]!r}: {type(error).__name__}: {error}")
        else:
            if answer.status_code >= 500 or time.monotonic() - begun > SLOWEST:
                wrong.append(f"{method} {path} {body[:300]!r}: {answer.status_code}")
        count += 1
    return count, wrong


async def _run(seconds: float, seed: int) -> int:
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        async with intake_alone(Path(folder)) as intake:
            count, wrong = await attack(intake, seconds, seed)
    sys.stdout.write("\n".join((f"{count} requests, seed {seed}, {len(wrong)} wrong", *wrong[:20], "")))
    return 1 if wrong else 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Fuzz for some minutes."""
    parser = argparse.ArgumentParser(description="odd requests at every door of intake")
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args(arguments)
    return asyncio.run(_run(given.minutes * 60, given.seed))


if __name__ == "__main__":
    raise SystemExit(main())
