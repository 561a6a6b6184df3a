"""What operators see of one service and do with it: how it stands, its dead letters, its brake; and who did what.

What is done is written down before it is done; a store that is away lets nothing be done.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from runtime.brake import release
from runtime.deadletters import Letter
from runtime.errors import Invalid, Unavailable
from runtime.health import Health
from runtime.intents import Intents
from runtime.loop import Loop
from runtime.parked import ContentGoneError, DeadLetters
from runtime.parts import Parts
from runtime.store import Document, Documents, Index, Range

ACTS = "operations"  # the collection of what operators did
MOST = 200  # letters that are lifted or listed at once
SECONDS = 5.0  # that lifting them may take: whoever asks waits for eight
LATELY = timedelta(days=7)
LATEST = 20
What = Literal["replayed", "discarded", "released"]
Number = Callable[[], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Act:
    """One line of what operators did. `about`: the place of a letter, a kind of letters, the reason of a brake; `why`: as the
    operator says; `who`: the subject at the issuer; `done`, `failed`: letters, -1 while that is not known."""

    id: str
    at: datetime
    what: What
    about: str
    why: str
    who: str
    name: str
    done: int = -1
    failed: int = -1


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which letters: those at places, or all that wait of a kind on a topic."""

    places: Sequence[str] = ()
    kind: str = ""
    topic: str = ""

    @property
    def words(self) -> str:
        """For the journal."""
        return f"{self.topic}: {self.kind}" if self.kind else ", ".join(self.places)

    def has(self, letter: Letter) -> bool:
        """Whether a letter is one of them."""
        of_kind = bool(self.kind) and (self.topic, self.kind) == (topic_of(letter), letter.kind)
        return letter.place in self.places or of_kind


@dataclass(frozen=True, slots=True)
class Lifted:
    """What became of letters. `failed`: place -> why; `left`: how many of them still wait; `gone`: of the places that were
    asked for, how many wait no more because somebody was faster; `stopped`: the part that went away meanwhile."""

    done: int
    failed: Mapping[str, str]
    left: int
    gone: int
    stopped: str = ""


