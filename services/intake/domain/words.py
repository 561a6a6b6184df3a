"""Free words of a sender before they travel: topics are kept for ever, so that a person's name or number must not get there.

A step, a department, a part of a linked dossier travels in the words of the reference data (lists of its units, `words`, names
of units and procedures); anything else as `khác`, and its words are kept sealed (services/intake/unlisted.py). Of what orders a
suspension, the number and day of the document travel.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from reference import ReferenceData, WordKind
from services.intake.domain.items import Item, ProgressedItem, ReceivedItem, SnapshotItem, SuspendedItem

OTHER = "khác"
LONGEST = 100  # characters of words that are kept
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


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Words that no list of their unit knows, cut to `LONGEST`: an officer may add them. They are for nobody else to see."""

    unit: str
    kind: WordKind
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Spoken:
    """An item in words that may travel; how many others it had, and those of them that a list could learn."""

    item: Item
    others: int = 0
    unlisted: tuple[Unlisted, ...] = ()


def spoken(item: Item, units: Sequence[str], reference: ReferenceData) -> Spoken:
    """The item in words that may travel. `units`: those whose lists count, the one that the work is done at first."""
    match item:
        case ProgressedItem():
            return _step(item, units, reference)
        case SuspendedItem(decision=str(decision)) if not _DOCUMENT.fullmatch(decision) and decision != OTHER:
            return Spoken(item.model_copy(update={"decision": OTHER}), 1)
        case ReceivedItem() | SnapshotItem() if item.linked:
            told = [_told("part", part.part, units, reference) for part in item.linked]
            parts = [part.model_copy(update={"part": word}) for part, (word, _) in zip(item.linked, told, strict=True)]
            return _spoken(item.model_copy(update={"linked": tuple(parts)}), [unlisted for _, unlisted in told])
        case _:
            return Spoken(item)


def _step(item: ProgressedItem, units: Sequence[str], reference: ReferenceData) -> Spoken:
    said: dict[str, str] = {}
    others: list[Unlisted | None] = []
    kinds: tuple[tuple[WordKind, str | None], ...] = (("step", item.step), ("department", item.department))
    for kind, words in kinds:
        if words is not None:
            said[kind], unlisted = _told(kind, words, units, reference)
            others.append(unlisted)
    unchanged = said.get("step") == item.step and said.get("department") == item.department
    return _spoken(item if unchanged else item.model_copy(update=said), others)


def _told(kind: WordKind, words: str, units: Sequence[str], reference: ReferenceData) -> tuple[str, Unlisted | None]:
    word = reference.word(kind, words, units)
    if word is not None or words == OTHER:
        return word or OTHER, None
    return OTHER, Unlisted(units[0] if units else "", kind, words[:LONGEST])


def _spoken(item: Item, others: Iterable[Unlisted | None]) -> Spoken:
    unlisted = tuple(other for other in others if other is not None)
    return Spoken(item, len(unlisted), unlisted)
