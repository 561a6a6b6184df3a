"""What a person has to look at: items that nobody understands, kept with their contact and free words locked away, and flagged
changes."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from runtime.clock import epoch_ms
from runtime.parts import Parts
from runtime.sealing import Locker
from runtime.store import Documents
from services.intake.domain import (
    Fault,
    FaultError,
    Item,
    Json,
    Quarantined,
    ReceivedItem,
    Sender,
    SnapshotItem,
    parse_item,
)
from services.intake.domain.held import FREE_WORDS, Fields, Held, identity_of, units_of
from services.intake.sealing import ContactSealer
from services.intake.store import change_held, find_dossiers, hold


@dataclass(frozen=True, slots=True)
class ToHold:
    """One item to keep: by whom, and why. `flag`: it was taken in, a person should only know."""

    item: Item
    sender: Sender
    why: Quarantined
    flag: bool = False


class StaleError(Exception):
    """An entry is not any more what was shown of it: somebody changed it meanwhile, or it is gone."""


async def keep(items: Iterable[ToHold], parts: Parts, sealer: ContactSealer, units: Collection[str]) -> None:
    """Keep items; the same item again is the same entry. `units`: those of the list. Raises Unavailable."""
    told = list(items)
    if not told:
        return
    now = epoch_ms(parts.clock.now())
    known = await find_dossiers(parts.store, {one.item.dossier for one in told})
    entries = []
    for one in told:
        dossier = known.get(one.item.dossier)
        held = _held(one, now, sealer)
        of = units_of(held.item, held.sender, () if dossier is None else dossier.units, units)
        entries.append(replace(held, of=of))
    await hold(parts.store, entries)


def _held(one: ToHold, now: int, sealer: ContactSealer) -> Held:
    fields, words = _told_apart(_fields(one.item))
    locker = sealer.locker()
    contact = one.item.contact if isinstance(one.item, ReceivedItem | SnapshotItem) else None
    return Held(
        id=_identity(one.sender.system, one.why.reason, (fields, words), sealer),
        at=now,
        sender=one.sender,
        why=one.why,
        dossier=one.item.dossier,
        item=fields,
        flag=one.flag,
        locked="" if contact is None or one.flag else locker.lock(contact.model_dump()),
        words="" if not words or one.flag else locker.lock(words),
    )


def _fields(item: Item) -> Fields:
    return item.model_dump(mode="json", exclude_none=True, exclude={"contact"})


def _told_apart(item: Fields) -> tuple[Fields, Fields]:
    """What a person may look at, and the free words, which may be about somebody."""
    words = {name: value for name, value in item.items() if name in FREE_WORDS and value != []}
    return {name: value for name, value in item.items() if name not in words}, words


def _identity(system: str, reason: str, told: tuple[Fields, Fields], sealer: ContactSealer) -> str:
    fields, words = told
    return identity_of(system, reason, fields, sealer.digest_words(repr(sorted(words.items()))) if words else "")


def entry_of(held: Held, reason: str, sealer: ContactSealer) -> str:
    """The entry that the item of an entry is, held for this reason: itself, as long as nobody corrected it."""
    told = _told_apart({**held.item, **_words_of(held, sealer.locker())})
    return _identity(held.sender.system, reason, told, sealer)


def _words_of(held: Held, locker: Locker) -> Fields:
    return locker.unlock(held.words) if held.words else {}


def item_of(held: Held, locker: Locker) -> Fields:
    """A kept item as it was sent, its contact and its words with it."""
    item = {**held.item, **_words_of(held, locker)}
    return {**item, "contact": locker.unlock(held.locked)} if held.locked else item


def corrected(held: Held, changes: Mapping[str, Json], locker: Locker, units: Collection[str]) -> Held:
    """An entry with fields of its item changed that are not its contact. Who looked at it looks at it still, and so do those of
    the units that it names now.

    Raises FaultError for what would be no item."""
    given = {name: value for name, value in changes.items() if not name.startswith("contact")}
    if held.flag or not given:
        return held
    parsed = parse_item({**held.item, **_words_of(held, locker), **given})
    if parsed.unknown:
        raise FaultError([Fault(name, "unknown", "không phải là trường của mục này") for name in parsed.unknown])
    fields, words = _told_apart(_fields(parsed.item))
    of = held.of | units_of(fields, held.sender, (), units)
    locked = locker.lock(words) if words else ""
    return replace(held, item=fields, words=locked, of=of, problem=None, edition=held.edition + 1)


async def fix(
    store: Documents, identity: str, changes: Mapping[str, Json], locker: Locker, units: Collection[str]
) -> Held | None:
    """Change fields of a kept item. None if there is no such entry, or somebody was faster. Raises FaultError."""
    return await change_held(store, identity, lambda held: corrected(held, changes, locker, units))


async def claim(store: Documents, before: Held, after: Held) -> Held:
    """Put an entry in the place of what was read of it, as its next edition: of two who do something with it one goes on.

    Raises StaleError, Unavailable."""

    def next_one(now: Held) -> Held:
        if now.edition != before.edition:
            raise StaleError
        return replace(after, edition=before.edition + 1)

    claimed = await change_held(store, before.id, next_one)
    if claimed is None:
        raise StaleError
    return claimed
