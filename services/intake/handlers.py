"""What intake does with items: each is read, merged into its dossier, held for a person if nobody understands it, counted.

A list is saved on its own; requests of one item that come at the same time share a save (services/gathering.py).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from reference import ReferenceData
from runtime.clock import Clock, epoch_ms
from runtime.intents import Intents
from runtime.parts import Parts
from services.gathering import Gathering
from services.intake import quarantine
from services.intake.domain import (
    Accepted,
    Answer,
    Dossier,
    FaultError,
    Ground,
    Item,
    Limits,
    Parsed,
    Quarantined,
    Refused,
    Sender,
    Taken,
    parse_item,
    take_all,
)
from services.intake.jobs import Deliveries
from services.intake.quality import Quality
from services.intake.sealing import ContactSealer
from services.intake.settings import IntakeSettings
from services.intake.store import CODEC, find_dossiers
from services.intake.unlisted import Words

# What is taken in and shown to a person all the same.
FLAGS = {"promise_changes": Quarantined("promise-changed", "promised_at")}
MILLISECOND = timedelta(milliseconds=1)
RESULTS = {Accepted: "accepted", Refused: "refused", Quarantined: "quarantined"}


@dataclass(frozen=True, slots=True)
class Context:
    """What a decision may look at beside dossier and items."""

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


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it was read: per place its item, or why it is refused; and the ground of its sender."""

    entries: tuple[Parsed | Refused, ...]
    ground: Ground


def read_all(raw: Iterable[object], ground: Ground) -> Request:
    """Check every item on its own: one bad item does not harm its neighbours."""
    entries = list[Parsed | Refused]()
    for given in raw:
        try:
            entries.append(parse_item(given))
        except FaultError as error:
            entries.append(Refused(error.faults))
    return Request(tuple(entries), ground)


def items_of(requests: Iterable[Request]) -> dict[str, list[tuple[Item, Ground]]]:
    """The items of each dossier, in the order in which they came."""
    items: dict[str, list[tuple[Item, Ground]]] = {}
    for request in requests:
        for entry in request.entries:
            if isinstance(entry, Parsed):
                items.setdefault(entry.item.dossier, []).append((entry.item, request.ground))
    return items


class Outcome(NamedTuple):
    """What became of one place of a request. `parsed`: None if it could not be read."""

    parsed: Parsed | None
    taken: Taken

    @property
    def answer(self) -> Answer:
        """For the sender."""
        return self.taken.answer


@dataclass(frozen=True, slots=True)
class Batch:
    """A request that went through: what became of each place of it."""

    outcomes: tuple[Outcome, ...]

    def answers(self) -> list[Answer]:
        """One answer per item, in the order of the request."""
        return [outcome.answer for outcome in self.outcomes]


def batches_of(requests: Sequence[Request], taken: Mapping[str, Iterable[Taken]]) -> list[Batch]:
    """What became of each request; `taken`: of the items of each dossier, in the order in which they came."""
    left = {dossier: iter(own) for dossier, own in taken.items()}
    return [Batch(tuple(_outcome(entry, left) for entry in request.entries)) for request in requests]


def _outcome(entry: Parsed | Refused, left: Mapping[str, Iterator[Taken]]) -> Outcome:
    return Outcome(None, Taken(entry)) if isinstance(entry, Refused) else Outcome(entry, next(left[entry.item.dossier]))


class Intake:
    """Takes items in: checks, saves, keeps what nobody understands, counts. A test key does the first of it alone."""

    def __init__(self, context: Context, parts: Parts, intents: Intents, quality: Quality, words: Words) -> None:
        self.context, self._parts, self._intents = context, parts, intents
        self._quality, self._words = quality, words
        self._deliveries = Deliveries(parts, intents)
        self._gathering = Gathering(self._save, lambda request: next(iter(items_of([request]))))

    async def take(self, raw: Iterable[object], sender: Sender) -> Batch:
        """Take in a list of items. When this returns, what was accepted cannot be lost any more, and is on its way to the log.

        Raises Unavailable.
        """
        request = read_all(raw, self.context.ground(sender))
        if sender.mode == "test":
            return await self._try(request)
        if len(request.entries) == 1 and items_of([request]):
            batch = await self._gathering.ask(request)
        else:
            [batch] = await self._save([request])
        units = self.context.reference.units
        await quarantine.keep(self._held(batch, sender), self._parts, self.context.sealer, units)
        self._count(batch, sender)
        for outcome in batch.outcomes:
            if outcome.parsed is not None and outcome.taken.unlisted:
                self._words.note(outcome.parsed.item.dossier, outcome.taken.unlisted)
        return batch

    async def drain(self) -> None:
        """Take nothing more one by one, and wait until what was taken is saved and published."""
        await self._gathering.drain()
        await self._deliveries.drain()

    async def _try(self, request: Request) -> Batch:
        items = items_of([request])
        known = await find_dossiers(self._parts.store, items)
        tried = {code: take_all(known.get(code) or Dossier(code), items[code]).answer for code in items}
        [batch] = batches_of([request], tried)
        return batch

    async def _save(self, requests: Sequence[Request]) -> list[Batch]:
        """Decide about requests, of whatever senders, and save what was decided under one intent."""
        items = items_of(requests)
        rule = CODEC.settling(lambda dossier: take_all(dossier, items[dossier.code]), self.context.clock)
        saved = await self._intents.change(items, rule)
        self._deliveries.start(saved.intents)
        return batches_of(requests, saved.answers)

    def _held(self, batch: Batch, sender: Sender) -> Iterable[quarantine.ToHold]:
        for outcome in batch.outcomes:
            if outcome.parsed is None:
                continue
            if isinstance(outcome.answer, Quarantined):
                yield quarantine.ToHold(outcome.parsed.item, sender, outcome.answer)
            for note in FLAGS.keys() & outcome.taken.notes:
                yield quarantine.ToHold(outcome.parsed.item, sender, FLAGS[note], flag=True)

    def _count(self, batch: Batch, sender: Sender) -> None:
        results = Counter(RESULTS[type(answer)] for answer in batch.answers())
        for result, count in results.items():
            self._parts.telemetry.count("items", count, result=result)
        notes = Counter(note for outcome in batch.outcomes for note in outcome.taken.notes)
        parsed = [outcome.parsed for outcome in batch.outcomes if outcome.parsed is not None]
        unknown, cut = sum(len(each.unknown) for each in parsed), sum(each.cut for each in parsed)
        self._quality.note(sender.system, results + notes + Counter(unknown_fields=unknown, cut_words=cut))
