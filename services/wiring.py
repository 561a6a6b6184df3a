"""What every service's app does the same way: decode events of the contracts, declare its topics for AsyncAPI."""

from collections.abc import Callable
from functools import reduce
from operator import or_

from pydantic import ValidationError

from contracts import EVENT_TYPES, Event, decode, hide_inputs, load_catalogue
from runtime.errors import Invalid
from runtime.kafka import Published


def decoder() -> Callable[[bytes | None], Event]:
    """Decode one record; what is no valid event is Invalid, by place and rule alone."""

    def decode_record(value: bytes | None) -> Event:
        try:
            return decode(value, EVENT_TYPES)
        except ValidationError as error:
            raise Invalid(f"not a valid event: {hide_inputs(error)}") from None

    return decode_record


def published_by(service: str) -> list[Published]:
    """The topics a service owns, with the payloads they carry."""
    topics = []
    for name, spec in load_catalogue().topics.items():
        if spec.owner == service:
            models = [EVENT_TYPES[full] for full in spec.full_types]
            topics.append(Published(name, reduce(or_, models) if models else bytes, spec.description))
    return topics
