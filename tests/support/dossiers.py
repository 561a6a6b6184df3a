"""Facts of one dossier, as intake says them."""

from datetime import datetime
from typing import Any

from contracts import Event, fact_id
from contracts.dossiers import DOSSIER_TYPES
from reference import OFFICE_TIME

DOSSIER = "H37.12-260302-0001"
MODELS = {model.SERIES: model for model in reversed(DOSSIER_TYPES)}  # of a reception, its version 1


def at(day: int, time: str = "09:00", month: int = 3) -> datetime:
    """A moment of March 2026; the 2nd is a Monday."""
    hour, minute = map(int, time.split(":"))
    return datetime(2026, month, day, hour, minute, tzinfo=OFFICE_TIME)


def fact(kind: str, when: datetime, *, version: int = 1, occasion: str = "1", **more: Any) -> Event:
    """A fact by its short type, recorded when it happened."""
    model = MODELS[kind]
    data = model.model_validate({"at": when, "occasion": occasion, "version": version, **more})
    identity = fact_id(DOSSIER, more.get("fact", kind), occasion, version)
    return Event(identity, "/intake", model.TYPE, DOSSIER, when, data)


def submitted(when: datetime | None = None, *, version: int = 1, **more: Any) -> Event:
    """A submission online, on Monday the 2nd if not told otherwise."""
    base: dict[str, Any] = {"procedure": "1.000894", "receiving_unit": "H37.12", "competent_unit": "H37.12", "channel": 2}
    return fact("submitted", when or at(2), version=version, **{**base, **more})


def received(
    when: datetime | None = None, limit: tuple[int, str] = (5, "working_day"), *, version: int = 1, **more: Any
) -> Event:
    """A reception, on Monday the 2nd if not told otherwise."""
    terms = {"procedure_version": "1", "limit": {"value": limit[0], "unit": limit[1]}, **more.pop("terms", {})}
    base: dict[str, Any] = {
        "procedure": "1.000894",
        "receiving_unit": "H37.12",
        "competent_unit": "H37.12",
        "channel": 2,
        "terms": terms,
    }
    return fact("received", when or at(2), version=version, **{**base, **more})
