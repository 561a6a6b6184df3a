"""What passes between the services: envelope, event types, topic catalogue, identifiers.

This package is all that a reader of our topics has to install; it needs pydantic and PyYAML alone.
"""

from contracts.catalogue import DEAD_LETTER_HEADERS, EVENT_TYPES, Catalogue, TopicSpec, full_type, load_catalogue, short_type
from contracts.envelope import (
    CONTENT_TYPE,
    PREFIX,
    Effect,
    Envelope,
    Event,
    EventData,
    Named,
    Statement,
    UnknownData,
    decode,
    encode,
    hide_inputs,
    to_wire,
)
from contracts.ids import effect_id, fact_id, statement_id

__all__ = [
    "CONTENT_TYPE",
    "DEAD_LETTER_HEADERS",
    "EVENT_TYPES",
    "PREFIX",
    "Catalogue",
    "Effect",
    "Envelope",
    "Event",
    "EventData",
    "Named",
    "Statement",
    "TopicSpec",
    "UnknownData",
    "decode",
    "effect_id",
    "encode",
    "fact_id",
    "full_type",
    "hide_inputs",
    "load_catalogue",
    "short_type",
    "statement_id",
    "to_wire",
]
