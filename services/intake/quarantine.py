"""What a person has to look at: items that nobody understands, kept with their contact and free words locked away, and flagged
changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
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
from services.intake.store import change_held, find_dossiers, hold, list_held

UNREADABLE = "Không còn khóa để mở phần được giữ kín (CONTACTS_HASH_KEYS); đề nghị hệ thống gửi gửi lại mục này"


@dataclass(frozen=True, slots=True)
class ToHold:
    """One item to keep: by whom, and why. `flag`: it was taken in, a person should only know."""

    item: Item
    sender: Sender
    why: Quarantined
    flag: bool = False


class UnreadableError(FaultError):
    """What was kept of an entry is locked with a secret that is not here any more: its sender has to send it anew."""

    def __init__(self) -> None:
        super().__init__([Fault("", "unreadable", UNREADABLE)])


class StaleError(Exception):
    """An entry is not any more what was shown of it: somebody changed it meanwhile, or it is gone."""


async def keep(items: Iterable[ToHold], parts: Parts, sealer: ContactSealer, units: Collection[str]) -> None:
    """Keep items; the same item again is the same entry. `units`: those of the list. Raises Unavailable."""
    told = list(items)
    if not told:
        return
    now = epoch_ms(parts.clock.now())
    new = await _unknown(told, parts.store, sealer)
    known = await find_dossiers(parts.store, {one.item.dossier for one in new})
    entries = []
    for one in new:
        dossier = known.get(one.item.dossier)
        held = _held(one, now, sealer)
        of = units_of(held.item, held.sender, () if dossier is None else dossier.units, units)
        entries.append(replace(held, of=of))
    await hold(parts.store, entries)


async def _unknown(told: Sequence[ToHold], store: Documents, sealer: ContactSealer) -> list[ToHold]:
    """Those that are no entry yet which an earlier secret named."""
    earlier = [_identities_of(one, sealer)[1:] for one in told]
    names = [name for names in earlier for name in names]
    known = {held.id for held in await list_held(store, ids=names)} if names else set[str]()
    return [one for one, names in zip(told, earlier, strict=True) if known.isdisjoint(names)]


def _identities_of(one: ToHold, sealer: ContactSealer) -> tuple[str, ...]:
    return _identities(one.sender.system, one.why.reason, _told_apart(_fields(one.item)), sealer)


def _held(one: ToHold, now: int, sealer: ContactSealer) -> Held:
    fields, words = _told_apart(_fields(one.item))
    locker = sealer.locker()
    contact = one.item.contact if isinstance(one.item, ReceivedItem | SnapshotItem) else None
    return Held(
        id=_identities_of(one, sealer)[0],
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


def _identities(system: str, reason: str, told: tuple[Fields, Fields], sealer: ContactSealer) -> tuple[str, ...]:
    """The name that an entry gets, then those that earlier secrets gave it, if free words are a part of it."""
    fields, words = told
    digests = sealer.digests_of_words(repr(sorted(words.items()))) if words else ("",)
    return tuple(identity_of(system, reason, fields, digest) for digest in digests)


def entry_of(held: Held, reason: str, sealer: ContactSealer) -> str:
    """The entry that the item of an entry is, held for this reason: itself, as long as nobody corrected it."""
    told = _told_apart({**held.item, **_words_of(held, sealer.locker())})
    identities = _identities(held.sender.system, reason, told, sealer)
    return held.id if held.id in identities else identities[0]


def _words_of(held: Held, locker: Locker) -> Fields:
    return _unlocked(held.words, locker) if held.words else {}


def _unlocked(locked: str, locker: Locker) -> Fields:
    try:
        opened: Fields = locker.unlock(locked)
        return opened
    except ValueError:
        raise UnreadableError from None


def item_of(held: Held, locker: Locker) -> Fields:
    """A kept item as it was sent, its contact and its words with it. Raises UnreadableError."""
    contact = {"contact": {**_unlocked(held.locked, locker)}} if held.locked else {}
    return {**held.item, **_words_of(held, locker), **contact}


def corrected(held: Held, changes: Mapping[str, Json], locker: Locker, units: Collection[str]) -> Held:
    """An entry with fields of its item changed that are not its contact. Who looked at it looks at it still, and so do those of
    the units that it names now.

    Raises FaultError for what would be no item, UnreadableError."""
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
    """Change fields of a kept item. None if there is no such entry, or somebody was faster. Raises as `corrected`."""
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
