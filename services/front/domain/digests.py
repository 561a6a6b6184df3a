"""Digests (R13, decision 25): when a unit gets one, and what it says. Nothing in them is about a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from urllib.parse import quote

from reference import OFFICE_TIME
from reference.derivation import say_instant

MORNING, MORNING_ENDS = time(7, 30), time(17, 0)
GATHERED = timedelta(hours=1)  # a session has begun, before its warnings go out together


class Kind(StrEnum):
    """The digest of the morning, and that of last warnings (D19) of a session."""

    MORNING = "morning"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class UnitToday:
    """A unit as sla tells of it now. `session`: from when to when it is open; `warned`: dossiers whose last warning has come in
    it."""

    unit: str
    name: str
    mailboxes: tuple[str, ...]
    working: bool
    session: tuple[datetime, datetime] | None
    warned: int


@dataclass(frozen=True, slots=True)
class Slot:
    """One digest that a unit is to get once. `over`: it is not sent after that; `session`: HHMM at which that of a warning
    began."""

    day: date
    kind: Kind
    unit: str
    over: datetime
    session: str = ""

    @property
    def id(self) -> str:
        """The same for every front."""
        return f"{self.day}/{self.kind}{self.session}/{self.unit}"


def slots_of(unit: UnitToday, now: datetime) -> list[Slot]:
    """What a unit is to get by now, if there is anything to tell."""
    local = now.astimezone(OFFICE_TIME)
    found = []
    if unit.working and MORNING <= local.time() < MORNING_ENDS:
        found.append(Slot(local.date(), Kind.MORNING, unit.unit, datetime.combine(local.date(), MORNING_ENDS, OFFICE_TIME)))
    if unit.session is not None and unit.warned:
        begins, ends = (moment.astimezone(OFFICE_TIME) for moment in unit.session)
        if begins + GATHERED <= local <= ends:
            found.append(Slot(local.date(), Kind.WARNING, unit.unit, ends, f"{begins:%H%M}"))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A dossier of a digest. `days_late`: working days after its own."""

    dossier: str
    procedure: str
    due_at: datetime
    days_late: int


@dataclass(frozen=True, slots=True)
class Part:
    """How many there are, and the first of them."""

    total: int
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Papers:
    """Letters that were printed `days` days ago or before, and nobody said what became of them: how many, and the first of
    them, each with when it was printed."""

    days: int = 0
    total: int = 0
    lines: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Letters:
    """Letters that wait for their signer: how many, and the first of them, each with until when it is to be signed. `to_print`:
    how many have to go on paper; `unsaid`: which went, long ago."""

    total: int
    lines: tuple[tuple[str, datetime | None], ...]
    to_print: int = 0
    unsaid: Papers = Papers()

    @property
    def things(self) -> int:
        """How many of them somebody has to do something about."""
        return self.total + self.to_print + self.unsaid.total


@dataclass(frozen=True, slots=True)
class Content:
    """What there is to tell a unit. None: its service did not answer. `warn_hours`: open hours of the last warning."""

    late: Part
    today: Part
    tomorrow: Part
    nearing: Part
    letters: Letters | None
    held: int | None
    warn_hours: int

    def worth(self, kind: Kind) -> bool:
        """Whether there is anything to tell."""
        if kind is Kind.WARNING:
            return self.nearing.total > 0
        dates = self.late.total + self.today.total + self.tomorrow.total
        return dates + (self.letters.things if self.letters else 0) + (self.held or 0) > 0

    @property
    def whole(self) -> bool:
        """Whether all services answered: only then nothing to tell means a quiet day."""
        return self.letters is not None and self.held is not None


@dataclass(frozen=True, slots=True)
class Written:
    """A digest as people read it."""

    subject: str
    text: str


def written(kind: Kind, unit: UnitToday, content: Content, now: datetime, address: str) -> Written:
    """In words. `address`: where officers reach the pages, without a path."""
    day = now.astimezone(OFFICE_TIME)
    parts = (_warning if kind is Kind.WARNING else _morning)(content, address, unit.unit)
    head = [f"Kính gửi: {unit.name} ({unit.unit})", "", f"Tình hình lúc {say_instant(now)}:", ""]
    subject = f"[Đúng Hẹn] {unit.name}, {day:%d/%m/%Y}: {_gist(kind, content)}"
    return Written(" ".join(subject.split()), "\n".join([*head, *parts, *FOOT]) + "\n")


