"""What a petition calls for: an apology for an error (R18), thanks (R20), or nothing (any more)."""

from dataclasses import dataclass

from contracts.facts import epoch_ms
from contracts.letters import AnswerLetter
from contracts.petitions import (
    ContributionRecorded,
    GivenKind,
    Giver,
    PetitionKind,
    PetitionReraised,
    PetitionStated,
    PetitionUpheld,
    SuggestionAccepted,
)

# Whoever complains or denounces is answered by a decision: no letter comes of it by itself (R18).
APOLOGISED: tuple[PetitionKind, ...] = ("suggestion", "petition")


@dataclass(frozen=True, slots=True)
class Owed:
    """As it stands since the highest version that says something of it. `at` in ms; `unit`: the body that owes it; `kind`: None
    if the petition was raised again; `dossier`: that the error was made in; `given`: of a contribution, None of a
    suggestion."""

    version: int
    round: int
    at: int
    unit: str
    kind: AnswerLetter | None = None
    dossier: str | None = None
    given: GivenKind | None = None
    giver: Giver = "person"


def owed_after(known: Owed | None, data: PetitionStated) -> Owed | None:
    """What is owed once this was said too; what was known if it says nothing new. One letter per petition: who is owed an
    apology gets no thanks beside it."""
    if known is not None and known.version >= data.version:
        return known
    stands = data.version, data.round, epoch_ms(data.at), data.unit
    match data:
        case PetitionUpheld() if data.error and data.kind in APOLOGISED:
            return Owed(*stands, "apology-error", data.dossier)
        case SuggestionAccepted() if known is None or (known.kind, known.round) != ("apology-error", data.round):
            return Owed(*stands, "thanks")
        case ContributionRecorded():
            return Owed(*stands, "thanks", given=data.given, giver=data.giver)
        case PetitionReraised():
            return Owed(*stands)
    return known
