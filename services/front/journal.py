"""The journal, as the rest of the front writes it."""

from dataclasses import dataclass, replace
from datetime import timedelta

from runtime.errors import Unavailable
from runtime.parts import Parts
from services.front import store
from services.front.domain import Entry, Person, Refusal, What

NOBODY = Person("", "", frozenset(), frozenset())


FORGOTTEN_AT_ONCE = 1000  # lines: a clock that leaps ahead costs so many a run, not the journal


@dataclass(frozen=True, slots=True)
class Journal:
    """Writes down who did what. `kept`: how long a line stays; nothing else takes one away."""

    parts: Parts
    kept: timedelta

    async def note(self, what: What, person: Person, method: str = "", path: str = "", *, why: Refusal | None = None) -> Entry:
        """A line of now. Raises Unavailable: then what it is about must not happen."""
        return await self._add(what, person, method, path, "" if why is None else why.value)

    async def named(self, person: Person, path: str, purpose: str) -> Entry:
        """Somebody has names opened, for a purpose. Raises Unavailable: then they must stay shut."""
        return await self._add(What.NAMES, person, "POST", path, purpose)

    async def _add(self, what: What, person: Person, method: str, path: str, why: str) -> Entry:
        at = self.parts.machine.wall()
        entry = Entry(
            id=store.entry_id(at, self.parts.machine.new_id()),
            at=at,
            what=what,
            who=person.subject,
            name=person.name,
            method=method,
            path=path,
            why=why,
        )
        await store.add_entry(self.parts.store, entry)
        return entry

    async def forget_old(self) -> None:
        """Forget the oldest of the lines that were kept long enough. Raises Unavailable."""
        before = self.parts.machine.wall() - self.kept
        forgotten = await store.forget_entries(self.parts.store, before, FORGOTTEN_AT_ONCE)
        if forgotten:
            self.parts.log.info("lines of the journal are forgotten", lines=forgotten, before=before.isoformat())

    async def mailed(self, digest: str, what_became: str) -> None:
        """What became of a digest, in words. A store that is away then leaves it in the log alone."""
        at = self.parts.machine.wall()
        entry = Entry(store.entry_id(at, self.parts.machine.new_id()), at, What.DIGEST, "", "", path=digest, why=what_became)
        try:
            await store.add_entry(self.parts.store, entry)
        except Unavailable as error:
            self.parts.log.error("a digest is not in the journal", digest=digest, became=what_became, reason=str(error))

    async def complete(self, entry: Entry, status: int) -> None:
        """What became of a change that was passed on. A store that is away then leaves the line without its status."""
        try:
            await store.complete_entry(self.parts.store, replace(entry, status=status))
        except Unavailable as error:
            self.parts.log.error("a line of the journal stays without its status", reason=str(error))
