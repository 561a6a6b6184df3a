"""Texts of messages in a unit's own words (decision 31): checked before they are kept, shown as they would be, numbered."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from contracts.lookup import LENGTH
from reference import OFFICE_TIME
from services.notifier.domain import letter_links
from services.notifier.domain.alphabet import SmsSize, size_of, unaccented
from services.notifier.domain.forms import COUNTER, FEE_AT_COUNTER, FORMS, VARIABLES, Form, variables
from services.notifier.domain.wording import Speaker, Told, fitted

LONGEST = 400  # characters as typed
STANDARD = 0  # the version of the standard texts
_TOKEN = 22  # letters of an invitation's own part
_BRACED = re.compile(r"\{[^{}]*\}")
_LINK = re.compile(r"https?:|www\.|[\w-]+\.[a-z]{2,}", re.IGNORECASE)
_SUM = re.compile(r"\d\s*(?:đồng|vnđ|vnd|đ|₫)(?!\w)", re.IGNORECASE)
_FIGURES = re.compile(r"\+?\d(?:[ .-]?\d){8,}")
_PHONE = re.compile(r"(?:0|84|1800|1900)\d{6,10}")
_COME = ("den nhan", "toi nhan", "den lay", "toi lay")
_LONG_CODE = "000.00.14.H37-261105-0042"


@dataclass(frozen=True, slots=True)
class UnitText:
    """One version of a text; an empty one is the standard text again. `at` in ms; `by`, `subject`: who set it."""

    unit: str
    form: str
    version: int
    text: str
    at: int
    by: str
    subject: str


Texts = Mapping[tuple[str, str], UnitText]  # unit and form -> the newest


@dataclass(frozen=True, slots=True)
class Sample:
    """A text as it would be sent for an invented dossier."""

    case: str
    text: str
    size: SmsSize


@dataclass(frozen=True, slots=True)
class Place:
    """What a text is checked for: who speaks, the longest name of a procedure, the public address, the pages where dossiers are
    looked up and letters open, if any."""

    speaker: Speaker
    procedure: str
    public_url: str
    lookup_page: str = ""
    letter_page: str = ""


def words_of(form: str, unit: str, texts: Texts) -> tuple[str, int]:
    """The words that hold for a unit, and their version. Words of a newer release that this one cannot fill in do not hold."""
    own = texts.get((unit, form))
    if own is None or not own.text or not variables(own.text) <= VARIABLES.keys():
        return FORMS[form].text, STANDARD
    return own.text, own.version


def as_kept(text: str) -> str:
    """A text as it was typed, in one line and each letter in one piece."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def problems(name: str, text: str, place: Place) -> list[str]:
    """Why a text cannot be kept, in sentences; none if it can."""
    form = FORMS[name]
    if not text:
        return ["Nội dung còn trống."]
    if len(text) > LONGEST:
        return [f"Nội dung dài {len(text)} ký tự, tối đa {LONGEST}."]
    found = [*_of_variables(form, text), *_of_letters(text), *_of_privacy(name, text)]
    return found or list(_of_length(text, place))


def _of_variables(form: Form, text: str) -> Iterator[str]:
    named = _BRACED.findall(text)
    for braced in dict.fromkeys(named):
        if braced[1:-1] not in form.may:
            known = ", ".join(f"{{{one}}}" for one in VARIABLES if one in form.may)
            yield f"{braced}: mẫu này không có phần thay thế đó; có {known}."
    if "{" in _BRACED.sub("", text) or "}" in _BRACED.sub("", text):
        yield "Dấu { hoặc } đứng lẻ: phần thay thế viết trong một cặp dấu, ví dụ {ma}."
    for one in VARIABLES:
        if one in form.needs - variables(text):
            yield f"Thiếu {{{one}}} ({VARIABLES[one].partition(';')[0]}): người dân phải được biết."
        if named.count(f"{{{one}}}") > 1:
            yield f"{{{one}}} có nhiều lần: mỗi phần thay thế viết một lần."


