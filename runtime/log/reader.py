"""Pages of the log from places that a caller names, in the order of their times: for answers made from the log."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from runtime.log.port import Log, Partition, Record

Places = Mapping[str, Sequence[int]]  # topic -> next offset to read, by partition


@dataclass(frozen=True, slots=True)
class Page:
    """Records in the order of their append times, and the places behind the last of them."""

    records: Sequence[Record]
    places: dict[str, list[int]]
    more: bool


class LogReader:
    """Reads some topics without a group."""

    def __init__(self, log: Log, topics: Sequence[str]) -> None:
        self._log, self._topics = log, topics

    async def read(self, places: Places | None, limit: int) -> Page:
        """At most `limit` records from the places on; None: nothing, from the end of the log. Raises Unavailable."""
        counts = await self._log.partitions(self._topics)
        known = [Partition(topic, number) for topic, count in counts.items() for number in range(count)]
        ends = await self._log.ends(known)
        start = {partition: _offset(places, partition) if places is not None else ends[partition] for partition in known}
        left = {partition: offset for partition, offset in start.items() if offset < ends[partition]}
        found = await self._log.read(left, limit) if left else {}
        # By append time, so that what comes later stands later and the same place gives the same page again.
        gathered = sorted(
            (record for records in found.values() for record in records),
            key=lambda record: (record.timestamp, record.topic, record.partition, record.offset),
        )
        page, after = gathered[:limit], dict(start)
        for record in page:
            after[Partition(record.topic, record.partition)] = record.offset + 1
        more = any(after[partition] < ends[partition] for partition in known) and bool(page)
        return Page(page, _as_places(after), more)


def _offset(places: Places, partition: Partition) -> int:
    offsets = places.get(partition.topic, ())
    return offsets[partition.number] if partition.number < len(offsets) else 0


def _as_places(after: Mapping[Partition, int]) -> dict[str, list[int]]:
    places: dict[str, list[int]] = {}
    for partition in sorted(after):
        places.setdefault(partition.topic, []).append(after[partition])
    return places
