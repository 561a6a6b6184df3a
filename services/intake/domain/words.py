"""Free words of a sender before they travel: topics are kept for ever, so that a person's name or number must not get there.

A step, a department, a part of a linked dossier travels in the words of the reference data (`words`, names of units and
procedures); anything else as `khác`. Of what orders a suspension, the number and day of the document travel.
"""

import re
from collections.abc import Callable

from reference import ReferenceData
from services.intake.domain.items import Item, ProgressedItem, ReceivedItem, SnapshotItem, SuspendedItem

OTHER = "khác"
PIECE = 65_536  # letters that are looked at in one go: no other thread runs meanwhile
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff]")

# Số, ký hiệu, ngày of an official document (NĐ 30/2020): 12/QĐ-UBND, 12/2026/QĐ-UBND, with "QĐ" before and a day behind.
_DOCUMENT = re.compile(
    r"(?:(?:QĐ|CV|TB|Quyết định|Công văn|Thông báo) )?(?:số )?\d{1,5}(?:/\d{4})?/[A-ZĐ]{1,8}(?:-[A-ZĐ&]{1,12}){0,3}"
    r"(?:,? (?:ngày )?\d{1,2}/\d{1,2}/\d{4})?"
)


def readable(text: str) -> str:
    """With U+FFFD for halves of letters and control characters: neither store nor log takes them."""
    if text.isprintable():
        return text
    if len(text) <= PIECE:
        return _UNREADABLE.sub("\ufffd", text)
    return "".join(readable(text[start : start + PIECE]) for start in range(0, len(text), PIECE))


def spoken(item: Item, reference: ReferenceData) -> tuple[Item, int]:
    """The item in words that may travel, and how many others it had."""
    match item:
        case ProgressedItem():
            said = {"step": item.step, "department": item.department}
            return _in(item, said, lambda word: reference.word(word) or OTHER)
        case SuspendedItem():
            return _in(item, {"decision": item.decision}, lambda word: word if _DOCUMENT.fullmatch(word) else OTHER)
        case ReceivedItem() | SnapshotItem() if item.linked:
            parts = [part.model_copy(update={"part": reference.word(part.part) or OTHER}) for part in item.linked]
            others = sum(new.part == OTHER != old.part for new, old in zip(parts, item.linked, strict=True))
            return item.model_copy(update={"linked": tuple(parts)}), others
        case _:
            return item, 0


def _in(item: Item, said: dict[str, str | None], travelling: Callable[[str], str]) -> tuple[Item, int]:
    """The item with each of these words as it may travel."""
    told = {name: travelling(word) for name, word in said.items() if word is not None}
    if all(told[name] == said[name] for name in told):
        return item, 0
    return item.model_copy(update=told), sum(word == OTHER != said[name] for name, word in told.items())
