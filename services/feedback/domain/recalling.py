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
    if not isinstance(data, PetitionStated):
        return petition
    at = epoch_ms(data.at)
    if data.version <= petition.version:
        return _told_late(petition, data, at)
    if data.round > petition.round:
        petition = _raised_again(petition)
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


def _told_late(petition: Petition, data: PetitionStated, at: int) -> Petition:
    """With what stands whichever was said first: two decisions may have come to the log in the other order. What a clock said
    is not told late: one that ended on the same day may have begun anew meanwhile."""
    if isinstance(data, PetitionAnswered):
        made = Answer(at, data.decision, "", data.in_time)
        if data.round == petition.round:
            return petition if petition.answer is not None else petition._replace(answer=made)
        known = len(petition.earlier) >= data.round
        return petition if known else petition._replace(earlier=(*petition.earlier, made))
    return _with_what_stands(petition, data)


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
    if isinstance(data, PetitionAnswered):
        return petition._replace(answer=Answer(at, data.decision, "", data.in_time))
    return _with_what_stands(petition, data)


def _with_what_stands(petition: Petition, data: PetitionStated) -> Petition:
    """With whom it came from, what was given, what was found out: none of these changes once it was said."""
    if isinstance(data, PetitionUpheld | SuggestionAccepted):
        return _judged(petition, data)
    if isinstance(data, PetitionReceived | ContributionRecorded) and petition.contact != data.contact_sequence:
        petition = petition._replace(contact=data.contact_sequence)
    if isinstance(data, ContributionRecorded) and petition.gift is None:
        petition = petition._replace(gift=Gift(data.given, data.giver))
    return petition


def _judged(petition: Petition, data: PetitionUpheld | SuggestionAccepted) -> Petition:
    """With what was found out about the answer of its round, which is said together with that."""
    rounds = [*petition.earlier, *(() if petition.answer is None else (petition.answer,))]
    if not 0 < data.round <= len(rounds):
        return petition
    known = rounds[data.round - 1]
    found = replace(known, upheld=True, error=data.error) if isinstance(data, PetitionUpheld) else replace(known, accepted=True)
    if found == known:
        return petition
    if data.round <= len(petition.earlier):
        before, after = petition.earlier[: data.round - 1], petition.earlier[data.round :]
        return petition._replace(earlier=(*before, found, *after))
    dossier = data.dossier if isinstance(data, PetitionUpheld) else None
    return petition._replace(answer=found, dossier=dossier or petition.dossier)


def _raised_again(petition: Petition) -> Petition:
    known = petition.answer
    earlier = petition.earlier if known is None else (*petition.earlier, known)
    return petition._replace(answer=None, earlier=earlier, summary="", published=None)
