"""The demo's lines: one dossier's way, the month, the contrast, the checks. Every number comes from the run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from contracts import EventData, UnknownData
from contracts.deadlines import DeadlineSet, DeadlineWarned, Step
from contracts.dossiers import Reception
from contracts.feedback import FeedbackInvited
from contracts.notices import LetterSent, NoticeAccepted
from dunghen.demo.checks import Check, Result
from dunghen.demo.contrast import Contrast
from dunghen.demo.evidence import Evidence
from dunghen.demo.people import STORY
from dunghen.petition_sentences import KINDS
from dunghen.sentences import SKIPPED
from reference import OFFICE_TIME

DataT = TypeVar("DataT", bound=EventData)


def one_dossier(evidence: Evidence) -> str:
    """The way of one dossier from reception to survey, on a line. How it was rated no dossier knows."""
    own = [event for _, event in evidence.events().values() if event.subject == STORY]
    said = Story([event.data for event in sorted(own, key=lambda event: event.time)])
    due, letter = said.first(DeadlineSet), said.first(LetterSent)
    parts = [f"nhận {_at(received.at)}" for received in said.of(Reception)[:1]]
    parts += [f"hẹn {_day(due.due_at)}{_holidays(due.derivation)}"] if due is not None else []
    parts += ["cảnh báo"] if said.of(DeadlineWarned) else []
    parts += [f"thư {letter.number:02d}/PXL hẹn lại {_day(letter.new_due_at)}"] if letter is not None else []
    parts += ["SMS"] if any(notice.notice == "result-ready" for notice in said.of(NoticeAccepted)) else []
    parts += ["được hỏi ý kiến"] if said.of(FeedbackInvited) else []
    return f"MỘT HỒ SƠ  {STORY}  " + " -> ".join(parts)


@dataclass(frozen=True, slots=True)
class Story:
    """What was said of a dossier, in the order in which it was recorded."""

    said: Sequence[EventData | UnknownData]

    def of(self, kind: type[DataT]) -> list[DataT]:
        """All events of a kind."""
        return [data for data in self.said if isinstance(data, kind)]

    def first(self, kind: type[DataT]) -> DataT | None:
        """Of what was said more than once, the first."""
        return next(iter(self.of(kind)), None)


def _holidays(steps: Sequence[Step]) -> str:
    """` (nghỉ Tết 16-20/02)`: the working days of the week that the one holiday of a week and more took."""
    skipped = [step.days for step in steps if step.rule == "skipped" and len(step.days) > 7]
    days = [date.fromisoformat(day) for own in skipped for day in own]
    week = sorted(day for day in days if day.weekday() < 5)
    return f" (nghỉ Tết {week[0]:%d}-{week[-1]:%d/%m})" if week else ""


def month(result: Result) -> str:
    """The month in a few numbers."""
    f, p = result.figures, result.figures.ii06a["province"]
    skipped = ", ".join(f"{SKIPPED[reason]} {count}" for reason, count in f.sms_skipped.items()) or "không có"
    late = f.late_with_letter + f.late_exempted + f.late_without_letter
    satisfaction = "-" if f.satisfaction is None else f"{f.satisfaction:.2f}".replace(".", ",")
    return (
        f"THÁNG      nhận {p[4] + p[5]} | trước hạn {p[8]} đúng hạn {p[9]} quá hạn {p[10]} | "
        f"trễ hẹn đầu {late} (có thư {f.late_with_letter} / miễn {f.late_exempted} / "
        f"chưa {f.late_without_letter}) | "
        f"SMS {f.sms}, bỏ qua {sum(f.sms_skipped.values())} ({skipped}) | "
        f"hài lòng {satisfaction}/100 từ {f.ratings} phiếu"
    )


def petitions(result: Result) -> str:
    """What people brought forward, and how much of it was answered in time."""
    own = result.figures.petitions
    kinds = ", ".join(f"{name} {own.kinds[kind]}" for kind, name in KINDS.items() if kind in own.kinds)
    share = f"{100 * own.in_time / own.due:.2f} %".replace(".", ",") if own.due else "không có"
    below = f", dưới {own.target} %" if own.below_target else ""
    return (
        f"Ý KIẾN     nhận {sum(own.kinds.values())} ({kinds}) | trả lời đúng hạn {own.in_time} trên {own.due} đến hạn "
        f"({share}{below}), trả lời muộn {own.late}, chưa trả lời {own.open} | chuyển {own.forwarded}, "
        f"phản ánh lại {own.raised_again} | thư cảm ơn {own.thanked}, thư xin lỗi về sai sót {own.apologised}"
    )


def compared(found: Contrast) -> str:
    """What simpler counting gets wrong."""
    return (
        f"SO SÁNH    máy đếm chỉ trừ cuối tuần: sai {found.weekends_only} ngày hẹn trên {found.dates}; "
        f"lịch thư viện chưa vá: sai {found.unpatched}"
    )


def checked(checks: Sequence[Check]) -> str:
    """All items on a line."""
    return f"KIỂM TRA   {items(checks)}"


def items(checks: Sequence[Check]) -> str:
    """Green or red per item (rich markup)."""
    return " · ".join(f"[{'green' if c.ok else 'bold red'}]{c.name} {_value(c)}[/]" for c in checks)


def _value(check: Check) -> str:
    return str(check.value) if check.ok else f"{check.value} (phải là {check.expected})"


def _at(moment: datetime) -> str:
    return f"{moment.astimezone(OFFICE_TIME):%d/%m %H:%M}"


def _day(moment: datetime | None) -> str:
    return "-" if moment is None else f"{moment.astimezone(OFFICE_TIME):%d/%m}"
