"""Reads and changes letters and messages for whoever asks over HTTP. No rules here."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from contracts.letters import UnsentReason
from contracts.notices import RejectReason
from reference import moment
from reference.catalogue import Delegation
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError
from services.changes import Changed
from services.notifier.domain import Dossier, Ground
from services.notifier.domain.answers import AnswerApproval, approve_answer, preview_answer, reject_answer
from services.notifier.domain.letter import By, Letter, Rejected, Sent, Withdrawn
from services.notifier.domain.letter_text import LetterText
from services.notifier.domain.locked import Locked
from services.notifier.domain.preview import addressed, text_of
from services.notifier.domain.receipts import Receipt, on_receipts
from services.notifier.domain.refusals import NotAllowedError
from services.notifier.domain.signing import Approval, approve, preview, reject, take_back
from services.notifier.http.views import LetterView, StepView, history, view
from services.notifier.jobs import Desk
from services.notifier.papers import paper_of, was_signed
from services.notifier.pdf import render
from services.notifier.store import CODEC, LetterState, count_letters, find_about, find_by_client_ids, find_letters, find_one

PAGE = 200
NOT_SIGNED = "BẢN XEM TRƯỚC - CHƯA KÝ"
NO_PAPER = "Bản ký số của thư không còn trong kho"
MISSING = (
    "Chữ ký số chỉ ở trên bản đã phát hành, hệ thống không lập lại một bản không có chữ ký. Xin báo người vận hành tìm bản này"
    " trong bản sao lưu, hoặc dùng bản người dân đã nhận; số và ngày của thư vẫn có trong sổ văn bản đi."
)
ERASED = (
    "Thông tin của người nhận đã được xóa nên bản thư cũng được hủy theo; hệ thống không lập lại một bản không có chữ ký."
    " Số và ngày của thư vẫn có trong sổ văn bản đi."
)


class LetterDesk:
    """What belongs to a unit that a person does not see is not there for this person. Changes go through intents, so that what
    was decided is published even if this process dies."""

    def __init__(self, parts: Parts, intents: Intents, desk: Desk) -> None:
        self._parts, self._intents, self._desk = parts, intents, desk

    def ground(self) -> Ground:
        """What a decision of now may look at."""
        return self._desk.ground()

    def units(self, person: Person) -> dict[str, str]:
        """The units with letters that a person may choose among: code to name."""
        known = self.ground().reference.units
        return {code: unit.name for code, unit in known.items() if unit.letterhead is not None and person.sees(code)}

    async def page(
        self, state: LetterState, after: str, person: Person, unit: str = "", size: int = PAGE
    ) -> tuple[list[LetterView], str]:
        """Letters in a state, of a unit or of all that the person sees, what is to be signed first at the head; and the place
        behind which the next page begins, if any. No personal data."""
        ground = self.ground()
        found = await find_letters(self._parts.store, (state, person.units_of(unit)), size, after)
        views = [view(dossier, dossier.letter, ground) for dossier in found.dossiers if dossier.letter is not None]
        return views, found.after

    async def following(self, letter: LetterView, person: Person, unit: str = "") -> str:
        """The dossier of the next letter that waits for its signer, behind this one or else from the first on; "" if none."""
        for after in (letter.place, ""):
            found, _ = await self.page("drafted", after, person, unit, 2)
            others = [one.dossier for one in found if one.dossier != letter.dossier]
            if others:
                return others[0]
        return ""

    async def waiting(self, person: Person) -> int:
        """How many letters of the person's units wait for their signer."""
        return await count_letters(self._parts.store, "drafted", person.units_of(""))

    async def signed(self, code: str, person: Person) -> LetterView | None:
        """A letter that was signed; None of any other, and of one that the person does not see."""
        known = await self.own_of(code, person)
        return known if known is not None and known.state in ("approved", "issuing", "sent") else None

    async def find(self, code: str, person: Person) -> Dossier | None:
        """A dossier; None if nothing of it is known, or its unit is not the person's."""
        dossier = await find_one(self._parts.store, code)
        return dossier if dossier is not None and any(person.sees(unit) for unit in dossier.units) else None

    async def _find(self, code: str, person: Person) -> tuple[Dossier, Letter]:
        """A dossier and its letter. Raises ProblemError."""
        dossier = await find_one(self._parts.store, code)
        if dossier is None or dossier.letter is None or not person.sees(dossier.letter.draft.unit):
            raise ProblemError(Problem("no-letter", "Hồ sơ, ý kiến này không có thư", 404))
        return dossier, dossier.letter

    async def show(self, code: str, person: Person) -> LetterView:
        """One letter. Raises ProblemError."""
        return view(*await self._find(code, person), self.ground())

    async def history(self, code: str, person: Person) -> list[StepView]:
        """Who decided what about it, and when. Raises ProblemError."""
        return history((await self._find(code, person))[0])

    async def pdf(self, code: str, person: Person) -> bytes:
        """The letter: as it was issued, or a draft as it stands. One that was signed is never set anew without its signature.
        Raises ProblemError."""
        dossier, letter = await self._find(code, person)
        paper = await paper_of(self._parts, self._desk.opener, dossier)
        if isinstance(paper, Locked):
            raise _locked(paper)
        if paper is not None:
            return paper
        if isinstance(letter, Sent) and was_signed(self._desk.signatures, letter):
            raise self._is_gone(code, letter)
        return await asyncio.to_thread(render, self._text(dossier, letter))

    def _is_gone(self, code: str, letter: Sent) -> ProblemError:
        """The signed paper is not there; an alarm, unless its person was erased."""
        if letter.contact is None:
            return ProblemError(Problem("no-paper", NO_PAPER, 410, ERASED))
        self._parts.telemetry.count("signed_papers_missing")
        self._parts.log.error("the signed paper of a letter is not in the store", dossier=code, unit=letter.draft.unit)
        return ProblemError(Problem("no-paper", NO_PAPER, 410, MISSING))

    async def preview(self, code: str, approval: Approval | AnswerApproval, person: Person) -> tuple[LetterText, str]:
        """The very letter that would go if it were signed now, and what an approval of it has to name. Raises ProblemError."""
        dossier, _ = await self._find(code, person)
        try:
            ground = self.ground()
            if isinstance(approval, AnswerApproval):
                seen = preview_answer(dossier, approval, ground)
            else:
                seen = preview(dossier, approval, ground)
        except NotAllowedError as error:
            raise _problem(error) from None
        return replace(self._text(dossier, seen.letter), mark=NOT_SIGNED), seen.digest

    def delegated(self, unit: str) -> Delegation | None:
        """By which delegation another than the head of a unit is printed as who signs, in a letter that is signed today."""
        ground = self.ground()
        known = ground.reference.units.get(unit)
        return None if known is None or known.letterhead is None else known.letterhead.delegated(moment(ground.now_ms).date())

    def _text(self, dossier: Dossier, letter: Letter) -> LetterText:
        ground = self._desk.ground()
        person = addressed(dossier, letter, ground)
        if isinstance(person, Locked):
            raise _locked(person)
        text = text_of(dossier, letter, ground, person)
        if text is None:
            raise ProblemError(Problem("no-letterhead", "Danh mục chưa có thể thức thư của đơn vị này", 409))
        return text

    async def approve(self, code: str, approval: Approval | AnswerApproval, person: Person) -> None:
        """Sign. Raises ProblemError naming the rule."""

        def rule(dossier: Dossier) -> Changed[Dossier]:
            ground = self.ground()
            if isinstance(approval, AnswerApproval):
                return approve_answer(dossier, approval, ground)
            return approve(dossier, approval, ground)

        await self._change(code, person, rule)

    async def reject(self, code: str, reason: RejectReason, person: Person) -> None:
        """Do not send. Raises ProblemError naming the rule."""
        await self._change(code, person, lambda dossier: reject(dossier, reason, person.name, self.ground(), person.subject))

    async def reject_answer(self, code: str, reason: UnsentReason, person: Person) -> None:
        """Do not send what answers a petition. Raises ProblemError naming the rule; R17 if no letter of the dossier says it."""
        _, letter = await self._find(code, person)
        if reason == "covered" and letter.draft.about is not None and not await self._has_letter(letter.draft.about):
            text = f"Hồ sơ {letter.draft.about} không có thư xin lỗi nào đang chờ ký hoặc đã gửi để nói thay."
            raise _problem(NotAllowedError("R17", text))
        rule = partial(reject_answer, reason=reason, by=person.name, subject=person.subject)
        await self._change(code, person, lambda dossier: rule(dossier, ground=self.ground()))

    async def _has_letter(self, code: str) -> bool:
        dossier = await find_one(self._parts.store, code)
        return dossier is not None and not isinstance(dossier.letter, Rejected | Withdrawn | None)

    async def own_of(self, code: str, person: Person) -> LetterView | None:
        """The letter of a dossier itself, for people of its unit; None if there is none."""
        dossier = await find_one(self._parts.store, code)
        letter = None if dossier is None else dossier.letter
        if dossier is None or letter is None or not person.sees(letter.draft.unit):
            return None
        return view(dossier, letter, self.ground())

    async def about(self, code: str, person: Person) -> list[LetterView]:
        """The letters that answer petitions about an error in a dossier, of the units of the person."""
        found, ground = await find_about(self._parts.store, code), self.ground()
        views = [view(one, one.letter, ground) for one in found if one.letter is not None]
        return [one for one in views if person.sees(one.unit)]

    async def take_back(self, code: str, person: Person) -> None:
        """Do send after all. Raises ProblemError naming the rule."""
        await self._change(code, person, lambda dossier: take_back(dossier, By(person.name, person.subject), self.ground()))

    async def _change(self, code: str, person: Person, rule: Callable[[Dossier], Changed[Dossier]]) -> None:
        await self._find(code, person)
        try:
            await CODEC.change(self._intents, [code], rule, self._parts.clock)
        except NotAllowedError as error:
            raise _problem(error) from None

    async def receipts(self, receipts: Mapping[str, Receipt]) -> int:
        """Note what the gateway reports, by client id. Returns how many dossiers it concerns."""
        codes = await find_by_client_ids(self._parts.store, list(receipts))
        rule = partial(on_receipts, receipts=receipts, ground=self.ground())
        await CODEC.change(self._intents, codes, rule, self._parts.clock)
        return len(codes)


def _locked(by: Locked) -> ProblemError:
    detail = f"Thiếu khóa mở thông tin liên hệ đợt {by.epoch}. Thư không mất; xin báo người vận hành."
    return ProblemError(Problem("locked", "Chưa mở được tên và địa chỉ người nhận", 503, detail))


def _problem(error: NotAllowedError) -> ProblemError:
    errors = [{"pointer": "", "rule": error.rule, "detail": error.text}]
    return ProblemError(Problem("not-allowed", "Chưa ký được thư này", 409, error.text, errors))
