"""What persons want of messages that nobody has to send."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NamedTuple

from runtime.store import Document, Documents
from services.changes import By
from services.notifier.domain.wishes import LastSent, Wishes, WishStep
from services.notifier.store.names import WISHES


class KeptWishes(NamedTuple):
    """What is kept under one digest. `rev`: of the document, 0 if there is none; `key`: what the secret is called that made
    the digest; `moved`: it lies under the digest of a newer secret now."""

    digest: str
    key: str
    wishes: Wishes
    rev: int = 0
    moved: bool = False


async def find_wishes(store: Documents, digests: Sequence[str]) -> dict[str, KeptWishes]:
    """What is kept under some digests."""
    found = await store.get_many(WISHES, digests)
    return {digest: _wishes(document) for digest, document in found.items()}


async def save_wishes(store: Documents, kept: Sequence[KeptWishes]) -> set[str]:
    """Save them; returns the digests of which somebody else saved more meanwhile. Raises Unavailable: any may be saved."""
    return await store.save_many(WISHES, [{"_id": one.digest, "rev": one.rev, **_dump_wishes(one)} for one in kept])


async def count_wishes(store: Documents) -> dict[str, int]:
    """How many numbers have something kept under the digest of each secret, by what the secret is called."""
    rows = await store.count_by(WISHES, {}, group=("key", "moved"))
    return {str(row.group[0]): row.count for row in rows if not row.group[1]}


def _wishes(kept: Document) -> KeptWishes:
    """{key, moved, steps: [{id, at, stop, source, dossier, by, by_subject}], last: {kind: {at, dossier}}}."""
    steps = tuple(
        WishStep(
            one["id"],
            one["at"],
            one["stop"],
            one["source"],
            one.get("dossier", ""),
            By(one["by"], one["by_subject"]) if "by" in one else None,
        )
        for one in kept.get("steps", ())
    )
    last = {kind: LastSent(one["at"], one["dossier"]) for kind, one in kept.get("last", {}).items()}
    return KeptWishes(kept["_id"], kept["key"], Wishes(steps, last), kept["rev"], kept.get("moved", False))


def _dump_wishes(kept: KeptWishes) -> dict[str, Any]:
    steps = [_dump_wish_step(step) for step in kept.wishes.steps]
    last = {kind: asdict(one) for kind, one in kept.wishes.last.items()}
    written = {"key": kept.key, "steps": steps, "last": last}
    return written | {"moved": True} if kept.moved else written


def _dump_wish_step(step: WishStep) -> dict[str, Any]:
    plain: dict[str, Any] = {"id": step.id, "at": step.at, "stop": step.stop, "source": step.source}
    if step.dossier:
        plain["dossier"] = step.dossier
    return plain if step.by is None else {**plain, "by": step.by.name, "by_subject": step.by.subject}