def _of_letters(text: str) -> Iterator[str]:
    """Letters that an unaccented text would lose, and signs that some operators do not take (R25)."""
    lost = [letter for letter in dict.fromkeys(text) if letter != " " and not unaccented(letter).strip()]
    if lost:
        seen = ", ".join(letter if letter.isprintable() else f"U+{ord(letter):04X}" for letter in lost)
        yield f"Có ký tự không gửi được bằng tin nhắn: {seen}."
    for sign, instead in (("&", "và"), ("#", "số")):
        if sign in text:
            yield f"Dấu {sign}: có nhà mạng không nhận, xin viết “{instead}”."


def _of_privacy(name: str, text: str) -> Iterator[str]:
    """What no message may say (R28)."""
    bare = _BRACED.sub(" ", text)
    link = _LINK.search(bare)
    if link is not None:
        yield (
            f"“{link.group()}”: tin nhắn chỉ dẫn đến địa chỉ công khai của tỉnh, do hệ thống điền vào."
            " Nếu là chữ viết tắt, xin thêm dấu cách sau dấu chấm."
        )
    if _SUM.search(bare):
        yield "Tin nhắn không nêu số tiền: người dân xem thông báo."
    if any(_PHONE.fullmatch(re.sub(r"\D", "", run)) is None for run in _FIGURES.findall(bare)):
        yield "Có dãy số dài như số giấy tờ: tin nhắn không nêu số giấy tờ của người dân."
    plain = unaccented(bare).lower()
    if FORMS[name].kind == "result-ready" and name not in (COUNTER, FEE_AT_COUNTER) and any(come in plain for come in _COME):
        yield "Chỉ mời người chọn nhận trực tiếp đến nhận: mẫu này gửi cho người chọn cách khác."


def _of_length(text: str, place: Place) -> Iterator[str]:
    """A text whose names are as short as they get and do not fit (R25)."""
    shortest = fitted(text, replace(_case(place), dossier=_LONG_CODE, procedure="", letter=""))
    parts = size_of(shortest).parts
    if parts > place.speaker.parts:
        yield (
            f"Dài {parts} phần khi đã bỏ tên thủ tục và dùng tên ngắn của đơn vị ({len(shortest)} ký tự);"
            f" đơn vị chọn tối đa {place.speaker.parts} phần."
        )


def samples(text: str, place: Place) -> list[Sample]:
    """A text for invented dossiers: a usual one, one with the longest names, and one that has nothing to be looked up by."""
    usual = _case(place)
    cases = {
        "Hồ sơ thường gặp": usual,
        "Tên thủ tục và mã hồ sơ dài nhất": replace(usual, dossier=_LONG_CODE, procedure=place.procedure),
    }
    if usual.lookup is not None and "tra_cuu" in variables(text):
        cases["Đơn vị trả cho thêm một phần"] = replace(usual, speaker=replace(place.speaker, parts=place.speaker.parts + 1))
    said = {case: fitted(text, told) for case, told in cases.items()}
    return [Sample(case, one, size_of(one)) for case, one in said.items()]


def _case(place: Place) -> Told:
    """An invented dossier of nobody."""
    due = datetime(2026, 11, 12, 17, 0, tzinfo=OFFICE_TIME)
    return Told(
        dossier="H37.12-261105-0042",
        procedure="Đăng ký kết hôn",
        speaker=place.speaker,
        promised=due,
        asked=datetime(2026, 11, 6, 9, 0, tzinfo=OFFICE_TIME),
        number=142,
        new_due=due,
        link=f"{place.public_url}/{'X' * _TOKEN}",
        lookup=(place.lookup_page, "X" * LENGTH) if place.lookup_page else None,
        letter=f"{place.letter_page}/{'x' * letter_links.LENGTH}" if place.letter_page else "",
    )
