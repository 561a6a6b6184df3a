"""What the front asks notifier for the digests that it sends to units (decision 25): which letters wait for their signer, for a
printer, for a word of what became of them."""

from datetime import date, datetime

from fastapi import FastAPI
from pydantic import BaseModel

from reference import OFFICE_TIME, moment, moment_or_none
from runtime.parts import Parts
from runtime.web import by_duty, problem_answers
from services.notifier.domain.on_paper import long_out, printed_at
from services.notifier.jobs import Desk
from services.notifier.store import count_letters, count_printed, count_wanted, find_letters, find_on_paper

LINES = 50  # behind them only the number is said


class DigestLetter(BaseModel):
    """Một thư chờ ký. No personal data."""

    dossier: str
    sign_by: datetime | None


class DigestPaper(BaseModel):
    """Một thư đã in mà chưa ai ghi kết quả. No personal data."""

    dossier: str
    printed_on: date


class DigestPapers(BaseModel):
    """Thư đã in từ `days` ngày trở lên mà chưa ai ghi kết quả: có bao nhiêu, và một số trong đó."""

    days: int
    total: int
    lines: list[DigestPaper]


class DigestLetters(BaseModel):
    """Thư chờ ký của một đơn vị: có bao nhiêu, và một số trong đó; bao nhiêu thư phải in; thư đã in lâu."""

    total: int
    lines: list[DigestLetter]
    to_print: int
    unsaid: DigestPapers


def add_digests(app: FastAPI, parts: Parts, desk: Desk) -> None:
    """Add it."""

    @app.get(
        "/v1/digests/{unit}",
        summary="Thư tổng hợp: thư chờ ký, phải in, đã in lâu của một đơn vị",
        response_model=DigestLetters,
        dependencies=[by_duty("digests")],
        responses=problem_answers(422, 503),
    )
    async def letters(unit: str) -> DigestLetters:
        total = await count_letters(parts.store, "drafted", (unit,))
        page = await find_letters(parts.store, ("drafted", (unit,)), LINES, "") if total else None
        found = () if page is None else page.dossiers
        waiting = [(dossier.code, dossier.letter.draft.sign_by) for dossier in found if dossier.letter is not None]
        lines = [DigestLetter(dossier=code, sign_by=moment_or_none(sign_by)) for code, sign_by in waiting]
        to_print = await count_wanted(parts.store, (unit,))
        return DigestLetters(total=total, lines=lines, to_print=to_print, unsaid=await _unsaid(parts, desk, unit))


async def _unsaid(parts: Parts, desk: Desk, unit: str) -> DigestPapers:
    days = desk.settings.paper_days
    until = long_out(parts.clock.now(), days)
    total = (await count_printed(parts.store, until, (unit,))).get(unit, 0)
    found = (await find_on_paper(parts.store, "printed", unit, LINES, "")).dossiers if total else []
    printed = [(dossier.code, at) for dossier in found if (at := printed_at(dossier)) is not None and at <= until]
    lines = [DigestPaper(dossier=code, printed_on=moment(at).astimezone(OFFICE_TIME).date()) for code, at in printed]
    return DigestPapers(days=days, total=total, lines=lines)
