"""Items taken in by intake without its machinery, as the loop of documents sees it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from runtime.outputs import Output
from runtime.store import Document
from services.intake.domain import Answer, Sender, Taken, parse_item, take_all
from services.intake.handlers import Context
from services.intake.recovery import recall as _recall
from services.intake.store import CODEC


@dataclass(frozen=True, slots=True)
class Took:
    """What became of items of one dossier."""

    document: Document
    outputs: list[Output]
    answers: list[Answer]
    notes: list[str]


def take_items(document: Document, raw: Iterable[Mapping[str, Any]], context: Context, sender: Sender) -> Took:
    """Take items in, in their order, all in one decision."""
    ground = context.ground(sender)
    rule = partial(take_all, items=[(parse_item(item).item, ground) for item in raw])
    decision = CODEC.settling(rule, context.clock)(document)
    results: tuple[Taken, ...] = decision.answer
    notes = [note for result in results for note in result.notes]
    return Took(decision.document, list(decision.outputs), [result.answer for result in results], notes)


recall = CODEC.folding(_recall)
