"""What sla does with each event and timer: the rule for it, and what the rules may look at."""

from dataclasses import dataclass
from datetime import datetime

from contracts import Event
from contracts.facts import epoch_ms
from contracts.letters import ANSWER_LETTER_TYPES
from contracts.notices import NOTICE_TYPES, LetterApproved
from reference import ReferenceData
from runtime.clock import Clock
from services.changes import Changed
from services.sla.domain import (
    Ask,
    Dossier,
    Ground,
    Heard,
    RungRules,
    answer,
    fire,
    pass_acceptance,
    restate,
    restate_acceptance,
)
from services.sla.settings import SlaSettings

TOPIC = "deadlines.v1"


@dataclass(frozen=True, slots=True)
class Context:
    """The parts that a decision is made with."""

    ground: Ground
    clock: Clock

    @classmethod
    def of(cls, reference: ReferenceData, settings: SlaSettings, clock: Clock) -> "Context":
        """From the settings of the service."""
        rungs = RungRules(settings.warn_open_hours, settings.apology_lead_days, settings.sign_lead_days)
        return cls(Ground(reference, settings.rules, rungs, settings.early_by, settings.acceptance), clock)

    @property
    def reference(self) -> ReferenceData:
        """Units, procedures, the calendar."""
        return self.ground.reference


def on_fact(dossier: Dossier, event: Event, ground: Ground) -> Changed[Dossier]:
    """A fact of a dossier: take it in, and state what changed: the promise, how it ended, the time to accept it."""
    after = dossier.told(event)
    if after is dossier:
        return Changed(dossier)
    heard = Heard.of(event)
    return restate(after, heard, ground).then(lambda restated: restate_acceptance(restated, heard, ground))


def on_ask(dossier: Dossier, event: Event, ground: Ground) -> Changed[Dossier]:
    """A signed apology letter asks for a new date; it is answered once."""
    ask = ask_of(event)
    return Changed(dossier) if ask is None or ask.id in dossier.asks else answer(dossier, ask, Heard.of(event), ground)


def ask_of(event: Event) -> Ask | None:
    """What a signed letter asks for; None if it asks for no date."""
    data = event.data
    if not isinstance(data, LetterApproved) or data.new_due_at is None:
        return None
    return Ask(event.id, data.unit, data.draft, epoch_ms(data.at), epoch_ms(data.new_due_at))


IGNORED = frozenset((*NOTICE_TYPES, *ANSWER_LETTER_TYPES)) - {LetterApproved}


def heeds(event: Event) -> bool:
    """Notices, the rest of a letter's life and letters that answer petitions change no promise."""
    return type(event.data) not in IGNORED


def handle(dossier: Dossier, event: Event, context: Context) -> Changed[Dossier]:
    """The rule for an event. Of a type this version does not know it is kept by the same rule as a fact."""
    return (on_ask if isinstance(event.data, LetterApproved) else on_fact)(dossier, event, context.ground)


def on_timer(dossier: Dossier, until: datetime, now: datetime, context: Context) -> Changed[Dossier]:
    """What was reached by `until`, the moment up to which the log is known."""
    return fire(dossier, until, now, context.ground).then(lambda fired: pass_acceptance(fired, until))


def cause_of(event: Event) -> str:
    """The fact at the beginning of the chain that an event is of."""
    return event.correlation or event.id
