"""The letter register under every order of steps, with writes whose answer is lost and writes that land late."""

import random
from collections.abc import Callable, Coroutine, Generator, Iterator
from dataclasses import dataclass, field
from types import coroutine
from typing import TypeVar

import pytest

from runtime.errors import Unavailable
from runtime.store import Document, MemoryDocuments, MemoryTables
from services.notifier import store as names
from services.notifier.register import bind

Result = TypeVar("Result")
Binding = Coroutine[str, None, tuple[int, int]]
WRITES = ("save_many", "insert_unique")
DONE, ANSWER_LOST, LATE = range(3)


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be bound; again by a caller who got no answer."""

    dossier: str
    body: str = "H37.12"
    year: int = 2026


def declared() -> MemoryTables:
    """An empty register."""
    tables = MemoryTables()
    for collection in (names.REGISTER, names.LETTERS):
        tables.declare(collection)
    return tables


@dataclass
class World:
    """Some processes that bind letters on one database. `choose(n)` picks one of n ways to go on, at every step."""

    letters: list[Letter]
    choose: Callable[[int], int]
    faults: int  # how many writes may go wrong
    tables: MemoryTables = field(default_factory=declared)
    landing: list[Callable[[], object]] = field(default_factory=list)
    answers: list[tuple[Letter, tuple[int, int]]] = field(default_factory=list)

    def bind(self, letter: Letter) -> Binding:
        """A process at its first step."""
        return bind(MemoryDocuments(self.tables, self._hook), letter.body, letter.year, letter.dossier)

    async def _hook(self, operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        await _step(operation)
        fate = self.choose(3) if operation in WRITES and self.faults else DONE
        self.faults -= fate != DONE
        if fate == LATE:
            self.landing.append(apply)
        else:
            answer = apply()
        if fate != DONE:
            raise Unavailable(operation)
        return answer

    def run(self) -> None:
        """Until every letter is bound and every write has landed."""
        running: list[tuple[Letter, Binding]] = [(letter, self.bind(letter)) for letter in self.letters]
        while running or self.landing:
            chosen = self.choose(len(running) + len(self.landing))
            if chosen >= len(running):
                self.landing.pop(chosen - len(running))()
                continue
            letter, binding = running[chosen]
            try:
                binding.send(None)
            except StopIteration as end:
                self.answers.append((letter, end.value))
                running.pop(chosen)
            except Unavailable:  # its caller comes again
                running[chosen] = (letter, self.bind(letter))

    def check(self) -> None:
        """Numbers run from 1 without hole, one per letter, and everybody was told the one that holds."""
        held: dict[str, tuple[int, int]] = {}
        series: dict[str, list[int]] = {}
        for entry in self.tables.find(names.REGISTER, {}, limit=1000):
            assert entry["dossier"] not in held, f"two numbers for {entry['dossier']}"
            held[entry["dossier"]] = (entry["number"], entry["year"])
            series.setdefault(entry["series"], []).append(entry["number"])
        assert [sorted(own) for own in series.values()] == [list(range(1, len(own) + 1)) for own in series.values()]
        assert len(self.answers) == len(self.letters)
        assert [answer for _, answer in self.answers] == [held[letter.dossier] for letter, _ in self.answers]


@coroutine
def _step(operation: str) -> Generator[str, None, None]:
    """Let the others go on."""
    yield operation


def every_way() -> Iterator[Callable[[int], int]]:
    """Choosers that together make every sequence of choices, each once."""
    ways: list[list[int]] = [[]]
    while ways:
        planned, made = ways.pop(), list[int]()

        def choose(count: int, planned: list[int] = planned, made: list[int] = made) -> int:
            if len(made) == len(planned):
                ways.extend([*made, other] for other in range(1, count))
                planned.append(0)
            made.append(planned[len(made)])
            return made[-1]

        yield choose


A, B, C = Letter("H37.12-260302-0001"), Letter("H37.12-260302-0002"), Letter("H37.12-260302-0003")
AGAIN_NEXT_YEAR = Letter(A.dossier, year=2027)


@pytest.mark.parametrize(
    ("letters", "faults"),
    [([A], 3), ([A, A], 0), ([A, AGAIN_NEXT_YEAR], 0), ([A, B], 0)],
    ids=["one letter, three faults", "one letter twice", "one letter at the turn of the year", "two letters"],
)
def test_in_every_order_of_steps_numbers_have_no_hole_and_no_letter_has_two(letters: list[Letter], faults: int) -> None:
    ways = 0
    for choose in every_way():
        world = World(letters, choose, faults)
        world.run()
        world.check()
        ways += 1
    assert ways > 1000


@pytest.mark.parametrize("part", range(4))
def test_many_processes_with_many_lost_and_late_writes_keep_the_register_whole(part: int) -> None:
    for seed in range(part * 1000, part * 1000 + 1000):
        chance = random.Random(seed)
        letters = chance.choices([A, A, AGAIN_NEXT_YEAR, B, C], k=chance.randint(2, 6))
        world = World(letters, chance.randrange, faults=chance.randint(1, 8))
        try:
            world.run()
            world.check()
        except AssertionError as error:
            error.add_note(f"seed {seed}")
            raise


async def test_a_letter_bound_by_an_earlier_release_keeps_its_number_and_new_ones_follow() -> None:
    tables = declared()
    store = MemoryDocuments(tables)
    entry: Document = {"_id": "H37.12/2026/1", "rev": 0, "series": "H37.12/2026", "number": 1, "year": 2026}
    await store.insert_unique(names.REGISTER, {**entry, "dossier": A.dossier})

    assert await bind(store, "H37.12", 2027, A.dossier) == (1, 2026)
    assert await bind(store, "H37.12", 2026, B.dossier) == (2, 2026)
    assert tables.get_many(names.LETTERS, [A.dossier]) == {}


async def test_a_letter_that_waited_long_takes_the_next_free_number_without_trying_all_between() -> None:
    tables = declared()

    async def lose_first_insert(operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        if operation == "insert_unique":
            raise Unavailable("lost")
        return apply()

    with pytest.raises(Unavailable):
        await bind(MemoryDocuments(tables, lose_first_insert), A.body, A.year, A.dossier)
    store = MemoryDocuments(tables)
    for number in range(200):
        await bind(store, A.body, A.year, f"H37.12-260303-{number:04}")
    asked = 0

    async def count(operation: str, collection: str, apply: Callable[[], Result]) -> Result:
        nonlocal asked
        asked += 1
        return apply()

    assert await bind(MemoryDocuments(tables, count), A.body, A.year, A.dossier) == (201, 2026)
    assert asked < 10
