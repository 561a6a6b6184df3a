"""What both messages and letters need: context, the states their events stand for, when something is due."""

from dataclasses import dataclass

from contracts.notices import LetterStated, NoticeStated
from reference import ReferenceData
from runtime.clock import Clock
from runtime.store import Document

TOPIC = "notices.v1"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event."""

    reference: ReferenceData
    clock: Clock


def state_of(data: NoticeStated | LetterStated) -> str:
    """The state of a message or letter that an event says it came to: `accepted` of notice.accepted."""
    return data.SERIES.partition(".")[2]


def plan_next(document: Document) -> None:
    """Note on the document when something of it is to be sent next."""
    waiting = [
        state["next"] for state in (*document.get("notices", {}).values(), document.get("letter", {})) if "next" in state
    ]
    if waiting:
        document["next_send_at"] = min(waiting)
    else:
        document.pop("next_send_at", None)
