"""How messages are written in the document of their dossier."""

from collections.abc import Mapping
from typing import Any, get_args

from contracts.notices import Channel, Notice, NoticeKind
from services.changes import By
from services.notifier.domain import notice as notices
from services.notifier.store.parts import dump_lock, lock_of
from services.stored import newer

IN_MESSAGE = frozenset(
    (
        *("s", "at", "next", "last", "waits", "missed", "locked", "claim", "kind", "reason"),
        *("tries", "via", "doubt", "round", "serial", "channel", "corrected", "text_version", "by", "by_subject"),
    )
)
MESSAGE_KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)
CHANNELS: tuple[Channel, ...] = get_args(Channel)
_MESSAGE_NAMES: Mapping[type[notices.Message], str] = {
    notices.Queued: "queued",
    notices.Claimed: "claimed",
    notices.Accepted: "accepted",
    notices.Failed: "failed",
    notices.Skipped: "skipped",
    notices.Delivered: "delivered",
    notices.Uncertain: "uncertain",
}


def message_of(called: Notice, kept: Mapping[str, Any]) -> notices.Message:
    """{s: state, at, next, last, waits, missed, locked, claim, kind, reason; its way: tries, via, doubt, round, serial,
    channel, corrected, text_version, by, by_subject}."""
    if called.partition("/")[0] not in MESSAGE_KINDS or kept.get("channel", notices.SMS) not in CHANNELS:
        raise newer("message", f"{called} by {kept.get('channel', notices.SMS)}")
    name, at, way = kept["s"], kept["at"], _way(kept)
    locked = lock_of(kept["locked"]) if "locked" in kept else None
    match name:
        case "queued":
            return notices.Queued(at, kept["next"], _waits_since(kept), way, locked)
        case "claimed":
            return notices.Claimed(at, kept["next"], _waits_since(kept), way, kept.get("claim", ""), locked)
        case "accepted":
            return notices.Accepted(at, way, kept.get("next"), kept.get("last", False))
        case "failed":
            return notices.Failed(at, way, kept.get("kind", ""), kept.get("reason", ""), kept.get("next"))
        case "skipped":
            return notices.Skipped(at, way, kept.get("reason", ""))
        case "delivered" | "uncertain":
            return notices.Delivered(at, way, kept.get("claim", "")) if name == "delivered" else notices.Uncertain(at, way)
    raise newer("message", name)


def _waits_since(kept: Mapping[str, Any]) -> int:
    """When it first missed its contact (ms); what was kept before that was written down counts from its cause."""
    since: int = kept.get("missed", kept["at"])
    return since if kept.get("waits", False) else 0


def _way(kept: Mapping[str, Any]) -> notices.Way:
    by = By(kept["by"], kept.get("by_subject", "")) if "by" in kept else None
    tries, via, doubt = kept.get("tries", 0), kept.get("via", ""), kept.get("doubt", False)
    count, serial, channel = kept.get("round", 1), kept.get("serial", 1), kept.get("channel", notices.SMS)
    return notices.Way(tries, via, count, serial, by, doubt, channel, kept.get("corrected", False), kept.get("text_version", 0))


def dump_messages(messages: Mapping[Notice, notices.Message]) -> dict[str, Any] | None:
    """By name; None if there is none."""
    return {name: _dump_message(message) for name, message in messages.items()} or None


def _dump_message(message: notices.Message) -> dict[str, Any]:
    written: dict[str, Any] = {"s": _MESSAGE_NAMES[type(message)], "at": message.at}
    if notices.due_at(message) is not None:
        written["next"] = notices.due_at(message)
    if isinstance(message, notices.Accepted) and message.last:
        written["last"] = True
    if isinstance(message, notices.Skipped) and message.reason:
        written["reason"] = message.reason
    if isinstance(message, notices.Open):
        written |= {"waits": True} if message.waits_since else {}
        written |= {"missed": message.waits_since} if message.waits_since not in (0, message.at) else {}
        if message.locked is not None:
            written["locked"] = dump_lock(message.locked)
    if isinstance(message, notices.Claimed | notices.Delivered) and message.claim:
        written["claim"] = message.claim
    if isinstance(message, notices.Failed) and message.kind:
        written |= {"kind": message.kind, "reason": message.reason}
    return written | _dump_way(message.way)


def _dump_way(way: notices.Way) -> dict[str, Any]:
    """What is not as at the start."""
    kept = {
        name: getattr(way, name)
        for name in ("tries", "via", "doubt", "round", "serial", "channel", "corrected", "text_version")
    }
    who = {} if way.by is None else {"by": way.by.name, "by_subject": way.by.subject}
    return {name: value for name, value in kept.items() if value != getattr(notices.START, name)} | who
