"""What reporting does with each message: (document, event, context) -> (document, outputs). Cells follow in jobs."""

from dataclasses import dataclass
from typing import Any

from contracts import Event
from contracts.deadlines import DEADLINE_TYPES
from contracts.dossiers import DOSSIER_TYPES
from contracts.facts import merge_fact, milliseconds
from contracts.feedback import FEEDBACK_TYPES
from contracts.notices import NOTICE_TYPES
from runtime.clock import Clock, epoch_ms
from runtime.documents import Document
from runtime.outputs import Decision
from services.reporting.domain import FIELDS, contributions, flip_at, merge_effect, merge_statement


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event."""

    clock: Clock


def on_fact(document: Document, event: Event, context: Context) -> Decision:
    """A fact of a dossier."""
    facts = merge_fact(document.get("facts", {}), event, FIELDS)
    if facts is None:
        return Decision(document)
    return Decision(recount({**document, "facts": facts, **_as_of(document, event)}, epoch_ms(context.clock.now())))


def on_statement(document: Document, event: Event, context: Context) -> Decision:
    """A statement of sla: a due date or an outcome. Effects of sla (warnings, overdue) change no figure."""
    return _take(document, merge_statement(document, event), event, context)


def on_effect(document: Document, event: Event, context: Context) -> Decision:
    """A letter issued, a survey answered."""
    return _take(document, merge_effect(document, event), event, context)


def _take(document: Document, after: dict[str, Any] | None, event: Event, context: Context) -> Decision:
    if after is None:
        return Decision(document)
    return Decision(recount({**after, **_as_of(document, event)}, epoch_ms(context.clock.now())))


def recount(row: Document, now: int) -> Document:
    """Note which cells the row counts in now, and mark those whose counts changed as touched."""
    before: dict[str, dict[str, int]] = row.get("adds", {})
    adds = {key: dict(counters) for key, counters in contributions(row, now).items()}
    touched = {key for key in {*before, *adds} if before.get(key) != adds.get(key)}
    after: Document = {**row, "adds": adds, "cells": sorted(adds)}
    if touched:
        after["touched"] = sorted({*row.get("touched", ()), *touched})
        after["dirty"] = 1
    flip = flip_at(row, now)
    if flip is None:
        after.pop("flip_at", None)
    else:
        after["flip_at"] = flip
    return after


def _as_of(document: Document, event: Event) -> dict[str, Any]:
    """The newest record time this row has seen."""
    return {"as_of": max(document.get("as_of", 0), milliseconds(event.time))}


HANDLERS = (
    {model.TYPE: on_fact for model in DOSSIER_TYPES}
    | {model.TYPE: on_statement for model in DEADLINE_TYPES}
    | {model.TYPE: on_effect for model in (*NOTICE_TYPES, *FEEDBACK_TYPES)}
)


def handle(document: Document, event: Event, context: Context) -> Decision:
    """Hand a message to its function; a type this version does not know is kept raw."""
    return HANDLERS.get(event.type, on_fact)(document, event, context)
