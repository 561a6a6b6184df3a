"""What a person has to look at: items that nobody understands, kept with their contact locked away, and flagged changes."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runtime.clock import epoch_ms
from runtime.parts import Parts
from runtime.sealing import Locker
from runtime.store import Document, Documents, Index
from services.intake.domain import Item, Quarantined, Sender

QUARANTINE = "quarantine"


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(QUARANTINE, [Index("at"), Index("dossier"), Index("reason")])


@dataclass(frozen=True, slots=True)
class Held:
    """One item to keep: by whom, and why. `flag`: it was taken in, a person should only know."""

    item: Item
    sender: Sender
    why: Quarantined
    flag: bool = False


def identity_of(system: str, reason: str, item: Mapping[str, Any]) -> str:
    """The same item held for the same reason is the same entry."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, repr((system, reason, sorted(item.items(), key=str)))))


async def keep(held: Iterable[Held], parts: Parts, locker: Locker) -> None:
    """Keep items; the same item again is the same entry. Raises Unavailable."""
    for one in held:
        item = one.item.model_dump(mode="json", exclude_none=True, exclude={"contact"})
        contact = getattr(one.item, "contact", None)
        identity = identity_of(one.sender.system, one.why.reason, item)
        entry: Document = {
            "_id": identity,
            "rev": 0,
            "at": epoch_ms(parts.clock.now()),
            "system": one.sender.system,
            "units": sorted(one.sender.units or ()),
            "mode": one.sender.mode,
            "numbers": sorted(one.sender.numbers),
            "reason": one.why.reason,
            "field": one.why.field,
            "flag": one.flag,
            "dossier": one.item.dossier,
            "item": item,
        }
        if contact is not None and not one.flag:
            entry["locked"] = locker.lock(contact.model_dump())
        await parts.store.insert_unique(QUARANTINE, entry)


def sender_of(entry: Document) -> Sender:
    """The system that sent a kept item, with what it might do then."""
    return Sender(entry["system"], frozenset(entry["units"]) or None, entry["mode"], frozenset(entry["numbers"]))


def item_of(entry: Document, locker: Locker) -> dict[str, Any]:
    """A kept item as it was sent, its contact with it."""
    return {**entry["item"], **({"contact": locker.unlock(entry["locked"])} if "locked" in entry else {})}


def describe(entry: Document) -> dict[str, Any]:
    """A kept item for a list: no contact."""
    return {
        "id": entry["_id"],
        "at": entry["at"],
        "system": entry["system"],
        "dossier": entry["dossier"],
        "reason": entry["reason"],
        "field": entry["field"],
        "flag": entry["flag"],
        "item": entry["item"],
        "contact": "locked" in entry,
        "problem": entry.get("problem"),
    }


async def entries(store: Documents, reason: str = "", ids: Sequence[str] = (), limit: int = 500) -> list[Document]:
    """Kept items, oldest first; all, of one reason, or the named ones."""
    if ids:
        found = await store.get_many(QUARANTINE, ids)
        return [found[identity] for identity in ids if identity in found]
    return await store.find(QUARANTINE, {"reason": reason} if reason else {}, order="at", limit=limit)


async def held_of(store: Documents, dossier: str) -> int:
    """How many items of a dossier are kept and not taken in."""
    return len([entry for entry in await store.find(QUARANTINE, {"dossier": dossier}) if not entry["flag"]])


async def fix(store: Documents, identity: str, changes: Mapping[str, Any]) -> Document | None:
    """Change fields of a kept item that are not its contact. None if there is no such entry, or somebody was faster."""
    entry = (await store.get_many(QUARANTINE, [identity])).get(identity)
    if entry is None or entry["flag"]:
        return None
    changed = {**entry, "item": {**entry["item"], **{k: v for k, v in changes.items() if not k.startswith("contact")}}}
    return None if await store.save_many(QUARANTINE, [changed]) else changed
