"""What intake does with items: (document, items, context) -> (document, outputs), and the answers for the sender."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from contracts import to_wire
from reference import ReferenceData, moment
from runtime.clock import Clock, epoch_ms
from runtime.documents import Document
from runtime.intents import Intents
from runtime.outputs import Decision, Output
from runtime.parts import Parts
from services.intake import store
from services.intake.domain import Answer, FaultError, Item, Outgoing, Quarantined, Refused, parse_item, take_in
from services.intake.domain.facts import Limits
from services.intake.sealing import ContactSealer
from services.intake.settings import IntakeSettings

SOURCE = "/intake"


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and items."""

    reference: ReferenceData
    settings: IntakeSettings
    sealer: ContactSealer
    clock: Clock

    def limits(self) -> Limits:
        """What a fact may be now."""
        now = self.clock.now()
        return Limits(now, now + self.settings.future, self.settings.max_facts)


def on_items(document: Document, items: Sequence[Item], context: Context) -> tuple[Decision, list[Answer]]:
    """Merge the items of one dossier, in their order."""
    state: Mapping[str, Any] = document
    answers: list[Answer] = []
    outputs: list[Output] = []
    limits = context.limits()
    for item in items:
        taken = take_in(state, item, context.reference, limits, context.sealer.digest)
        state = taken.state
        answers.append(taken.answer)
        outputs += [_output(item.dossier, outgoing, taken.outgoing[0].id, context) for outgoing in taken.outgoing]
    return Decision(document if state is document else dict(state), outputs), answers


def _output(dossier: str, outgoing: Outgoing, root: str, context: Context) -> Output:
    body: dict[str, Any] = {
        "type": f"vn.dunghen.dossier.{outgoing.kind}.v1",
        "time": context.clock.now().isoformat(),
        "correlationid": root,
        "data": dict(outgoing.data),
    }
    if outgoing.contact is not None:
        body["type"] = "vn.dunghen.contact.sealed.v1"
        body["data"] |= {"key_epoch": context.sealer.box.epoch, "sealed": context.sealer.seal(outgoing.contact)}
        return Output("contacts.v1", dossier, outgoing.id, body)
    body["sequence"] = f"{outgoing.sequence:013d}"
    return Output("dossiers.v1", dossier, outgoing.id, body)


def view(document: Document, open_intents: Collection[str]) -> dict[str, Any]:
    """What a sender may read of a dossier: its facts as they hold, whether a contact is known, how many events wait to be
    published. No personal data."""
    facts = [
        {
            "type": key.partition("/")[0],
            "occasion": key.partition("/")[2],
            "version": fact["v"],
            "at": moment(fact["at"]).isoformat(),
            "retracted": bool(fact.get("x")),
        }
        for key, fact in sorted(document["facts"].items(), key=lambda item: (item[1]["at"], item[0]))
    ]
    pending = sum(len(entry["out"]) for entry in document.get("outbox", ()) if entry["i"] in open_intents)
    return {"dossier": document["_id"], "facts": facts, "contact": "contact" in document, "pending": pending}


def encode(output: Output) -> bytes:
    """An output as a record."""
    return to_wire(SOURCE, output.key, output.id, output.body)


@dataclass(slots=True)
class Batch:
    """One request on its way through: answers by index, items by dossier, and the intent that will publish them."""

    answers: dict[int, Answer] = field(default_factory=dict)
    by_dossier: dict[str, list[tuple[int, Item]]] = field(default_factory=dict)
    intent: str | None = None


def parse_batch(raw: Sequence[Any]) -> Batch:
    """Check every item on its own: one bad item does not harm its neighbours."""
    batch = Batch()
    for index, given in enumerate(raw):
        try:
            item = parse_item(given)
        except FaultError as error:
            batch.answers[index] = Refused(error.faults)
        else:
            batch.by_dossier.setdefault(item.dossier, []).append((index, item))
    return batch


async def take_batch(raw: Sequence[Any], context: Context, parts: Parts, intents: Intents) -> Batch:
    """Take in a list of items. When this returns, what was accepted cannot be lost any more. Raises Unavailable."""
    batch = parse_batch(raw)

    def decide(document: Document) -> Decision:
        own = batch.by_dossier[document["_id"]]
        decision, answers = on_items(document, [item for _, item in own], context)
        batch.answers.update(zip((index for index, _ in own), answers, strict=True))
        return decision

    batch.intent = await intents.change(batch.by_dossier, decide)
    await _keep_quarantined(batch, raw, parts)
    return batch


async def _keep_quarantined(batch: Batch, raw: Sequence[Any], parts: Parts) -> None:
    """Keep what a person has to look at; without its contact, which may not lie about in clear."""
    for index, answer in batch.answers.items():
        if isinstance(answer, Quarantined):
            item = {k: v for k, v in raw[index].items() if not str(k).startswith("contact")}
            identity = str(uuid.uuid5(uuid.NAMESPACE_OID, repr(sorted(item.items()))))
            entry = {
                "_id": identity,
                "rev": 0,
                "at": epoch_ms(parts.clock.now()),
                "reason": answer.reason,
                "item": item,
            }
            await parts.store.insert_unique(store.QUARANTINE, entry)
