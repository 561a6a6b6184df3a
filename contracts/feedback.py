"""feedback.v1: who was asked, and how they rated (writer: feedback). No free text, no token in clear."""

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
    """One answer to the survey; a dossier has at most one."""

    TYPE: ClassVar[str] = "vn.dunghen.feedback.rated.v1"
    SERIES: ClassVar[str] = "feedback.rated"
    unit: str = Field(description="Competent body that was rated.")
    form: str = Field(description="Survey form and its version.")
    scores: dict[str, int | None] = Field(
        description="Per question 100, 75, 50, 25 or 0; null: does not apply, in no mean (R33)."
    )


FEEDBACK_TYPES: tuple[type[EventData], ...] = (FeedbackInvited, FeedbackRated)
