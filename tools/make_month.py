"""Make the demo's month: seven weeks of an invented province, with Tết, a swapped Saturday and realistic mess inside.

Deterministic: the same seed gives the same file. `reported_at` is when the sender's system sends the row.
"""

import csv
import io
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from reference import ReferenceData, Timeline, count_due, load_reference
from reference.timeline import DAY, to_instant, to_minute

FIRST, LAST = date(2026, 1, 8), date(2026, 2, 27)
PER_UNIT_AND_DAY = (10, 17)
COLUMNS = (
    "dossier", "type", "occasion", "at", "observed_at", "procedure", "receiving_unit", "competent_unit", "channel",
    "promised_at", "new_due_at", "fact", "contact_name", "contact_phone", "reported_at",
)  # fmt: skip
COMMUNE = ("1.004873", "1.001193", "1.000894", "2.000815", "2.000884", "2.000286", "1.001731")
MIX = {
    "H37.05": ("2.000635", "2.000488"),
    "H37.07": ("1.012788", "1.012783", "1.009669"),
    "H37.12": COMMUNE,
    "H37.13": COMMUNE,
    "H37.14": (*COMMUNE, "1.012788"),
}
FAMILY = ("Lò", "Hoàng", "Nông", "Vi", "Lương", "Phan", "Đàm", "Triệu", "Bế", "Mạc")
GIVEN = ("Văn Thử", "Thị Mẫu", "Minh Họa", "Thu Ví Dụ", "Đức Giả Định", "Thị Bản Nháp", "Quang Tưởng Tượng")


@dataclass
class Month:
    """Rows gathered so far, each with the time its sender reports it."""

    reference: ReferenceData
    rng: random.Random
    rows: list[tuple[datetime, dict[str, str]]] = field(default_factory=list)

    def add(self, reported: datetime, **values: str) -> None:
        self.rows.append((reported, values))

    def event(self, code: str, kind: str, at: datetime, **more: str) -> None:
        """An event, sometimes reported late, sometimes twice."""
        reported = at + timedelta(minutes=self.rng.randint(0, 6))
        if self.rng.random() < 0.015:
            reported = self.office_hours(at + timedelta(hours=self.rng.randint(5, 50)))
        values = {"dossier": code, "type": kind, "at": at.isoformat(), **more}
        self.add(reported, **values)
        if self.rng.random() < 0.03:
            self.add(self.office_hours(reported + timedelta(hours=self.rng.randint(0, 30))), **values)

    def office_hours(self, moment: datetime) -> datetime:
        """The sender's system reports when its office is open."""
        return to_instant(self.reference.timeline("H37").next_open(to_minute(moment)))


def open_minute(line: Timeline, rng: random.Random, day: int) -> int:
    """A random open minute of a working day."""
    first = line.position(day * DAY)
    return line.at_position(first + rng.randint(1, line.position((day + 1) * DAY) - first))


