"""The log as data: records of all topics, read from a broker or from a folder of NDJSON files."""

import base64
import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from contracts import EVENT_TYPES, PREFIX, Event, decode, load_catalogue
from runtime.kafka_admin import LogRecord, read_topics


class _Line(BaseModel):
    """A record as a line of a file; what is no UTF-8 is kept in base64."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    partition: int
    offset: int
    timestamp: int
    key: str | None = None
    key_base64: str | None = None
    value: str | None = None
    value_base64: str | None = None
    headers: dict[str, str]


def event_of(record: LogRecord) -> Event | None:
    """The record's event; None if it is no valid one (garbage, a null value)."""
    try:
        return decode(record.value, EVENT_TYPES)
    except ValidationError:
        return None


def events_of(records: Iterable[LogRecord]) -> Iterator[Event]:
    """The events of the records that are one."""
    return (event for record in records if (event := event_of(record)) is not None)


def kind_of(event: Event) -> str:
    """`dossier.received` for vn.dunghen.dossier.received.v1, and for its version 2: the same is told of both."""
    return event.type.removeprefix(PREFIX).rpartition(".v")[0]


async def read_broker(
    broker: str, prefix: str = "", topics: Sequence[str] | None = None, key: str | None = None
) -> list[LogRecord]:
    """All records of the catalogue's topics, or of some. Raises Unavailable."""
    return await read_topics(broker, prefix, topics or list(load_catalogue().topics), key)


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


def read_folder(folder: Path, mentioning: str = "") -> Iterator[LogRecord]:
    """The records of `write_folder`, or those that mention a text: of dead letters all, for what is said of one names it by its
    place. Raises FileNotFoundError if there is no file."""
    files = sorted(folder.glob("*.ndjson"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no *.ndjson")
    for path in files:
        for line in path.read_text("utf-8").split("\n"):  # a value may hold other marks of a line end
            if not line or (mentioning not in line and not path.stem.endswith(".dlq")):
                continue
            read = _Line.model_validate_json(line)
            key, value = _bytes(read.key, read.key_base64), _bytes(read.value, read.value_base64)
            yield LogRecord(path.stem, read.partition, read.offset, read.timestamp, key, value, read.headers)


def _bytes(text: str | None, base64_text: str | None) -> bytes:
    return text.encode() if text is not None else base64.b64decode(base64_text or "")
