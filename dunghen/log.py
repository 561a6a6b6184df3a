"""The log as data: records of all topics, read from a broker or from a folder of NDJSON files."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts import load_catalogue


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One record as it stands in Kafka. `topic` is without prefix; times are ms."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def event(self) -> dict[str, Any]:
        """The record's JSON; of a record that is no JSON object, an empty one."""
        try:
            raw = json.loads(self.value)
        except ValueError:
            return {}
        return raw if isinstance(raw, dict) else {}


async def read_broker(
    bootstrap: str, prefix: str = "", topics: Sequence[str] | None = None, key: str | None = None
) -> list[LogRecord]:
    """All records of the topics up to where the log ends now; with `key`, only of the partitions it may be in."""
    names = [prefix + topic for topic in (topics or load_catalogue().topics)]
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(name, number) for name in names for number in await _partitions(consumer, name, key)]
        ends = {place: end for place, end in (await consumer.end_offsets(places)).items() if end}
        consumer.assign(list(ends))
        begins = await consumer.beginning_offsets(list(ends))
        left = {place for place, end in ends.items() if begins[place] < end}
        records = []
        while left:
            for place, batch in (await consumer.getmany(timeout_ms=500, max_records=5000)).items():
                records += [_record(r, prefix) for r in batch if r.offset < ends[place]]
            left = {place for place in left if await consumer.position(place) < ends[place]}
    finally:
        await consumer.stop()
    return records


async def _partitions(consumer: AIOKafkaConsumer, topic: str, key: str | None) -> list[int]:
    await consumer._client.add_topic(topic)  # noqa: SLF001 - a consumer without group learns of a topic only this way
    known = sorted(consumer.partitions_for_topic(topic) or ())
    if key is None or not known or topic.endswith(".dlq"):
        return known
    from runtime.timers import partition_of

    return [partition_of(key, len(known))]


def _record(record: Any, prefix: str) -> LogRecord:  # noqa: ANN401 - aiokafka's record
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    topic = record.topic.removeprefix(prefix)
    return LogRecord(topic, record.partition, record.offset, record.timestamp, record.key or b"", record.value or b"", headers)


def write_folder(records: Iterable[LogRecord], folder: Path) -> None:
    """One NDJSON file per topic; bytes that are not UTF-8 as base64."""
    folder.mkdir(parents=True, exist_ok=True)
    by_topic: dict[str, list[LogRecord]] = {}
    for record in records:
        by_topic.setdefault(record.topic, []).append(record)
    for topic, own in by_topic.items():
        lines = [
            json.dumps(
                {
                    "partition": r.partition,
                    "offset": r.offset,
                    "timestamp": r.timestamp,
                    **_text("key", r.key),
                    **_text("value", r.value),
                    "headers": dict(r.headers),
                },
                ensure_ascii=False,
            )
            for r in own
        ]
        (folder / f"{topic}.ndjson").write_text("\n".join(lines) + "\n", "utf-8")


def _text(name: str, value: bytes) -> dict[str, str]:
    try:
        return {name: value.decode()}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(value).decode()}


def read_folder(folder: Path) -> Iterator[LogRecord]:
    """The records of `write_folder`. Raises FileNotFoundError if there are none."""
    files = sorted(folder.glob("*.ndjson"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no *.ndjson")
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            raw = json.loads(line)
            key, value = (raw[n].encode() if n in raw else base64.b64decode(raw[f"{n}_base64"]) for n in ("key", "value"))
            yield LogRecord(path.stem, raw["partition"], raw["offset"], raw["timestamp"], key, value, raw["headers"])
