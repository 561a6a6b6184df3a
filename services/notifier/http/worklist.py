"""Messages that a person has to decide about, as API: uncertain ones, and those that failed. No rules here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from contracts.notices import FailKind, Notice, NoticeKind, named
from reference import moment
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError, problem_answers
from services.changes import By, Changed
from services.notifier.domain import Dossier, Sending
from services.notifier.domain.alphabet import size_of
from services.notifier.domain.notice import Failed, Uncertain
from services.notifier.domain.saying import kind_of, occasion_of
from services.notifier.domain.sending import speaker_of, text_sent
from services.notifier.domain.told import text_told
from services.notifier.domain.worklist import NotListedError, known_after_all, listed, send_again
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.told import NOTICES
from services.notifier.jobs import Desk
from services.notifier.store import CODEC, find_listed, find_one

State = Literal["uncertain", "failed"]
Occasion = Annotated[str, Query(max_length=200, description="Lần yêu cầu nào, khi một loại tin có nhiều lần.")]
PAGE = 100
PAGES_READ = 50  # for one answer, at most
KINDS: dict[FailKind | Literal[""], str] = {
    "temporary": "Máy không nhận được trong thời hạn",
    "permanent": "Số máy không nhận tin",
    "technical": "Lỗi đường truyền hoặc cấu hình tổng đài",
    "": "Không rõ lý do",
}
UNKNOWN = "Không rõ tổng đài đã nhận hay chưa"


class ListedMessage(BaseModel):
    """Một tin nhắn chờ cán bộ quyết định. Neither the number nor a link of somebody's own."""

    dossier: str
    notice: NoticeKind
    occasion: str = Field(description="Lần yêu cầu bổ sung hoặc nghĩa vụ tài chính nào; 1 với tin chỉ có một lần.")
    notice_name: str
    unit: str
    unit_name: str
    state: State
    why: str = Field(description="Vì sao tin nhắn nằm ở đây.")
    code: str = Field(description="Mã của tổng đài, nếu có.")
    at: datetime = Field(description="Khi có lý do để gửi.")
    text: str


class ListedMessages(BaseModel):
    """A page of messages; `after` is the place of the next one."""

    messages: list[ListedMessage]
    after: str | None


class Decided(BaseModel):
    """Tin nhắn đã có quyết định: chờ gửi lại, hoặc người dân đã biết."""

    dossier: str
    notice: NoticeKind
    occasion: str
    state: Literal["queued", "accepted"]


class Worklist:
    """What belongs to a unit that a person does not see is not there for this person."""

    def __init__(self, parts: Parts, intents: Intents, desk: Desk) -> None:
        self._parts, self._intents, self._desk = parts, intents, desk

    async def page(self, state: State, after: str, person: Person) -> ListedMessages:
        """Messages in a state, by dossier code; pages of other units alone are passed over. No personal data."""
        for _ in range(PAGES_READ):
            found = await find_listed(self._parts.store, state, PAGE, after)
            messages, after = self._seen(found.dossiers, state, person), found.after
            if messages or not after:
                break
        return ListedMessages(messages=messages, after=after or None)

    def _seen(self, dossiers: Sequence[Dossier], state: State, person: Person) -> list[ListedMessage]:
        ground = self._desk.ground()
        return [
            _described(dossier, name, message, ground)
            for dossier in dossiers
            if any(person.sees(unit) for unit in dossier.units)
            for name, message in listed(dossier).items()
            if isinstance(message, Failed) == (state == "failed")
        ]

    async def send_again(self, dossier: str, name: Notice, person: Person) -> None:
        """It goes out again. Raises ProblemError."""
        await self._decide(dossier, person, partial(send_again, name=name, by=_by(person), ground=self._desk.ground()))

    async def known(self, dossier: str, name: Notice, person: Person) -> None:
        """Its reader has it, or was told in another way. Raises ProblemError."""
        ground = self._desk.ground()

        def rule(one: Dossier) -> Changed[Dossier]:
            if name not in listed(one):
                raise NotListedError
            parts = size_of(text_sent(one, name, ground)).parts
            return known_after_all(one, name, _by(person), parts, ground)

        await self._decide(dossier, person, rule)

    async def _decide(self, code: str, person: Person, rule: Callable[[Dossier], Changed[Dossier]]) -> None:
        dossier = await find_one(self._parts.store, code)
        if dossier is None or not any(person.sees(unit) for unit in dossier.units):
            raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này", 404))
        try:
            await CODEC.change(self._intents, [code], rule, self._parts.clock)
        except NotListedError:
            problem = Problem("not-listed", "Tin nhắn này không còn chờ quyết định: đã có người làm, hoặc đã có báo phát", 409)
            raise ProblemError(problem) from None
        self._parts.log.info("a person decided about a message", dossier=code, subject=person.subject)


def _by(person: Person) -> By:
    return By(person.name, person.subject)


def _described(dossier: Dossier, name: Notice, message: Uncertain | Failed, ground: Sending) -> ListedMessage:
    unit, kind = speaker_of(dossier, name, ground), kind_of(name)
    known = ground.reference.units.get(unit)
    failed = isinstance(message, Failed)
    return ListedMessage(
        dossier=dossier.code,
        notice=kind,
        occasion=occasion_of(name),
        notice_name=NOTICES[kind],
        unit=unit,
        unit_name=known.name if known else unit,
        state="failed" if failed else "uncertain",
        why=KINDS[message.kind] if isinstance(message, Failed) else UNKNOWN,
        code=message.reason if isinstance(message, Failed) else "",
        at=moment(message.at),
        text=text_told(dossier, name, message, ground),
    )


def add_worklist(app: FastAPI, worklist: Worklist) -> None:
    """The routes."""

    @app.get(
        "/v1/messages",
        summary="Tin nhắn chờ cán bộ quyết định, mỗi lần tối đa 100 hồ sơ",
        response_model=ListedMessages,
        responses=problem_answers(422, 503),
    )
    async def messages(
        person: Reader, state: State = "uncertain", after: Annotated[str, Query(max_length=64)] = ""
    ) -> ListedMessages:
        return await worklist.page(state, after, person)

    @app.post(
        "/v1/messages/{dossier}/{notice}/again",
        status_code=202,
        summary="Gửi lại tin nhắn",
        response_model=Decided,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def again(person: Clerk, dossier: str, notice: NoticeKind, occasion: Occasion = "1") -> Decided:
        await worklist.send_again(dossier, named(notice, occasion), person)
        return Decided(dossier=dossier, notice=notice, occasion=occasion, state="queued")

    @app.post(
        "/v1/messages/{dossier}/{notice}/known",
        status_code=202,
        summary="Người dân đã biết: đã nhận tin, hoặc được báo cách khác",
        response_model=Decided,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def known(person: Clerk, dossier: str, notice: NoticeKind, occasion: Occasion = "1") -> Decided:
        await worklist.known(dossier, named(notice, occasion), person)
        return Decided(dossier=dossier, notice=notice, occasion=occasion, state="accepted")
