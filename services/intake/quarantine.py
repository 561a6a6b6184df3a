"""What a person has to look at: items that nobody understands, kept with their contact and free words locked away, and flagged
changes."""

from collections.abc import Iterable, Mapping
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
from services.intake.domain.held import FREE_WORDS, Fields, Held, identity_of
from services.intake.sealing import ContactSealer
from services.intake.store import change_held, hold, list_held


@dataclass(frozen=True, slots=True)
class ToHold:
    """One item to keep: by whom, and why. `flag`: it was taken in, a person should only know."""

    item: Item
    sender: Sender
    why: Quarantined
    flag: bool = False


async def keep(items: Iterable[ToHold], parts: Parts, sealer: ContactSealer) -> None:
    """Keep items; the same item again is the same entry. Raises Unavailable."""
    now = epoch_ms(parts.clock.now())
    new = [(_held(one, now, sealer), _identities_of(one, sealer)[1:]) for one in items]
    earlier = [identity for _, identities in new for identity in identities]
    known = {held.id for held in await list_held(parts.store, ids=earlier)} if earlier else set[str]()
    await hold(parts.store, [held for held, identities in new if known.isdisjoint(identities)])


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


def is_entry(held: Held, reason: str, sealer: ContactSealer) -> bool:
    """Whether the item of an entry, held for this reason, would be the same entry."""
    told = _told_apart({**held.item, **_words_of(held, sealer.locker())})
    return held.id in _identities(held.sender.system, reason, told, sealer)


def _words_of(held: Held, locker: Locker) -> Fields:
    return locker.unlock(held.words) if held.words else {}


def item_of(held: Held, locker: Locker) -> Fields:
    """A kept item as it was sent, its contact and its words with it. Raises ValueError if their secret is gone."""
    item = {**held.item, **_words_of(held, locker)}
    return {**item, "contact": locker.unlock(held.locked)} if held.locked else item


async def fix(store: Documents, identity: str, changes: Mapping[str, Json], locker: Locker) -> Held | None:
    """Change fields of a kept item that are not its contact. None if there is no such entry, or somebody was faster.

    Raises FaultError for what would be no item, ValueError if the secret that its words are locked with is gone."""
    given = {name: value for name, value in changes.items() if not name.startswith("contact")}

    def fixed(held: Held) -> Held:
        if held.flag or not given:
            return held
        parsed = parse_item({**held.item, **_words_of(held, locker), **given})
        if parsed.unknown:
            raise FaultError([Fault(name, "unknown", "không phải là trường của mục này") for name in parsed.unknown])
        fields, words = _told_apart(_fields(parsed.item))
        return replace(held, item=fields, words=locker.lock(words) if words else "")

    return await change_held(store, identity, fixed)
