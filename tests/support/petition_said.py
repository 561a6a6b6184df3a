"""What is said of petitions, made up one event at a time."""

from datetime import datetime
from typing import Any

from contracts import Event, fact_id
from contracts.petitions import PetitionAnswered, PetitionReceived, PetitionStated
from tests.support.dossiers import at

ID = "PA-260302-AAAAAAAA"
UNIT = "H37.12"


def said(model: type[PetitionStated], version: int, when: datetime, due: datetime | None = None, **more: Any) -> Event:
    """What is said of a petition; of the one of these tests if not told otherwise."""
    name = more.pop("id", ID)
    base = {"unit": UNIT, "kind": "petition", "channel": "portal", "round": 1, "version": version, "at": when}
    if model is PetitionAnswered:
        base |= {"decision": "explained", "in_time": due is None or when <= due}
    data = model.model_validate({**base, "answer_due_at": due, **more})
    return Event(fact_id(name, model.SERIES, "1", version), "/feedback", data.TYPE, name, when, data)


def received(due: datetime | None, **more: Any) -> Event:
    return said(PetitionReceived, 1, at(2), due, **more)
