"""How every service says an event: an object of its contract becomes an output, and an output a record.

What an event is called, which topic carries it and what its id is made from belong to its class and to the catalogue. A service
gives what it knows: the event, whom it is about, when it decided.
"""

from datetime import datetime
from functools import cache
from typing import Any

from contracts import Effect, EventData, Named, load_catalogue, to_wire
from runtime.outputs import Output


def say(data: Named, subject: str, now: datetime, *, cause: str = "", sequence: int | None = None) -> Output:
    """A fact or a statement, decided `now`: its id follows from what it says.

    `cause`: the id of the fact at the beginning of its chain. `sequence`: its place among the facts of its dossier.
    """
    topic, owner = _way(data.TYPE)
    return Output(topic, subject, data.event_id(data.WRITER or owner, subject), _body(data, now, cause, sequence))


def say_once(data: Effect, occasion: str, subject: str, now: datetime, *, cause: str = "") -> Output:
    """An effect, decided `now`: said again for the same occasion it is the same event, whatever it says."""
    topic, writer = _way(data.TYPE)
    return Output(topic, subject, data.event_id(writer, subject, occasion), _body(data, now, cause, None))


def encode(output: Output) -> bytes:
    """An output as a record of its topic."""
    return to_wire(f"/{output.body.get('writer') or _owner(output.topic)}", output.key, output.id, output.body)


def _body(data: EventData, now: datetime, cause: str, sequence: int | None) -> dict[str, Any]:
    """What was not given to the event, or is None, is left out of the record."""
    body: dict[str, Any] = {"type": data.TYPE, "time": now.isoformat()}
    if sequence is not None:
        body["sequence"] = f"{sequence:013d}"
    if data.WRITER:
        body["writer"] = data.WRITER
    if cause:
        body["correlationid"] = cause
    # What model_dump calls: it is half of what saying costs, so nothing stands between.
    body["data"] = data.__pydantic_serializer__.to_python(data, mode="json", exclude_unset=True, exclude_none=True)
    return body


@cache
def _way(full_type: str) -> tuple[str, str]:
    """The topic that carries a type, and the service that writes it."""
    topic = next(name for name, spec in load_catalogue().topics.items() if full_type in spec.full_types)
    return topic, _owner(topic)


@cache
def _owner(topic: str) -> str:
    return load_catalogue().topics[topic].owner
