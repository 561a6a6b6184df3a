"""A petition brought back to what was said of it, in a store that is older than the log.

What was written is lost with what was not copied. How it stands, what is due of it and what its clock has said already are not:
nobody is warned twice, and no officer finds open again what was answered.
"""

from collections.abc import Mapping
from dataclasses import replace

from contracts import Event
from contracts.facts import epoch_ms
from contracts.petitions import (
    ContributionRecorded,
    PetitionAnswered,
    PetitionClassified,
    PetitionForwarded,
    PetitionOverdue,
    PetitionPublished,
    PetitionReceived,
    PetitionReraised,
    PetitionStated,
    PetitionTaken,
    PetitionUpheld,
    PetitionWarned,
    SuggestionAccepted,
)
from services.feedback.domain.clocks import Clocks
from services.feedback.domain.petition import Answer, Doing, Gift, Petition, Running

BEGINS = (PetitionReceived, ContributionRecorded, PetitionForwarded, PetitionReraised)  # the unit gets it when it is said
STEPS: Mapping[type[PetitionStated], Doing] = {
    PetitionReceived: "received",
    ContributionRecorded: "received",
    PetitionClassified: "classified",
    PetitionTaken: "taken",
    PetitionForwarded: "forwarded",
    PetitionAnswered: "answered",
    PetitionPublished: "published",
    PetitionReraised: "reraised",
}


def recall(petition: Petition, event: Event, clocks: Clocks) -> Petition:
    """The petition with one thing that feedback said of it; the petition itself if it knows."""
    data = event.data
    if not isinstance(data, PetitionStated) or data.version <= petition.version:
        return petition
    at = epoch_ms(data.at)
    begun = petition.begun if petition.begun and not isinstance(data, BEGINS) else at
    after = petition._replace(
        kind=data.kind,
        about=data.about,
        channel=data.channel,
        unit=data.unit,
        received=petition.received or at,
        begun=begun,
        round=data.round,
        version=data.version,
        clock=_clock(petition, data, (at, begun), clocks),
        answer_due=None if data.answer_due_at is None else epoch_ms(data.answer_due_at),
    )
    doing = STEPS.get(type(data))  # who did it stood in the lost journal alone
    return _with_its_end(after if doing is None else after.stepped(at, doing, None), data, at)


def _clock(petition: Petition, data: PetitionStated, since: tuple[int, int], clocks: Clocks) -> Running | None:
    if data.clock is None or data.due_at is None:
        return None
    due, old = epoch_ms(data.due_at), petition.clock
    same = old is not None and (old.name, old.due) == (data.clock, due) and petition.unit == data.unit
    clock = old if same and old is not None else clocks.recalled(data.clock, due, data.unit, since)
    overdue = clock.overdue or isinstance(data, PetitionOverdue)
    return replace(clock, warned=clock.warned or overdue or isinstance(data, PetitionWarned), overdue=overdue)


def _with_its_end(petition: Petition, data: PetitionStated, at: int) -> Petition:
    """With what came of it; the words of an answer are lost."""
    known = petition.answer
    if isinstance(data, PetitionReceived | ContributionRecorded):
        petition = petition._replace(contact=data.contact_sequence)
    if isinstance(data, ContributionRecorded):
        return petition._replace(gift=Gift(data.given, data.giver))
    if isinstance(data, PetitionAnswered):
        return petition._replace(answer=Answer(at, data.decision, "", data.in_time))
    if isinstance(data, PetitionUpheld) and known is not None:
        return petition._replace(answer=replace(known, upheld=True, error=data.error), dossier=data.dossier or petition.dossier)
    if isinstance(data, SuggestionAccepted) and known is not None:
        return petition._replace(answer=replace(known, accepted=True))
    if isinstance(data, PetitionReraised):
        earlier = petition.earlier if known is None else (*petition.earlier, known)
        return petition._replace(answer=None, earlier=earlier, summary="", published=None)
    return petition
