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
    topic, writer = _place(data.TYPE)
    return _output(data, topic, subject, data.event_id(writer, subject), _about(now, cause, sequence))


def say_once(data: Effect, occasion: str, subject: str, now: datetime, *, cause: str = "") -> Output:
    """An effect, decided `now`: said again for the same occasion it is the same event, whatever it says."""
    topic, writer = _place(data.TYPE)
    return _output(data, topic, subject, data.event_id(writer, subject, occasion), _about(now, cause))


def encode(output: Output) -> bytes:
    """An output as a record of its topic."""
    return to_wire(f"/{_owner(output.topic)}", output.key, output.id, output.body)


def _about(now: datetime, cause: str, sequence: int | None = None) -> dict[str, Any]:
    about: dict[str, Any] = {"time": now.isoformat()}
    if sequence is not None:
        about["sequence"] = f"{sequence:013d}"
    if cause:
        about["correlationid"] = cause
    return about


def _output(data: EventData, topic: str, subject: str, identity: str, about: dict[str, Any]) -> Output:
    """What was not given to the event, or is None, is left out of the record."""
    said = data.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    return Output(topic, subject, identity, {"type": data.TYPE, **about, "data": said})


@cache
def _place(full_type: str) -> tuple[str, str]:
    """The topic that carries a type, and who writes it."""
    topic = next(name for name, spec in load_catalogue().topics.items() if full_type in spec.full_types)
    return topic, _owner(topic)


@cache
def _owner(topic: str) -> str:
    return load_catalogue().topics[topic].owner
