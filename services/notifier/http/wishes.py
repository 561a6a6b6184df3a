"""Wishes to be sent no messages that nobody has to send (R29): of a desk, by dossier or by number, and of who answers an SMS.
No rules here."""

from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field

from contracts.facts import epoch_ms
from reference import moment
from reference.phones import mobile
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError, problem_answers
from services.changes import By
from services.notifier.domain import Dossier
from services.notifier.domain.locked import Locked
from services.notifier.domain.wishes import Source, Wishes, WishStep
from services.notifier.heeding import number_of, wish_book
from services.notifier.http.people import Clerk, Reader
from services.notifier.jobs import Desk
from services.notifier.store import find_one

SOURCES: dict[Source, str] = {
    "survey": "trên phiếu khảo sát",
    "sms": "bằng tin nhắn trả lời",
    "desk": "cán bộ ghi nhận",
}


class WishStepSaid(BaseModel):
    """Một lần người dân từ chối, hoặc nhận lại, tin tùy chọn."""

    at: datetime
    stop: bool
    source: Source
    source_name: str
    dossier: str = Field(description="Qua hồ sơ nào; trống: không qua hồ sơ nào.")
    by: str = Field(description="Ai ghi nhận; trống: người dân tự báo.")


class WishesSaid(BaseModel):
    """Người nộp hồ sơ có nhận tin tùy chọn (mời đánh giá, báo đã tiếp nhận) không. Neither name nor number."""

    known: bool = Field(description="Có số điện thoại để biết; false: chưa biết người này muốn gì.")
    stopped: bool
    steps: list[WishStepSaid]

    @classmethod
    def of(cls, wishes: Wishes | None) -> "WishesSaid":
        """In words."""
        steps = () if wishes is None else wishes.steps
        return cls(
            known=wishes is not None,
            stopped=wishes is not None and wishes.stopped,
            steps=[
                WishStepSaid(
                    at=moment(step.at),
                    stop=step.stop,
                    source=step.source,
                    source_name=SOURCES[step.source],
                    dossier=step.dossier,
                    by="" if step.by is None else step.by.name,
                )
                for step in steps
            ],
        )


class WishGiven(BaseModel):
    """Người dân muốn gì. stop: không nhận tin tùy chọn nữa; false: nhận lại."""

    model_config = ConfigDict(extra="forbid")

    stop: bool


class WishOfNumber(WishGiven):
    """Của một số điện thoại, khi người dân báo mà không qua hồ sơ nào."""

    phone: str = Field(max_length=40)


class WishDesk:
    """What belongs to a unit that a person does not see is not there for this person."""

    def __init__(self, parts: Parts, desk: Desk) -> None:
        self._parts, self._desk, self._book = parts, desk, wish_book(parts, desk.settings)

    async def find(self, code: str, person: Person) -> Dossier:
        """A dossier of a unit that the person sees. Raises ProblemError."""
        dossier = await find_one(self._parts.store, code)
        if dossier is None or not any(person.sees(unit) for unit in dossier.units):
            raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này", 404))
        return dossier

    async def of(self, dossier: Dossier) -> WishesSaid:
        """What the person of a dossier wants. Raises Unavailable."""
        number = number_of(dossier, self._desk.ground())
        return WishesSaid.of(await self._book.of(number) if isinstance(number, str) and number else None)

    async def by_desk(self, code: str, person: Person, *, stop: bool) -> None:
        """The person of a dossier told a clerk. Raises ProblemError."""
        number = number_of(await self.find(code, person), self._desk.ground())
        if isinstance(number, Locked):
            detail = f"Thiếu khóa mở thông tin liên hệ đợt {number.epoch}. Xin báo người vận hành."
            raise ProblemError(Problem("locked", "Chưa mở được số điện thoại của hồ sơ này", 503, detail))
        if not number:
            raise ProblemError(Problem("no-mobile-number", "Hồ sơ này không có số điện thoại di động", 409))
        await self._enter(number, stop, code, By(person.name, person.subject))
        self._parts.log.info("a stop wish was set at the desk", dossier=code, stop=stop, subject=person.subject)

    async def of_number(self, wanted: WishOfNumber, person: Person) -> WishesSaid:
        """Somebody told a clerk a number and no dossier. Raises ProblemError."""
        number = mobile(wanted.phone)
        if not number:
            errors = [{"pointer": "/phone", "rule": "R26", "detail": "cần một số điện thoại di động của Việt Nam"}]
            raise ProblemError(Problem("no-mobile-number", "Không phải số điện thoại di động", 422, "", errors))
        wishes = await self._enter(number, wanted.stop, "", By(person.name, person.subject))
        self._parts.log.info("a stop wish was set at the desk", stop=wanted.stop, subject=person.subject)
        return WishesSaid.of(wishes)

    async def by_reply(self, sender: str, *, stop: bool) -> bool:
        """Somebody answered a message; whether the number is one. Raises Unavailable."""
        number = mobile(sender)
        if not number:
            self._parts.log.warning("an answer came from no mobile number")
            return False
        step = WishStep(self._parts.machine.new_id(), self._now(), stop, "sms")
        await self._book.enter(number, step)
        self._parts.log.info("a stop wish came by SMS", stop=stop)
        return True

    async def _enter(self, number: str, stop: bool, code: str, by: By) -> Wishes:
        return await self._book.enter(number, WishStep(self._parts.machine.new_id(), self._now(), stop, "desk", code, by))

    def _now(self) -> int:
        return epoch_ms(self._parts.clock.now())


def add_wishes(app: FastAPI, desk: WishDesk) -> None:
    """The routes."""

    @app.get(
        "/v1/messages/of/{dossier}/stop-wish",
        summary="Người nộp hồ sơ có nhận tin tùy chọn không",
        response_model=WishesSaid,
        responses=problem_answers(404, 422, 503),
    )
    async def wishes(person: Reader, dossier: str) -> WishesSaid:
        return await desk.of(await desk.find(dossier, person))

    @app.post(
        "/v1/messages/of/{dossier}/stop-wish",
        summary="Ghi nhận: người nộp hồ sơ không nhận tin tùy chọn nữa, hoặc nhận lại",
        response_model=WishesSaid,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def wish(person: Clerk, dossier: str, given: WishGiven) -> WishesSaid:
        await desk.by_desk(dossier, person, stop=given.stop)
        return await desk.of(await desk.find(dossier, person))

    @app.post(
        "/v1/messages/stop-wishes",
        summary="Ghi nhận: người có số điện thoại này không nhận tin tùy chọn nữa, hoặc nhận lại",
        response_model=WishesSaid,
        responses=problem_answers(422, 503),
    )
    async def wish_of_number(person: Clerk, given: WishOfNumber) -> WishesSaid:
        return await desk.of_number(given, person)
