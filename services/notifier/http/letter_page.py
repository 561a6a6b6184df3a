"""One letter as a page: look at what would be sent, sign it, do not send it, take that back. No rules here."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import Depends, FastAPI, Form, Query, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from contracts.letters import UnsentReason
from contracts.notices import LateReason, RejectReason
from reference import OFFICE_TIME
from reference.derivation import say_instant
from runtime.pages import Pages
from runtime.web import Person, Problem, ProblemError, Role, also, problem_answers
from services.notifier.domain.answer_text import UNSENT
from services.notifier.domain.answers import AnswerApproval
from services.notifier.domain.letter_text import REASONS, REJECTIONS
from services.notifier.domain.refusals import NOTE_MAX
from services.notifier.domain.signing import Approval
from services.notifier.http.desk import LetterDesk
from services.notifier.http.people import NAME_READERS, Reader, Signer
from services.notifier.http.views import LetterView
from services.notifier.pdf import render

SIGNED = also(problem_answers(404, 422, 503), 409, "text/html")
SHOWN = also(SIGNED, 200, "application/pdf")
FORM_MAX = 4 * NOTE_MAX  # letters of a field of a form; what is longer is no form of ours
Field = Annotated[str, Form(max_length=FORM_MAX)]


@dataclass(frozen=True, slots=True)
class Given:
    """What a signer filled in, as it was typed; of a letter that answers a petition `note`, `done` and `numbered`."""

    reason: str = ""
    note: str = ""
    new_due_at: str = ""
    done: str = ""
    numbered: str = ""

    def approval(self, letter: LetterView, person: Person, previewed: str = "") -> Approval | AnswerApproval:
        """As it is decided by. Raises ProblemError in words."""
        if letter.kind != "late":
            numbered = self.numbered == "yes"
            return AnswerApproval(person.name, self.note, self.done, numbered, person.subject, previewed)
        reason: LateReason | None = next((known for known in REASONS if known == self.reason), None)
        if reason is None:
            raise _refused("Chọn một lý do chậm; lý do được in trong thư.")
        return Approval(reason, person.name, self.note, self._date(letter), person.subject, previewed)

    def _date(self, letter: LetterView) -> datetime | None:
        if not self.new_due_at.strip():
            return None
        try:
            given = datetime.fromisoformat(self.new_due_at.strip())
        except ValueError:
            near = f" Gần nhất có thể hẹn: {say_instant(letter.proposed.first)}." if letter.proposed else ""
            raise _refused(f"Không đọc được thời gian hẹn lại; ghi đủ ngày, tháng, năm, giờ, phút.{near}") from None
        return given if given.tzinfo is not None else given.replace(tzinfo=OFFICE_TIME)


def _refused(words: str) -> ProblemError:
    return ProblemError(Problem("not-allowed", "Chưa ký được thư này", 409, words))


def _filled(reason: Field = "", note: Field = "", new_due_at: Field = "", done: Field = "", numbered: Field = "") -> Given:
    return Given(reason, note, new_due_at, done, numbered)


Filled = Annotated[Given, Depends(_filled)]


class LetterPages:
    """The page of a letter, as it is shown to a person."""

    def __init__(self, desk: LetterDesk, pages: Pages) -> None:
        self._desk, self._pages = desk, pages

    async def show(
        self, code: str, person: Person, problem: str = "", given: Given | None = None, signed: str = ""
    ) -> Response:
        """The letter with its forms; 409 if something was refused. `signed`: the code of the one before it, which this person
        signed just now. Raises ProblemError."""
        before = await self._desk.signed(signed, person) if signed else None
        return await self._page(
            code, person, {"problem": problem, "given": given, "text": None, "digest": "", "signed": before}
        )

    async def preview(self, code: str, person: Person, given: Given, problem: str = "") -> Response:
        """The very letter, to be signed; the forms with what is wrong if it cannot go. Raises ProblemError for no letter."""
        letter = await self._desk.show(code, person)
        try:
            text, digest = await self._desk.preview(code, given.approval(letter, person), person)
        except ProblemError as error:
            return await self._refusal(code, person, error, given)
        shown = {"problem": problem, "given": given, "text": text, "digest": digest, "signed": None}
        return await self._page(code, person, shown)

    async def preview_pdf(self, code: str, person: Person, given: Given) -> Response:
        """The same as PDF."""
        letter = await self._desk.show(code, person)
        try:
            text, _ = await self._desk.preview(code, given.approval(letter, person), person)
        except ProblemError as error:
            return await self._refusal(code, person, error, given)
        headers = {"content-disposition": f'inline; filename="xem-truoc-{code}.pdf"', "cache-control": "no-store"}
        return Response(await asyncio.to_thread(render, text), media_type="application/pdf", headers=headers)

    async def sign(self, code: str, person: Person, given: Given, previewed: str, *, onward: bool) -> Response:
        """Sign what was seen; `onward`: and show the next letter that waits. What changed meanwhile is shown again, with
        words."""
        letter = await self._desk.show(code, person)
        try:
            await self._desk.approve(code, given.approval(letter, person, previewed), person)
        except ProblemError as error:
            if _rule(error) == "preview":
                return await self.preview(code, person, given, error.problem.detail or "")
            return await self._refusal(code, person, error, given)
        following = await self._desk.following(letter, person) if onward else ""
        return RedirectResponse(f"/letters/{following}?signed={code}" if following else f"/letters/{code}", 303)

    async def reject(self, code: str, person: Person, reason: str, confirmed: str) -> Response:
        """Do not send, for a reason and if it was confirmed."""
        letter = await self._desk.show(code, person)
        if letter.kind == "late":
            why: RejectReason | None = next((known for known in REJECTIONS if known == reason), None)
            decide = None if why is None else partial(self._desk.reject, code, why, person)
        else:
            unsent: UnsentReason | None = next((known for known in UNSENT if known == reason), None)
            decide = None if unsent is None else partial(self._desk.reject_answer, code, unsent, person)
        if decide is None:
            return await self.show(code, person, "Chọn lý do không gửi thư.")
        if confirmed != "yes":
            return await self.show(code, person, "Đánh dấu vào ô xác nhận thì mới ghi quyết định không gửi.")
        try:
            await decide()
        except ProblemError as error:
            return await self._refusal(code, person, error)
        return RedirectResponse(f"/letters/{code}", 303)

    async def take_back(self, code: str, person: Person) -> Response:
        """Do send after all."""
        try:
            await self._desk.take_back(code, person)
        except ProblemError as error:
            return await self._refusal(code, person, error)
        return RedirectResponse(f"/letters/{code}", 303)

    async def _refusal(self, code: str, person: Person, error: ProblemError, given: Given | None = None) -> Response:
        """What is not there stays so (404); anything else is said above the forms."""
        if error.problem.status != 409:
            raise error
        return await self.show(code, person, error.problem.detail or error.problem.title, given)

    async def _page(self, code: str, person: Person, words: dict[str, object]) -> Response:
        letter = await self._desk.show(code, person)
        proposed = f"{letter.proposed_at:%Y-%m-%dT%H:%M}" if letter.proposed_at else ""
        shown = {
            **words,
            "given": words["given"] or Given(new_due_at=proposed),
            "letter": letter,
            "delegated": self._desk.delegated(letter.unit),
            "history": await self._desk.history(code, person),
            "following": await self._desk.following(letter, person),
            "waiting": await self._desk.waiting(person),
            "reasons": REASONS,
            "rejections": REJECTIONS if letter.kind == "late" else _unsent(letter),
            "about": await self._desk.about(code, person) if letter.kind == "late" else [],
            "own": await self._desk.own_of(letter.about, person) if letter.about else None,
            "note_max": NOTE_MAX,
            "signs": person.may(Role.SIGNER),
            "in_full": person.may(*NAME_READERS),
            "clerk": person.may(Role.OFFICER, Role.UNIT_HEAD),  # who may read petitions
        }
        template = "letter.html" if letter.kind == "late" else "answer.html"
        return self._pages.show(template, shown, 409 if words["problem"] else 200, person)


def _unsent(letter: LetterView) -> dict[UnsentReason, str]:
    """Why a letter that answers a petition may stay unsent; only the letter of a dossier can say it instead (R17)."""
    return {code: words for code, words in UNSENT.items() if code != "covered" or letter.about}


def _rule(error: ProblemError) -> str:
    return next((str(one.get("rule", "")) for one in error.problem.errors or ()), "")


def add_letter(app: FastAPI, desk: LetterDesk, pages: Pages) -> None:
    """The routes of one letter."""
    shown = LetterPages(desk, pages)
    _add_signing(app, shown)
    _add_refusing(app, shown)


def _add_signing(app: FastAPI, shown: LetterPages) -> None:
    @app.get(
        "/letters/{dossier}", response_class=HTMLResponse, summary="Trang: một thư", responses=problem_answers(404, 422, 503)
    )
    async def letter(person: Reader, dossier: str, signed: Annotated[str, Query(max_length=64)] = "") -> Response:
        return await shown.show(dossier, person, signed=signed)

    @app.post("/letters/{dossier}/preview", response_class=HTMLResponse, summary="Trang: xem thư sẽ gửi", responses=SIGNED)
    async def preview(person: Signer, dossier: str, given: Filled) -> Response:
        return await shown.preview(dossier, person, given)

    @app.post("/letters/{dossier}/preview.pdf", response_class=Response, summary="Thư sẽ gửi, dạng PDF", responses=SHOWN)
    async def preview_pdf(person: Signer, dossier: str, given: Filled) -> Response:
        return await shown.preview_pdf(dossier, person, given)

    @app.post(
        "/letters/{dossier}/approval",
        status_code=303,
        response_class=Response,
        summary="Trang: ký thư đã xem",
        responses=SIGNED,
    )
    async def sign(person: Signer, dossier: str, given: Filled, previewed: Field = "", onward: Field = "") -> Response:
        return await shown.sign(dossier, person, given, previewed, onward=onward == "yes")


def _add_refusing(app: FastAPI, shown: LetterPages) -> None:
    @app.post(
        "/letters/{dossier}/rejection",
        status_code=303,
        response_class=Response,
        summary="Trang: không gửi thư",
        responses=SIGNED,
    )
    async def refuse(person: Signer, dossier: str, reason: Field = "", confirmed: Field = "") -> Response:
        return await shown.reject(dossier, person, reason, confirmed)

    @app.post(
        "/letters/{dossier}/taking-back",
        status_code=303,
        response_class=Response,
        summary="Trang: rút lại quyết định không gửi",
        responses=SIGNED,
    )
    async def take_back(person: Signer, dossier: str) -> Response:
        return await shown.take_back(dossier, person)
