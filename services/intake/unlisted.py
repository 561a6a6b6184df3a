"""Words of senders that no list of their unit knows: kept sealed, per unit, for an officer who may add them to the list.

They are gathered in memory and written down every few seconds, as counts of quality are: a crash loses those of these seconds.
A word that a list knows by now is dropped, and so are those of a dossier whose contact is forgotten (a null on contacts.v1).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from reference import ReferenceData, WordKind, moment, word_key
from runtime.clock import epoch_ms
from runtime.errors import Unavailable
from runtime.log.reader import LogReader
from runtime.parts import Parts
from services.intake import store
from services.intake.domain.kept_words import KeptWords, surplus
from services.intake.domain.words import Unlisted
from services.intake.sealing import ContactSealer

MOST_GATHERED = 2_000  # different words between two times of writing down; more are counted in the quality alone
CONTACTS = "contacts.v1"
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Opened:
    """Kept words as an officer sees them."""

    kind: WordKind
    words: str
    count: int
    first: datetime
    last: datetime


class Words:
    """The words that one instance meets, and those that are kept."""

    def __init__(self, parts: Parts, reference: ReferenceData, sealer: ContactSealer) -> None:
        self._parts, self._reference, self._sealer = parts, reference, sealer
        self._locker = sealer.locker()
        self._contacts = LogReader(parts.topics, (CONTACTS,))
        self._gathered: dict[str, KeptWords] = {}

    def note(self, dossier: str, met: Iterable[Unlisted]) -> None:
        """Remember words that were met in a dossier now."""
        now = epoch_ms(self._parts.clock.now())
        for one in met:
            key = word_key(one.words)
            if not key:
                continue
            identity = self._identity(one.unit, one.kind, key)
            known = self._gathered.get(identity)
            if known is None and len(self._gathered) >= MOST_GATHERED:
                continue
            locked = self._locker.lock({"words": one.words}) if known is None else known.locked
            new = KeptWords(identity, one.unit, one.kind, locked, 1, now, now, (dossier,))
            self._gathered[identity] = new if known is None else known.met_again(new)

    async def write_down(self) -> None:
        """Keep what was met since the last time, the most frequent of each unit. Raises Unavailable."""
        gathered, self._gathered = self._gathered, {}
        if not gathered:
            return
        try:
            lost = await store.add_words(self._parts.store, gathered)
        except Unavailable:
            self._again(gathered.values())
            raise
        self._again(gathered[identity] for identity in lost)
        for unit in {words.unit for words in gathered.values()}:
            await self._drop(surplus(await store.words_of(self._parts.store, unit)))

    def _again(self, met: Iterable[KeptWords]) -> None:
        for words in met:
            since = self._gathered.get(words.id)
            self._gathered[words.id] = words if since is None else words.met_again(since)

    async def of_unit(self, unit: str) -> list[Opened]:
        """The words of a unit, the most frequent first; what a list knows by now is dropped. Raises Unavailable."""
        found, over = list[Opened](), list[KeptWords]()
        for words, text in await self._opened(unit):
            if text and not self._reference.word(words.kind, text, (unit,)):
                found.append(Opened(words.kind, text, words.count, moment(words.first), moment(words.last)))
            else:
                over.append(words)
        await self._drop(over)
        return sorted(found, key=lambda opened: (-opened.count, opened.words))

    async def _opened(self, unit: str) -> list[tuple[KeptWords, str]]:
        """The words of a unit with their text. Those that an earlier secret keeps are kept by the first one from now on."""
        kept = [(words, self._open(words)) for words in await store.words_of(self._parts.store, unit)]
        moved = {
            words.id: text for words, text in kept if text and words.id != self._identity(unit, words.kind, word_key(text))
        }
        if not moved:
            return kept
        for words, text in kept:
            if words.id in moved:
                identity = self._identity(unit, words.kind, word_key(text))
                again = replace(words, id=identity, locked=self._locker.lock({"words": text}))
                if not await store.add_words(self._parts.store, {identity: again}):
                    await self._drop([words])
        return [(words, self._open(words)) for words in await store.words_of(self._parts.store, unit)]

    def _identity(self, unit: str, kind: WordKind, key: str) -> str:
        return f"{unit}/{kind}/{self._sealer.digests_of_words(key)[0]}"

    def _open(self, words: KeptWords) -> str:
        """As they were sent; "" if the secret is another one by now: then nobody reads them again."""
        try:
            return str(self._locker.unlock(words.locked)["words"])
        except ValueError:
            return ""

    async def forget(self) -> None:
        """Drop what was learned since, and the words of dossiers whose contact is forgotten. Raises Unavailable."""
        for unit, _, _ in await store.count_words(self._parts.store):
            await self.of_unit(unit)
        more = True
        while more:
            page = await self._contacts.read(await store.find_mark(self._parts.store, CONTACTS), PAGE)
            for record in page.records:
                if record.value is None and record.key:
                    await self._forget(record.key.decode(errors="replace"))
            await store.set_mark(self._parts.store, CONTACTS, page.places)
            more = page.more

    async def _forget(self, dossier: str) -> None:
        await self._drop(await store.words_in(self._parts.store, dossier))
        self._gathered = {name: words for name, words in self._gathered.items() if dossier not in words.dossiers}
        for held in await store.held_of(self._parts.store, dossier):
            await store.change_held(self._parts.store, held.id, lambda kept: replace(kept, locked="", words=""))

    async def _drop(self, words: Iterable[KeptWords]) -> None:
        ids = [each.id for each in words]
        if ids:
            await store.drop_words(self._parts.store, ids)
