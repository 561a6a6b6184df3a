"""The log as data: records of all topics, read from a broker or from a folder of NDJSON files."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts import EVENT_TYPES, PREFIX, decode, load_catalogue
from runtime.kafka_admin import LogRecord, read_topics


def event_of(record: LogRecord) -> dict[str, Any]:
    """The record's JSON; of a record that is no valid event (garbage, a null value), an empty one."""
    try:
        decode(record.value, EVENT_TYPES)
    except ValidationError:
        return {}
    raw: dict[str, Any] = json.loads(record.value)
    return raw


def kind_of(event: Mapping[str, Any]) -> str:
    """`dossier.received` for vn.dunghen.dossier.received.v1, and for its version 2: the same is told of both."""
    return str(event["type"]).removeprefix(PREFIX).rpartition(".v")[0]


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
    """The records of `write_folder`, or those that mention a text. Raises FileNotFoundError if there is no file."""
    files = sorted(folder.glob("*.ndjson"))
    if not files:
        raise FileNotFoundError(f"{folder} holds no *.ndjson")
    for path in files:
        for line in path.read_text("utf-8").splitlines():
            if mentioning not in line:
                continue
            raw = json.loads(line)
            key, value = (raw[n].encode() if n in raw else base64.b64decode(raw[f"{n}_base64"]) for n in ("key", "value"))
            yield LogRecord(path.stem, raw["partition"], raw["offset"], raw["timestamp"], key, value, raw["headers"])
