"""A due date that can say how it came about: the count of worktime, step by step, in data and in Vietnamese."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Literal

from reference.hours import OFFICE_TIME
from reference.limits import ELAPSED, OPEN_MINUTES, UNIT_NAMES, Limit, LimitUnit, say_limit, whole_minutes
from reference.timeline import DAY, Timeline, to_instant, to_minute
from reference.worktime import (
    Pause,
    Paused,
    Readings,
    StartedClock,
    Waited,
    apply_pauses,
    finish,
    start_clock,
)

__all__ = ["UNIT_NAMES", "Derivation", "DerivationStep", "Pause", "count_due", "explain", "say_instant", "say_limit"]

WEEKDAY_NAMES = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")
PAUSE_NAMES = {
    "supplement": "chờ người dân bổ sung giấy tờ",
    "fee": "chờ thực hiện nghĩa vụ tài chính",
    "agency": "lấy ý kiến cơ quan khác",
    "force_majeure": "bất khả kháng",
}
CIVIL_CODE = "Bộ luật Dân sự 2015, Điều 147, 148"
CUTOFF = "Nghị định 61/2018/NĐ-CP, Điều 18"  # replaced by NĐ 118/2025, and kept as the default


@dataclass(frozen=True, slots=True)
class DerivationStep:
    """One step: the rule applied, the dates concerned (ISO), where it comes from, and the sentence."""

    rule: str
    text: str
    days: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class Derivation:
    """Result of a count. `due_at` is None while a pause is open; times are +07:00."""

    state: Literal["due", "paused"]
    due_at: datetime | None
    provisional: bool
    calendar_version: str
    clock: StartedClock
    applied: tuple[Paused, ...]
    rules: Readings


def count_due(
    line: Timeline,
    received: datetime,
    limit: Limit,
    pauses: Iterable[Pause] = (),
    rules: Readings | None = None,
    *,
    restart: bool = False,
) -> Derivation:
    """Count the due moment of a dossier. Raises LimitError for a limit that means nothing, BeyondCalendarError outside the
    table."""
    rules = rules or Readings()
    clock = start_clock(line, received, limit, rules)
    applied = tuple(apply_pauses(line, clock.raw, limit, pauses, rules, restart=restart))
    calendar = line.calendar
    due = None
    if not applied or applied[-1].end is not None:
        due = finish(line, applied[-1].raw if applied else clock.raw, limit, rules)
    last = due if due is not None else clock.raw
    provisional = date.fromordinal(last // DAY).year > calendar.confirmed_through
    return Derivation(
        state="paused" if due is None else "due",
        due_at=None if due is None else to_instant(due),
        provisional=provisional,
        calendar_version=calendar.version,
        clock=clock,
        applied=applied,
        rules=rules,
    )


def say_instant(instant: datetime) -> str:
    """`08:00 thứ Bảy 10/01/2026`."""
    local = instant if instant.tzinfo is OFFICE_TIME else instant.astimezone(OFFICE_TIME)
    return f"{local.hour:02}:{local.minute:02} {_say_day(local.toordinal())}"


@lru_cache(maxsize=4096)  # many dossiers, few days
def _say_day(ordinal: int) -> str:
    day = date.fromordinal(ordinal)
    return f"{WEEKDAY_NAMES[day.weekday()]} {day.day:02}/{day.month:02}/{day.year}"


def _say_days(first: int, last: int) -> str:
    start, end = date.fromordinal(first), date.fromordinal(last)
    return f"{start:%d/%m}" if first == last else f"{start:%d/%m}-{end:%d/%m/%Y}"


def explain(line: Timeline, received: datetime, limit: Limit, result: Derivation) -> tuple[DerivationStep, ...]:
    """The steps from reception to due date, in order, each with its source."""
    unit = limit[1]
    steps = [_start_step(received, result.clock, limit), _limit_step(limit), *_deciding_steps(line, limit, result)]
    steps += [_pause_step(paused, unit) for paused in result.applied]
    last = to_minute(result.due_at) if result.due_at else None
    if last is not None:
        steps += _day_steps(line, result.clock.start // DAY, last // DAY, elapsed=unit in ELAPSED)
        raw = result.applied[-1].raw if result.applied else result.clock.raw
        if unit in ELAPSED and raw // DAY != last // DAY:
            text = f"Ngày cuối {_say_days(raw // DAY, raw // DAY)} là ngày nghỉ nên chuyển sang ngày làm việc tiếp theo."
            steps.append(DerivationStep("pushed", text, (date.fromordinal(raw // DAY).isoformat(),), CIVIL_CODE))
        steps += _hour_steps(raw, last, unit, result.rules)
    if result.provisional:
        text = f"Lịch nghỉ sau năm {line.calendar.confirmed_through} chưa được công bố chính thức: ngày hẹn là tạm tính."
        steps.append(DerivationStep("provisional", text))
    if result.due_at is None:
        steps.append(DerivationStep("due", "Đồng hồ đang dừng: chưa có ngày hẹn trả cho đến khi được chạy tiếp."))
    else:
        day = result.due_at.date().isoformat()
        steps.append(DerivationStep("due", f"Hẹn trả kết quả: {say_instant(result.due_at)}.", (day,)))
    return tuple(steps)


@lru_cache(maxsize=256)
def _limit_step(limit: Limit) -> DerivationStep:
    return DerivationStep(
        "limit", f"Thời hạn giải quyết: {say_limit(limit)}.", source="Thủ tục hành chính tại thời điểm tiếp nhận"
    )


def _deciding_steps(line: Timeline, limit: Limit, result: Derivation) -> list[DerivationStep]:
    """The rules that decide a limit beside its number: 15:00 for what is due the same day (D5), parts of a day (D8)."""
    value, unit = limit
    start, raw = result.clock.start, result.clock.raw
    if unit == "same_day" and raw // DAY != start // DAY:
        text = f"Tiếp nhận sau {_say_clock(result.rules.same_day_cutoff)} nên trả kết quả trong ngày làm việc tiếp theo."
        return [DerivationStep("cutoff", text, (date.fromordinal(raw // DAY).isoformat(),), CUTOFF)]
    if unit == "working_day" and not isinstance(value, int):
        whole = int(value)
        day = line.counted_after(start // DAY, whole) if whole else start // DAY
        minutes, part = line.open_minutes(day), whole_minutes((value - whole) * line.open_minutes(day))
        after = f"Sau {whole} ngày làm việc, cộng" if whole else "Cộng"
        text = f"{after} {part} phút làm việc, trong {minutes} phút làm việc của {_say_day(day)}."
        return [DerivationStep("part", text, (date.fromordinal(day).isoformat(),))]
    return []


def _hour_steps(raw: int, last: int, unit: LimitUnit, rules: Readings) -> list[DerivationStep]:
    """Why the due moment has another time of day than the count gave: closing, or the hours of that day (D2)."""
    if unit in OPEN_MINUTES or raw % DAY == last % DAY:
        return []
    text = f"{_say_clock(raw % DAY)} ở ngoài giờ làm việc của ngày hẹn nên lấy {_say_clock(last % DAY)}."
    if rules.due_time == "closing":
        text = f"Ngày hẹn tính đến giờ đóng cửa, {_say_clock(last % DAY)}."
    return [DerivationStep("clipped", text, (date.fromordinal(last // DAY).isoformat(),))]


def _say_clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _start_step(received: datetime, clock: StartedClock, limit: Limit) -> DerivationStep:
    value, unit = limit
    counted = unit in OPEN_MINUTES or unit == "same_day" or value < 1
    counting = "" if counted else "; ngày bắt đầu không tính vào thời hạn"
    day = (date.fromordinal(clock.start // DAY).isoformat(),)
    if clock.start == to_minute(received):
        return DerivationStep("start", f"Tiếp nhận lúc {say_instant(received)}, trong giờ làm việc{counting}.", day, CIVIL_CODE)
    text = (
        f"Tiếp nhận lúc {say_instant(received)}, ngoài giờ làm việc: tính từ {say_instant(to_instant(clock.start))}{counting}."
    )
    return DerivationStep("start", text, day, CIVIL_CODE)


def _pause_step(paused: Paused, unit: LimitUnit) -> DerivationStep:
    if paused.end is None:
        reason = _reason(paused)
        return DerivationStep(
            "pause", f"Dừng tính từ {say_instant(paused.start)}: {reason}.", (paused.start.date().isoformat(),)
        )
    days = (paused.start.date().isoformat(), paused.end.date().isoformat())
    if paused.restarted:
        return DerivationStep("restart", f"Tính lại từ đầu sau khi nhận đủ hồ sơ, dừng {say_pause(paused)}.", days)
    text = f"Không tính thời gian {say_pause(paused)}: cộng thêm {say_waited(paused.waited, unit)}."
    return DerivationStep("pause", text, days)


def say_pause(paused: Paused) -> str:
    """`từ 08:00 thứ Hai 02/03/2026 đến 09:00 thứ Ba 03/03/2026 (chờ người dân bổ sung giấy tờ)`, of a pause that is over."""
    until = "" if paused.end is None else f" đến {say_instant(paused.end)}"
    return f"từ {say_instant(paused.start)}{until} ({_reason(paused)})"


def _reason(paused: Paused) -> str:
    return " và ".join(dict.fromkeys(PAUSE_NAMES[pause.kind] for pause in paused.pauses))


def say_waited(waited: Waited, unit: LimitUnit) -> str:
    """`2 ngày làm việc và 1 giờ 30 phút làm việc`; of a limit that runs through days off, `49 giờ`."""
    if unit in ELAPSED:
        return _say_minutes(waited.minutes)
    parts = [f"{waited.dates} ngày làm việc"] if waited.dates else []
    if waited.minutes or not parts:
        parts.append(f"{_say_minutes(waited.minutes)} làm việc")
    return " và ".join(parts)


def _say_minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} giờ {rest} phút" if rest and hours else f"{rest} phút" if rest else f"{hours} giờ"


@lru_cache(maxsize=4096)  # a province has few pairs of start day and due day, and many dossiers of each
def _day_steps(line: Timeline, first: int, last: int, *, elapsed: bool) -> tuple[DerivationStep, ...]:
    """Days off passed over (unless the limit runs through them) and makeup days counted, after the start to the due date."""
    rows = line.calendar.by_date
    steps = []
    for start, end in [] if elapsed else line.gaps(first, last):
        days = [date.fromordinal(o) for o in range(start, end + 1)]
        named = [rows[d] for d in days if d in rows]
        reason = ", ".join(dict.fromkeys(row.name.split(" (")[0] for row in named)) or "cuối tuần"
        source = "; ".join(dict.fromkeys(row.source for row in named)) or "Ngày nghỉ hằng tuần của đơn vị"
        text = f"Không tính {_say_days(start, end)}: {reason}."
        steps.append(DerivationStep("skipped", text, tuple(d.isoformat() for d in days), source))
    for ordinal in range(first + 1, last + 1):
        day = date.fromordinal(ordinal)
        row = rows.get(day)
        if row is not None and row.kind == "makeup" and line.is_counted(ordinal):
            text = f"Có tính {WEEKDAY_NAMES[day.weekday()]} {day:%d/%m/%Y}: {row.name[0].lower()}{row.name[1:]}."
            steps.append(DerivationStep("makeup", text, (day.isoformat(),), row.source))
    return tuple(sorted(steps, key=lambda step: step.days))
