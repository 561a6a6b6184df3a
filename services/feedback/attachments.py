"""Files beside petitions and meetings: their documents, found by what they are of, and their content in the blobs, all locked.

The document comes first, so that what dies on its way is found and deleted; whoever inserted it alone puts the content.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace

from runtime.blobs import Blobs
from runtime.errors import Unavailable
from runtime.parts import Parts
from runtime.store import Document, Documents, Index, Range
from services.changes import By
from services.feedback.domain.attachments import MOST_FILES, Attachment, kind_of
from services.feedback.vault import Vault

ATTACHMENTS = "attachments"
OF, COMING = "of", "coming"
LATE_MS = 3_600_000  # what has not come by then does not come any more
PAGE = 100


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(ATTACHMENTS, [Index(OF), Index(COMING)])


class TooManyError(Exception):
    """There are as many files as are kept of one petition or meeting."""


class Attachments:
    """Keeps files, gives and deletes them. Who may ask for them is the pages' business."""

    def __init__(self, parts: Parts, blobs: Blobs, vault: Vault) -> None:
        self._parts, self._blobs, self._vault = parts, blobs, vault

    def _now(self) -> int:
        return round(self._parts.clock.now().timestamp() * 1000)

    async def add(self, of: str, content: bytes, title: str, by: By, once: str) -> None:
        """Keep a file without faults; the same form sent again is the same file. Raises TooManyError, Unavailable."""
        kind = kind_of(content)
        if kind is None:
            raise ValueError("a file that was not looked at")
        number = once or self._parts.machine.new_id()
        name = hashlib.sha256(b"\0".join((of.encode(), number.encode(), content))).hexdigest()[:32]
        if len([one for one in await self._all(of) if one.removed is None and one.id != name]) >= MOST_FILES:
            raise TooManyError
        made = Attachment(name, of, kind, len(content), self._vault.lock(title.strip()), self._now(), by)
        if not await self._parts.store.insert_unique(ATTACHMENTS, _dump(made)):
            known = await self.find(of, name)
            if known is None:  # another request of the same form is at it, or died at it
                raise Unavailable("a file that is on its way")
            return
        await self._blobs.put(name, self._vault.lock_file(content))
        self._parts.crash.passed("after-blob")
        if not await self._change(name, lambda one: replace(one, ready=True)):
            await self._blobs.delete_many([name])  # what it is of was erased while it came

    async def of(self, of: str) -> list[Attachment]:
        """The files of a petition or a meeting that are there, or were and were taken away, the first at the head."""
        return sorted((one for one in await self._all(of) if one.ready), key=lambda one: (one.at, one.id))

    async def find(self, of: str, name: str) -> Attachment | None:
        """One that is there."""
        document = (await self._parts.store.get_many(ATTACHMENTS, [name])).get(name)
        found = None if document is None else _load(document)
        return found if found is not None and found.of == of and found.ready and found.removed is None else None

    async def content(self, attachment: Attachment) -> bytes | None:
        """Its content; None if it is gone. Raises Unavailable, ValueError if it was locked with another key."""
        locked = await self._blobs.get(attachment.id)
        return None if locked is None else self._vault.read_file(locked)

    def title(self, attachment: Attachment) -> str:
        """What it is called."""
        return self._vault.read(attachment.title)

    async def remove(self, attachment: Attachment, by: By) -> None:
        """Delete its content; that it was there, and who took it away, stays to be seen."""
        now = self._now()
        await self._change(attachment.id, lambda one: replace(one, removed=now, removed_by=by, title=""))
        await self._blobs.delete_many([attachment.id])

    async def forget(self, of: Iterable[str]) -> None:
        """Delete all that is kept of these petitions. Raises Unavailable."""
        for one in of:
            await self._delete(await self._all(one))

    async def sweep(self) -> None:
        """The job: delete what never came whole, and again what was taken away while the blobs were not there."""
        old = Range(high=self._now() - LATE_MS)
        while late := await self._parts.store.find(ATTACHMENTS, {COMING: old}, limit=PAGE):
            found = [_load(document) for document in late]
            await self._delete([one for one in found if one.removed is None])
            for one in found:
                if one.removed is not None:
                    await self._blobs.delete_many([one.id])
                    await self._change(one.id, lambda same: same, gone=True)

    async def _delete(self, found: Sequence[Attachment]) -> None:
        names = [one.id for one in found]
        await self._blobs.delete_many(names)
        await self._parts.store.delete_many(ATTACHMENTS, names)

    async def _all(self, of: str) -> list[Attachment]:
        return [_load(document) for document in await self._parts.store.find(ATTACHMENTS, {OF: of}, limit=500)]

    async def _change(self, name: str, rule: Callable[[Attachment], Attachment], *, gone: bool = False) -> bool:
        """Change its document; False if there is none."""
        while document := (await self._parts.store.get_many(ATTACHMENTS, [name])).get(name):
            after = {**_dump(rule(_load(document))), "rev": document["rev"]}
            if gone:
                del after[COMING]
            if not await self._parts.store.save_many(ATTACHMENTS, [after]):
                return True
        return False


def _load(document: Document) -> Attachment:
    plain = {name: document[name] for name in ("of", "kind", "size", "title", "at")}
    by = document.get("removed_by")
    return Attachment(
        id=document["_id"],
        **plain,
        added_by=By(**document["added_by"]),
        ready=document.get("ready", False),
        removed=document.get("removed"),
        removed_by=None if by is None else By(**by),
    )


def _dump(attachment: Attachment) -> Document:
    """`coming`: since when the job has something to do with it."""
    kept = {name: value for name, value in asdict(attachment).items() if name != "id" and value is not None}
    coming = attachment.removed if attachment.ready else attachment.at
    return {"_id": attachment.id, **kept, **({} if coming is None else {COMING: coming})}
