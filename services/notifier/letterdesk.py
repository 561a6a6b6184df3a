"""The letter desk: what its page and its API show, the text for the PDF, and what signers and the gateway tell it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from contracts.facts import first_standing
from contracts.notices import RejectReason
from reference import moment
from runtime.intents import Decide, Intents
from runtime.outputs import Decision
from runtime.parts import Parts
from runtime.sealing import Opener
from runtime.store import Document, In
from runtime.web import Problem, ProblemError
from services.notifier.domain.letter import REASONS, Decided, LetterText, Subject, compose
from services.notifier.domain.sms import symbol
from services.notifier.handlers.common import Context
from services.notifier.handlers.letters import Approval, NotAllowedError, approve, person_of, reject, was_promised_anew
from services.notifier.handlers.messages import APOLOGY, RESULT, SURVEY, client_id, on_receipt
from services.notifier.pdf import render
from services.notifier.sending import Desk
from services.notifier.store import DOSSIERS

STATES = {
    "drafted": "Chờ ký",
    "approved": "Đã ký, chờ cấp ngày hẹn",
    "issuing": "Chờ cấp số",
    "sent": "Đã gửi",
    "rejected": "Không gửi",
    "withdrawn": "Đã rút",
}
PAGE = 200


class LetterDesk:
    """Reads and changes letters through intents, so that what was decided is published even if this process dies."""

    def __init__(self, parts: Parts, intents: Intents, desk: Desk) -> None:
        self.parts, self._intents, self._opener, self.context = parts, intents, desk.opener, desk.context

    async def page(self, state: str, after: str) -> list[dict[str, Any]]:
        """Letters in a state, by dossier code, at most a page of them. No personal data."""
        where, place = {"letter.s": state}, (after, after) if after else None
        found = await self.parts.store.find(DOSSIERS, where, limit=PAGE, after=place)
        return [view(document, self.context) for document in found]

    async def document(self, dossier: str) -> Document:
        """A dossier that has a letter. Raises ProblemError."""
        document = (await self.parts.store.get_many(DOSSIERS, [dossier])).get(dossier)
        if document is None or "letter" not in document:
            raise ProblemError(Problem("no-letter", "Hồ sơ này không có thư xin lỗi", 404))
        return document

    async def show(self, dossier: str) -> dict[str, Any]:
        """One letter. Raises ProblemError."""
        return view(await self.document(dossier), self.context)

    async def pdf(self, dossier: str) -> bytes:
        """The letter, draft or issued. Raises ProblemError."""
        text = text_of(await self.document(dossier), self._opener, self.context)
        if text is None:
            raise ProblemError(Problem("no-letterhead", "Danh mục chưa có thể thức thư của đơn vị này", 409))
        return render(text)

    async def approve(self, dossier: str, approval: Approval) -> None:
        """Sign. Raises ProblemError naming the rule."""
        await self._change(dossier, lambda document: approve(document, approval, self.context))

    async def reject(self, dossier: str, reason: RejectReason, by: str) -> None:
        """Do not send. Raises ProblemError naming the rule."""
        await self._change(dossier, lambda document: reject(document, reason, by, self.context))

    async def _change(self, dossier: str, decide: Decide) -> None:
        await self.document(dossier)
        try:
            await self._intents.apply([dossier], decide)
        except NotAllowedError as error:
            errors = [{"pointer": "", "rule": error.rule, "detail": error.text}]
            raise ProblemError(Problem("not-allowed", "Chưa ký được thư này", 409, error.text, errors)) from None

    async def receipts(self, by_id: Mapping[str, bool]) -> int:
        """Note what the gateway reports, by client id: delivered or not. Returns how many dossiers it concerns."""
        found = await self.parts.store.find(DOSSIERS, {"client_ids": In(tuple(by_id))}, limit=len(by_id))

        def decide(document: Document) -> Decision:
            decision = Decision(document)
            for name in (RESULT, APOLOGY, SURVEY):
                delivered = by_id.get(client_id(document["_id"], name))
                if delivered is not None:
                    more = on_receipt(decision.document, name, delivered=delivered, context=self.context)
                    decision = Decision(more.document, [*decision.outputs, *more.outputs])
            return decision

        ids = [document["_id"] for document in found]
        await self._intents.apply(ids, decide)
        return len(ids)


def view(document: Document, context: Context) -> dict[str, Any]:
    """One letter for the page and the API. No personal data."""
    letter, reference = document["letter"], context.reference
    received = first_standing(document.get("facts", {}), "received") or {}
    unit, procedure = reference.units.get(letter["unit"]), reference.procedures.get(received.get("procedure", ""))
    ended = document.get("settled", {}).get("outcome", "open") != "open"
    refusal = letter.get("refusal")
    return {
        "dossier": document["_id"],
        "unit": letter["unit"],
        "unit_name": unit.name if unit else letter["unit"],
        "procedure_name": procedure.name if procedure else received.get("procedure", ""),
        "state": letter["s"],
        "state_name": STATES[letter["s"]],
        "received_at": _time(received.get("at")),
        "due_at": _time(document.get("deadline", {}).get("due", letter["due"]) if letter["s"] == "drafted" else letter["due"]),
        "sign_by": _time(letter.get("sign_by")),
        "new_due_at": _time(letter.get("new_due", letter.get("granted"))),
        "remark": letter.get("remark", ""),
        "reason_name": REASONS[letter["reason"]] if "reason" in letter else "",
        "symbol": symbol(letter["number"]) if "number" in letter else "",
        "refusal": f"{refusal[1]} ({refusal[0]})" if refusal else "",
        "needs_date": not ended and "granted" not in letter and not was_promised_anew(letter),
        "signer": unit.letterhead.on(context.clock.now().date()).signer if unit and unit.letterhead else "",
    }


def text_of(document: Document, opener: Opener, context: Context) -> LetterText | None:
    """The letter in full, with name and address; None if the unit has no letterhead or the reception is unknown."""
    letter, reference = document["letter"], context.reference
    received, unit = first_standing(document.get("facts", {}), "received"), reference.units.get(letter["unit"])
    if received is None or unit is None or unit.letterhead is None:
        return None
    procedure = reference.procedures.get(received["procedure"])
    completed = first_standing(document.get("facts", {}), "completed")
    subject = Subject(
        dossier=document["_id"],
        procedure=procedure.name if procedure else received["procedure"],
        received_at=moment(received["at"]),
        due_at=moment(letter["due"]),
        ended_at=moment(completed["at"])
        if completed is not None and completed["at"] <= letter.get("sent_at", 1 << 60)
        else None,
    )
    decided = Decided(
        reason=letter.get("reason"),
        note=letter.get("note", ""),
        new_due_at=_time(letter.get("new_due")),
        number=letter.get("number"),
        at=_time(letter.get("sent_at")),
    )
    contact = person_of(document)
    person = opener.open(contact["epoch"], contact["sealed"]) if contact else {}
    day = decided.at or context.clock.now()
    return compose(unit.letterhead.on(day.date()), reference.province, subject, person, decided)


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else moment(ms)
