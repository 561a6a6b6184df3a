"""What the citizen of a dossier was told: its messages and its letter. No rules here."""

from datetime import datetime

from fastapi import FastAPI
from pydantic import BaseModel, Field

from contracts.notices import Channel, Notice, NoticeKind, SkipReason
from reference import moment
from runtime.web import Person, Problem, ProblemError, problem_answers
from services.notifier.domain import Dossier, Ground
from services.notifier.domain.notice import Accepted, Claimed, Delivered, Failed, Message, Queued, Skipped, Uncertain
from services.notifier.domain.saying import kind_of
from services.notifier.domain.told import ToldMessage, messages_of
from services.notifier.http.api import Letter
from services.notifier.http.desk import LetterDesk
from services.notifier.http.people import Reader
from services.notifier.http.views import view

NOTICES: dict[NoticeKind, str] = {
    "received": "Báo đã tiếp nhận",
    "supplement-wanted": "Báo cần bổ sung",
    "fee-due": "Báo thực hiện nghĩa vụ tài chính",
    "result-ready": "Báo đã có kết quả",
    "refused": "Báo không tiếp nhận",
    "stopped": "Báo dừng giải quyết",
    "apology": "Báo có thư xin lỗi",
    "survey": "Mời đánh giá",
}
STATES: dict[type, tuple[str, str]] = {
    Queued: ("queued", "Chờ gửi"),
    Claimed: ("claimed", "Đang gửi"),
    Accepted: ("accepted", "Tổng đài đã nhận"),
    Delivered: ("delivered", "Đã đến máy"),
    Failed: ("failed", "Không gửi được"),
    Uncertain: ("uncertain", "Không rõ đã gửi hay chưa, chờ cán bộ xử lý"),
    Skipped: ("skipped", "Không gửi"),
}
CHANNELS: dict[Channel, str] = {"sms": "Tin nhắn", "email": "Thư điện tử", "letter": "Thư giấy"}
BY_CHANNEL: dict[tuple[Channel, str], str] = {
    ("email", "accepted"): "Máy chủ thư đã nhận",
    ("letter", "accepted"): "Cán bộ đã gửi qua bưu chính",
}
WHY_SKIPPED: dict[SkipReason, str] = {
    "before-go-live": "trước ngày đơn vị bắt đầu dùng hệ thống",
    "too-old": "được báo muộn quá 48 giờ, không còn là tin mới",
    "no-contact": "không có thông tin liên hệ",
    "contact-missing": "thông tin liên hệ không đến hoặc không còn",
    "no-mobile-number": "không có số điện thoại di động",
    "overtaken": "khi đến lượt gửi thì điều cần báo không còn đúng",
    "foreign-link": "đường dẫn không thuộc địa chỉ công khai của tỉnh",
    "no-code": "mã hồ sơ không hợp lệ",
    "stop-wish": "người dân không muốn nhận tin tùy chọn",
    "asked-lately": "mới gửi người này một tin cùng loại về hồ sơ khác",
}
LOCKED = "Chờ khóa mở thông tin liên hệ, người vận hành xử lý"


class SmsTold(BaseModel):
    """Một tin nhắn, hoặc thư thay cho tin nhắn. Neither the number nor a link of somebody's own."""

    notice: Notice
    notice_name: str
    channel: Channel
    channel_name: str
    state: str
    state_name: str
    why: str = Field(default="", description="Vì sao không gửi; trống: đã gửi, hoặc còn chờ.")
    at: datetime = Field(description="Khi có lý do để gửi.")
    text: str
    text_version: int = Field(default=0, description="Bản mẫu của đơn vị mà tin đã gửi theo; 0: mẫu chuẩn.")

    @classmethod
    def of(cls, told: ToldMessage) -> "SmsTold":
        """In words."""
        state, name = STATES[type(told.message)]
        if isinstance(told.message, Queued | Claimed) and told.message.locked is not None:
            name = LOCKED
        channel = told.message.way.channel
        return cls(
            notice=told.notice,
            notice_name=NOTICES[kind_of(told.notice)],
            channel=channel,
            channel_name=CHANNELS[channel],
            state=state,
            state_name=BY_CHANNEL.get((channel, state), name),
            why=why_skipped(told.message),
            at=moment(told.at),
            text=told.text,
            text_version=told.message.way.text_version,
        )


def why_skipped(message: Message) -> str:
    """Why a message is not sent, in words; "" for any other, and for one whose reason was not kept."""
    return WHY_SKIPPED[message.reason] if isinstance(message, Skipped) and message.reason else ""


class Told(BaseModel):
    """Người nộp hồ sơ đã được báo những gì. No personal data."""

    dossier: str
    reachable: bool = Field(description="Có thông tin liên hệ.")
    messages: list[SmsTold]
    letter: Letter | None


def add_told(app: FastAPI, desk: LetterDesk) -> None:
    """The route."""

    @app.get(
        "/v1/dossiers/{dossier}",
        summary="Người nộp hồ sơ đã được báo những gì: tin nhắn, thư",
        response_model=Told,
        responses=problem_answers(404, 422, 503),
    )
    async def told(person: Reader, dossier: str) -> Told:
        found, ground = await desk.find(dossier, person), desk.ground()
        if found is None:
            raise ProblemError(Problem("unknown-dossier", "Chưa có hồ sơ mang mã này", 404))
        return Told(
            dossier=dossier,
            reachable=found.known_contact is not None,
            messages=[SmsTold.of(one) for one in messages_of(found, ground)],
            letter=_letter(found, person, ground),
        )


def _letter(dossier: Dossier, person: Person, ground: Ground) -> Letter | None:
    """Its letter, for people of the unit that apologises."""
    letter = dossier.letter
    return Letter.of(view(dossier, letter, ground)) if letter is not None and person.sees(letter.draft.unit) else None
