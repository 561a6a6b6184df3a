"""Who wants no messages that nobody has to send, by keyed hashes of numbers: read, kept, and moved to a newer secret.

A number is looked up under all secrets, so that a wish is known whichever of them made its digest; what is kept anew goes under
the first, and what older ones have goes with it (decision 28).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from contracts.notices import NoticeKind, SkipReason
from reference.phones import mobile
from runtime.sealing import Opener, keyed
from runtime.store import Documents
from services.notifier.domain.wishes import Wishes, WishStep
from services.notifier.store import KeptWishes, all_dossiers, find_wishes, save_wishes


class Wanted(NamedTuple):
    """A message of an optional kind that is about to go to a number."""

    number: str
    kind: NoticeKind
    dossier: str


@dataclass(frozen=True, slots=True)
class _Held:
    """All that is kept of one number. `first`: under the digest of the first secret; `older`: under those of the others."""

    first: KeptWishes
    older: tuple[KeptWishes, ...]

    @property
    def wishes(self) -> Wishes:
        found = self.first.wishes
        for one in self.older:
            found = found.merged(one.wishes)
        return found

    def with_all(self, wishes: Wishes) -> list[KeptWishes]:
        """What to save so that all of it lies under the first digest: that one first, or a death in between loses something."""
        emptied = [replace_moved(one) for one in self.older if not one.moved]
        return [self.first._replace(wishes=wishes, moved=False), *emptied]


def replace_moved(one: KeptWishes) -> KeptWishes:
    """What stays under an older digest: nothing, at a revision that no save on its way can pass."""
    return one._replace(wishes=Wishes(), moved=True)


class WishBook:
    """What is kept, by number in E.164. Numbers stand nowhere, digests in no log."""

    def __init__(self, store: Documents, keys: Sequence[bytes], cooldown: Mapping[NoticeKind, int]) -> None:
        """`keys`: the secrets of digests; `cooldown`: days between two messages of a kind."""
        self._store, self._keys = store, tuple(keys)
        self._names = tuple(name_of(key) for key in keys)
        self._cooldown = {kind: timedelta(days=days) for kind, days in cooldown.items()}

    async def of(self, number: str) -> Wishes:
        """What the person at a number wants. Raises Unavailable."""
        return (await self._held([number]))[number].wishes

    async def enter(self, number: str, step: WishStep) -> Wishes:
        """Keep a wish; returns all of them. Taken in twice it is one. Raises Unavailable: it may be kept."""
        while True:
            held = (await self._held([number]))[number]
            after = held.wishes.stepped(_behind(step, held.wishes))
            if after is held.wishes or await self._save(held, after):
                return after

    async def move(self, number: str) -> bool:
        """Bring what older secrets have of a number under the first one; whether there was anything. Raises Unavailable."""
        while True:
            held = (await self._held([number]))[number]
            if all(one.moved for one in held.older):
                return False
            if await self._save(held, held.wishes):
                return True

    async def allow(self, wanted: Sequence[Wanted], now: int) -> list[SkipReason | None]:
        """Of messages that are about to go out, one after the other: why each is not sent. One that may be, of a kind that has
        a time between two, is noted before it goes: nobody is asked twice by two instances at once. Raises Unavailable."""
        held = await self._held([one.number for one in wanted])
        found = list[SkipReason | None]()
        for one in wanted:
            found.append(await self._allow(held, one, now))
        return found

    async def _allow(self, held: dict[str, _Held], one: Wanted, now: int) -> SkipReason | None:
        cooldown = self._cooldown.get(one.kind, timedelta())
        while True:
            known = held[one.number].wishes
            why_not = known.against(one.kind, one.dossier, now, cooldown)
            last = known.last.get(one.kind)
            if why_not is not None or not cooldown or (last is not None and last.dossier == one.dossier):
                return why_not
            saved = await self._save(held[one.number], known.asked(one.kind, now, one.dossier))
            held |= await self._held([one.number])
            if saved:
                return None

    async def _held(self, numbers: Sequence[str]) -> dict[str, _Held]:
        digests = {number: [digest_of(key, number) for key in self._keys] for number in numbers}
        found = await find_wishes(self._store, [digest for own in digests.values() for digest in own])
        return {number: self._of(own, found) for number, own in digests.items()}

    def _of(self, digests: Sequence[str], found: Mapping[str, KeptWishes]) -> _Held:
        first = found.get(digests[0], KeptWishes(digests[0], self._names[0], Wishes()))
        return _Held(first, tuple(found[digest] for digest in digests[1:] if digest in found))

    async def _save(self, held: _Held, wishes: Wishes) -> bool:
        """Whether nobody saved anything of the number meanwhile. What was lost on the way is asked for again."""
        first, *older = held.with_all(wishes)
        if await save_wishes(self._store, [first]):
            return False
        return not older or not await save_wishes(self._store, older)


def _behind(step: WishStep, known: Wishes) -> WishStep:
    """What somebody asks for now comes behind what is known, whichever clocks told the times; a survey's has its own time."""
    if step.source == "survey" or not known.steps:
        return step
    return replace(step, at=max(step.at, known.steps[-1].at + 1))


async def move_all(store: Documents, keys: Sequence[bytes], opener: Opener) -> int:
    """Bring the wishes of everybody whose contact is here under the first secret; returns how many had some elsewhere. Reads
    every dossier: for an operator who asks. Raises Unavailable."""
    book, moved = WishBook(store, keys, {}), 0
    async for dossier in all_dossiers(store):
        contact = dossier.known_contact
        opened = "no-key" if contact is None else opener.open(contact.epoch, contact.sealed)
        number = None if isinstance(opened, str) else mobile(str(opened.get("phone", "")))
        moved += number is not None and await book.move(number)
    return moved


def digest_of(key: bytes, number: str) -> str:
    """Keyed hash of a number in E.164."""
    return keyed(key, b"stop-wish/" + number.encode())


def name_of(key: bytes) -> str:
    """What a secret is called where it is counted what it made; worth nothing to who guesses numbers."""
    return keyed(key, b"name")[:8]
