"""What intake does with items: each is read, merged into its dossier, held for a person if nobody understands it, counted."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from reference import ReferenceData
from runtime.clock import Clock, epoch_ms
from runtime.intents import Intent, Intents
from runtime.parts import Parts
from services.changes import Answering
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
class Read:
    """A request as it was read: per place its item, or why it is refused; and the items of each dossier, in their order."""

    entries: tuple[Parsed | Refused, ...]
    items: Mapping[str, Sequence[Item]]


def read_batch(raw: Iterable[object]) -> Read:
    """Check every item on its own: one bad item does not harm its neighbours."""
    entries, items = list[Parsed | Refused](), dict[str, list[Item]]()
    for given in raw:
        try:
            parsed = parse_item(given)
        except FaultError as error:
            entries.append(Refused(error.faults))
        else:
            entries.append(parsed)
            items.setdefault(parsed.item.dossier, []).append(parsed.item)
    return Read(tuple(entries), items)


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
    """A request that went through: what became of each place of it, and the intents that will publish it."""

    outcomes: tuple[Outcome, ...]
    intents: tuple[Intent, ...] = ()

    def answers(self) -> list[Answer]:
        """One answer per item, in the order of the request."""
        return [outcome.answer for outcome in self.outcomes]


def outcomes_of(read: Read, taken: Mapping[str, Sequence[Taken]]) -> Iterator[Outcome]:
    """What became of each place of a request; `taken`: of the items of each dossier, in their order."""
    left = {dossier: iter(own) for dossier, own in taken.items()}
    for entry in read.entries:
        if isinstance(entry, Refused):
            yield Outcome(None, Taken(entry))
        else:
            yield Outcome(entry, next(left[entry.item.dossier]))


class Intake:
    """Takes items in: checks, saves, keeps what nobody understands, counts. A test key does the first of it alone."""

    def __init__(self, context: Context, parts: Parts, intents: Intents, quality: Quality, words: Words) -> None:
        self.context, self._parts, self._intents = context, parts, intents
        self._quality, self._words = quality, words

    async def take(self, raw: Iterable[object], sender: Sender) -> Batch:
        """Take in a list of items. When this returns, what was accepted cannot be lost any more. Raises Unavailable."""
        read, ground = read_batch(raw), self.context.ground(sender)

        def rule(dossier: Dossier) -> Answering[Dossier, tuple[Taken, ...]]:
            return take_all(dossier, read.items[dossier.code], ground)

        if sender.mode == "test":
            known = await find_dossiers(self._parts.store, read.items)
            tried = {code: rule(known.get(code) or Dossier(code)).answer for code in read.items}
            return Batch(tuple(outcomes_of(read, tried)))
        saved = await self._intents.change(read.items, CODEC.settling(rule, self.context.clock))
        batch = Batch(tuple(outcomes_of(read, saved.answers)), saved.intents)
        await quarantine.keep(self._held(batch, sender), self._parts, self.context.sealer)
        self._count(batch, sender)
        for outcome in batch.outcomes:
            if outcome.parsed is not None and outcome.taken.unlisted:
                self._words.note(outcome.parsed.item.dossier, outcome.taken.unlisted)
        return batch

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
