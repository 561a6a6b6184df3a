"""What notifier does with each event: the rule for it, and what the rules may look at. Sending and issuing are jobs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from contracts import Event, EventData
from contracts.contacts import ContactCorrected, ContactSealed
from contracts.deadlines import (
    DEADLINE_TYPES,
    DeadlineApologyDue,
    DeadlineOverdue,
    DeadlineRefused,
    DeadlineSettled,
    DeadlineStated,
)
from contracts.dossiers import DOSSIER_TYPES
from contracts.envelope import UnknownData
from contracts.feedback import FEEDBACK_TYPES, FeedbackInvited, FeedbackStopWished
from contracts.petitions import (
    PETITION_TYPES,
    ContributionRecorded,
    PetitionReraised,
    PetitionStated,
    PetitionUpheld,
    SuggestionAccepted,
)
from reference import ReferenceData
from runtime.clock import Clock
from services.changes import Changed
from services.notifier.domain import Dossier, Ground
from services.notifier.domain.answers import on_petition
from services.notifier.domain.apologies import on_deadline, on_refused, on_rung, on_settled
from services.notifier.domain.dossier import KINDS
from services.notifier.domain.telling import on_contact, on_corrected, on_fact, on_invited
from services.notifier.domain.wishes import on_stop_wished

TOPIC = "notices.v1"
Rule = Callable[[Dossier, Event, Ground], Changed[Dossier]]
Rules = dict[type[EventData | UnknownData], Rule]
DataT = TypeVar("DataT", bound=EventData)


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that a decision is made with."""

    reference: ReferenceData
    clock: Clock

    def ground(self) -> Ground:
        """What a decision of now may look at."""
        return Ground(self.clock.now(), self.reference)


def of(model: type[DataT], rule: Callable[[Dossier, DataT, Event, Ground], Changed[Dossier]]) -> Rules:
    """The rule for one class of events."""

    def on(dossier: Dossier, event: Event, ground: Ground) -> Changed[Dossier]:
        return rule(dossier, event.data, event, ground) if isinstance(event.data, model) else Changed(dossier)

    return {model: on}


RULES: Rules = {
    **dict.fromkeys(DOSSIER_TYPES, on_fact),
    **of(ContactSealed, lambda dossier, data, _, ground: on_contact(dossier, data, ground)),
    **of(ContactCorrected, lambda dossier, data, _, ground: on_corrected(dossier, data, ground)),
    **of(FeedbackInvited, lambda dossier, data, _, ground: on_invited(dossier, data, ground)),
    **of(FeedbackStopWished, lambda dossier, data, _, ground: on_stop_wished(dossier, data, ground)),
    **of(DeadlineApologyDue, on_rung),
    **of(DeadlineOverdue, on_rung),
    **of(DeadlineSettled, on_settled),
    **of(DeadlineRefused, on_refused),
}
for stated in DEADLINE_TYPES:
    if issubclass(stated, DeadlineStated):
        RULES |= of(stated, lambda dossier, data, _, ground: on_deadline(dossier, data, ground))
CALLING: tuple[type[PetitionStated], ...] = (PetitionUpheld, SuggestionAccepted, ContributionRecorded, PetitionReraised)
for calling in CALLING:  # of petitions: those that call for a letter, or call it off
    RULES |= of(calling, lambda dossier, data, _, ground: on_petition(dossier, data, ground))
IGNORED = frozenset((*DEADLINE_TYPES, *FEEDBACK_TYPES, *PETITION_TYPES)) - RULES.keys()


def heeds(event: Event) -> bool:
    """Of warnings to staff, of how somebody rated, of the way of a petition, and of most facts, a citizen is told nothing."""
    return type(event.data) not in IGNORED and KINDS.concerns(event)


def handle(dossier: Dossier, event: Event, context: Context) -> Changed[Dossier]:
    """Hand an event to its rule; one of a type this version does not know is kept raw, as facts are."""
    rule = RULES.get(type(event.data), on_fact)
    return rule(dossier, event, context.ground())
