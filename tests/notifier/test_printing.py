"""A batch is printed while the store fails: its number may be spent, its letters are in one batch or still to be printed."""

import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, TypeVar

import pypdf
import pytest

from runtime.clock import SteppedClock
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.service import make_parts
from runtime.settings import RuntimeSettings
from runtime.store import MemoryDocuments, MemoryTables
from runtime.store.memory import Result
from runtime.web import Person, ProblemError, Role
from services.notifier.domain import apologies
from services.notifier.domain.notice import APOLOGY, Failed, Way
from services.notifier.http.desk import LetterDesk
from services.notifier.http.on_paper import PaperDesk
from services.notifier.store import CODEC, DOSSIERS, count_batches, declare, find_on_paper, load
from services.notifier.store.names import BATCHES
from services.notifier.telemetry import METRICS
from services.speaking import encode
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import desk
from tests.support.notifier_hears import contact
from tests.support.office import heard

NOW = at(9, "10:00")
OTHER = f"{DOSSIER[:-1]}{(int(DOSSIER[-1]) + 1) % 10}"
CLERK = Person("lan", "Lý Thị Thử", frozenset({Role.OFFICER}), frozenset({"H37.12"}))
T = TypeVar("T")
Fate = Literal["lost", "unanswered", "late"]


@dataclass
class Printing:
    """An office with two letters to be printed, whose store fails at one write."""

    fails: tuple[str, str, Fate] | None = None
    landing: list[Callable[[], object]] = field(default_factory=list)

    async def start(self) -> None:
        self.store = MemoryDocuments(MemoryTables(), self._hook)
        await declare(self.store)
        await self.store.declare(INTENTS)
        ports = Ports(
            store=self.store,
            topics=MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0)),
            clock=SteppedClock(NOW),
        )
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
        parts = make_parts("notifier", runtime, METRICS, ports)[0]
        intents, own = Intents(parts, DOSSIERS, encode), desk(NOW)
        self.desk = PaperDesk(parts, intents, own, LetterDesk(parts, intents, own))
        for number, code in enumerate((DOSSIER, OTHER), 1):
            document = {**heard(contact()), "_id": code}
            by = desk(at(6, "10:00")).ground()
            issued = CODEC.decide(document, partial(apologies.issue, entry=(number, 2026), ground=by), by.now).document
            lost = load(issued)._replace(messages={APOLOGY: Failed(1, Way(), "permanent", "400")})
            await self.store.save_many(DOSSIERS, [{**CODEC.written(lost, issued), "rev": 0, "outbox": []}])

    async def _hook(self, operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        if self.fails is None or self.fails[:2] != (operation, collection):
            return apply()
        fate, self.fails = self.fails[2], None
        if fate == "late":
            self.landing.append(apply)
        elif fate == "unanswered":
            apply()
        raise Unavailable(operation)

    async def wanted(self) -> list[str]:
        return [one.code for one in (await find_on_paper(self.store, "wanted", "H37.12", 10, "")).dossiers]

    async def in_batches(self) -> dict[int, int]:
        """Number -> letters that its PDF has; 0 where it is said that there are none."""
        found = dict[int, int]()
        for number in range(1, await count_batches(self.store, "H37.12", 2026) + 1):
            pdf = await _or(self.desk.pdf("H37.12", 2026, number, CLERK), "no-batch")
            pages = [] if pdf is None else pypdf.PdfReader(io.BytesIO(pdf)).pages
            found[number] = sum("Kính gửi:" in page.extract_text() for page in pages)
        return found


async def _or(asked: Awaitable[T], problem: str) -> T | None:
    """What was asked for; None where it is refused for this."""
    try:
        return await asked
    except ProblemError as error:
        if error.problem.type != problem:
            raise
        return None


BATCH, MARKS = ("insert_unique", BATCHES), ("save_many", DOSSIERS)


@pytest.mark.parametrize(
    ("where", "fate", "still", "then", "printed"),
    [
        (BATCH, "lost", 2, 1, {1: 2}),
        (BATCH, "unanswered", 2, 2, {1: 0, 2: 2}),
        (BATCH, "late", 2, 1, {1: 2}),
        (MARKS, "lost", 2, 2, {1: 0, 2: 2}),
        (MARKS, "unanswered", 0, None, {1: 2}),
        (MARKS, "late", 2, 2, {1: 0, 2: 2}),
    ],
)
async def test_a_store_that_fails_while_a_batch_is_printed_loses_no_letter_and_prints_none_twice(
    where: tuple[str, str], fate: Fate, still: int, then: int | None, printed: dict[int, int]
) -> None:
    office = Printing()
    await office.start()
    office.fails = (*where, fate)
    with pytest.raises(Unavailable):
        await office.desk.print("H37.12", CLERK)
    left = await office.wanted()
    batch = await _or(office.desk.print("H37.12", CLERK), "nothing-to-print")
    for apply in office.landing:  # a write of which nobody was told lands in the end
        apply()

    assert (len(left), None if batch is None else batch.number) == (still, then)
    assert await office.wanted() == []
    assert await office.in_batches() == printed
