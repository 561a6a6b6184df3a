"""Small parts of documents that more than one kind of them holds."""

from collections.abc import Mapping
from typing import Any

from services.notifier.domain import Contact, Forgotten
from services.notifier.domain.locked import Locked


def lock_of(kept: str) -> Locked:
    """Of `EPOCH/why`."""
    epoch, _, why = kept.partition("/")
    return Locked(int(epoch), "wrong-key" if why == "wrong-key" else "no-key")


def dump_lock(locked: Locked) -> str:
    """As `EPOCH/why`."""
    return f"{locked.epoch}/{locked.why}"


def open_contact(kept: Mapping[str, Any]) -> Contact:
    """{seq, epoch, sealed, n: which correction}."""
    return Contact(kept["seq"], kept["epoch"], kept["sealed"], kept.get("n", 0))


def dump_contact(contact: Contact | Forgotten) -> dict[str, Any]:
    """The same; {seq, gone} of one that was forgotten."""
    if isinstance(contact, Forgotten):
        return {"seq": contact.sequence, "gone": True}
    written = {"seq": contact.sequence, "epoch": contact.epoch, "sealed": contact.sealed}
    return {**written, "n": contact.correction} if contact.correction else written
