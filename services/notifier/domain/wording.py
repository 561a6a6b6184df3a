"""What an SMS says: one text per kind of message and facts of the dossier, fitted into the parts that its unit pays for.

Sentences are written with accents here; most units send them without, as one accented letter makes three parts of one (R25).
So they are worded to be read without, too: no `cần bổ sung`, which looks like `cán bộ`. A text names the dossier, its procedure
and the office: never a person, a reason or a sum, and one link at most (R28).
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.dossiers import ReturnMethod
from contracts.notices import NoticeKind
from services.notifier.domain.alphabet import accented, size_of, unaccented
from services.notifier.domain.letter_text import symbol


@dataclass(frozen=True, slots=True)
class Speaker:
    """The unit that a message is from. `short`: its name where there is little room. `parts`: as many as it pays for."""

    name: str
    short: str = ""
    accents: bool = False
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Told:
    """What decides the words of a message. `promised`: the date in force; `asked`: when papers or a payment were asked for,
    which tells one request from the next; `new_due` and `number`: of a letter."""

    dossier: str
    procedure: str
    speaker: Speaker
    return_method: ReturnMethod | None = None
    returned: bool = False
    fee_open: bool = False
    promised: datetime | None = None
    asked: datetime | None = None
    number: int = 0
    new_due: datetime | None = None
    link: str = ""


_SUBJECT = "Hồ sơ {code}{procedure}"
# How the person asked to have the result (Mẫu 01, item 6): only who chose the counter is asked to come there.
_RESULT: Mapping[ReturnMethod | None, str] = {
    "counter": f"{_SUBJECT} đã có kết quả. Mời Ông/Bà đến nhận tại {{unit}}.",
    "post": f"{_SUBJECT} đã có kết quả. Kết quả được gửi đến Ông/Bà qua bưu chính công ích. {{unit}}.",
    "online": f"{_SUBJECT} đã có kết quả. Mời Ông/Bà nhận bản điện tử trên Cổng Dịch vụ công quốc gia. {{unit}}.",
    "home": f"{_SUBJECT} đã có kết quả. Kết quả được trả tại nhà Ông/Bà. {{unit}}.",
    "ceremony": f"{_SUBJECT} đã có kết quả. Kết quả được trao tại buổi lễ do {{unit}} tổ chức.",
    None: f"{_SUBJECT} đã có kết quả. Mời Ông/Bà nhận theo hình thức đã đăng ký. {{unit}}.",
}
_FEE_AT_COUNTER = f"{_SUBJECT} đã có kết quả. Mời Ông/Bà đến hoàn thành nghĩa vụ tài chính và nhận tại {{unit}}."
_FEE_ELSEWHERE = f"{_SUBJECT} đã có kết quả, được trả sau khi Ông/Bà hoàn thành nghĩa vụ tài chính. {{unit}}."
_RETURNED = f"{_SUBJECT} đã được trả kết quả. {{unit}}."
_RECEIVED = f"{_SUBJECT} đã được {{unit}} tiếp nhận."
_OTHERS: Mapping[NoticeKind, str] = {
    "supplement-wanted": f"{_SUBJECT} được yêu cầu bổ sung giấy tờ. Mời Ông/Bà xem phiếu yêu cầu{{asked}} của {{unit}}.",
    "fee-due": f"{_SUBJECT} cần Ông/Bà thực hiện nghĩa vụ tài chính theo thông báo{{asked}} của {{unit}}.",
    "refused": f"{_SUBJECT} không được tiếp nhận. Mời Ông/Bà xem phiếu từ chối của {{unit}}.",
    "stopped": f"{_SUBJECT} không được giải quyết tiếp (dừng xử lý). Mời Ông/Bà xem thông báo của {{unit}}.",
    "survey": "Mời Ông/Bà đánh giá việc giải quyết hồ sơ {code} (1 phút): {link}",
}
_LEAST = 12  # letters of a procedure's name that still say something


def text_of(kind: NoticeKind, told: Told) -> str:
    """The text of a message. It fits the parts of its unit if names can be made short enough: the procedure's is cut at a word,
    then the unit takes its short name, then the procedure goes; code, date and place stay."""
    template, speaker = _template(kind, told), told.speaker
    write = accented if speaker.accents else unaccented
    asked = "" if told.asked is None else f" ngày {told.asked:%d/%m/%Y}"
    values = {"code": told.dossier, "link": told.link, "asked": write(asked)}
    shortest = ""
    for procedure, unit in _shorter(write(_named(told.procedure)), write(_named(speaker.name)), write(short_name(speaker))):
        shortest = write(template).format(procedure=f" ({procedure})" if procedure else "", unit=unit, **values)
        if size_of(shortest).parts <= speaker.parts:
            break
    return shortest


_SUBJECTS: Mapping[NoticeKind, str] = {
    "received": "đã được tiếp nhận",
    "supplement-wanted": "cần bổ sung giấy tờ",
    "fee-due": "cần thực hiện nghĩa vụ tài chính",
    "result-ready": "đã có kết quả",
    "refused": "không được tiếp nhận",
    "stopped": "dừng giải quyết",
    "apology": "xin lỗi vì trả kết quả trễ hẹn",
    "survey": "mời đánh giá",
}
_AUTOMATIC = "Thư này được gửi tự động vì chưa báo được cho Ông/Bà bằng tin nhắn. Xin không trả lời thư này."


def subject_of(kind: NoticeKind, code: str) -> str:
    """The subject of an e-mail: the dossier and what is told of it, nothing of a person."""
    return f"Hồ sơ {code}: {_SUBJECTS[kind]}"


def letter_of(text: str, speaker: Speaker) -> str:
    """A text as an e-mail says it: who writes, and why not by SMS."""
    return f"Kính gửi Ông/Bà,\n\n{text}\n\n{_named(speaker.name)}\n\n{_AUTOMATIC}\n"


def _template(kind: NoticeKind, told: Told) -> str:
    """The words for a kind and the facts, with room for names."""
    if kind == "result-ready":
        if told.returned:
            return _RETURNED
        if told.fee_open:
            return _FEE_AT_COUNTER if told.return_method == "counter" else _FEE_ELSEWHERE
        return _RESULT[told.return_method]
    if kind == "received":
        return _RECEIVED + (f" Hẹn trả kết quả: {_date(told.promised)}." if told.promised is not None else "")
    if kind == "apology":
        again = f" Hẹn lại: {_date(told.new_due)}." if told.new_due is not None else ""
        return f"{{unit}} xin lỗi vì trả kết quả hồ sơ {{code}} trễ hẹn.{again} Văn bản số {symbol(told.number)}."
    return _OTHERS[kind]


def _date(moment: datetime) -> str:
    return f"{moment:%H:%M} ngày {moment:%d/%m/%Y}"


def _shorter(procedure: str, unit: str, short: str) -> Iterator[tuple[str, str]]:
    """Names of a procedure and a unit, shorter and shorter."""
    for of_unit in (unit, short):
        for name in _cuts(procedure):
            yield name, of_unit
    yield "", short


def _cuts(name: str) -> Iterator[str]:
    """A name, then what is left of it without its last words."""
    yield name
    words = name.split()
    for count in range(len(words) - 1, 0, -1):
        cut = " ".join(words[:count]).rstrip(" ,;:(-/")
        if len(cut) < _LEAST:
            break
        yield f"{cut}..."


def _named(name: str) -> str:
    """A name as it may travel: some operators take no `&` and no `#`, and none takes a line break in one."""
    return re.sub(r"\s+", " ", re.sub(r"\s*&\s*", " và ", name).replace("#", " ")).strip().rstrip(".")


_SHORT = (
    (re.compile(r"^[ỦU][ỷy] ban nhân dân", re.IGNORECASE), "UBND"),
    (re.compile(r"^Trung tâm Phục vụ hành chính công", re.IGNORECASE), "TT PVHCC"),
    (re.compile(r"^Chi nhánh Văn phòng đăng ký đất đai", re.IGNORECASE), "CN VPĐKĐĐ"),
    (re.compile(r"^Văn phòng đăng ký đất đai", re.IGNORECASE), "VPĐKĐĐ"),
    (re.compile(r"^Trung tâm", re.IGNORECASE), "TT"),
    (re.compile(r"^Văn phòng", re.IGNORECASE), "VP"),
)


def short_name(speaker: Speaker) -> str:
    """The short name of a unit: its own, else its name with the usual letters for its kind of office; the place stays."""
    name = _named(speaker.short or speaker.name)
    for long, short in _SHORT if not speaker.short else ():
        if long.search(name):
            return long.sub(short, name)
    return name
