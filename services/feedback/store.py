"""feedback's documents: one per dossier, found by id and by the digest of its token. Only this room knows how they are kept."""

from collections.abc import Mapping
from typing import Any

from runtime.recovery import UNSETTLED
from runtime.store import Document, Documents, Index
from services.facts import Facts
from services.feedback.domain import Dossier, Invited, NotInvited, Rating
from services.stored import Codec

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
        facts=Facts.load(document.get("facts", {})),
        reported_at=document.get("reported_at"),
        invitation=None if invited is None else _invitation(invited),
        token=document.get(TOKEN),
        rating=None if rating is None else Rating(rating["at"], rating["form"], rating["scores"]),
    )


def _invitation(kept: Mapping[str, Any]) -> Invited | NotInvited:
    if "not" in kept:
        return NotInvited(kept["at"], kept["form"], kept["not"])
    return Invited(kept["at"], kept["form"])


def dump(dossier: Dossier) -> dict[str, Any]:
    """A dossier as its document keeps it; what it does not have is left out."""
    written: dict[str, Any] = {"facts": dossier.facts.dump()} if dossier.facts else {}
    if dossier.reported_at is not None:
        written["reported_at"] = dossier.reported_at
    match dossier.invitation:
        case Invited(at, form):
            written["invited"] = {"at": at, "form": form}
        case NotInvited(at, form, why):
            written["invited"] = {"at": at, "form": form, "not": why}
    if dossier.token is not None:
        written[TOKEN] = dossier.token
    if dossier.rating is not None:
        rating = dossier.rating
        written["rating"] = {"at": rating.at, "form": rating.form, "scores": dict(rating.scores)}
    return written


CODEC = Codec(load, dump, ("facts", "reported_at", "invited", TOKEN, "rating"))