@dataclass
class Operations:
    """Of one service. `loop`, `intents`: None for one that follows no topic. `is_key`: whether a key may be shown; any other
    may say anything about anybody. `numbers`: what a room adds, by name."""

    parts: Parts
    health: Health
    loop: Loop[Any] | None = None
    intents: Intents | None = None
    is_key: Callable[[str], bool] = lambda _: False
    numbers: dict[str, Number] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._letters: DeadLetters[Any] | None = None
        if self.loop is not None and self.intents is not None:
            self._letters = DeadLetters(self.parts, self.loop.rules, self.intents)

    async def declare(self) -> None:
        """Make the collection this needs."""
        await self.parts.store.declare(ACTS, [Index("at")])

    # --- looking ------------------------------------------------------------------------------------------------------------

    async def waiting(self) -> list[Letter]:
        """Letters that nobody has lifted, in the order of the log. Raises Unavailable."""
        found = {} if self._letters is None else await self._letters.all()
        return [parked.letter for parked in found.values() if parked.waits]

    async def counted(self) -> dict[str, int | None]:
        """The numbers of the rooms; None for one that cannot be had."""
        found: dict[str, int | None] = {}
        for name, number in self.numbers.items():
            try:
                found[name] = await number()
            except Unavailable:
                found[name] = None
        return found

    async def lag(self) -> int | None:
        """Records that wait in the partitions of this instance; None while it has none, or follows no topic. Raises
        Unavailable."""
        if self.loop is None:
            return None
        handled, ends = await self.loop.places()
        waits = [max(0, ends.get(partition, 0) - at.next_offset) for partition, at in handled.items()]
        return sum(waits) if handled else None

    async def lately(self) -> list[Act]:
        """What was done in the last days, the newest first. Raises Unavailable."""
        since = _ms(self.parts.machine.wall() - LATELY)
        found: list[Document] = []
        after = None
        while page := await self.parts.store.find(ACTS, {"at": Range(low=since)}, order="at", after=after):
            found, after = [*found, *page][-LATEST:], (page[-1]["at"], page[-1]["_id"])
        return [_load(document) for document in reversed(found)]

    # --- doing --------------------------------------------------------------------------------------------------------------

    async def lift(self, wanted: Wanted, what: Literal["replayed", "discarded"], act: Act) -> Lifted:
        """Replay or discard letters that wait, in the order of the log, as many as there is time for. Raises Unavailable."""
        letters = self._letters
        found = [letter for letter in await self.waiting() if wanted.has(letter)]
        gone = len(set(wanted.places) - {letter.place for letter in found})
        if letters is None or not found:
            return Lifted(0, {}, 0, gone)
        await self._note(act)
        machine, failed, done, stopped = self.parts.machine, dict[str, str](), 0, ""
        end = machine.monotonic() + SECONDS
        for letter in found[:MOST]:
            try:
                await (letters.replay(letter) if what == "replayed" else letters.discard(letter))
            except ContentGoneError:
                failed[letter.place] = "nội dung gốc không còn trong topic"
            except Invalid as error:
                failed[letter.place] = str(error)[:300]
            except Unavailable as error:
                stopped = str(error)
                break
            except Exception as error:
                self.parts.log.exception("a dead letter cannot be handled", place=letter.place)
                failed[letter.place] = f"lỗi của dịch vụ khi xử lý: {type(error).__name__}"
            else:
                done += 1
            if machine.monotonic() > end:
                break
        await self._complete(replace(act, done=done, failed=len(failed)))
        return Lifted(done, failed, len(found) - done, gone, stopped)

    async def release_brake(self, act: Act) -> str:
        """Let a braked service go on; the reason of its brake, "" if it was not braked. Raises Unavailable."""
        if self.loop is None:
            return ""
        await self.loop.brake.look()
        if not self.loop.brake.engaged:
            return ""
        await self._note(replace(act, about=self.loop.brake.engaged))
        reason = await release(self.parts.store)
        await self.loop.brake.look()
        await self._complete(replace(act, about=reason, done=1, failed=0))
        return reason

    async def _note(self, act: Act) -> None:
        await self.parts.store.insert_unique(ACTS, _dump(act))

    async def _complete(self, act: Act) -> None:
        """A store that is away then leaves the line without its counts: what it is about was done all the same."""
        try:
            await _save(self.parts.store, act)
        except Unavailable as error:
            self.parts.log.error("what became of an operator's act is not written down", reason=str(error))


def topic_of(letter: Letter) -> str:
    """The topic that a letter's record stands on."""
    return letter.place.rsplit("/", 2)[0]


def by_kind(letters: Sequence[Letter]) -> list[tuple[str, str, int, datetime | None]]:
    """Topic, kind, how many, since when: the most frequent first."""
    counts = Counter((topic_of(letter), letter.kind) for letter in letters)
    first: dict[tuple[str, str], datetime] = {}
    for letter in letters:
        key, at = (topic_of(letter), letter.kind), letter.first_at
        if at is not None:
            first[key] = min(first.get(key, at), at)
    return [(topic, kind, count, first.get((topic, kind))) for (topic, kind), count in counts.most_common()]


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


async def _save(store: Documents, act: Act) -> None:
    known = (await store.get_many(ACTS, [act.id])).get(act.id)
    if known is not None:
        await store.save_many(ACTS, [{**known, **_dump(act)}])


_KEPT = ("what", "about", "why", "who", "name", "done", "failed")


def _dump(act: Act) -> Document:
    return {"_id": act.id, "at": _ms(act.at), **{name: getattr(act, name) for name in _KEPT}}


def _load(document: Document) -> Act:
    at = datetime.fromtimestamp(document["at"] / 1000).astimezone()
    return Act(at=at, id=document["_id"], **{name: document[name] for name in _KEPT})