FOOT = (
    "--",
    "Thư tự động của hệ thống Đúng Hẹn, xin không trả lời thư này.",
    "Thư chỉ nêu mã hồ sơ, thủ tục và thời hạn, không có thông tin của người nộp hồ sơ.",
)


def _gist(kind: Kind, content: Content) -> str:
    if kind is Kind.WARNING:
        return f"{content.nearing.total} hồ sơ còn không quá {content.warn_hours} giờ làm việc"
    letters = content.letters or Letters(0, ())
    counted = (
        (content.late.total, "hồ sơ quá hạn"),
        (content.today.total, "đến hạn hôm nay"),
        (content.tomorrow.total, "đến hạn ngày làm việc tới"),
        (letters.total, "thư chờ ký"),
        (letters.to_print, "thư phải in"),
        (letters.unsaid.total, "thư đã in chưa rõ kết quả"),
        (content.held or 0, "mục được giữ lại"),
    )
    return ", ".join(f"{count} {words}" for count, words in counted if count)


def _warning(content: Content, address: str, unit: str) -> list[str]:
    title = f"HỒ SƠ CÒN KHÔNG QUÁ {content.warn_hours} GIỜ LÀM VIỆC (tính đến cuối buổi này)"
    return _part(title, content.nearing, _due_of(address, unit))


def _morning(content: Content, address: str, unit: str) -> list[str]:
    place = _due_of(address, unit)
    return [
        *_part("HỒ SƠ ĐÃ QUÁ HẠN", content.late, f"{place}&urgency=late"),
        *_part("HỒ SƠ ĐẾN HẠN HÔM NAY", content.today, f"{place}&urgency=today"),
        *_part("HỒ SƠ ĐẾN HẠN NGÀY LÀM VIỆC TỚI", content.tomorrow, f"{place}&urgency=tomorrow"),
        *_letters(content.letters, f"{address}/letters"),
        *_on_paper(content.letters or Letters(0, ()), f"{address}/letters/on-paper?unit={quote(unit)}"),
        *_held(content.held, f"{address}/quality"),
    ]


def _due_of(address: str, unit: str) -> str:
    return f"{address}/due?unit={quote(unit)}"


def _part(title: str, part: Part, link: str) -> list[str]:
    if not part.total:
        return []
    lines = [f"- {line.dossier}: {line.procedure}, {_due(line)}" for line in part.lines]
    return _listed(f"{title}: {part.total}", lines, part.total, ("hồ sơ", f"Xem danh sách: {link}"))


def _due(line: Line) -> str:
    late = f", quá hạn {line.days_late} ngày làm việc" if line.days_late else ""
    return f"hẹn trả {say_instant(line.due_at)}{late}"


def _letters(letters: Letters | None, link: str) -> list[str]:
    title = "THƯ CHỜ KÝ"
    if letters is None:
        return [f"{title}: chưa lấy được số liệu", f"Xem và ký: {link}", ""]
    if not letters.total:
        return []
    lines = [f"- {dossier}" + (f": cần ký trước {say_instant(until)}" if until else "") for dossier, until in letters.lines]
    return _listed(f"{title}: {letters.total}", lines, letters.total, ("thư", f"Xem và ký: {link}"))


def _on_paper(letters: Letters, link: str) -> list[str]:
    """Nothing of a notifier that did not answer: the part above says so."""
    said = [f"THƯ PHẢI IN ĐỂ GỬI: {letters.to_print} thư", f"Xem và in: {link}", ""] if letters.to_print else []
    unsaid = letters.unsaid
    if not unsaid.total:
        return said
    title = f"THƯ ĐÃ IN TỪ {unsaid.days} NGÀY TRỞ LÊN, CHƯA GHI KẾT QUẢ: {unsaid.total}"
    lines = [f"- {dossier}: in ngày {printed:%d/%m/%Y}" for dossier, printed in unsaid.lines]
    return said + _listed(title, lines, unsaid.total, ("thư", f"Xem và ghi kết quả: {link}&state=printed"))


def _held(held: int | None, link: str) -> list[str]:
    title = "DỮ LIỆU ĐƯỢC GIỮ LẠI CHỜ KIỂM TRA"
    if held is None:
        return [f"{title}: chưa lấy được số liệu", f"Xem: {link}", ""]
    return [f"{title}: {held} mục", f"Xem: {link}", ""] if held else []


def _listed(title: str, lines: Sequence[str], total: int, words: tuple[str, str]) -> list[str]:
    what, link = words
    more = [f"và {total - len(lines)} {what} khác"] if total > len(lines) else []
    return [title, *lines, *more, link, ""]
