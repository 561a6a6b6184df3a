"""notices.v1: what became of each message and letter to a citizen (writer: notifier). No phone, no name, no text."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from contracts.envelope import Effect, EventData

FirstNotice = Literal["result-ready", "apology", "survey"]
NoticeKind = Literal["received", "supplement-wanted", "fee-due", "result-ready", "refused", "stopped", "apology", "survey"]
Notice = str  # names a message of a dossier: its kind, and which one where a kind comes more than once (`named`)
FirstSkipReason = Literal["before-go-live", "too-old", "no-contact", "contact-missing", "no-mobile-number"]
SecondSkipReason = Literal[FirstSkipReason, "overtaken", "foreign-link", "no-code"]
SkipReason = Literal[SecondSkipReason, "stop-wish", "asked-lately"]
LateReason = Literal["workload", "other-body", "complex", "system", "own-error", "other"]
FailKind = Literal["temporary", "permanent", "technical"]
Channel = Literal["sms", "email", "letter"]
RejectReason = Literal["in-time", "force-majeure", "secrecy", "applicant"]


class NoticeStated(Effect):
    """What every notice event says: which message, by which channel."""

    notice: NoticeKind
    channel: Channel = Field(default="sms", description="How it was sent.")
    round: int = Field(default=1, ge=1, description="More than 1 after a person decided about the message anew.")

    @property
    def name(self) -> Notice:
        """Which message of its dossier it is about."""
        return self.notice


class FirstNoticeStated(NoticeStated):
    """Of the three messages that a dossier has once each, which the first version can say."""

    channel: Literal["sms"] = Field(default="sms", description="How it was sent.")
    notice: FirstNotice = Field(
        description="result-ready: đã có kết quả (state 9); apology: thư xin lỗi đã ban hành; survey: mời đánh giá."
    )


class OccasionedNoticeStated(NoticeStated):
    """Of every kind of message."""

    notice: NoticeKind = Field(
        description="received: đã tiếp nhận; supplement-wanted: cần bổ sung (state 5); fee-due: nghĩa vụ tài chính (state 6); "
        "result-ready: đã có kết quả (state 9); refused: không tiếp nhận (state 3); stopped: dừng xử lý (state 8); "
        "apology: thư xin lỗi đã ban hành; survey: mời đánh giá."
    )
    occasion: str = Field(
        description="Of which request for papers or payment it tells: the occasion of that fact; 1 for what happens once."
    )

    @property
    def name(self) -> Notice:
        """Which message of its dossier it is about."""
        return named(self.notice, self.occasion)


class NoticeStatedV2(OccasionedNoticeStated):
    """Of every kind of message that is an SMS."""

    channel: Literal["sms"] = Field(default="sms", description="How it was sent.")


class NoticeStatedV3(OccasionedNoticeStated):
    """Of every kind of message by every channel; what the first two can say, they say."""

    channel: Channel = Field(description="How it was sent: sms; email: thư điện tử; letter: thư giấy gửi qua bưu chính.")


def named(kind: NoticeKind, occasion: str = "1") -> Notice:
    """The name of a message: its kind, and behind a slash its occasion if that is not the first."""
    return kind if occasion == "1" else f"{kind}/{occasion}"


class NoticeTaken(NoticeStated):
    """What every version says of a message that the gateway took."""

    parts: int = Field(ge=1, description="SMS parts the message is charged as.")
    confirmed: bool | None = Field(default=None, description="True: a person says that the citizen knows.")


class NoticeLost(NoticeStated):
    """What every version says of a message that did not go out, or did not arrive."""

    reason: str = Field(max_length=80, description="The gateway's code; expired: it was no news any more.")
    kind: FailKind | None = Field(
        default=None,
        description="temporary: the phone was not reached in time; permanent: because of the recipient; technical: neither.",
    )


class NoticeQueued(FirstNoticeStated):
    """The message is due; it waits for its contact, its hours, its turn."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.queued.v1"
    SERIES: ClassVar[str] = "notice.queued"


class NoticeQueuedV2(NoticeStatedV2):
    """The message, of any kind, is due; it waits for its contact, its hours, its turn."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.queued.v2"
    SERIES: ClassVar[str] = "notice.queued"


class NoticeQueuedV3(NoticeStatedV3):
    """The message is due by a channel that the first two versions do not know."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.queued.v3"
    SERIES: ClassVar[str] = "notice.queued"


class NoticeAccepted(FirstNoticeStated, NoticeTaken):
    """The gateway took the message. Taken is not delivered."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.accepted.v1"
    SERIES: ClassVar[str] = "notice.accepted"


class NoticeAcceptedV2(NoticeStatedV2, NoticeTaken):
    """The gateway took the message, of any kind. Taken is not delivered."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.accepted.v2"
    SERIES: ClassVar[str] = "notice.accepted"


