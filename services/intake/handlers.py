"""What intake does with items: (document, items, context) -> (document, outputs), and the answers for the sender."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts.contacts import ContactSealed
from reference import ReferenceData, moment
from runtime.clock import Clock, epoch_ms
from runtime.intents import Intent, Intents
from runtime.outputs import Decision, Output
from runtime.parts import Parts
from runtime.store import Document
from services.intake import quarantine
from services.intake.domain import (
    Accepted,
    Answer,
    FaultError,
    Ground,
    Item,
    Limits,
    NewContact,
    Parsed,
    Quarantined,
    Refused,
    Sender,
    Taken,
    parse_item,
    take_in,
)
from services.intake.quality import Quality
from services.intake.sealing import ContactSealer
from services.intake.settings import IntakeSettings
from services.intake.store import DOSSIERS
from services.speaking import say

# What is taken in and shown to a person all the same.
FLAGS = {
    "promise_changes": Quarantined("promise-changed", "promised_at"),
    "contradictions": Quarantined("ends-before-reception", "at"),
}
MILLISECOND = timedelta(milliseconds=1)
RESULTS = {Accepted: "accepted", Refused: "refused", Quarantined: "quarantined"}


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside document and items."""

    reference: ReferenceData
    settings: IntakeSettings
    sealer: ContactSealer
    clock: Clock

    def ground(self, sender: Sender) -> Ground:
        """What a decision may look at now, for a sender."""
        now = self.clock.now()
        ms = epoch_ms(now)
        limits = Limits(now, ms, ms + self.reference.future // MILLISECOND, self.settings.max_facts)
        return Ground(self.reference, limits, self.sealer, sender)


def on_items(document: Document, items: Sequence[Item], context: Context, sender: Sender) -> tuple[Decision, list[Taken]]:
    """Merge the items of one dossier, in their order."""
    state: Mapping[str, Any] = document
    results: list[Taken] = []
    outputs: list[Output] = []
    ground = context.ground(sender)
    for item in items:
        taken = take_in(state, item, ground)
        state = taken.state
        results.append(taken)
        outputs += _said(item.dossier, taken, ground.limits.now, context)
    return Decision(document if state is document else dict(state), outputs), results


def _said(dossier: str, taken: Taken, now: datetime, context: Context) -> Iterable[Output]:
    """What goes out for one item: each fact is the beginning of a chain, a contact is of the chain of its reception."""
    root = ""
    for new in taken.outgoing:
        if isinstance(new, NewContact):
            box, sealed = context.sealer.box, context.sealer.seal(new.contact)
            contact = ContactSealed(at=new.at, contact_sequence=new.sequence, key_epoch=box.epoch, sealed=sealed)
            yield say(contact, dossier, now, cause=root)
        else:
            root = new.id
            yield say(new.fact, dossier, now, cause=root, sequence=new.sequence)


def view(document: Document, open_intents: Collection[str], held: int) -> dict[str, Any]:
    """What a sender may read of a dossier: its facts as they hold, whether a contact is known, how many events wait to be
    published, how many items wait for a person. No personal data."""
    facts = [
        {
            "type": key.partition("/")[0],
            "occasion": key.partition("/")[2],
            "version": fact["v"],
            "at": moment(fact["at"]).isoformat(),
            "retracted": bool(fact.get("x")),
        }
        for key, fact in sorted(document.get("facts", {}).items(), key=lambda item: (item[1]["at"], item[0]))
    ]
    pending = sum(len(entry["out"]) for entry in document.get("outbox", ()) if entry["i"] in open_intents)
    return {"dossier": document["_id"], "facts": facts, "contact": "contact" in document, "pending": pending, "held": held}


@dataclass(slots=True)
class Batch:
    """One request on its way through: what became of each item, items by dossier, the intents that will publish them."""

    results: dict[int, Taken] = field(default_factory=dict)
    by_dossier: dict[str, list[tuple[int, Parsed]]] = field(default_factory=dict)
    intents: tuple[Intent, ...] = ()

    def answers(self) -> list[Answer]:
        """One answer per item, in the order of the request."""
        return [self.results[index].answer for index in range(len(self.results))]

    def parsed(self) -> Iterable[tuple[int, Parsed]]:
        """The items that could be read, with their place in the request."""
        return (pair for own in self.by_dossier.values() for pair in own)


def parse_batch(raw: Sequence[Any]) -> Batch:
    """Check every item on its own: one bad item does not harm its neighbours."""
    batch = Batch()
    for index, given in enumerate(raw):
        try:
            parsed = parse_item(given)
        except FaultError as error:
            batch.results[index] = Taken({}, Refused(error.faults))
        else:
            batch.by_dossier.setdefault(parsed.item.dossier, []).append((index, parsed))
    return batch


class Intake:
    """Takes items in: checks, saves, keeps what nobody understands, counts. A test key does the first of it alone."""

    def __init__(self, context: Context, parts: Parts, intents: Intents, quality: Quality) -> None:
        self.context, self._parts, self._intents, self._quality = context, parts, intents, quality

    async def take(self, raw: Sequence[Any], sender: Sender) -> Batch:
        """Take in a list of items. When this returns, what was accepted cannot be lost any more. Raises Unavailable."""
        batch = parse_batch(raw)

        def decide(document: Document) -> Decision:
            own = batch.by_dossier[document["_id"]]
            decision, results = on_items(document, [parsed.item for _, parsed in own], self.context, sender)
            batch.results.update(zip((index for index, _ in own), results, strict=True))
            return decision

        if sender.mode == "test":
            known = await self._parts.store.get_many(DOSSIERS, batch.by_dossier)
            for dossier in batch.by_dossier:
                decide(known.get(dossier, {"_id": dossier, "rev": 0}))
            return batch
        batch.intents = (await self._intents.change(batch.by_dossier, decide)).intents
        await quarantine.keep(self._held(batch, sender), self._parts, self.context.sealer.locker())
        self._count(batch, sender)
        return batch

    def _held(self, batch: Batch, sender: Sender) -> Iterable[quarantine.Held]:
        for index, parsed in batch.parsed():
            taken = batch.results[index]
            if isinstance(taken.answer, Quarantined):
                yield quarantine.Held(parsed.item, sender, taken.answer)
            for note in FLAGS.keys() & taken.notes:
                yield quarantine.Held(parsed.item, sender, FLAGS[note], flag=True)

    def _count(self, batch: Batch, sender: Sender) -> None:
        results = Counter(RESULTS[type(taken.answer)] for taken in batch.results.values())
        for result, count in results.items():
            self._parts.telemetry.count("items", count, result=result)
        notes = Counter(note for taken in batch.results.values() for note in taken.notes)
        unknown = sum(parsed.unknown for _, parsed in batch.parsed())
        self._quality.note(sender.system, results + notes + Counter(unknown_fields=unknown))
