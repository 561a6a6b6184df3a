"""What an SMS says: a text per kind of message and facts of the dossier, fitted into the parts that its unit pays for."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from contracts.dossiers import ReturnMethod
from contracts.notices import NoticeKind
from services.notifier.domain.alphabet import accented, size_of, unaccented
from services.notifier.domain.forms import COUNTER, FEE_AT_COUNTER, FORMS, filled
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
    which tells one request from the next; `new_due` and `number`: of a letter; `link`: of an invitation; `lookup`: the page
    where a dossier is looked up, and its code there; `letter`: the link that opens the letter."""

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
    lookup: tuple[str, str] | None = None
    letter: str = ""


_LEAST = 12  # letters of a procedure's name that still say something


def text_of(kind: NoticeKind, told: Told) -> str:
    """The standard text of a message."""
    return fitted(FORMS[form_of(kind, told)].text, told)


def fitted(text: str, told: Told) -> str:
    """A text with what is told in it.

    It fits the parts of its unit if names can be made short enough: the procedure's is cut at a word, then the unit takes its
    short name, then the procedure goes; code, date and place stay. The way to look the dossier up is short rather than not
    there, and not there where nothing else would fit. The link to a letter is worth one part more: it is there if it fits the
    parts of the unit, else if it fits one more, else not.
    """
    speaker = told.speaker
    write = accented if speaker.accents else unaccented
    values = {
        "ma": told.dossier,
        "lien_ket": told.link,
        "ngay_hen": write(_date(told.promised)),
        "ngay_hen_lai": write(_date(told.new_due)),
        "ngay_yeu_cau": "" if told.asked is None else write(f"ngày {told.asked:%d/%m/%Y}"),
        "so_van_ban": symbol(told.number),
    }
    template, shortest = write(text), ""
    names = write(_named(told.procedure)), write(_named(speaker.name)), write(short_name(speaker))
    for ways, parts in _ways(told):
        for procedure, unit in _shorter(*names):
            of_names = {"thu_tuc": f"({procedure})" if procedure else "", "don_vi": unit}
            shortest = filled(template, values | of_names | {name: write(way) for name, way in ways.items()})
            if size_of(shortest).parts <= parts:
                return shortest
    return shortest


def _ways(told: Told) -> Iterator[tuple[Mapping[str, str], int]]:
    """What leads on from a message, less and less of it, and the parts that it may have with that."""
    parts = told.speaker.parts
    if told.letter:
        letter = {"tra_cuu": "", "xem_thu": f"Xem thư: {told.letter}"}
        yield letter, parts
        yield letter, parts + 1
    for lookup in _lookups(told):
        yield {"tra_cuu": lookup, "xem_thu": ""}, parts


def _lookups(told: Told) -> Iterator[str]:
    """How a dossier is looked up, in fewer and fewer letters."""
    if told.lookup is not None:
        page, code = told.lookup
        yield f"Tra cứu: {page}/{told.dossier}/{code}"
        yield f"Tra cứu: {page} mã {code}"
    yield ""


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


def subject_of(kind: NoticeKind, code: str, *, answers: bool = False) -> str:
    """The subject of an e-mail: the dossier and what is told of it, nothing of a person. `answers`: it is a petition's."""
    if answers:
        return f"Ý kiến {code}: có văn bản trả lời"
    return f"Hồ sơ {code}: {_SUBJECTS[kind]}"


def letter_of(text: str, speaker: Speaker) -> str:
    """A text as an e-mail says it: who writes, and why not by SMS."""
    return f"Kính gửi Ông/Bà,\n\n{text}\n\n{_named(speaker.name)}\n\n{_AUTOMATIC}\n"


def answer_mail(told: Told) -> str:
    """What an e-mail says about a letter that answers a petition: that there is one, and nothing of what it is about."""
    unit = _named(told.speaker.name)
    see = f"\nXem thư: {told.letter}" if told.letter else ""
    text = f"{unit} có văn bản số {symbol(told.number)} trả lời ý kiến mã số {told.dossier} của Ông/Bà.{see}"
    return f"Kính gửi Ông/Bà,\n\n{text}\n\n{unit}\n\nThư này được gửi tự động. Xin không trả lời thư này.\n"


ATTACHED = "thu-xin-loi.pdf"  # names neither a person nor a dossier: the file stays where it was opened


def with_letter(text: str) -> str:
    """An e-mail that the letter itself goes with."""
    return f"{text}\nĐính kèm: văn bản xin lỗi ({ATTACHED}).\n"


def form_of(kind: NoticeKind, told: Told) -> str:
    """Which form the facts call for: only who chose the counter is asked to come there."""
    match kind:
        case "result-ready" if told.returned:
            return "result-ready.returned"
        case "result-ready" if told.fee_open:
            return FEE_AT_COUNTER if told.return_method == "counter" else "result-ready.fee"
        case "result-ready":
            return COUNTER if told.return_method == "counter" else f"result-ready.{told.return_method or 'unknown'}"
        case "received" if told.promised is None:
            return "received.no-date"
        case "apology" if told.new_due is None:
            return "apology.no-date"
    return kind


def _date(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%H:%M} ngày {moment:%d/%m/%Y}"


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
