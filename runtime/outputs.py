"""What a handler decides, and how its outputs stay with the document until they are known to be published."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from runtime.errors import Invalid
from runtime.log import Wire
from runtime.store import Document

UNSETTLED = "unsettled"  # field of a document that recovers, until it was compared with the log; the service indexes it
EMPTY_OUTBOX: list[dict[str, Any]] = []


class Incoming(Protocol):
    """What the loop needs to know of a decoded event."""

    @property
    def id(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def time(self) -> datetime: ...


EventT = TypeVar("EventT", bound=Incoming)


@dataclass(frozen=True, slots=True)
class Output:
    """An event to publish: logical topic, key, id, and a slim JSON body that the service's encoder completes."""

    topic: str
    key: str
    id: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one document. `document` is the given one itself when nothing was new. `answer` is for whoever asked."""

    document: Document
    outputs: Sequence[Output] = ()
    answer: Any = None


Handler = Callable[[Document, EventT], Decision]
Encoder = Callable[[Output], bytes]


@dataclass(frozen=True, slots=True)
class Cause:
    """Why outputs were decided: a record at a place of the log, or an intent."""

    id: str
    partition: str = ""  # topic/partition of the record
    offset: int = -1
    intent: str = ""


Committed = Mapping[str, int]  # per topic/partition, the offset below which everything is committed
NOTHING_COMMITTED: Committed = {}


def record_outputs(document: Document, cause: Cause, outputs: Sequence[Output]) -> None:
    """Keep outputs beside the occasion that caused them, so that a repetition can publish them again."""
    if not outputs:
        return
    entry: dict[str, Any] = {"c": cause.id, "out": [[o.topic, o.key, o.id, dict(o.body)] for o in outputs]}
    if cause.intent:
        entry["i"] = cause.intent
    else:
        entry["p"], entry["o"] = cause.partition, cause.offset
    document["outbox"] = [*document.get("outbox", EMPTY_OUTBOX), entry]


def recorded_outputs(document: Document, *, cause: str = "", intent: str = "") -> list[Output]:
    """Outputs kept for a cause or for an intent; none if they were dropped because they are known to be published."""
    return [
        Output(*item)
        for entry in document.get("outbox", EMPTY_OUTBOX)
        if (cause and entry["c"] == cause) or (intent and entry.get("i") == intent)
        for item in entry["out"]
    ]


def is_published(entry: Mapping[str, Any], committed: Committed, open_intents: frozenset[str]) -> bool:
    """Whether the outputs of an entry are known to be on the log: its record is committed, or its intent is done."""
    return entry["i"] not in open_intents if "i" in entry else entry["o"] < committed.get(entry["p"], 0)


def drop_published(document: Document, committed: Committed, open_intents: frozenset[str]) -> None:
    """Drop the outputs whose cause is committed or whose intent is done: the bodies, not what the document knows."""
    if "outbox" not in document:
        return
    kept = [entry for entry in document["outbox"] if not is_published(entry, committed, open_intents)]
    if kept:
        document["outbox"] = kept
    else:
        del document["outbox"]


@dataclass(frozen=True, slots=True)
class Rules(Generic[EventT]):
    """What makes a loop this service's loop: its documents, its decoder, its handler, its encoder."""

    collection: str
    decode: Callable[[bytes | None], EventT]
    handle: Handler[EventT]
    encode: Encoder
    # What a null value means, by topic; elsewhere it means nothing.
    forget: Mapping[str, Callable[[Document], Decision]] = field(default_factory=dict)


def new_document(document_id: str) -> Document:
    """A document that was never saved."""
    return {"_id": document_id, "rev": 0}


LARGEST_OUTPUT = 900_000  # bytes; Kafka takes 1 MiB with key, headers and what surrounds them


def encoded(outputs: Iterable[Output], encode: Encoder) -> list[Wire]:
    """Outputs as records. Raises Invalid for one that the log would never take: before anything is saved that promises it."""
    wires = [Wire(output.topic, output.key, encode(output)) for output in outputs]
    for wire in wires:
        if len(wire.value) > LARGEST_OUTPUT:
            raise Invalid(f"an output for {wire.topic} would have {len(wire.value)} bytes, the log takes {LARGEST_OUTPUT}")
    return wires
