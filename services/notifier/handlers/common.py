"""What both messages and letters need: context, the events they speak in, when something is due."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts import effect_id, to_wire
from reference import ReferenceData
from runtime.clock import Clock
from runtime.outputs import Output
from runtime.store import Document

TOPIC, SOURCE = "notices.v1", "/notifier"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event."""

    reference: ReferenceData
    clock: Clock


def speak(document: Document, name: str, occasion: str, data: Mapping[str, Any], context: Context) -> Output:
    """An effect of this service: named by its occasion, so that it happens once."""
    body = {"type": f"vn.dunghen.{name}.v1", "time": context.clock.now().isoformat(), "data": dict(data)}
    return Output(TOPIC, document["_id"], effect_id("notifier", document["_id"], name, occasion), body)


def encode(output: Output) -> bytes:
    """An output as a record."""
    return to_wire(SOURCE, output.key, output.id, output.body)


def plan_next(document: Document) -> None:
    """Note on the document when something of it is to be sent next."""
    waiting = [
        state["next"] for state in (*document.get("notices", {}).values(), document.get("letter", {})) if "next" in state
    ]
    if waiting:
        document["next_send_at"] = min(waiting)
    else:
        document.pop("next_send_at", None)
