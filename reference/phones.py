"""Phone numbers as people write them, to E.164, if an SMS can reach them (R26).

A cell is read as runs of digits. Within a run, groups may be apart by blanks, points, dashes, commas or brackets; anything else
(a word, `;`, `/`, a line break) ends it. A number is made of whole groups, so that no part of a longer number is taken for one.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberType

Why = Literal["empty", "landline", "foreign", "no-number"]
Kind = Literal["mobile", "landline", "foreign", "other"]


@dataclass(frozen=True, slots=True)
class Phones:
    """What a cell holds: mobile numbers in the order they stand in, and why there is none."""

    mobiles: tuple[str, ...] = ()
    reason: Why | None = None

    @property
    def first(self) -> str | None:
        """The number that is written to: `+84` and nine digits."""
        return self.mobiles[0] if self.mobiles else None


@dataclass(frozen=True, slots=True)
class _Number:
    """A number that was made out. `e164`: of a mobile one."""

    kind: Kind
    e164: str = ""


# The numbering plan as the operators' notices give it. The library knows what was opened since, and not all of what is in use.
_IN_USE = re.compile(r"(?:3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}")
# Eleven-digit prefixes of before 15 September 2018 and what became of them.
_OLD = (
    {f"16{n}": f"3{n}" for n in range(2, 10)}
    | {"120": "70", "121": "79", "122": "77", "126": "76", "128": "78"}
    | {"123": "83", "124": "84", "125": "85", "127": "81", "129": "82"}
    | {"186": "56", "188": "58", "199": "59"}
)
_COUNTRY = "84"
# A zone in front of the number: +84, 0084, 84, 084, then the zero that only calls within the country need.
_PREFIXED = re.compile(r"(?:00|0)?84(0?[0-9]{9,10})")
# Dashes of all kinds, and the full-width signs of East Asian keyboards; digits of other scripts are nobody's number here.
_PLAIN = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)} | dict.fromkeys(
    (*range(0x2010, 0x2016), 0x2212, 0xFE58, 0xFE63, 0xFF0D), "-"
)
_O = re.compile(r"(?<=[0-9])[oO]+(?=[0-9])")  # typed for the zero beside it
_RUN = re.compile(r"\+?[ (]*[0-9](?:[0-9 .,\-()_'·•*\t]*[0-9])?")
_ID = re.compile(r"(?:CCCD|CMND|CMTND|CMT|CĂN CƯỚC|ĐỊNH DANH|HỘ CHIẾU|MST|MÃ SỐ THUẾ|FAX)[^0-9A-ZÀ-Ỹ]*(?:SỐ)?[^0-9A-ZÀ-Ỹ]*$")
_BEHIND_ID = re.compile(r"^(?:[0-9]{12}|[0-9]{9})(?![0-9])|^.*?(?:,| - |$)")  # that one number, however it is spaced
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
_PEOPLE = "35789"  # mobile numbers of people begin so; those with 1 are of things
_MOST_LETTERS, _MOST_GROUPS, _BEFORE = 500, 15, 30  # of a cell that are read; of one number; of what says what a run is


def read(cell: str) -> Phones:
    """All mobile numbers of a cell, whatever else stands in it; none, and why, if there is none."""
    text = _plain(cell[:_MOST_LETTERS])
    found = [number for run in _runs(text) for number in _numbers(run)]
    mobiles = tuple(dict.fromkeys(number.e164 for number in found if number.kind == "mobile"))
    if mobiles:
        return Phones(mobiles)
    kinds = {number.kind for number in found}
    if "landline" in kinds:
        return Phones(reason="landline")
    if "foreign" in kinds:
        return Phones(reason="foreign")
    return Phones(reason="no-number" if text.strip() else "empty")


def mobile(cell: str) -> str | None:
    """The first mobile number of a cell, `+84` and nine digits; None if no SMS can reach anybody there."""
    return read(cell).first


def _plain(cell: str) -> str:
    """Without what cannot be seen; a number that a spreadsheet wrote as `912000013.0` is whole."""
    text = cell if cell.isascii() else _seen(cell)  # nearly all are, and then there is nothing to find
    text = _O.sub(lambda typed: "0" * len(typed.group()), text)
    return re.sub(r"^\s*([0-9]+)\.0+\s*$", r"\1", text)


def _seen(cell: str) -> str:
    letters = ((letter, unicodedata.category(letter)) for letter in unicodedata.normalize("NFC", cell.translate(_PLAIN)))
    return "".join(" " if kind == "Zs" else letter for letter, kind in letters if kind != "Cf")


def _runs(text: str) -> Iterator[str]:
    """The runs of digits of a text that may be a phone, without what is said to be an identity card, a tax number or a fax."""
    for match in _RUN.finditer(text):
        run = match.group()
        if _ID.search(text[max(0, match.start() - _BEFORE) : match.start()].upper()):
            run = _BEHIND_ID.sub("", run, count=1)
        yield run


def _numbers(run: str) -> Iterator[_Number]:
    """The numbers of a run, from the left."""
    groups = re.findall(r"[0-9]+", run)
    if (
        groups
        and run.startswith("+")
        and not groups[0].startswith((_COUNTRY, "0"))
        and not "".join(groups).startswith(_COUNTRY)
    ):
        yield _Number("foreign" if _is_abroad("".join(groups)) else "other")
        return
    groups = [part for group in groups for part in _apart(group)]
    bare = all(len(group) == 9 for group in groups)  # one or more, each without its zero
    place = 0
    while place < len(groups):
        place, number = _number_at(groups, place, bare=bare)
        if number is not None:
            yield number


def _apart(group: str) -> tuple[str, ...]:
    """Two numbers whose line break was lost."""
    return (group[:10], group[10:]) if len(group) == 20 and group[0] == group[10] == "0" else (group,)


def _number_at(groups: list[str], place: int, *, bare: bool) -> tuple[int, _Number | None]:
    """The number that begins with a group, and where the next may begin: all that is left if that is one number, else the
    shortest one. A number without its zero is a group of its own, or the whole run."""
    last = min(len(groups), place + _MOST_GROUPS)
    for end in (last, *range(place + 1, last)):
        whole = place == 0 and end == len(groups)
        number = _as_number("".join(groups[place:end]), bare=whole or (bare and end == place + 1))
        if number is not None:
            return end, number
    return place + 1, None


def _as_number(digits: str, *, bare: bool) -> _Number | None:
    """Digits as a number, None if they are none. `bare`: the zero in front may be lost, as spreadsheets lose it."""
    prefixed = _PREFIXED.fullmatch(digits)
    if prefixed is not None and (found := _national(prefixed.group(1).removeprefix("0"))) is not None:
        return found
    if digits.startswith("0"):
        return _national(digits[1:])
    found = _national(digits) if bare and len(digits) >= 9 and digits != "1234567890" else None
    return found if found is not None and found.kind == "mobile" else None


def _national(rest: str) -> _Number | None:
    """Digits behind the zero as a number: a mobile one, with its prefix of today (D18), or a landline."""
    if len(rest) == 10 and rest[:3] in _OLD:
        rest = _OLD[rest[:3]] + rest[3:]
    if len(rest) == 9 and (_IN_USE.fullmatch(rest) or (rest[0] in _PEOPLE and _kind_of(f"+{_COUNTRY}{rest}") in _MOBILE)):
        return _Number("mobile", f"+{_COUNTRY}{rest}")
    return _Number("landline") if rest.startswith("2") and len(rest) in (9, 10) else None


def _kind_of(e164: str) -> int:
    try:
        return phonenumbers.number_type(phonenumbers.parse(e164))
    except NumberParseException:
        return PhoneNumberType.UNKNOWN


def _is_abroad(digits: str) -> bool:
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(f"+{digits}"))
    except NumberParseException:
        return False
