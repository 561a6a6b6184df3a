"""A dossier is its facts: merge them so that arrival order and repetition cannot matter.

A reader keeps, per dossier, a mapping type -> occasion -> slim fact with its version `v`. The highest version holds; a
retraction is a version too, marked `x`. Times are kept as whole milliseconds since 1970.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from contracts.dossiers import Fact, Retracted
from contracts.envelope import Event

Facts = Mapping[str, Mapping[str, Mapping[str, Any]]]
NONE: Mapping[str, Mapping[str, Any]] = {}


def epoch_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, as documents keep times."""
    return round(moment.timestamp() * 1000)


def merge_fact(facts: Facts, event: Event, fields: Mapping[str, Collection[str]], *, with_time: bool = False) -> Facts | None:
    """The facts with one event merged in, or None if it says nothing new.

    `fields` names, per short type, which fields a reader folds; `at` always is. Fields this version does not know are kept
    raw under `more`, and so is the whole payload of a type it does not know. A known type without entry is not kept.
    `with_time`: keep when the fact was recorded (the event's `time`) as `t`.
    """
    data = event.data
    if not isinstance(data, Fact):
        return _with(facts, event.type, event.id, {"v": 1, "raw": data.model_dump(mode="json")})
    kind = data.series
    if kind not in fields:
        return None
    slim = _slim(data, fields[kind])
    return _with(facts, kind, data.occasion, {**slim, "t": epoch_ms(event.time)} if with_time else slim)


def _with(facts: Facts, kind: str, occasion: str, fact: Mapping[str, Any]) -> Facts | None:
    own = facts.get(kind, NONE)
    known = own.get(occasion)
    if known is not None and known["v"] >= fact["v"]:
        return None
    return {**facts, kind: {**own, occasion: fact}}


def _slim(data: Fact, fields: Collection[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {"v": data.version, "at": epoch_ms(data.at)}
    if isinstance(data, Retracted):
        kept["x"] = True
        return kept
    for name in fields:
        value = getattr(data, name)
        if value is not None:
            kept[name] = epoch_ms(value) if isinstance(value, datetime) else _plain(value)
    if data.model_extra:
        kept["more"] = data.model_extra
    return kept


def _plain(value: Any) -> Any:  # noqa: ANN401 - a model or a JSON value
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def standing(facts: Facts, kind: str) -> Mapping[str, Mapping[str, Any]]:
    """The facts of one kind that hold, by occasion: what was retracted is not among them."""
    own = facts.get(kind)
    return {occasion: fact for occasion, fact in own.items() if "x" not in fact} if own else NONE


def first_standing(facts: Facts, kind: str) -> Mapping[str, Any] | None:
    """The fact of a kind that happens once, if it holds; of several occasions, the earliest."""
    if kind not in facts:
        return None
    found = [fact for fact in facts[kind].values() if "x" not in fact]
    return min(found, key=lambda fact: fact["at"]) if len(found) > 1 else found[0] if found else None
