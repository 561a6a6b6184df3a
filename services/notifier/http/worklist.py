"""Messages that a person has to decide about, as API: uncertain ones, those that failed, and those that had nobody to go to.

No rules here."""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal

from fastapi import FastAPI, Query
from pydantic import BaseModel, Field

from contracts.notices import Channel, FailKind, Notice, NoticeKind, named
from reference import moment
from runtime.intents import Intents
from runtime.parts import Parts
from runtime.web import Person, Problem, ProblemError, problem_answers
from services.changes import By, Changed
from services.notifier.domain import Dossier, Sending
from services.notifier.domain.alphabet import size_of
from services.notifier.domain.ladder import OLD_NEWS, UNCONFIRMED, climbs
from services.notifier.domain.notice import Failed, Skipped, Uncertain
from services.notifier.domain.saying import kind_of, occasion_of
from services.notifier.domain.sending import NO_SERVER, speaker_of, text_sent
from services.notifier.domain.told import text_told
from services.notifier.domain.worklist import Listed, NotListedError, known_after_all, listed, posted, send_again
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.told import CHANNELS, NOTICES
from services.notifier.jobs import Desk
from services.notifier.store import CODEC, Listing, find_listed, find_one

State = Listing
Occasion = Annotated[str, Query(max_length=200, description="Lần yêu cầu nào, khi một loại tin có nhiều lần.")]
PAGE = 100
PAGES_READ = 50  # for one answer, at most
KINDS: dict[FailKind | Literal[""], str] = {
    "temporary": "Máy không nhận được trong thời hạn",
    "permanent": "Số máy không nhận tin",
    "technical": "Lỗi đường truyền hoặc cấu hình tổng đài",
    "": "Không rõ lý do",
}
REASONS: dict[tuple[str, str], str] = {
    UNCONFIRMED: "Quá một ngày chưa có báo phát",
    OLD_NEWS: "Quá thời hạn gửi, tin không còn là tin mới",
    ("technical", NO_SERVER): "Chưa cài đặt máy chủ thư điện tử",
}
UNKNOWN = "Không rõ tổng đài đã nhận hay chưa"
NEXT_BY_EMAIL = "sắp gửi thư điện tử"
NEXT_BY_LETTER = "gửi thư giấy"
WHY_NOT: dict[str, str] = {
    "no-contact": "Không có thông tin liên hệ",
    "contact-missing": "Thông tin liên hệ không đến hoặc không còn",
    "no-mobile-number": "Không có số điện thoại di động, không có thư điện tử",
    "no-code": "Mã hồ sơ không hợp lệ",
}


class ListedMessage(BaseModel):
    """Một tin nhắn chờ cán bộ quyết định. Neither the number nor a link of somebody's own."""

    dossier: str
    notice: NoticeKind
    occasion: str = Field(description="Lần yêu cầu bổ sung hoặc nghĩa vụ tài chính nào; 1 với tin chỉ có một lần.")
    notice_name: str
    unit: str
    unit_name: str
    state: State
    channel: Channel
    channel_name: str
    why: str = Field(description="Vì sao tin nhắn nằm ở đây.")
    next_step: str = Field(description="Việc tiếp theo: sắp gửi thư điện tử, hoặc gửi thư giấy; trống: hỏi người dân trước.")
    code: str = Field(description="Mã của tổng đài, nếu có.")
    at: datetime = Field(description="Khi có lý do để gửi.")
    text: str


class ListedMessages(BaseModel):
    """A page of messages; `after` is the place of the next one."""

    messages: list[ListedMessage]
    after: str | None


class Decided(BaseModel):
    """Tin nhắn đã có quyết định: chờ gửi lại, đã gửi thư giấy, hoặc người dân đã biết."""

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
            if _state_of(message) == state
        ]

    async def send_again(self, dossier: str, name: Notice, person: Person) -> None:
        """It goes out again. Raises ProblemError."""
        await self._decide(dossier, person, partial(send_again, name=name, by=_by(person), ground=self._desk.ground()))

    async def posted(self, dossier: str, name: Notice, person: Person) -> None:
        """Its reader was told by a letter on paper. Raises ProblemError."""
        await self._decide(dossier, person, partial(posted, name=name, by=_by(person), ground=self._desk.ground()))

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


def _state_of(message: Listed) -> State:
    return "failed" if isinstance(message, Failed) else "uncertain" if isinstance(message, Uncertain) else "unreached"


def _described(dossier: Dossier, name: Notice, message: Listed, ground: Sending) -> ListedMessage:
    unit, kind = speaker_of(dossier, name, ground), kind_of(name)
    known = ground.reference.units.get(unit)
    return ListedMessage(
        dossier=dossier.code,
        notice=kind,
        occasion=occasion_of(name),
        notice_name=NOTICES[kind],
        unit=unit,
        unit_name=known.name if known else unit,
        state=_state_of(message),
        channel=message.way.channel,
        channel_name=CHANNELS[message.way.channel],
        why=_why(message),
        next_step=_next_step(name, message),
        code=message.reason if isinstance(message, Failed) else "",
        at=moment(message.at),
        text=text_told(dossier, name, message, ground),
    )


def _why(message: Listed) -> str:
    if isinstance(message, Uncertain):
        return UNKNOWN
    if isinstance(message, Skipped):
        return WHY_NOT[message.reason]
    return REASONS.get((message.kind, message.reason)) or KINDS[message.kind]


def _next_step(name: Notice, message: Listed) -> str:
    if isinstance(message, Uncertain) or not climbs(name):
        return ""
    return NEXT_BY_EMAIL if isinstance(message, Failed) and message.next_at is not None else NEXT_BY_LETTER


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
        "/v1/messages/{dossier}/{notice}/posted",
        status_code=202,
        summary="Đã gửi thư giấy thay tin nhắn",
        response_model=Decided,
        responses=problem_answers(404, 409, 422, 503),
    )
    async def as_letter(person: Clerk, dossier: str, notice: NoticeKind, occasion: Occasion = "1") -> Decided:
        await worklist.posted(dossier, named(notice, occasion), person)
        return Decided(dossier=dossier, notice=notice, occasion=occasion, state="accepted")

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
