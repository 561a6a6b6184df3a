"""The dead letters of one service: which wait, handled anew by its own rules, or given up. For commands and for its operators.

What was read of the topic is remembered without the records themselves, so that looking again reads only what came since.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Generic

from runtime.deadletters import Changes, Letter, Lifting, discard, is_lifted, is_parked, letter_of, replay, settlement, waiting
from runtime.errors import Invalid
from runtime.log import Partition, TooLargeError
from runtime.outputs import EventT, Rules
from runtime.parts import Parts
from runtime.store import Document

PAGE = 1000  # records of a partition at once
DOCUMENTS = 500  # of a find


class ContentGoneError(Invalid):
    """The record of a letter is no longer in the log: it can be discarded, or replayed with a content that is given."""


@dataclass(frozen=True, slots=True)
class Parked:
    """One letter, without its record. `waits`: nobody has lifted it yet."""

    letter: Letter
    waits: bool


class DeadLetters(Generic[EventT]):
    """Those of the service these parts and rules belong to."""

    def __init__(self, parts: Parts, rules: Rules[EventT], intents: Changes) -> None:
        self._parts, self._rules, self._intents = parts, rules, intents
        self._topic = f"{parts.name}.dlq"
        self._letters: list[Letter] = []
        self._found: dict[str, tuple[Partition, int]] = {}  # place of a letter -> where on the topic its record is
        self._next: dict[Partition, int] = {}
        self._reading = asyncio.Lock()

    async def all(self) -> dict[str, Parked]:
        """All letters by place, in the order of the log. A repeated letter counts once.

        A document that misses it or was given it knows best; else a letter waits until a settlement says otherwise. Raises
        Unavailable.
        """
        async with self._reading:
            await self._read_on()
            known = waiting(self._letters)
        documents = await self._documents({letter.key for letter, _ in known.values() if letter.key})
        return {
            place: Parked(letter, _waits(documents.get(letter.key), place, unsettled=unsettled))
            for place, (letter, unsettled) in sorted(known.items(), key=lambda item: _order(item[0]))
        }

    async def replay(self, letter: Letter, value: bytes | None = None) -> None:
        """Handle a letter anew, with another content if one is given. Raises Invalid if it still cannot be handled,
        ContentGoneError, Unavailable."""
        content = await self._content(letter) if value is None else value
        await replay(self._rules, self._intents, letter, content)
        await self._settle(letter, "replayed", content)

    async def discard(self, letter: Letter) -> None:
        """Give a letter up. Raises Unavailable."""
        await discard(self._intents, letter)
        await self._settle(letter, "discarded")

    async def _read_on(self) -> None:
        counts = await self._parts.topics.partitions([self._topic])
        places = {place: self._next.get(place, 0) for place in _partitions(self._topic, counts.get(self._topic, 0))}
        while places:
            found = await self._parts.topics.read(places, PAGE)
            records = [record for own in found.values() for record in own]
            for record in records:
                at = Partition(record.topic, record.partition)
                places[at] = self._next[at] = record.offset + 1
                letter = letter_of(record.key, record.value, record.headers)
                if letter is not None:
                    self._letters.append(replace(letter, value=b""))
                    if not letter.settled:
                        self._found.setdefault(letter.place, (at, record.offset))
            if not records:
                return

    async def _documents(self, keys: Iterable[str]) -> dict[str, Document]:
        wanted, found = sorted(keys), dict[str, Document]()
        for start in range(0, len(wanted), DOCUMENTS):
            found |= await self._parts.store.get_many(self._rules.collection, wanted[start : start + DOCUMENTS])
        return found

    async def _content(self, letter: Letter) -> bytes:
        """What was parked; what was too large for a letter lies in its own topic still."""
        if letter.is_left_out:
            name, _, offset = letter.place.rpartition("/")
            at = (Partition.of(name), int(offset))
        else:
            at = self._found.get(letter.place, (Partition(self._topic, 0), -1))
        partition, place = at
        found = (await self._parts.topics.read({partition: place}, 1)).get(partition, []) if place >= 0 else []
        if not found or found[0].offset != place or found[0].value is None:
            raise ContentGoneError("its content is no longer in the log")
        return found[0].value

    async def _settle(self, letter: Letter, lifting: Lifting, content: bytes = b"") -> None:
        """Say on the topic that a letter was lifted, so that a store that is made anew knows it too."""
        said = settlement(self._topic, letter, lifting, content)
        try:
            await self._parts.topics.publish([said])
        except TooLargeError:  # a reader then meets the record itself at its place
            await self._parts.topics.publish([replace(said, value=b"")])


def _partitions(topic: str, count: int) -> list[Partition]:
    return [Partition(topic, number) for number in range(count)]


def _order(place: str) -> tuple[str, int, int]:
    topic, partition, offset = place.rsplit("/", 2)
    return (topic, int(partition), int(offset)) if partition.isdecimal() and offset.isdecimal() else (place, 0, 0)


def _waits(document: Document | None, place: str, *, unsettled: bool) -> bool:
    """Whether a letter waits. The document that its key names need not be the one it was parked for: a record may have no key,
    or the key of another dossier."""
    if document is None:
        return unsettled
    return is_parked(document, place) or (unsettled and not is_lifted(document, place))
