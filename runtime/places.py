"""How far each partition of the log is handled, and up to which time its log is therefore known."""

from dataclasses import dataclass
from datetime import datetime

from aiokafka import TopicPartition
from aiokafka.partitioner import murmur2


@dataclass(slots=True)
class Place:
    """The next offset to handle, and the time of the last handled record."""

    next_offset: int
    time: datetime | None = None


def watermarks(
    now: datetime, places: dict[TopicPartition, Place], ends: dict[TopicPartition, int]
) -> dict[int, datetime | None]:
    """Per partition number, the time up to which nothing unhandled can be in the log.

    Now, if every topic of that partition is handled to its end; else the time of the last handled record; None: nothing known.
    """
    marks: dict[int, datetime | None] = {}
    for place, at in places.items():
        known = now if at.next_offset >= ends.get(place, 0) else at.time
        known = min(known, now) if known is not None else None
        if place.partition in marks:
            other = marks[place.partition]
            known = min(known, other) if known is not None and other is not None else None
        marks[place.partition] = known
    return marks


def partition_of(key: str, partitions: int) -> int:
    """The partition Kafka's default partitioner gives this key."""
    return int((murmur2(key.encode()) & 0x7FFFFFFF) % partitions)
