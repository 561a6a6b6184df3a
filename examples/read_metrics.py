"""Keep the newest value of every cell of metrics.v1: `python examples/read_metrics.py localhost:9092`.

Needs aiokafka and the contracts package. The highest revision of a key holds, whatever order records come in.
"""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from aiokafka import AIOKafkaConsumer
from pydantic import ValidationError

from contracts import EVENT_TYPES, decode
from contracts.metrics import MetricsCell


def take(cells: dict[str, MetricsCell], key: str, value: bytes | None) -> None:
    """Fold one record into the cells known so far. A null takes the cell away; what is no event is left out."""
    if value is None:
        cells.pop(key, None)
        return
    try:
        event = decode(value, EVENT_TYPES)
    except ValidationError:
        return
    if isinstance(event.data, MetricsCell) and event.data.revision > getattr(cells.get(event.subject), "revision", 0):
        cells[event.subject] = event.data


def totals(cells: Mapping[str, MetricsCell]) -> dict[str, int]:
    """Sums over the competent units: each dossier counts there once, and once more under the unit that received it."""
    sums: dict[str, int] = {}
    for cell in cells.values():
        for name, value in cell.counters.model_dump().items() if cell.role == "competent" else ():
            sums[name] = sums.get(name, 0) + value
    return sums


async def main(broker: str, topic: str = "metrics.v1") -> dict[str, int]:
    """Read the topic to its end and sum it up."""
    cells: dict[str, MetricsCell] = {}
    async with AIOKafkaConsumer(topic, bootstrap_servers=broker, auto_offset_reset="earliest", group_id=None) as consumer:
        ends: dict[Any, int] = await consumer.end_offsets(consumer.assignment())
        while any([await consumer.position(place) < end for place, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    take(cells, (record.key or b"").decode("utf-8", "replace"), record.value)
    return totals(cells)


if __name__ == "__main__":
    print(asyncio.run(main(sys.argv[1])))  # noqa: T201
