"""What a person has to look at: items that nobody understands, kept with their contact locked away, and flagged changes."""

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
from services.intake.domain.held import Fields, Held, identity_of
from services.intake.store import change_held, hold


@dataclass(frozen=True, slots=True)
class ToHold:
    """One item to keep: by whom, and why. `flag`: it was taken in, a person should only know."""

    item: Item
    sender: Sender
    why: Quarantined
    flag: bool = False


async def keep(items: Iterable[ToHold], parts: Parts, locker: Locker) -> None:
    """Keep items; the same item again is the same entry. Raises Unavailable."""
    now = epoch_ms(parts.clock.now())
    await hold(parts.store, [_held(one, now, locker) for one in items])


def _held(one: ToHold, now: int, locker: Locker) -> Held:
    fields = _fields(one.item)
    contact = one.item.contact if isinstance(one.item, ReceivedItem | SnapshotItem) else None
    return Held(
        id=identity_of(one.sender.system, one.why.reason, fields),
        at=now,
        sender=one.sender,
        why=one.why,
        dossier=one.item.dossier,
        item=fields,
        flag=one.flag,
        locked="" if contact is None or one.flag else locker.lock(contact.model_dump()),
    )


def _fields(item: Item) -> Fields:
    return item.model_dump(mode="json", exclude_none=True, exclude={"contact"})


def item_of(held: Held, locker: Locker) -> Fields:
    """A kept item as it was sent, its contact with it."""
    return {**held.item, "contact": locker.unlock(held.locked)} if held.locked else held.item


async def fix(store: Documents, identity: str, changes: Mapping[str, Json]) -> Held | None:
    """Change fields of a kept item that are not its contact. None if there is no such entry, or somebody was faster.

    Raises FaultError for what would be no item."""
    given = {name: value for name, value in changes.items() if not name.startswith("contact")}

    def fixed(held: Held) -> Held:
        if held.flag or not given:
            return held
        parsed = parse_item({**held.item, **given})
        if parsed.unknown:
            raise FaultError([Fault(name, "unknown", "không phải là trường của mục này") for name in parsed.unknown])
        return replace(held, item=_fields(parsed.item))

    return await change_held(store, identity, fixed)
