"""Messages that a person has to decide about, as API: uncertain ones, those that failed, those that had nobody to go to, and
those that are no longer so.

No rules here."""

from collections.abc import Mapping, Sequence
from datetime import datetime
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
from services.notifier.domain.notice import Failed, Message, Skipped
from services.notifier.domain.on_paper import HANDED, OUTCOMES
from services.notifier.domain.saying import kind_of, occasion_of
from services.notifier.domain.sending import NO_SERVER, speaker_of, text_sent
from services.notifier.domain.told import text_told
from services.notifier.domain.worklist import (
    Decision,
    Listing,
    NotListedError,
    corrected,
    decisions,
    is_ready,
    known_after_all,
    listed,
    posted,
    send_again,
)
from services.notifier.http.people import Clerk, Reader
from services.notifier.http.told import CHANNELS, NOTICES
from services.notifier.jobs import Desk
from services.notifier.store import CODEC, find_listed, find_one

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
    **{
        ("permanent", code): f"Thư giấy {words[0].lower()}{words[1:]}" for code, words in OUTCOMES.items() if code not in HANDED
    },
}
UNKNOWN = "Không rõ tổng đài đã nhận hay chưa"
TAKEN_BACK = "Đã báo có kết quả, sau đó kết quả bị rút lại: người dân cần được báo là chưa có kết quả"
READY_AGAIN = "Hồ sơ lại có kết quả sau khi bị rút lại, người dân chưa được báo"
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
    decisions: list[Decision] = Field(
        description="Cán bộ có thể quyết định: gửi lại, đã gửi thư giấy, người dân đã biết, đã báo là chưa có kết quả."
    )


class ListedMessages(BaseModel):
    """A page of messages; `after` is the place of the next one."""

    messages: list[ListedMessage]
    after: str | None


class Decided(BaseModel):
    """Tin nhắn đã có quyết định: chờ gửi lại, đã gửi thư giấy, người dân đã biết, hoặc đã được đính chính."""

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
            _described(dossier, name, listing, ground)
            for dossier in dossiers
            if any(person.sees(unit) for unit in dossier.units)
            for name, listing in listed(dossier).items()
            if listing == state
        ]

    async def decide(self, decision: Decision, code: str, name: Notice, person: Person) -> None:
        """A person decided about a message. Raises ProblemError."""
        dossier, by, ground = await find_one(self._parts.store, code), By(person.name, person.subject), self._desk.ground()
        if dossier is None or not any(person.sees(unit) for unit in dossier.units):
            raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này", 404))
        try:
            await CODEC.change(self._intents, [code], lambda one: _decided(decision, one, name, by, ground), self._parts.clock)
        except NotListedError:
            problem = Problem("not-listed", "Tin nhắn này không còn chờ quyết định: đã có người làm, hoặc đã có báo phát", 409)
            raise ProblemError(problem) from None
        self._parts.log.info("a person decided about a message", dossier=code, decision=decision, subject=person.subject)


def _decided(decision: Decision, dossier: Dossier, name: Notice, by: By, ground: Sending) -> Changed[Dossier]:
    match decision:
        case "again":
            return send_again(dossier, name, by, ground)
        case "posted":
            return posted(dossier, name, by, ground)
        case "corrected":
            return corrected(dossier, name, by)
        case "known":
            if name not in dossier.messages:
                raise NotListedError
            return known_after_all(dossier, name, by, size_of(text_sent(dossier, name, ground)).parts, ground)


def _described(dossier: Dossier, name: Notice, listing: Listing, ground: Sending) -> ListedMessage:
    unit, kind, message = speaker_of(dossier, name, ground), kind_of(name), dossier.messages[name]
    known = ground.reference.units.get(unit)
    return ListedMessage(
        dossier=dossier.code,
        notice=kind,
        occasion=occasion_of(name),
        notice_name=NOTICES[kind],
        unit=unit,
        unit_name=known.name if known else unit,
        state=listing,
        channel=message.way.channel,
        channel_name=CHANNELS[message.way.channel],
        why=why_listed(dossier, message, listing),
        next_step=_next_step(name, message, listing),
        code=message.reason if isinstance(message, Failed) else "",
        at=moment(message.at),
        text=text_told(dossier, name, message, ground),
        decisions=list(decisions(dossier, name)),
    )


def why_listed(dossier: Dossier, message: Message, listing: Listing) -> str:
    """Why a message stands on a list, in words."""
    if listing == "taken-back":
        return READY_AGAIN if is_ready(dossier) else TAKEN_BACK
    if isinstance(message, Skipped):
        return WHY_NOT[message.reason]
    return (REASONS.get((message.kind, message.reason)) or KINDS[message.kind]) if isinstance(message, Failed) else UNKNOWN


def _next_step(name: Notice, message: Message, listing: Listing) -> str:
    if listing not in ("failed", "unreached") or not climbs(name):
        return ""
    return NEXT_BY_EMAIL if isinstance(message, Failed) and message.next_at is not None else NEXT_BY_LETTER


DECIDED: Mapping[Decision, str] = {
    "again": "Gửi lại tin nhắn",
    "posted": "Đã gửi thư giấy thay tin nhắn",
    "known": "Người dân đã biết: đã nhận tin, hoặc được báo cách khác",
    "corrected": "Đã báo người dân là chưa có kết quả",
}


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

    for decision, words in DECIDED.items():
        _add_decision(app, worklist, decision, words)


def _add_decision(app: FastAPI, worklist: Worklist, decision: Decision, words: str) -> None:
    @app.post(
        f"/v1/messages/{{dossier}}/{{notice}}/{decision}",
        status_code=202,
        summary=words,
        response_model=Decided,
        responses=problem_answers(404, 409, 422, 503),
        operation_id=f"message_{decision}",
    )
    async def decided(person: Clerk, dossier: str, notice: NoticeKind, occasion: Occasion = "1") -> Decided:
        await worklist.decide(decision, dossier, named(notice, occasion), person)
        return Decided(dossier=dossier, notice=notice, occasion=occasion, state="queued" if decision == "again" else "accepted")