class NoticeAcceptedV3(NoticeStatedV3):
    """The mail server took the message, or a person posted it as a letter. Taken is not delivered."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.accepted.v3"
    SERIES: ClassVar[str] = "notice.accepted"
    confirmed: bool | None = Field(default=None, description="True: a person says that the citizen knows.")


class NoticeDelivered(FirstNoticeStated):
    """The gateway's receipt says that the message reached the phone."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.delivered.v1"
    SERIES: ClassVar[str] = "notice.delivered"


class NoticeDeliveredV2(NoticeStatedV2):
    """The gateway's receipt says that the message, of any kind, reached the phone."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.delivered.v2"
    SERIES: ClassVar[str] = "notice.delivered"


class NoticeFailed(FirstNoticeStated, NoticeLost):
    """The gateway refused the message for good, its receipt says that it was not delivered, or it is no news any more."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.failed.v1"
    SERIES: ClassVar[str] = "notice.failed"


class NoticeFailedV2(NoticeStatedV2, NoticeLost):
    """The gateway refused the message, of any kind, for good, it was not delivered, or it is no news any more."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.failed.v2"
    SERIES: ClassVar[str] = "notice.failed"


class NoticeFailedV3(NoticeStatedV3, NoticeLost):
    """The message did not go out by a channel that the first two versions do not know."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.failed.v3"
    SERIES: ClassVar[str] = "notice.failed"


class NoticeUncertain(FirstNoticeStated):
    """Nobody knows whether the gateway took it: not sent again by itself, listed for a person."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.uncertain.v1"
    SERIES: ClassVar[str] = "notice.uncertain"


class NoticeUncertainV2(NoticeStatedV2):
    """Nobody knows whether the gateway took it, a message of any kind: not sent again by itself, listed for a person."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.uncertain.v2"
    SERIES: ClassVar[str] = "notice.uncertain"


class NoticeUncertainV3(NoticeStatedV3):
    """Nobody knows whether the mail server took it: not sent again by itself, listed for a person."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.uncertain.v3"
    SERIES: ClassVar[str] = "notice.uncertain"


class NoticeSkipped(FirstNoticeStated):
    """No message is sent, for a reason. For an apology: no letter is drafted either."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.skipped.v1"
    SERIES: ClassVar[str] = "notice.skipped"
    reason: FirstSkipReason = Field(description="History is silent (two reasons), or there is nobody to reach (three).")


class NoticeSkippedV2(NoticeStatedV2):
    """No message, of any kind, is sent, for a reason."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.skipped.v2"
    SERIES: ClassVar[str] = "notice.skipped"
    reason: SecondSkipReason = Field(
        description="History is silent (before-go-live, too-old), there is nobody to reach (no-contact, contact-missing, "
        "no-mobile-number), what it would say is no longer so (overtaken), its link leads elsewhere than the public address "
        "(foreign-link), or the dossier's code is none (no-code)."
    )


class NoticeSkippedV3(NoticeStatedV3):
    """No message is sent by a channel that the first two versions do not know, for a reason."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.skipped.v3"
    SERIES: ClassVar[str] = "notice.skipped"
    reason: SecondSkipReason = Field(description="As in the second version.")


class NoticeSkippedV4(NoticeStatedV3):
    """No message is sent, for a reason that earlier versions do not know. More reasons may come: a reader takes any."""

    TYPE: ClassVar[str] = "vn.dunghen.notice.skipped.v4"
    SERIES: ClassVar[str] = "notice.skipped"
    reason: str = Field(
        pattern=r"^[a-z]+(-[a-z]+)*$",
        max_length=40,
        description="stop-wish: its person wants no message that nobody has to send (R29); asked-lately: its person had one of "
        "this kind about another dossier a short while ago. Others may come.",
    )


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
    NoticeQueuedV2,
    NoticeQueuedV3,
    NoticeAccepted,
    NoticeAcceptedV2,
    NoticeAcceptedV3,
    NoticeDelivered,
    NoticeDeliveredV2,
    NoticeFailed,
    NoticeFailedV2,
    NoticeFailedV3,
    NoticeUncertain,
    NoticeUncertainV2,
    NoticeUncertainV3,
    NoticeSkipped,
    NoticeSkippedV2,
    NoticeSkippedV3,
    NoticeSkippedV4,
    LetterDrafted,
    LetterApproved,
    LetterRejected,
    LetterWithdrawn,
    LetterSent,
)
