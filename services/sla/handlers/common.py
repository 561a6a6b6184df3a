"""What the handlers of sla share: what they may look at, and how they say something."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from contracts import Event, EventData, effect_id
from contracts.facts import epoch_ms
from reference import Readings, ReferenceData, Timeline
from runtime.clock import Clock
from runtime.outputs import Output
from runtime.store import Document
from services.sla.domain import RungRules
from services.sla.settings import SlaSettings

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


def business_time(event: Event) -> str:
    """When it happened at the office; of a type this version does not know, when it was recorded."""
    return (event.data.at if isinstance(event.data, EventData) else event.time).isoformat()


def unit_of(document: Document) -> str:
    """The competent unit that the document's promise was counted for."""
    return str(document.get("unit", "unknown"))


def line_of(document: Document, context: Context) -> Timeline:
    """The calendar that the document's promise was counted with."""
    return context.reference.timeline(unit_of(document), document.get("counted_with"))


def ms_of(time: datetime | None) -> int | None:
    return None if time is None else epoch_ms(time)


def effect(after: Document, name: str, occasion: str, data: dict[str, Any], event: Event, context: Context) -> Output:
    full = {"at": business_time(event), **data}
    return output(after, effect_id("sla", after["_id"], name, occasion), name, full, event, context)


def output(after: Document, identity: str, name: str, data: dict[str, Any], event: Event | None, context: Context) -> Output:
    body: dict[str, Any] = {"type": f"vn.dunghen.{name}.v1", "time": context.clock.now().isoformat(), "data": data}
    if event is not None:
        body["correlationid"] = event.correlation or event.id
    return Output(TOPIC, after["_id"], identity, body)
