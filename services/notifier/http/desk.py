"""Reads and changes letters and messages for whoever asks over HTTP. No rules here."""

from collections.abc import Callable, Mapping
from functools import partial

from contracts.notices import RejectReason
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError
from services.changes import Changed
from services.notifier.domain import Dossier, Ground
from services.notifier.domain.apologies import Approval, NotAllowedError, approve, reject
from services.notifier.domain.letter import Letter
from services.notifier.domain.locked import Locked
from services.notifier.domain.receipts import Receipt, on_receipts
from services.notifier.http.views import LetterView, text_of, view
from services.notifier.jobs import Desk
from services.notifier.pdf import render
from services.notifier.store import CODEC, LetterState, find_by_client_ids, find_letters, find_one

PAGE = 200


class LetterDesk:
    """What belongs to a unit that a person does not see is not there for this person. Changes go through intents, so that what
    was decided is published even if this process dies."""

    def __init__(self, parts: Parts, intents: Intents, desk: Desk) -> None:
        self._parts, self._intents, self._desk = parts, intents, desk

    def ground(self) -> Ground:
        """What a decision of now may look at."""
        return self._desk.context.ground()

    async def page(self, state: LetterState, after: str, person: Person) -> tuple[list[LetterView], str]:
        """Letters in a state, by dossier code, and the code behind which the next page begins, if any. No personal data."""
        ground, found = self.ground(), await find_letters(self._parts.store, (state, person.units_of()), PAGE, after)
        views = [view(dossier, dossier.letter, ground) for dossier in found.dossiers if dossier.letter is not None]
        return views, found.after

    async def find(self, code: str, person: Person) -> Dossier | None:
        """A dossier; None if nothing of it is known, or its unit is not the person's."""
        dossier = await find_one(self._parts.store, code)
        return dossier if dossier is not None and any(person.sees(unit) for unit in dossier.units) else None

    async def _find(self, code: str, person: Person) -> tuple[Dossier, Letter]:
        """A dossier and its letter. Raises ProblemError."""
        dossier = await find_one(self._parts.store, code)
        if dossier is None or dossier.letter is None or not person.sees(dossier.letter.draft.unit):
            raise ProblemError(Problem("no-letter", "Hồ sơ này không có thư xin lỗi", 404))
        return dossier, dossier.letter

    async def show(self, code: str, person: Person) -> LetterView:
        """One letter. Raises ProblemError."""
        return view(*await self._find(code, person), self.ground())

    async def pdf(self, code: str, person: Person) -> bytes:
        """The letter, draft or issued. Raises ProblemError."""
        text = text_of(*await self._find(code, person), self._desk.ground())
        if text is None:
            raise ProblemError(Problem("no-letterhead", "Danh mục chưa có thể thức thư của đơn vị này", 409))
        if isinstance(text, Locked):
            detail = f"Thiếu khóa mở thông tin liên hệ đợt {text.epoch}. Thư không mất; xin báo người vận hành."
            raise ProblemError(Problem("locked", "Chưa mở được tên và địa chỉ người nhận", 503, detail))
        return render(text)

    async def approve(self, code: str, approval: Approval, person: Person) -> None:
        """Sign. Raises ProblemError naming the rule."""
        await self._change(code, person, lambda dossier: approve(dossier, approval, self.ground()))

    async def reject(self, code: str, reason: RejectReason, person: Person) -> None:
        """Do not send. Raises ProblemError naming the rule."""
        await self._change(code, person, lambda dossier: reject(dossier, reason, person.name, self.ground(), person.subject))

    async def _change(self, code: str, person: Person, rule: Callable[[Dossier], Changed[Dossier]]) -> None:
        await self._find(code, person)
        try:
            await CODEC.change(self._intents, [code], rule, self._parts.clock)
        except NotAllowedError as error:
            errors = [{"pointer": "", "rule": error.rule, "detail": error.text}]
            raise ProblemError(Problem("not-allowed", "Chưa ký được thư này", 409, error.text, errors)) from None

    async def receipts(self, receipts: Mapping[str, Receipt]) -> int:
        """Note what the gateway reports, by client id. Returns how many dossiers it concerns."""
        codes = await find_by_client_ids(self._parts.store, list(receipts))
        rule = partial(on_receipts, receipts=receipts, ground=self.ground())
        await CODEC.change(self._intents, codes, rule, self._parts.clock)
        return len(codes)
