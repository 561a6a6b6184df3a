"""notices.v1: what became of each message and letter to a citizen (writer: notifier). No phone, no name, no text."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from contracts.envelope import Effect, EventData

Notice = Literal["result-ready", "apology", "survey"]
SkipReason = Literal["before-go-live", "too-old", "no-contact", "contact-missing", "no-mobile-number"]
LateReason = Literal["workload", "other-body", "complex", "system", "own-error", "other"]
FailKind = Literal["temporary", "permanent", "technical"]
RejectReason = Literal["in-time", "force-majeure", "secrecy", "applicant"]


class NoticeStated(Effect):
    """What every notice event says: which message, by which channel."""

    notice: Notice = Field(
        description="result-ready: đã có kết quả (state 9); apology: thư xin lỗi đã ban hành; survey: mời đánh giá."
    )
    channel: Literal["sms"] = Field(default="sms", description="How it was sent.")
    round: int = Field(default=1, ge=1, description="More than 1 after a person decided about the message anew.")


class NoticeQueued(NoticeStated):
    """The message is due; it waits for its contact, its hours, its turn."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.queued.v1"
    SERIES: ClassVar[str] = "notice.queued"


class NoticeAccepted(NoticeStated):
    """The gateway took the message. Taken is not delivered."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.accepted.v1"
    SERIES: ClassVar[str] = "notice.accepted"
    parts: int = Field(ge=1, description="SMS parts the message is charged as.")
    confirmed: bool | None = Field(default=None, description="True: a person says that the citizen knows.")


class NoticeDelivered(NoticeStated):
    """The gateway's receipt says that the message reached the phone."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.delivered.v1"
    SERIES: ClassVar[str] = "notice.delivered"


class NoticeFailed(NoticeStated):
    """The gateway refused the message for good, its receipt says that it was not delivered, or it is no news any more."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.failed.v1"
    SERIES: ClassVar[str] = "notice.failed"
    reason: str = Field(max_length=80, description="The gateway's code; expired: it was no news any more.")
    kind: FailKind | None = Field(
        default=None,
        description="temporary: the phone was not reached in time; permanent: because of the recipient; technical: neither.",
    )


class NoticeUncertain(NoticeStated):
    """Nobody knows whether the gateway took it: not sent again by itself, listed for a person."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.uncertain.v1"
    SERIES: ClassVar[str] = "notice.uncertain"


class NoticeSkipped(NoticeStated):
    """No message is sent, for a reason. For an apology: no letter is drafted either."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.skipped.v1"
    SERIES: ClassVar[str] = "notice.skipped"
    reason: SkipReason = Field(description="History is silent (two reasons), or there is nobody to reach (three).")


class LetterStated(Effect):
    """What every letter event says. One letter per dossier; `draft` counts how often it was drafted anew."""

    unit: str = Field(description="Competent body that apologises.")
    draft: int = Field(ge=1, description="1, or more where a withdrawn or refused draft was taken up again.")


class LetterDrafted(LetterStated):
    """A draft of Mẫu 04 (văn bản xin lỗi và đề nghị gia hạn) waits for its signer."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.drafted.v1"
    SERIES: ClassVar[str] = "letter.drafted"
    due_at: AwareDatetime = Field(description="Ngày hẹn trả cũ.")
    sign_by: AwareDatetime | None = Field(default=None, description="The lawful lead; absent if the due date has passed.")


class LetterApproved(LetterStated):
    """The signer approved; with a new date it asks sla for the one re-promise (R16)."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.approved.v1"
    SERIES: ClassVar[str] = "letter.approved"
    reason: LateReason = Field(description="Lý do chậm, from the list; the free text stays with notifier.")
    new_due_at: AwareDatetime | None = Field(
        default=None, description="Thời gian hẹn trả kết quả lại; absent for a dossier that has ended."
    )


class LetterRejected(LetterStated):
    """The signer rejected the draft: in time after all, or exempt (R19)."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.rejected.v1"
    SERIES: ClassVar[str] = "letter.rejected"
    reason: RejectReason = Field(description="In time after all, or one of the exemptions of R19.")


class LetterWithdrawn(LetterStated):
    """The dossier settled in time: the draft is gone."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.withdrawn.v1"
    SERIES: ClassVar[str] = "letter.withdrawn"


class LetterSent(LetterStated):
    """Numbered in the register of its body, and issued."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.sent.v1"
    SERIES: ClassVar[str] = "letter.sent"
    number: int = Field(ge=1, description="Running number of the body in that year (R22).")
    year: int = Field(description="Year of the register that the number is of.")
    new_due_at: AwareDatetime | None = Field(default=None, description="Thời gian hẹn trả kết quả lại, as printed.")


NOTICE_TYPES: tuple[type[EventData], ...] = (
    NoticeQueued,
    NoticeAccepted,
    NoticeDelivered,
    NoticeFailed,
    NoticeUncertain,
    NoticeSkipped,
    LetterDrafted,
    LetterApproved,
    LetterRejected,
    LetterWithdrawn,
    LetterSent,
)
