"""When a letter may promise a new date, and in which words it is refused: one rule for who asks for it and who grants it.

A new date is a working time of the unit (its calendar, its sessions, makeup days), after the signature and after the date in
force, and at most `repromise_max_days` calendar days later than the later of the two; if that day is off, the next working day
is the last one, as for a limit in days (D4). Pure: the time of asking is given.
"""

from dataclasses import dataclass
from datetime import date

from contracts.repromise import Bar, Promised, bar_to_any
from reference import BeyondCalendarError, Timeline, moment
from reference.derivation import say_instant
from reference.timeline import DAY, minute_of, ms_of_minute

ROUND = 30  # minutes: a time that somebody is told to choose is a round one
WORDS = {
    Bar.NOT_ACCEPTED: "Hồ sơ chưa được tiếp nhận hoặc đã bị từ chối, không có gì để hẹn lại.",
    Bar.ENDED: "Hồ sơ đã kết thúc, không hẹn lại ngày trả.",
    Bar.ONCE: "Ngày hẹn trả chỉ được hẹn lại một lần; đề nghị hẹn lại sau đó không được chấp nhận.",
    Bar.PAUSED: "Hồ sơ đang chờ bổ sung hoặc thực hiện nghĩa vụ, chưa có ngày hẹn để hẹn lại.",
    Bar.NOT_LATER: "Ngày hẹn lại phải sau lúc ký thư và sau ngày hẹn đang có hiệu lực.",
    Bar.NOT_OPEN: "Ngày hẹn lại phải là ngày làm việc của đơn vị, trong giờ làm việc.",
    Bar.TOO_FAR: "Ngày hẹn lại quá xa: không quá {days} ngày sau ngày hẹn cũ (hoặc sau ngày ký, nếu ngày hẹn đã qua).",
}
NONE_LEFT = "Bảng lịch chưa có ngày làm việc nào trong khoảng được hẹn lại; cần bổ sung lịch."


@dataclass(frozen=True, slots=True)
class Window:
    """The working times of a unit after one minute and up to another, which is included. Local minutes (reference.timeline).

    Empty where the calendar table ends before it.
    """

    line: Timeline
    after: int
    until: int

    @classmethod
    def of(cls, line: Timeline, asked_at: int, due: int, max_days: int) -> "Window":
        """What may be promised instead of a date (`due`) by a letter signed at `asked_at`, both in ms since 1970."""
        after = minute_of(max(asked_at, due))
        try:
            last = line.next_counted(after // DAY + max_days)
        except BeyondCalendarError:
            last = line.counted_after(date(line.calendar.last_year + 1, 1, 1).toordinal(), -1)
        return cls(line, after, last * DAY + DAY - 1)

    def holds(self, minute: int) -> bool:
        """Whether a time is one of them."""
        return self.after < minute <= self.until and self._is_open(minute)

    def nearest(self, ms: int) -> int | None:
        """The one nearest to a time (ms since 1970), in ms; for one that is too early a round one. None: there is none."""
        minute = min(max(minute_of(ms), self.after), self.until)
        if minute <= self.after:
            minute = (self.after // ROUND + 1) * ROUND
        try:
            found = [near for near in self._around(minute) if self.holds(near)]
        except BeyondCalendarError:
            return None
        return ms_of_minute(min(found, key=lambda near: abs(near - minute))) if found else None

    def _is_open(self, minute: int) -> bool:
        try:
            return self.line.next_open(minute) == minute
        except BeyondCalendarError:
            return False

    def _around(self, minute: int) -> tuple[int, ...]:
        """The last open minutes before a time and the next after it, where the calendar has them."""
        line, day = self.line, minute // DAY
        before = line.clip(minute) if line.is_counted(day) else minute
        closed = line.closing(line.counted_after(day, -1))
        last = line.closing(line.counted_after(self.until // DAY + 1, -1))
        return before, closed, last, line.next_open(min(minute, last))


@dataclass(frozen=True, slots=True)
class Barred:
    """Why a date may not be promised, and the sentence for the person who asked; it names the nearest right one."""

    bar: Bar
    text: str


def barred(promised: Promised, asked_at: int, new_due: int, line: Timeline, max_days: int) -> Barred | None:
    """Why a letter signed at `asked_at` may not promise `new_due` (both ms since 1970), or None if it may (R15, R16)."""
    bar = bar_to_any(promised)
    if bar is not None or promised.due is None:
        return None if bar is None else Barred(bar, WORDS[bar])
    window = Window.of(line, asked_at, promised.due, max_days)
    bar = _bar(window, new_due)
    if bar is None:
        return None
    nearest = window.nearest(new_due)
    near = NONE_LEFT if nearest is None else f"Gần nhất có thể hẹn: {say_instant(moment(nearest))}."
    return Barred(bar, f"{WORDS[bar].format(days=max_days)} {near}")


def _bar(window: Window, new_due: int) -> Bar | None:
    minute = minute_of(new_due)
    if minute <= window.after:
        return Bar.NOT_LATER
    if minute > window.until:
        return Bar.TOO_FAR
    return None if window.holds(minute) else Bar.NOT_OPEN
