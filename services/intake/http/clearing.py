"""What people do with held items of their units: look, correct and send in again, mark as seen, discard. Each is written down
with who did it, before it is done; of two who do something with one item at once, one goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from reference.catalogue import PORTAL_STATES
from runtime.clock import epoch_ms
from runtime.errors import Unavailable
from runtime.web import Person
from services.intake import quarantine
from services.intake.domain import HELD, Fault, Quarantined, Refused
from services.intake.domain.correcting import Options, changed
from services.intake.domain.deeds import Deed, Result, What
from services.intake.domain.held import Held
from services.intake.files.forms import CELL_WORDS
from services.intake.http.again import again
from services.intake.http.entrance import Entrance
from services.intake.quarantine import StaleError
from services.intake.store import deeds_about, deeds_for, end_deed, held_for, held_of, list_held, note_deed, release

PAGE = 50
LATELY = 20
MOST = 500  # items of a reason that are looked at to be sent in again
SECONDS = 4.0  # that this may take: whoever asks waits for eight
WINDOWS = (timedelta(hours=1), timedelta(days=1), timedelta(days=7))
STATES = {int(number): words[:1].upper() + words[1:] for words, number in CELL_WORDS["state"].items()}


class Place(NamedTuple):
    """Where the next page of the list begins: `at` and id of the last item before it."""

    at: int
    id: str


@dataclass(frozen=True, slots=True)
class Left:
    """An item that went in again and is still held, as this entry, and why."""

    id: str
    faults: tuple[Fault, ...]


class Clearing:
    """An item of units that a person does not see is not there for this person."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance, self._parts, self._store = entrance, entrance.parts, entrance.parts.store
        self._reference = entrance.context.reference

    # --- looking ------------------------------------------------------------------------------------------------------------

    async def listed(self, person: Person, after: Place | None) -> tuple[list[Held], Place | None]:
        """A page of what waits, oldest first, and where the next one begins. Raises Unavailable."""
        found = await held_for(self._store, person.units_of(), PAGE + 1, after)
        last = found[PAGE - 1] if len(found) > PAGE else None
        return found[:PAGE], None if last is None else Place(last.at, last.id)

    async def find(self, identity: str, person: Person) -> Held | None:
        """One item; None if it is not there. Raises Unavailable."""
        found = await list_held(self._store, ids=[identity])
        return found[0] if found and _is_for(found[0].of, person) else None

    async def ended(self, identity: str, person: Person) -> Deed | None:
        """What was done last with an item that may be gone; None: nothing is known of it here. Raises Unavailable."""
        deeds = [deed for deed in await deeds_about(self._store, identity) if _is_for(deed.of, person)]
        return deeds[-1] if deeds else None

    async def became(self, deed: Deed, person: Person) -> Held | None:
        """What an item that went in again, and is held still, is now; None if it is not. Raises Unavailable."""
        if deed.result != "quarantined":
            return None
        found = await held_of(self._store, deed.dossier)
        return next((held for held in found if not held.flag and _is_for(held.of, person)), None)

    async def lately(self, person: Person) -> list[Deed]:
        """What was done last, the newest first. Raises Unavailable."""
        now, found = self._now(), list[Deed]()
        for window in WINDOWS:
            found = await deeds_for(self._store, person.units_of(), now - round(window / timedelta(milliseconds=1)))
            if len(found) >= LATELY:
                break
        return found[: -LATELY - 1 : -1]

    def options(self, held: Held, person: Person) -> Options:
        """What fields of the item can be: words that its sender's table knows for states, the units of the list; the receiving
        unit is one of the person's own."""
        table = self._reference.statuses.get(held.sender.system)
        states = (PORTAL_STATES if table is None else table.states).items()
        units = sorted((unit.name, code) for code, unit in self._reference.units.items())
        listed = [(code, f"{name} ({code})") for name, code in units]
        return {
            "state": [(raw, _state_words(raw, number)) for raw, number in states],
            "unit": listed,
            "own-unit": [(code, words) for code, words in listed if person.sees(code)],
        }

    # --- doing --------------------------------------------------------------------------------------------------------------

    async def send(self, held: Held, typed: Mapping[str, str], person: Person) -> Left | None:
        """Correct an item and take it in again; None: it was taken in.

        Raises FaultError for what cannot be corrected so, StaleError if somebody was faster, Unavailable."""
        changes = changed(held.item, typed, self.options(held, person))
        locker = self._entrance.context.sealer.locker()
        fixed = quarantine.corrected(held, changes, locker, self._reference.units) if changes else held
        fixed = await quarantine.claim(self._store, held, fixed)
        deed = await self._begin(fixed, "sent", person, fields=tuple(sorted(changes)))
        match (await again(fixed, self._entrance, self._entrance.intake.take)).answer:
            case Refused(faults):
                await self._end(deed, "refused")
                return Left(held.id, faults)
            case Quarantined(reason, field):
                await self._end(deed, "quarantined")
                entry = quarantine.entry_of(fixed, reason, self._entrance.context.sealer)
                return Left(entry, (Fault(field, reason, HELD[reason]),))
            case _:
                await self._end(deed, "accepted")
                return None

    async def send_all(self, reason: str, person: Person) -> tuple[int, int]:
        """Take in again what is held for a reason, as it is, for the catalogue may know it by now: as far as time allows,
        what was tried least first. How many were taken in, and how many were tried and are held still. Raises Unavailable."""
        machine = self._parts.machine
        end, taken, still = machine.monotonic() + SECONDS, 0, 0
        found = await held_for(self._store, person.units_of(), MOST, reason=reason)
        for held in sorted((held for held in found if not held.flag), key=lambda held: (held.edition, held.at)):
            try:
                left = await self.send(held, {}, person)
            except StaleError:
                continue  # somebody else is at it
            taken, still = (taken + 1, still) if left is None else (taken, still + 1)
            if machine.monotonic() > end:
                break
        return taken, still

    async def drop(self, held: Held, why: str, person: Person) -> None:
        """Discard an item for a reason; one that is only to be looked at is marked as seen. Raises StaleError, Unavailable."""
        claimed = await quarantine.claim(self._store, held, held)
        deed = await self._begin(claimed, "seen" if held.flag else "discarded", person, why="" if held.flag else why)
        await release(self._store, claimed)
        await self._end(deed, "done")

    async def _begin(self, held: Held, what: What, person: Person, *, fields: tuple[str, ...] = (), why: str = "") -> Deed:
        deed = Deed(
            id=self._parts.machine.new_id(),
            at=self._now(),
            held=held.id,
            dossier=held.dossier,
            what=what,
            who=person.subject,
            name=person.name,
            fields=fields,
            why=why,
            of=held.of,
        )
        await note_deed(self._store, deed)
        return deed

    async def _end(self, deed: Deed, result: Result) -> None:
        """A store that is away then leaves the line without its result: what it is about was done all the same."""
        try:
            await end_deed(self._store, replace(deed, result=result))
        except Unavailable as error:
            self._parts.log.error("what became of a held item is not written down", reason=str(error))

    def _now(self) -> int:
        return epoch_ms(self._parts.clock.now())


def _is_for(of: frozenset[str], person: Person) -> bool:
    units = person.units_of()
    return units is None or not of.isdisjoint(units)


def _state_words(raw: str, number: int) -> str:
    return f"{raw} - {STATES[number]}" if raw != STATES[number] else raw
