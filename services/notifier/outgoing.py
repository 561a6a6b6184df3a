"""The register of outgoing letters (sổ văn bản đi) of a body and year, line by line, with the numbers that are missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reference import moment
from runtime.store import Documents
from services.notifier.domain import Dossier
from services.notifier.domain.answer_text import TITLES, answer_symbol
from services.notifier.domain.letter import Sent
from services.notifier.domain.letter_text import TITLE, symbol
from services.notifier.store import Entry, find_entries, find_many

PAGE = 200
ISSUED, BOUND = "Đã ban hành", "Đã cấp số, đang ban hành"
NOT_KEPT = "(không còn lưu)"


@dataclass(frozen=True, slots=True)
class Line:
    """One number. `dossier`: whom it went to, as the code of a dossier or a petition; names are on the letter alone. `missing`:
    numbers below it that nobody has, which a register never shows unless it was damaged (R22)."""

    number: int
    symbol: str
    at: datetime | None
    kind: str
    dossier: str
    signer: str
    state: str
    missing: tuple[int, ...] = ()


async def read_lines(store: Documents, unit: str, year: int, after: int = 0, size: int = PAGE) -> list[Line]:
    """The lines behind a number, in order; as many as were asked for if there are more. Raises Unavailable."""
    entries = await find_entries(store, f"{unit}/{year}", size, after)
    dossiers = {dossier.code: dossier for dossier in await find_many(store, [entry.dossier for entry in entries])}
    before = [after, *(entry.number for entry in entries)]
    return [_line(entry, dossiers.get(entry.dossier), last) for entry, last in zip(entries, before, strict=False)]


async def read_all(store: Documents, unit: str, year: int) -> list[Line]:
    """The whole register of a body and year. Raises Unavailable."""
    lines: list[Line] = []
    while found := await read_lines(store, unit, year, lines[-1].number if lines else 0, 1_000):
        lines += found
    return lines


def missing_in(lines: Sequence[Line]) -> list[str]:
    """The holes of a register in words: `07`, `12 đến 15`."""
    holes = [line.missing for line in lines if line.missing]
    return [f"{hole[0]:02d}" if len(hole) == 1 else f"{hole[0]:02d} đến {hole[-1]:02d}" for hole in holes]


def _line(entry: Entry, dossier: Dossier | None, last: int) -> Line:
    letter = None if dossier is None else dossier.letter
    sent = letter if isinstance(letter, Sent) and (letter.number, letter.year) == (entry.number, entry.year) else None
    signed, kind = None if sent is None else sent.signed, None if letter is None else letter.draft.answers
    return Line(
        number=entry.number,
        symbol=symbol(entry.number) if kind is None else answer_symbol(kind, entry.number),
        at=None if sent is None else moment(sent.at),
        kind=TITLE if kind is None else TITLES[kind],
        dossier=entry.dossier,
        signer=(signed.by if signed is not None else None) or (NOT_KEPT if sent is not None else ""),
        state=BOUND if sent is None else ISSUED,
        missing=tuple(range(last + 1, entry.number)),
    )
