"""The log as a service sees it: leased batches, commits under a lease, publishing with acknowledgements, reading by place.

What is learned of a partition (how far it was handled, what is committed) is learned under a lease and is gone with it: a
lease dies when the assignment it stands for ends, before anybody else can be given the partition.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One partition of a topic. Topics are named as in the catalogue, without prefix."""

    topic: str
    number: int

    def __str__(self) -> str:
        return f"{self.topic}/{self.number}"

    @classmethod
    def of(cls, text: str) -> "Partition":
        """The partition that `str` wrote."""
        topic, _, number = text.rpartition("/")
        return cls(topic, int(number))


@dataclass(slots=True)
class Record:
    """One record as it stands in the log. `timestamp`: append time in ms. A value of None is a tombstone."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def place(self) -> str:
        """topic/partition/offset: how people and documents name a record."""
        return f"{self.topic}/{self.partition}/{self.offset}"


@dataclass(frozen=True, slots=True)
class Wire:
    """One record to publish, encoded. `headers` are added to the content type."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()
    raw_key: bytes | None = None


@dataclass(slots=True)
class Handled:
    """The next offset to handle, and the time of the last handled record; None: not known under this lease."""

    next_offset: int
    time: datetime | None = None


Offsets = Mapping[Partition, int]


class Lease:
    """The right to some partitions, from one assignment to its end; and what was learned of them meanwhile."""

    __slots__ = ("alive", "committed", "fresh", "handled", "next", "partitions", "rewound")

    def __init__(self, partitions: Iterable[Partition]) -> None:
        self.partitions = frozenset(partitions)
        self.alive = True
        self.committed: dict[Partition, int] = {}  # below this everything is committed; as asked at first use, then by commits
        self.handled: dict[Partition, Handled] = {}
        self.next: dict[Partition, int] = {}  # the next offset that may be taken
        self.fresh = set(self.partitions)  # nothing was taken yet: what comes may have been fetched under an earlier lease
        self.rewound: set[Partition] = set()  # given back: what was fetched before must not be taken


class TooLargeError(Exception):
    """The log will never take some of the records; `numbers` says which of those that were to be published."""

    def __init__(self, numbers: Sequence[int]) -> None:
        super().__init__(f"{len(numbers)} records are larger than the log takes")
        self.numbers = tuple(numbers)


Handle = Callable[[Lease, Sequence[Record]], Awaitable[None]]


class Log(Protocol):
    """All raise Unavailable when the log does not answer, whatever it says; nothing here ends a process."""

    @property
    def lease(self) -> Lease | None:
        """The lease in force; None before the first assignment, during a rebalance, and without a group."""
        ...

    def subscribe(self, topics: Iterable[str], handle: Handle) -> None:
        """Have the batches of these topics handled, one after the other, as a member of the service's group."""
        ...

    async def cluster(self) -> str:
        """The name of the cluster: another one holds another log."""
        ...

    async def partitions(self, topics: Iterable[str]) -> dict[str, int]:
        """How many partitions each topic has; a topic that does not exist is left out."""
        ...

    async def begins(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The first offset that is still there."""
        ...

    async def ends(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset behind the last record."""
        ...

    async def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """Up to where this service's group has committed; a partition without commit is left out."""
        ...

    async def read(self, places: Offsets, limit: int) -> dict[Partition, list[Record]]:
        """Of each partition the next records from its place on: `limit` of them, or all there are at the call.

        Without a group. A place below the beginning of a partition means its beginning.
        """
        ...

    async def publish(self, records: Iterable[Wire]) -> None:
        """Send in order and wait for all acknowledgements. Raises TooLargeError; then the others may have been taken."""
        ...

    async def learn(self, lease: Lease) -> None:
        """Ask what is committed of partitions of the lease of which nothing is known yet."""
        ...

    def start_at(self, places: Offsets) -> None:
        """Where a fresh process begins in partitions it is given for the first time, if that is before what is committed."""
        ...

    async def set_back(self, places: Offsets) -> None:
        """Commit these offsets for the service's group, backwards too. Raises Unavailable while the group has members."""
        ...

    async def leave(self) -> None:
        """Tell the group that this instance takes no more batches: its partitions need not wait for its session's end."""
        ...

    async def close(self) -> None:
        """Give back what reading by place needed."""
        ...

    async def commit(self, lease: Lease, offsets: Offsets) -> bool:
        """Commit under a lease; False if the lease is dead: the records come again, here or elsewhere."""
        ...

    def give_back(self, lease: Lease, offsets: Offsets) -> None:
        """Take these offsets and what follows them again. Of a dead lease, nothing."""
        ...
