"""What reporting does with each message: (document, event, context) -> (document, outputs). Cells follow in jobs."""

from dataclasses import dataclass
from typing import Any

from contracts import Event
from contracts.deadlines import DEADLINE_TYPES
from contracts.dossiers import DOSSIER_TYPES
from contracts.facts import merge_fact
from contracts.feedback import FEEDBACK_TYPES
from contracts.notices import NOTICE_TYPES
from reference import ReferenceData
from runtime.clock import Clock, epoch_ms
from runtime.outputs import Decision
from runtime.store import Document
from services.reporting.domain import (
    FIELDS,
    Contributions,
    contributions,
    doubts,
    flip_at,
    merge_effect,
    merge_statement,
)
from services.reporting.domain.cells import day_in


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and event."""

    clock: Clock
    reference: ReferenceData


def on_fact(document: Document, event: Event, context: Context) -> Decision:
    """A fact of a dossier."""
    facts = merge_fact(document.get("facts", {}), event, FIELDS, with_time=True)
    return _take(document, None if facts is None else {**document, "facts": facts}, context)


def on_statement(document: Document, event: Event, context: Context) -> Decision:
    """A statement of sla: a due date or an outcome. Effects of sla (warnings, overdue) change no figure."""
    return _take(document, merge_statement(document, event), context)


def on_effect(document: Document, event: Event, context: Context) -> Decision:
    """A letter issued or not owed, a survey answered."""
    return _take(document, merge_effect(document, event), context)


def _take(document: Document, after: dict[str, Any] | None, context: Context) -> Decision:
    if after is None:
        return Decision(document)
    return Decision(recount({**after, "doubts": doubts(after, context.reference.future)}, epoch_ms(context.clock.now())))


def recount(row: Document, now: int) -> Document:
    """Note which cells the row counts in now (`cells`, `adds` by day), and mark those whose counts changed as touched.

    `now` in ms.
    """
    found = contributions(row, now)
    adds, cells = ({}, []) if found is None else (_as_adds(found), sorted(found.by_key()))
    before: dict[str, Any] = {key: row["adds"][day_in(key)] for key in row.get("cells", ())}
    touched = {key for key in {*before, *cells} if before.get(key) != (adds[day_in(key)] if key in cells else None)}
    after: Document = {**row, "adds": adds, "cells": cells}
    if touched:
        after["touched"] = sorted({*row.get("touched", ()), *touched})
        after["dirty"] = 1
    for name, value in (("flip_at", flip_at(row, now)), ("doubts", row.get("doubts") if cells else None)):
        if value:
            after[name] = value
        else:
            after.pop(name, None)
    return after


def _as_adds(found: Contributions) -> dict[str, Any]:
    return {day: {"as_of": add.as_of, "counters": dict(add.counters)} for day, add in found.days.items()}


HANDLERS = (
    {model.TYPE: on_fact for model in DOSSIER_TYPES}
    | {model.TYPE: on_statement for model in DEADLINE_TYPES}
    | {model.TYPE: on_effect for model in (*NOTICE_TYPES, *FEEDBACK_TYPES)}
)


def handle(document: Document, event: Event, context: Context) -> Decision:
    """Hand a message to its function; a type this version does not know is kept raw."""
    return HANDLERS.get(event.type, on_fact)(document, event, context)
