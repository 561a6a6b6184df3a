"""Petitions on feedback.v1: what became of what people brought forward (writer: feedback). Keyed by the petition's id.

Suggestions, petitions, complaints, denunciations, praise and contributions (R30) each have an id (`contracts.codes`), which is
no dossier's. No text, no name, no contact: what was written stays with feedback, the contact travels sealed on contacts.v1.
"""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from contracts.codes import DossierCode, UnitCode
from contracts.contacts import ContactSealed
from contracts.envelope import EventData, Statement

PetitionKind = Literal["suggestion", "petition", "complaint", "denunciation", "praise", "contribution"]
PetitionAbout = Literal["rules", "behaviour"]
PetitionChannel = Literal["box", "counter", "phone", "reception", "dialogue", "portal", "sms-link", "file"]
# accept, clarify, answer, publish: R31. hand-over: said at a reception or dialogue. examine, decide: of complaints. check,
# conclude: of denunciations.
PetitionClock = Literal["accept", "clarify", "answer", "publish", "hand-over", "examine", "decide", "check", "conclude"]
Decision = Literal["resolved", "explained", "refused", "handed-over"]
GivenKind = Literal["work", "ideas", "goods"]
Giver = Literal["person", "group"]


class PetitionStated(Statement):
    """Base of all that is said of a petition: how it stands after what happened, so that the highest version is all of it."""

    unit: UnitCode = Field(description="Mã định danh of the unit that has it now.")
    kind: PetitionKind = Field(description="As the officer classified it; until then as its sender called it (R30).")
    about: PetitionAbout | None = Field(default=None, description="Of a petition: of rules, or of somebody's behaviour.")
    channel: PetitionChannel = Field(description="Which way it came.")
    round: int = Field(ge=1, description="1, and one more each time it is raised again.")
    version: int = Field(ge=1, description="One more with each that is said of it; the highest holds.")
    clock: PetitionClock | None = Field(default=None, description="What is due next; absent: nothing is.")
    due_at: AwareDatetime | None = Field(default=None, description="Until when the clock runs (R31).")
    answer_due_at: AwareDatetime | None = Field(
        default=None, description="By when this round has to be answered: what R32 measures; absent: nobody has to answer."
    )

    @property
    def edition(self) -> int:
        """Its version."""
        return self.version


class PetitionReceived(PetitionStated):
    """It came in, and its first clock runs."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.received.v1"
    SERIES: ClassVar[str] = "petition.received"
    contact_sequence: int | None = Field(
        default=None, ge=1, description="Of the contact on contacts.v1; absent: nobody can be told."
    )


class PetitionClassified(PetitionStated):
    """An officer says what it is; a complaint and a denunciation go to the competent officer with their own clock (R30)."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.classified.v1"
    SERIES: ClassVar[str] = "petition.classified"
    before: PetitionKind = Field(description="What it was until then.")


class PetitionTaken(PetitionStated):
    """The unit takes it for its own, or asks for more, or has got that: another clock runs."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.taken.v1"
    SERIES: ClassVar[str] = "petition.taken"


class PetitionForwarded(PetitionStated):
    """It went on to another unit; the clock begins anew there (R31)."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.forwarded.v1"
    SERIES: ClassVar[str] = "petition.forwarded"
    from_unit: UnitCode = Field(description="Who had it.")


class PetitionWarned(PetitionStated):
    """What is due of it comes near."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.warned.v1"
    SERIES: ClassVar[str] = "petition.warned"


class PetitionOverdue(PetitionStated):
    """What was due of it was not done in time."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.overdue.v1"
    SERIES: ClassVar[str] = "petition.overdue"


class PetitionAnswered(PetitionStated):
    """It was answered. The answer itself is read with the look-up code."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.answered.v1"
    SERIES: ClassVar[str] = "petition.answered"
    decision: Decision = Field(description="What came of it.")
    in_time: bool = Field(description="Whether that was not after `answer_due_at`.")


class PetitionPublished(PetitionStated):
    """Its answer is on the public board."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.published.v1"
    SERIES: ClassVar[str] = "petition.published"


class PetitionUpheld(PetitionStated):
    """The person was right. For an error of the office it owes them an apology."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.upheld.v1"
    SERIES: ClassVar[str] = "petition.upheld"
    error: bool = Field(description="Whether the office made an error: a letter of apology is to be drafted.")
    dossier: DossierCode | None = Field(default=None, description="The dossier it was about, if it was about one.")


class PetitionReraised(PetitionStated):
    """The person is not content with the answer and raises it again: a new round."""

    TYPE: ClassVar[str] = "vn.dunghen.petition.reraised.v1"
    SERIES: ClassVar[str] = "petition.reraised"


class SuggestionAccepted(PetitionStated):
    """A useful idea that the unit takes up: its person is to be thanked."""

    TYPE: ClassVar[str] = "vn.dunghen.suggestion.accepted.v1"
    SERIES: ClassVar[str] = "suggestion.accepted"


class ContributionRecorded(PetitionStated):
    """A person or a group gave work, ideas or goods: they are to be thanked."""

    TYPE: ClassVar[str] = "vn.dunghen.contribution.recorded.v1"
    SERIES: ClassVar[str] = "contribution.recorded"
    given: GivenKind = Field(description="What was given.")
    giver: Giver = Field(description="Who gave it.")
    contact_sequence: int | None = Field(
        default=None, ge=1, description="Of the contact on contacts.v1; absent: a letter is handed over, or none is sent."
    )


class PetitionerSealed(ContactSealed):
    """How to reach who brought a petition forward: a contact that feedback says, keyed by the petition's id."""

    WRITER: ClassVar[str] = "feedback"


PETITION_TYPES: tuple[type[EventData], ...] = (
    PetitionReceived,
    PetitionClassified,
    PetitionTaken,
    PetitionForwarded,
    PetitionWarned,
    PetitionOverdue,
    PetitionAnswered,
    PetitionPublished,
    PetitionUpheld,
    PetitionReraised,
    SuggestionAccepted,
    ContributionRecorded,
)
