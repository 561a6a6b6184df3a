"""What the front asks notifier for the digests that it sends to units (decision 25): which letters wait for their signer."""

from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel

from reference import moment_or_none
from runtime.parts import Parts
from runtime.web import by_duty, problem_answers
from services.notifier.store import count_letters, find_letters

LINES = 50  # behind them only the number is said


class DigestLetter(BaseModel):
    """Một thư chờ ký. No personal data."""

    dossier: str
    sign_by: datetime | None


class DigestLetters(BaseModel):
    """Thư chờ ký của một đơn vị: có bao nhiêu, và một số trong đó."""

    total: int
    lines: list[DigestLetter]


def add_digests(app: FastAPI, parts: Parts) -> None:
    """Add it."""

    @app.get(
        "/v1/digests/{unit}",
        summary="Thư tổng hợp: thư chờ ký của một đơn vị",
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
        return DigestLetters(total=total, lines=lines)