def dossier(month: Month, unit: str, day: date, number: int) -> None:
    """One dossier's life."""
    rng, line = month.rng, month.reference.timeline(unit)
    code = f"{unit}-{day:%y%m%d}-{number:04d}"
    procedure = rng.choice(MIX[unit])
    version = month.reference.procedures[procedure].versions[-1]
    limit = (version.limit.value, version.limit.unit)
    received = to_instant(open_minute(line, rng, day.toordinal()))
    due = count_due(line, received, limit).due_at
    assert due is not None  # noqa: S101 - without pauses there is a due date
    first = {
        "procedure": procedure,
        "receiving_unit": unit if rng.random() < 0.9 else rng.choice(("H37.12", "H37.13", "H37.14")),
        "competent_unit": unit,
        "channel": rng.choices(("1", "2", "3"), (30, 65, 5))[0],
        "contact_name": f"{rng.choice(FAMILY)} {rng.choice(GIVEN)}",
        "contact_phone": f"09{rng.randint(10, 99)}000{rng.randint(0, 999):03d}",
    }
    if rng.random() < 0.2:
        day_after = line.counted_after(to_minute(due) // DAY, 1)
        moved = to_instant(line.clip(day_after * DAY + to_minute(due) % DAY))
        printed = due if rng.random() < 0.9 else moved
        first["promised_at"] = printed.isoformat()
        due = printed
    fate = rng.random()
    if fate < 0.01:
        month.event(code, "refused", received)
        return
    month.event(code, "received", received, **first)
    if fate < 0.02:
        month.event(code, "withdrawn", _between(line, rng, received, due, 0.2, 0.8))
    elif fate < 0.027:
        month.event(code, "stopped", _between(line, rng, received, due, 0.3, 1.2))
    else:
        finish(month, line, code, received, due, version.pause_on_fee)


def _between(line: Timeline, rng: random.Random, start: datetime, due: datetime, low: float, high: float) -> datetime:
    """A moment that uses between `low` and `high` of the open time from start to due."""
    begin = line.position(to_minute(start))
    length = max(60, line.position(to_minute(due)) - begin)
    return to_instant(line.at_position(begin + max(1, int(length * rng.uniform(low, high)))))


def finish(month: Month, line: Timeline, code: str, received: datetime, due: datetime, fees: bool) -> None:
    """Pauses, then the result, mostly in time; then the hand-over."""
    rng = month.rng
    extra = timedelta(0)
    for occasion in range(1, 1 + rng.choices((0, 1, 2), (88, 11, 1))[0]):
        asked = to_instant(line.next_open(to_minute(_between(line, rng, received, due, 0.1, 0.4) + extra)))
        given = to_instant(line.next_open(to_minute(asked + timedelta(hours=rng.randint(3, 120)))))
        month.event(code, "supplement-requested", asked, occasion=str(occasion))
        if rng.random() < 0.05:
            return
        month.event(code, "supplemented", given, occasion=str(occasion))
        extra += given - asked
    if fees and rng.random() < 0.6:
        asked = to_instant(line.next_open(to_minute(_between(line, rng, received, due, 0.5, 0.7) + extra)))
        paid = to_instant(line.next_open(to_minute(asked + timedelta(hours=rng.randint(2, 72)))))
        month.event(code, "fee-requested", asked, occasion="1")
        month.event(code, "fee-paid", paid, occasion="1")
        extra += paid - asked
    low, high = (0.2, 0.98) if rng.random() < 0.94 else (1.02, 1.8)
    raw = _between(line, rng, received, due, low, high) + extra
    ended = to_instant(line.next_open(to_minute(raw)))
    if rng.random() < 0.02:
        month.event(code, "returned", ended)
        return
    month.event(code, "completed", ended)
    mishap = rng.random()
    if mishap < 0.01:
        corrected = max(received, to_instant(line.add(to_minute(ended), -rng.randint(10, 300))))
        seen = month.office_hours(ended + timedelta(days=1))
        month.add(seen, dossier=code, type="completed", at=corrected.isoformat(), observed_at=seen.isoformat())
    elif mishap < 0.015:
        month.add(
            month.office_hours(ended + timedelta(hours=52)),
            dossier=code,
            type="retracted",
            fact="completed",
            at=ended.isoformat(),
        )
        again = month.office_hours(ended + timedelta(hours=60))
        month.add(again + timedelta(minutes=5), dossier=code, type="completed", at=again.isoformat())
    if rng.random() < 0.8:
        month.event(code, "returned", to_instant(line.next_open(to_minute(ended + timedelta(hours=rng.randint(1, 60))))))


def story(month: Month) -> None:
    """The dossier that the demo tells: received before Tết, promised for after it, late."""
    code, at = "H37.12-260212-0007", datetime(2026, 2, 12, 15, 40, tzinfo=to_instant(DAY).tzinfo)
    month.rows = [(reported, row) for reported, row in month.rows if row["dossier"] != code]
    first = {"procedure": "1.000894", "receiving_unit": "H37.12", "competent_unit": "H37.12", "channel": "2"}
    contact = {"contact_name": "Nông Thị Mẫu", "contact_phone": "0912000007"}
    month.add(at + timedelta(minutes=2), dossier=code, type="received", at=at.isoformat(), **first, **contact)
    done = datetime(2026, 2, 27, 9, 30, tzinfo=at.tzinfo)
    month.add(done + timedelta(minutes=5), dossier=code, type="completed", at=done.isoformat())
    month.add(done + timedelta(hours=5), dossier=code, type="returned", at=(done + timedelta(hours=4, minutes=45)).isoformat())


def damage(month: Month) -> None:
    """Rows that have to be refused: each breaks one rule."""
    when = datetime(2026, 1, 20, 9, 0, tzinfo=to_instant(DAY).tzinfo)
    good = {
        "dossier": "H37.12-260120-9001",
        "type": "received",
        "at": when.isoformat(),
        "procedure": "1.001193",
        "receiving_unit": "H37.12",
    }
    broken = (
        {"dossier": "HS-2026-1"}, {"dossier": "H37.12-260230-0001"}, {"procedure": "9.999999"}, {"procedure": "khai sinh"},
        {"receiving_unit": "H99.99"}, {"at": "2026-02-30T09:00"}, {"at": "2026-01-20"}, {"at": ""}, {"channel": "7"},
        {"type": "nhận"}, {"type": ""}, {"at": "2014-12-31T09:00+07:00"},
    )  # fmt: skip
    for change in broken:
        month.add(when, **{**good, **change})


def generate() -> str:
    """The whole file as text, in the order of reporting."""
    reference = load_reference(Path(__file__).parent.parent / "dunghen" / "province")
    month = Month(reference, random.Random(20260217))
    day, numbers = FIRST, Counter[tuple[str, date]]()
    while day <= LAST - timedelta(days=1):
        for unit in MIX:
            if reference.timeline(unit).is_counted(day.toordinal()):
                for _ in range(month.rng.randint(*PER_UNIT_AND_DAY)):
                    numbers[unit, day] += 1
                    dossier(month, unit, day, numbers[unit, day])
        day += timedelta(days=1)
    story(month)
    damage(month)
    end = datetime(LAST.year, LAST.month, LAST.day, 17, 0, tzinfo=to_instant(DAY).tzinfo)
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    kept = [(reported, row) for reported, row in month.rows if reported <= end]
    for reported, row in sorted(kept, key=lambda item: (item[0], item[1]["dossier"])):
        writer.writerow({**row, "reported_at": reported.isoformat()})
    return out.getvalue()
