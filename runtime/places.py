"""Up to which time the log of each partition is known, from how far it was handled; and which partition a key belongs to."""

from collections.abc import Mapping
from datetime import datetime

from aiokafka.partitioner import murmur2

from runtime.log import Handled, Partition


def watermarks(
    now: datetime, handled: Mapping[Partition, Handled], ends: Mapping[Partition, int]
) -> dict[int, datetime | None]:
    """Per partition number, the time up to which nothing unhandled can be in the log.

    Now, if every topic of that partition is handled to its end; else the time of the last handled record; None: nothing known.
    """
    marks: dict[int, datetime | None] = {}
    for partition, at in handled.items():
        known = now if at.next_offset >= ends.get(partition, 0) else at.time
        known = min(known, now) if known is not None else None
        if partition.number in marks:
            other = marks[partition.number]
            known = min(known, other) if known is not None and other is not None else None
        marks[partition.number] = known
    return marks


def partition_of(key: str, partitions: int) -> int:
    """The partition Kafka's default partitioner gives this key."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)
