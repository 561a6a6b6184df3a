"""notices.v1: what became of each message to a citizen (writer: notifier). No phone, no name, no text."""

from typing import ClassVar, Literal

from pydantic import Field

from contracts.envelope import EventData

Notice = Literal["result-ready"]
SkipReason = Literal["before-go-live", "too-old", "no-contact", "contact-missing", "no-mobile-number"]


class NoticeStated(EventData):
    """What every notice event says: which message, by which channel."""

    notice: Notice = Field(description="result-ready: đã có kết quả (state 9).")
    channel: Literal["sms"] = "sms"


class NoticeQueued(NoticeStated):
    """The message is due; it waits for its contact, its hours, its turn."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.queued.v1"


class NoticeAccepted(NoticeStated):
    """The gateway took the message. Taken is not delivered."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.accepted.v1"
    parts: int = Field(ge=1, description="SMS parts the message is charged as.")


class NoticeFailed(NoticeStated):
    """The gateway refused the message for good."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.failed.v1"
    reason: str = Field(max_length=80, description="The gateway's code.")


class NoticeUncertain(NoticeStated):
    """Nobody knows whether the gateway took it: never sent again, listed for a person."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.uncertain.v1"


class NoticeSkipped(NoticeStated):
    """No message is sent, for a reason."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.skipped.v1"
    reason: SkipReason


NOTICE_TYPES: tuple[type[EventData], ...] = (NoticeQueued, NoticeAccepted, NoticeFailed, NoticeUncertain, NoticeSkipped)
