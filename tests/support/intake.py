"""Items taken in by intake without its machinery, as the loop of documents sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from runtime.outputs import Output
from runtime.store import Document
from services.intake.domain import Answer, Sender, parse_item
from services.intake.handlers import Context, on_items
from services.intake.recovery import Told
from services.intake.recovery import recall as _recall


@dataclass(frozen=True, slots=True)
class Took:
    """What became of items of one dossier."""

    document: Document
    outputs: list[Output]
    answers: list[Answer]
    notes: list[str]


def take_items(document: Document, raw: Iterable[Mapping[str, Any]], context: Context, sender: Sender) -> Took:
    """Take items in, in their order, all in one decision."""
    decision, results = on_items(document, [parse_item(item).item for item in raw], context, sender)
    notes = [note for result in results for note in result.notes]
    return Took(decision.document, list(decision.outputs), [result.answer for result in results], notes)


def recall(document: Document, told: Told) -> Document:
    """The document with one event that intake said."""
    return _recall(document, told)
