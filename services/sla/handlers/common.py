"""What the handlers of sla share: what they may look at, and how they say something."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contracts import Event, EventData
from contracts.deadlines import DeadlineRefused, DeadlineSettled, DeadlineStated
from contracts.facts import epoch_ms
from reference import Readings, ReferenceData, Timeline
from runtime.clock import Clock
from runtime.outputs import Output
from runtime.store import Document
from services.sla.domain import RungRules
from services.sla.settings import SlaSettings
from services.speaking import say, say_once

TOPIC = "deadlines.v1"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event: reference data, clock, readings of the rules."""

    reference: ReferenceData
    clock: Clock
    rules: Readings
    rungs: RungRules
    early_by: Literal["date", "time"]

    @classmethod
    def of(cls, reference: ReferenceData, settings: SlaSettings, clock: Clock) -> "Context":
        """From the settings of the service."""
        rungs = RungRules(settings.warn_open_hours, settings.apology_lead_days, settings.sign_lead_days)
        return cls(reference, clock, settings.rules, rungs, settings.early_by)


def business_time(event: Event) -> datetime:
    """When it happened at the office; of a type this version does not know, when it was recorded."""
    return event.data.at if isinstance(event.data, EventData) else event.time


def unit_of(document: Document) -> str:
    """The competent unit that the document's promise was counted for."""
    return str(document.get("unit", "unknown"))


def line_of(document: Document, context: Context) -> Timeline:
    """The calendar that the document's promise was counted with."""
    return context.reference.timeline(unit_of(document), document.get("counted_with"))


def ms_of(time: datetime | None) -> int | None:
    return None if time is None else epoch_ms(time)


def state(after: Document, data: DeadlineStated | DeadlineSettled, event: Event | None, context: Context) -> Output:
    """Say what the promise is now, or how it ended; `event`: what led to it, if it was one."""
    return say(data, after["_id"], context.clock.now(), cause="" if event is None else _cause(event))


def refuse(after: Document, data: DeadlineRefused, occasion: str, event: Event, context: Context) -> Output:
    """Say once that a date cannot be promised."""
    return say_once(data, occasion, after["_id"], context.clock.now(), cause=_cause(event))


def _cause(event: Event) -> str:
    """The fact at the beginning of the chain that an event is of."""
    return event.correlation or event.id
