"""CloudEvents 1.0 in structured JSON, one event per Kafka record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import to_json

from contracts.ids import effect_id, statement_id

CONTENT_TYPE = "application/cloudevents+json"
PREFIX = "vn.dunghen."


class EventData(BaseModel):
    """Base of every payload. Unknown fields are kept, so that an older reader loses nothing it passes on."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True, ser_json_temporal="iso8601")

    TYPE: ClassVar[str]  # full CloudEvents type, e.g. vn.dunghen.dossier.received.v1
    WRITER: ClassVar[str] = ""  # who says it, where that is not the owner of its topic

    at: AwareDatetime = Field(description="Business time with offset: when it happened at the office.")


class Named(EventData):
    """An event whose id follows from what it says. `event_id` is the same whoever computes it and however often."""

    SERIES: ClassVar[str]  # what ids are made from: the events of one series of a subject are told apart by their version

    def event_id(self, writer: str, subject: str) -> str:
        """The id of this event about a subject, said by the service that writes its topic."""
        raise NotImplementedError


class Statement(Named):
    """What a service states and may state anew: the highest version of a series holds."""

    @property
    def edition(self) -> int:
        """The version that the id is made from."""
        raise NotImplementedError

    def event_id(self, writer: str, subject: str) -> str:
        """Named by its version."""
        return statement_id(writer, subject, self.SERIES, self.edition)


class Effect(EventData):
    """What happens to people: it happens once, however often it is decided, so its occasion names it and never a version."""

    SERIES: ClassVar[str]  # what ids are made from: the effects of one series on a subject are told apart by their occasion

    @classmethod
    def event_id(cls, writer: str, subject: str, occasion: str) -> str:
        """The id of the effect of an occasion on a subject, said by the service that writes its topic."""
        return effect_id(writer, subject, cls.SERIES, occasion)


class UnknownData(BaseModel):
    """Payload of a type this version does not know; kept raw."""

    model_config = ConfigDict(extra="allow", frozen=True, hide_input_in_errors=True)


class Envelope(BaseModel):
    """The CloudEvents attributes we use. `subject` is also the Kafka key."""

    # The schema says how CloudEvents wants attributes named; a reader passes over what it does not know, however it is named.
    model_config = ConfigDict(
        extra="allow",
        hide_input_in_errors=True,
        ser_json_temporal="iso8601",
        json_schema_extra={"propertyNames": {"pattern": "^[a-z0-9]+$"}},
    )

    specversion: Literal["1.0"]
    id: UUID = Field(description="Derived from the cause, so that a repetition has the same id.")
    source: str = Field(description="The service that says it: /intake, /sla, /reporting.", pattern=r"^/[a-z-]+$")
    type: str = Field(description="vn.dunghen.<what>.v<version>", pattern=r"^vn\.dunghen\.[a-z-]+(\.[a-z-]+)+\.v[0-9]+$")
    subject: str = Field(
        description="Dossier code, petition id, or the cell key on metrics.v1. Equal to the Kafka key.", min_length=1
    )
    time: AwareDatetime = Field(description="When it was recorded by its writer.")
    sequence: str | None = Field(
        default=None,
        pattern=r"^[0-9]{13}$",
        description="Order of the facts of one dossier: 13 digits, later is larger.",
    )
    correlationid: UUID | None = Field(default=None, description="Id of the fact at the start of this chain of events.")
    datacontenttype: Literal["application/json"] = "application/json"
    data: dict[str, Any]


def to_wire(source: str, subject: str, event_id: str, body: Mapping[str, Any]) -> bytes:
    """The record of an event whose parts are JSON already: `body` holds type, time, data, perhaps sequence, correlationid."""
    envelope = {
        "specversion": "1.0",
        "id": event_id,
        "source": source,
        "type": body["type"],
        "subject": subject,
        "time": body["time"],
    }
    for name in ("sequence", "correlationid"):
        if name in body:
            envelope[name] = body[name]
    return to_json({**envelope, "datacontenttype": "application/json", "data": body["data"]})


@dataclass(frozen=True, slots=True)
class Event:
    """A decoded event: envelope attributes in Python types and a typed payload."""

    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: EventData | UnknownData
    sequence: int | None = None
    correlation: str | None = None


def hide_inputs(error: ValidationError) -> str:
    """Describe a validation error by place and rule alone: the input may hold personal data."""
    return "; ".join(
        f"{'.'.join(str(part) for part in item['loc']) or 'record'}: {item['msg']}"
        for item in error.errors(include_input=False, include_url=False, include_context=False)
    )


def decode(record: bytes | None, types: dict[str, type[EventData]]) -> Event:
    """Decode one Kafka record value. Raises ValidationError (inputs hidden) if it is not a valid event.

    A type that is not in `types` is decoded with UnknownData.
    """
    envelope = Envelope.model_validate_json(record or b"")
    model: type[EventData | UnknownData] = types.get(envelope.type, UnknownData)
    return Event(
        id=str(envelope.id),
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        time=envelope.time,
        data=model.model_validate(envelope.data),
        sequence=int(envelope.sequence) if envelope.sequence else None,
        correlation=str(envelope.correlationid) if envelope.correlationid else None,
    )


def encode(event: Event) -> bytes:
    """Encode for the wire. Fields that are None are left out; equal events give equal bytes."""
    return (
        Envelope(
            specversion="1.0",
            id=UUID(event.id),
            source=event.source,
            type=event.type,
            subject=event.subject,
            time=event.time,
            sequence=None if event.sequence is None else f"{event.sequence:013d}",
            correlationid=UUID(event.correlation) if event.correlation else None,
            data=event.data.model_dump(mode="json", exclude_none=True),
        )
        .model_dump_json(exclude_none=True)
        .encode()
    )
