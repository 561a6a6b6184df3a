"""feedback's documents: one per dossier, found by id and by the digest of its token. Only this room knows how they are kept."""

from collections.abc import Mapping
from typing import Any

from runtime.outputs import UNSETTLED
from runtime.store import Document, Documents, Index
from services.facts import KnownFacts
from services.feedback.domain import Dossier, Invited, NotInvited, Rating
from services.stored import Codec, Kept

DOSSIERS = "dossiers"
MADE_FROM_LOG = (DOSSIERS,)  # the rest has to be restored from backup
TOKEN = "token"  # noqa: S105 - the name of a field


async def declare(store: Documents) -> None:
    """Make the collection and its index."""
    await store.declare(DOSSIERS, [Index(TOKEN), Index(UNSETTLED)])


def load(document: Document) -> Dossier:
    """The dossier of a document."""
    invited, rating = document.get("invited"), document.get("rating")
    return Dossier(
        code=document["_id"],
        facts=KnownFacts.load(document.get("facts", {})),
        reported_at=document.get("reported_at"),
        invitation=None if invited is None else _invitation(invited),
        token=document.get(TOKEN),
        rating=None if rating is None else Rating(rating["at"], rating["form"], rating["scores"]),
        stopped_at=document.get("stopped"),
    )


def _invitation(kept: Mapping[str, Any]) -> Invited | NotInvited:
    if "not" in kept:
        return NotInvited(kept["at"], kept["form"], kept["not"])
    return Invited(kept["at"], kept["form"])


def _dump_invitation(invitation: Invited | NotInvited) -> dict[str, Any]:
    written = {"at": invitation.at, "form": invitation.form}
    return {**written, "not": invitation.why} if isinstance(invitation, NotInvited) else written


def _dump_rating(rating: Rating) -> dict[str, Any]:
    return {"at": rating.at, "form": rating.form, "scores": dict(rating.scores)}


CODEC = Codec(
    load,
    kept=(
        Kept("facts", lambda dossier: dossier.facts, lambda facts: facts.dump() or None),
        Kept("reported_at", lambda dossier: dossier.reported_at),
        Kept("invited", lambda dossier: dossier.invitation, _dump_invitation),
        Kept(TOKEN, lambda dossier: dossier.token),
        Kept("rating", lambda dossier: dossier.rating, _dump_rating),
        Kept("stopped", lambda dossier: dossier.stopped_at),
    ),
)
