"""Letters that answer petitions, on notices.v1 (writer: notifier). Keyed by the petition's id; no name and no word of a letter.

An apology for an error (R18), and thanks for a suggestion or a contribution (R20). What is said of a dossier's own letter is in
`contracts.notices`: that has a promised date, a reason from a list and always a number, of which a petition has none.
"""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from contracts.codes import DossierCode, UnitCode
from contracts.envelope import Effect, EventData

AnswerLetter = Literal["apology-error", "thanks"]
UnsentReason = Literal["in-person", "declined", "nobody-named", "covered", "secrecy"]


class LetterStatedV2(Effect):
    """What every event about such a letter says. One letter per petition; `draft` counts how often it was drafted anew."""

    unit: UnitCode = Field(description="Body that apologises or thanks.")
    kind: AnswerLetter = Field(description="apology-error: xin lỗi về sai sót (R18); thanks: cảm ơn người góp ý hoặc đóng góp.")
    draft: int = Field(ge=1, description="1, or more where a withdrawn or refused draft was taken up again.")


class LetterDraftedV2(LetterStatedV2):
    """A draft of a letter that answers a petition waits for its signer."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.drafted.v2"
    SERIES: ClassVar[str] = "letter.drafted"
    dossier: DossierCode | None = Field(
        default=None, description="The dossier that the error was made in, whose own letter may say it too (R17)."
    )


class LetterApprovedV2(LetterStatedV2):
    """The signer approved it. It asks nothing of anybody."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.approved.v2"
    SERIES: ClassVar[str] = "letter.approved"


class LetterRejectedV2(LetterStatedV2):
    """The signer decided that no letter is sent."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.rejected.v2"
    SERIES: ClassVar[str] = "letter.rejected"
    reason: UnsentReason = Field(
        description="in-person: said face to face; declined: the person wants none; nobody-named: nobody is known to write to; "
        "covered: the letter of the dossier says it too (R17); secrecy: who wrote must stay unknown."
    )


class LetterWithdrawnV2(LetterStatedV2):
    """What called for it is no longer so: the draft is gone."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.withdrawn.v2"
    SERIES: ClassVar[str] = "letter.withdrawn"


class LetterSentV2(LetterStatedV2):
    """Issued. An apology stands in the register of its body; thanks may have no number (R22)."""

    TYPE: ClassVar[str] = "vn.dunghen.letter.sent.v2"
    SERIES: ClassVar[str] = "letter.sent"
    number: int | None = Field(
        default=None, ge=1, description="Running number of the body in that year, of one series with its other letters (R22)."
    )
    year: int | None = Field(default=None, description="Year of the register that the number is of; there if that is.")

    @model_validator(mode="after")
    def _is_numbered_as_it_must_be(self) -> Self:
        if (self.number is None) is not (self.year is None):
            raise ValueError("number and year go together")
        if self.number is None and self.kind != "thanks":
            raise ValueError("only thanks go without a number")
        return self

    @property
    def entry(self) -> tuple[str, int, int] | None:
        """Body, year and number of its entry in the register; None: it has none."""
        return None if self.number is None or self.year is None else (self.unit, self.year, self.number)


ANSWER_LETTER_TYPES: tuple[type[EventData], ...] = (
    LetterDraftedV2,
    LetterApprovedV2,
    LetterRejectedV2,
    LetterWithdrawnV2,
    LetterSentV2,
)
