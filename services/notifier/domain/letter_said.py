"""What notices.v1 is told of a letter: of a dossier's in the first version, of one that answers a petition in the second."""

from datetime import datetime

from contracts.letters import (
    LetterApprovedV2,
    LetterDraftedV2,
    LetterRejectedV2,
    LetterSentV2,
    LetterStatedV2,
    LetterWithdrawnV2,
)
from contracts.notices import LetterApproved, LetterDrafted, LetterRejected, LetterSent, LetterStated, LetterWithdrawn
from reference import moment, moment_or_none
from services.notifier.domain.letter import NOBODYS, By, Draft, LetterStep, Sent, State

Said = LetterStated | LetterStatedV2
STATES: dict[type[Said], State] = {
    LetterDrafted: "drafted",
    LetterApproved: "approved",
    LetterRejected: "rejected",
    LetterWithdrawn: "withdrawn",
    LetterSent: "sent",
    LetterDraftedV2: "drafted",
    LetterApprovedV2: "approved",
    LetterRejectedV2: "rejected",
    LetterWithdrawnV2: "withdrawn",
    LetterSentV2: "sent",
}


def drafted(own: Draft) -> Said:
    """It waits for its signer."""
    at = moment(own.at)
    if own.answers is not None:
        return LetterDraftedV2(at=at, unit=own.unit, kind=own.answers, draft=own.number, dossier=own.about)
    return LetterDrafted(at=at, unit=own.unit, draft=own.number, due_at=moment(own.due), sign_by=moment_or_none(own.sign_by))


def withdrawn(own: Draft, at: datetime) -> Said:
    """What called for it is no longer so."""
    if own.answers is not None:
        return LetterWithdrawnV2(at=at, unit=own.unit, kind=own.answers, draft=own.number)
    return LetterWithdrawn(at=at, unit=own.unit, draft=own.number)


def sent(letter: Sent, at: datetime) -> Said:
    """It is issued. Raises ValueError for an apology without a number (R22)."""
    own, number, year, new_due = letter.draft, letter.number, letter.year, moment_or_none(letter.new_due)
    if own.answers is not None:
        return LetterSentV2(at=at, unit=own.unit, kind=own.answers, draft=own.number, number=number, year=year)
    if number is None or year is None:
        raise ValueError("an apology has its number and the year of it")
    return LetterSent(at=at, unit=own.unit, draft=own.number, number=number, year=year, new_due_at=new_due)


def step_of(said: Said, at: int, by: By = NOBODYS) -> LetterStep:
    """The line of history that an event stands for."""
    why = said.reason if isinstance(said, LetterApproved | LetterRejected | LetterRejectedV2) else ""
    return LetterStep(STATES[type(said)], said.draft, at, by.name, by.subject, why)
