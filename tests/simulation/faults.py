"""Faults of one world: which kinds a seed switches on, where each strikes, and a list of them that can be played again.

A fault is keyed by (part, operation, instance, n-th call), so that a shorter list of faults strikes at the same places.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal, Protocol
from zlib import crc32

Kind = Literal[
    "stall",  # done later than usual; within the client's patience
    "late",  # the client hears "unavailable", and it is done after that all the same
    "lost",  # done at once, and the client hears "unavailable"
    "refused",  # not done, "unavailable"
    "error",  # not done; the part answers with an error that is not about this document or record
    "outage",  # from here on the part answers everybody so, for a while
    "crash",  # the process is killed before the request leaves
    "crash-after",  # it is killed when the request was done, before it hears so
    "stop",  # SIGSTOP for a while
    "move",  # another member comes into the group for a while: partitions go away and come back
    "jump",  # the machine's clock is set wrong
    "restore",  # every process is killed, the store goes back to an older copy, the group's offsets stay
    "restore-reset",  # the same, and the group's offsets are gone
    "restore-nothing",  # the store is gone; a person has it made anew from the log, as `dunghen rebuild` does
]
# What makes trouble together.
THEMES: tuple[tuple[Kind, ...], ...] = (
    ("move", "stall"),
    ("move", "stall", "stop"),
    ("move", "crash", "stall"),
    ("crash", "crash-after", "late"),
    ("late", "lost", "crash"),
    ("outage", "move"),
    ("jump", "stop"),
    ("refused", "error", "crash"),
)
Key = tuple[str, str, str, int]  # part, operation, instance, n-th call of it

REQUEST: tuple[Kind, ...] = ("stall", "late", "lost", "refused", "error")
RARE: dict[Kind, float] = {"crash": 0.25, "crash-after": 0.25, "stop": 0.25, "move": 0.4, "jump": 0.25, "outage": 0.1}
PROCESS: tuple[Kind, ...] = ("crash", "crash-after", "stop", "move", "jump")
# Requests between a consumer and its coordinator have no time-out of their own and are tried for ever.
COORDINATION = frozenset(("heartbeat", "join", "sync", "coordinator", "positions", "fetch"))
KINDS: tuple[Kind, ...] = (*REQUEST, "outage", *PROCESS)


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. `seconds`: how long, how late, or by how much. `at`: virtual time at which it struck, for the telling."""

    key: Key
    kind: Kind
    seconds: float = 0.0
    at: float = field(default=0.0, compare=False)

    def __str__(self) -> str:
        part, operation, instance, number = self.key
        size = f" {self.seconds:+.1f} s" if self.kind == "jump" else f" {self.seconds:.1f} s" if self.seconds else ""
        return f"{self.at:8.2f} s  {instance}  {part}.{operation} #{number}  {self.kind}{size}"


def allowed(part: str, operation: str, kind: Kind) -> bool:
    """Whether a kind can strike there."""
    if kind in PROCESS:
        return True
    if part == "machine":
        return False
    if operation == "commit" and kind == "late":
        return False  # requests of one connection are answered in their order: none lands behind a later one
    if operation in COORDINATION:
        return kind == "stall" or (kind == "refused" and operation not in ("coordinator", "fetch"))
    return True


class Plan(Protocol):
    """Where faults strike."""

    def fault_at(self, key: Key) -> Fault | None:
        """The fault of this call, if it has one."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """The times that a seed draws near each other, in seconds."""

    store_timeout: float
    session_timeout: float
    intent_age: float
    patience: float

    @classmethod
    def draw(cls, chance: Random) -> "Pace":
        """All within a factor of about two of each other."""
        base = chance.choice((5.0, 10.0, 20.0, 30.0))
        return cls(*(base * chance.uniform(0.6, 1.6) for _ in range(4)))


RESTORE: Key = ("world", "restore", "*", 1)
RESTORED: tuple[Kind, ...] = ("restore", "restore-reset", "restore-nothing")


class Drawn:
    """A plan that the seed draws: some kinds on, the others off, each with its own rate; or two that go together, and often."""

    def __init__(self, seed: str, pace: Pace, *, restores: bool = False) -> None:
        """`restores`: the service can be brought back from an older store; then some seeds do that, once."""
        chance = Random(f"{seed}/faults")
        self._seed, self._pace = seed, pace
        dice = Random(f"{seed}/restore")
        self._restore = (
            Fault(RESTORE, dice.choice(RESTORED), dice.uniform(90.0, 190.0)) if restores and dice.random() < 0.25 else None
        )
        theme = chance.choice(THEMES) if chance.random() < 0.5 else ()
        kinds = theme or [kind for kind in KINDS if chance.random() < 0.45]
        least = -1.9 if theme else -2.6
        self.rates: dict[Kind, float] = {
            kind: 10 ** chance.uniform(least, -1.1) * RARE.get(kind, 1.0) for kind in KINDS if kind in kinds
        }
        self._any = sum(self.rates.values())

    def fault_at(self, key: Key) -> Fault | None:
        """Drawn from seed and key alone, so that no fault depends on those before it."""
        if key == RESTORE:
            return self._restore
        dice = crc32(f"{self._seed}/{key}".encode()) / 2**32
        if dice >= self._any:
            return None
        part, operation, _, _ = key
        for kind, rate in self.rates.items():
            dice -= rate
            if dice < 0:
                return Fault(key, kind, self._seconds(kind, key)) if allowed(part, operation, kind) else None
        return None

    def _seconds(self, kind: Kind, key: Key) -> float:
        chance, pace = Random(f"{self._seed}/{key}/{kind}"), self._pace
        if kind == "stall":
            return chance.uniform(0.2, 0.95) * pace.store_timeout
        if kind == "late":  # after the client gave up; often about when somebody would look at the intent
            return pace.store_timeout * chance.choice((1.05, 1.3)) + chance.choice((0.0, 1.0, 1.5)) * pace.intent_age
        if kind == "stop":
            return pace.session_timeout * chance.choice((0.3, 0.9, 1.5, 3.0))
        if kind in ("move", "outage"):
            return chance.uniform(0.5, 20.0) * (1.0 if kind == "move" else 2.0)
        if kind == "jump":
            return chance.choice((-300.0, -90.0, -20.0, 20.0, 70.0, 120.0, 400.0))
        return 0.0


class Listed:
    """A plan that plays given faults again, and no other."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self._faults: Mapping[Key, Fault] = {fault.key: fault for fault in faults}

    def fault_at(self, key: Key) -> Fault | None:
        """The listed one."""
        return self._faults.get(key)


class Counted:
    """How often each call was made: what makes a key."""

    def __init__(self) -> None:
        self._calls: Counter[tuple[str, str, str]] = Counter()

    def next_key(self, part: str, operation: str, instance: str) -> Key:
        """The key of a call that is made now."""
        self._calls[part, operation, instance] += 1
        return part, operation, instance, self._calls[part, operation, instance]


def latency(seed: str, key: Key) -> tuple[float, float]:
    """Seconds on the way to a part, and on the way back: mostly nothing, else up to a second, on one of the two ways."""
    dice = crc32(f"{seed}:{key}".encode())
    share, back = (dice >> 8) / 2**24, dice & 1
    if share < 0.3:
        return 0.0, 0.0
    seconds = 10 ** (share * 3.6 - 3.7)
    return (0.0, seconds) if back else (seconds, 0.0)
