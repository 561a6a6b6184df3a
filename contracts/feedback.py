"""feedback.v1: who was asked, and how they rated (writer: feedback). No free text, no token in clear.

How people rated belongs to no dossier (docs/decisions/0037-anonymous-ratings.md)."""

from typing import ClassVar

from pydantic import Field

from contracts.envelope import Effect, EventData


class FeedbackInvited(Effect):
    """The person of a completed dossier may rate how it went, once. Notifier tells them."""

    TYPE: ClassVar[str] = "vn.dunghen.feedback.invited.v1"
    SERIES: ClassVar[str] = "feedback.invited"
    form: str = Field(description="Survey form and its version, e.g. tthc-2026.1.")
    key_epoch: int = Field(ge=1, description="Which of the notifier's keys the link was sealed to.")
    sealed: str = Field(description="Base64 of a libsodium sealed box over UTF-8 JSON {link}.")


class FeedbackRated(Effect):
    """One answer to the survey; a dossier has at most one. Written before answers were anonymous, and read for ever."""

    TYPE: ClassVar[str] = "vn.dunghen.feedback.rated.v1"
    SERIES: ClassVar[str] = "feedback.rated"
    unit: str = Field(description="Competent body that was rated.")
    form: str = Field(description="Survey form and its version.")
    scores: dict[str, int | None] = Field(
        description="Per question 100, 75, 50, 25 or 0; null: does not apply, in no mean (R33)."
    )


class FeedbackRatedV2(Effect):
    """One answer to the survey, of nobody known: its subject is a random id, and nothing here is finer than a month (R40)."""

    TYPE: ClassVar[str] = "vn.dunghen.feedback.rated.v2"
    SERIES: ClassVar[str] = "feedback.rated"
    unit: str = Field(description="Competent body that was rated.")
    procedure: str = Field(description="Mã TTHC of what was rated.")
    form: str = Field(description="Survey form and its version.")
    month: str = Field(
        pattern=r"^[0-9]{4}-(0[1-9]|1[0-2])$", description="In which it was answered, YYYY-MM; `at` is its first moment."
    )
    scores: dict[str, int | None] = Field(
        description="Per question 100, 75, 50, 25 or 0; null: does not apply, in no mean (R33)."
    )


class FeedbackStopWished(Effect):
    """Whoever holds the invitation of a dossier wants no more messages that nobody has to send (R29). Feedback knows no number:
    notifier, which does, keeps the wish. It says nothing of whether or how this person rated."""

    TYPE: ClassVar[str] = "vn.dunghen.feedback.stop-wished.v1"
    SERIES: ClassVar[str] = "feedback.stop-wished"


FEEDBACK_TYPES: tuple[type[EventData], ...] = (FeedbackInvited, FeedbackRated, FeedbackRatedV2, FeedbackStopWished)
