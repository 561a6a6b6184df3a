"""A clerk corrects how the person of a dossier is reached. What was typed stands in no log and in no answer. No rules here."""

from collections.abc import Mapping
from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from reference import moment
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.sealing import Sealer
from runtime.web import Person, Problem, ProblemError, problem_answers
from services.changes import By
from services.notifier.domain import Dossier
from services.notifier.domain.correcting import CannotCorrectError, Given, correct, faults
from services.notifier.http.people import Clerk
from services.notifier.http.wishes import WishDesk
from services.notifier.jobs import Desk
from services.notifier.store import CODEC

LONGEST = 254  # characters of a field


class ContactGiven(BaseModel):
    """Số điện thoại, thư điện tử đúng của người nộp hồ sơ; để trống thì giữ như cũ."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    phone: str = Field(default="", max_length=LONGEST)
    email: str = Field(default="", max_length=LONGEST)


class Correction(BaseModel):
    """Một lần sửa: ai, lúc nào. Never what it says."""

    at: datetime
    by: str


class Corrections(BaseModel):
    """Các lần cán bộ sửa thông tin liên hệ của một hồ sơ."""

    holds: bool = Field(description="Bản sửa đang được dùng; false: chưa sửa, hoặc hệ thống gửi đã có bản mới hơn.")
    steps: list[Correction]

    @classmethod
    def of(cls, dossier: Dossier) -> "Corrections":
        """In words."""
        known = dossier.known_contact
        steps = [Correction(at=moment(one.at), by=one.by.name) for one in dossier.corrections]
        return cls(holds=known is not None and known.correction > 0, steps=steps)


class ContactDesk:
    """Corrects contacts of dossiers that a person sees. Changes go through intents, so that what was decided is published."""

    def __init__(self, parts: Parts, intents: Intents, desk: Desk, dossiers: WishDesk) -> None:
        self._parts, self._intents, self._desk, self._dossiers = parts, intents, desk, dossiers

    async def correct(self, code: str, given: ContactGiven, person: Person) -> Corrections:
        """Raises ProblemError."""
        await self._dossiers.find(code, person)
        typed = Given(given.phone.strip(), given.email.strip())
        if found := faults(typed):
            errors = [{"pointer": f"/{one.field}", "rule": one.rule, "detail": one.text} for one in found]
            raise ProblemError(Problem("bad-contact", "Thông tin liên hệ chưa đúng", 422, found[0].text, errors))
        ground, by = self._desk.ground(), By(person.name, person.subject)
        try:
            await CODEC.change(
                self._intents, [code], lambda one: correct(one, typed, by, ground, self._seal), self._parts.clock
            )
        except CannotCorrectError as error:
            raise _problem(error) from None
        self._parts.log.info("a contact was corrected", dossier=code, subject=person.subject)
        return Corrections.of(await self._dossiers.find(code, person))

    def _seal(self, epoch: int | None, contact: Mapping[str, str]) -> tuple[int, str]:
        """To the key of the contact so far, which every instance has; else to the newest one here."""
        keys = self._desk.opener.keys
        chosen = epoch if epoch is not None and epoch in keys else max(keys)
        return chosen, Sealer(keys[chosen].public_key, chosen).seal(contact)


def _problem(error: CannotCorrectError) -> ProblemError:
    if error.locked is None:
        return ProblemError(Problem("contact-erased", "Thông tin liên hệ của hồ sơ này đã được xóa theo yêu cầu", 409))
    detail = f"Thiếu khóa mở thông tin liên hệ đợt {error.locked.epoch}. Xin báo người vận hành."
    return ProblemError(Problem("locked", "Chưa mở được thông tin liên hệ của hồ sơ này", 503, detail))


def add_contacts(app: FastAPI, desk: ContactDesk) -> None:
    """The route."""

    @app.post(
        "/v1/messages/of/{dossier}/contact",
        summary="Sửa số điện thoại, thư điện tử của người nộp; được ghi nhật ký",
        response_model=Corrections,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def correct_contact(person: Clerk, dossier: str, given: ContactGiven) -> Corrections:
        return await desk.correct(dossier, given, person)
