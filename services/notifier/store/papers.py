"""Letters as they were issued, sealed."""

from typing import NamedTuple

from runtime.store import Document, Documents
from services.notifier.store.names import DOSSIERS, PAPERS, UNADDRESSED


class Sealing(NamedTuple):
    """What only the key of an epoch opens."""

    epoch: int
    box: str


class Paper(NamedTuple):
    """The PDF of a letter, sealed, and the moment (ms) whose day it bears. `link`: the digest of the token that opens it; ""
    if none does. `signed`: with the key of its body."""

    at: int
    sealed: Sealing
    link: str = ""
    signed: bool | None = None


class Linked(NamedTuple):
    """A paper that was found by its link, and whose letter it is."""

    dossier: str
    paper: Paper


async def find_paper(store: Documents, dossier: str) -> Paper | None:
    """The paper of a dossier's letter; None if none was kept, or it was shredded."""
    kept = (await store.get_many(PAPERS, [dossier])).get(dossier)
    return None if kept is None or "sealed" not in kept else _paper(kept)


async def find_linked(store: Documents, link: str) -> Linked | None:
    """The paper that the token with this digest opens; None if there is none, or it was shredded."""
    found = await store.find(PAPERS, {"link": link}, limit=1)
    return Linked(found[0]["_id"], _paper(found[0])) if found and "sealed" in found[0] else None


def _paper(kept: Document) -> Paper:
    return Paper(kept["at"], Sealing(kept["epoch"], kept["sealed"]), kept.get("link", ""), kept.get("signed"))


async def enter_paper(store: Documents, dossier: str, paper: Paper) -> None:
    """Keep a paper, unless there is one: the first holds. Raises Unavailable: it may be kept, or be kept later."""
    kept = {"at": paper.at, "epoch": paper.sealed.epoch, "sealed": paper.sealed.box}
    kept |= {"link": paper.link} if paper.link else {}
    kept |= {"signed": paper.signed} if paper.signed is not None else {}
    await store.insert_unique(PAPERS, {"_id": dossier, "rev": 0, **kept})


async def shred_papers(store: Documents) -> int:
    """Take away the papers of letters that name nobody any more; returns how many. An empty one stays in the place of each, so
    that a write that comes late brings none back."""
    shredded, after = 0, None
    while found := await store.find(DOSSIERS, {UNADDRESSED: 1}, after=after):
        after = (found[-1]["_id"], found[-1]["_id"])
        papers = await store.get_many(PAPERS, [document["_id"] for document in found])
        gone = [{"_id": name, "rev": paper["rev"]} for name, paper in papers.items() if "sealed" in paper]
        shredded += len(gone) - len(await store.save_many(PAPERS, gone)) if gone else 0
    return shredded
