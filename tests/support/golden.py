"""The month of the demo as the events it says, kept in tests/contracts/golden/events.ndjson.gz: what a change of how events are
made must not change. Equal means: the same ids, and the same content once parsed, whatever is left out or written as default.

The file holds, per type, how many events there are and a digest of their ids and of their contents, and in full the events of
one dossier in sixteen and those of rare types, for whoever has to find out what differs. Made anew, where a change of what is
said is meant:

    ./dev demo --out /tmp/demo && .venv/bin/python -m tests.support.golden /tmp/demo/log
"""

import gzip
import hashlib
import json
import sys
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from contracts import EVENT_TYPES, Event, EventData, decode
from contracts.codes import is_petition_id
from contracts.feedback import FeedbackRatedV2
from contracts.letters import LetterApprovedV2, LetterSentV2
from contracts.metrics import MetricsCell, PetitionCell
from contracts.notices import (
    LetterApproved,
    LetterRejected,
    LetterSent,
    LetterWithdrawn,
    NoticeAccepted,
    NoticeAcceptedV2,
    NoticeDelivered,
    NoticeDeliveredV2,
    NoticeFailed,
    NoticeFailedV2,
    NoticeUncertain,
    NoticeUncertainV2,
)
from dunghen.log import read_folder

GOLDEN = Path(__file__).parent.parent / "contracts/golden/events.ndjson.gz"
ONE_IN, RARE = 16, 60
# What goes by the moment at which a run comes to it: the time of what a service does itself, and how often cells are counted.
_OWN_TIME: tuple[type[EventData], ...] = (
    NoticeDelivered,
    NoticeDeliveredV2,
    NoticeFailed,
    NoticeFailedV2,
    NoticeUncertain,
    NoticeUncertainV2,
    LetterApproved,
    LetterRejected,
    LetterWithdrawn,
    LetterApprovedV2,
)
# Told by what they say, without their random ids: which of them came first is nobody's business, and by chance.
_NAMELESS = (FeedbackRatedV2,)
# Said or not by how busy the machine is: an answer that came too late was in doubt, then a receipt told more. That everybody
# was told once is checked elsewhere. Which days of petitions are over, and counted before the run ends, is by chance too.
_BY_CHANCE = (NoticeAccepted, NoticeAcceptedV2, PetitionCell)
OF_THE_RUN: dict[type[EventData], set[str]] = {
    **{model: {"at"} for model in _OWN_TIME},
    LetterSent: {"at", "number"},
    LetterSentV2: {"at", "number"},
    MetricsCell: {"at", "revision"},
}
Line = dict[str, Any]


def told(folder: Path) -> list[str]:
    """The events of a log as the golden file says them, a line each, in the order of their ids; of cells the newest."""
    events, nameless, seen = dict[str, tuple[str, Event]](), list[str](), set[str]()
    for record in read_folder(folder):
        event = decode(record.value, EVENT_TYPES)
        if isinstance(event.data, _BY_CHANCE):
            continue
        cell = event.data if isinstance(event.data, MetricsCell) else None
        if isinstance(event.data, _NAMELESS):
            if event.id in seen:
                continue
            seen.add(event.id)
            event = replace(event, id="", subject="")
            nameless.append(_say(_line(record.topic, event)))
            continue
        name = event.subject if cell else event.id
        known = events.get(name, ("", event))[1].data
        if cell is None or not isinstance(known, MetricsCell) or cell.revision >= known.revision:
            events[name] = (record.topic, event)
    kept = (known for _, known in sorted(events.items()) if not _is_empty(known[1]))
    return [_say(_line(topic, event)) for topic, event in kept] + sorted(nameless)


def _is_empty(event: Event) -> bool:
    """A cell in which nothing counts, which adds nothing to any figure. Whether it was ever touched is by chance: such as by a
    dossier that is overdue for as long as its end is still on another topic."""
    return isinstance(event.data, MetricsCell) and not event.data.counters.model_dump(exclude_defaults=True)


def _line(topic: str, event: Event) -> Line:
    left_out = OF_THE_RUN.get(type(event.data), set()) if isinstance(event.data, EventData) else set()
    data = event.data.model_dump(exclude_defaults=True, exclude={"sealed", *left_out})
    cell, petition = isinstance(event.data, MetricsCell), is_petition_id(event.subject)
    return {
        "type": event.type,
        "topic": topic,
        # A petition's id is made with the key of the run: of it the day stays.
        "key": event.subject.rpartition("-")[0] if petition else event.subject,
        "id": None if cell or petition else event.id,
        "source": event.source,
        "sequence": None if event.sequence is None else "said",
        "correlationid": None if petition else event.correlation,
        "data": _instants(data),
    }


def _instants(value: Any) -> Any:
    """Times as instants, everything else as it is."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, dict):
        return {name: _instants(own) for name, own in value.items()}
    return [_instants(own) for own in value] if isinstance(value, list | tuple) else value


def _say(line: Line) -> str:
    return json.dumps(line, ensure_ascii=False, sort_keys=True, default=str)


def summary(lines: Iterable[str]) -> Iterator[Line]:
    """Per type: how many, and digests of all ids and of all contents."""
    by_type: dict[str, list[Line]] = {}
    for line in map(json.loads, lines):
        by_type.setdefault(line["type"], []).append(line)
    for name, own in sorted(by_type.items()):
        ids, contents = ("\n".join(sorted(_say({"of": line[part]}) for line in own)) for part in ("id", "data"))
        yield {"all": name, "count": len(own), "ids": _digest(ids), "contents": _digest(contents)}


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def golden_of(lines: list[str]) -> list[str]:
    """The lines of the golden file: the summary, then the sample."""
    counts = {line["all"]: line["count"] for line in summary(lines)}

    def is_shown(line: Line) -> bool:
        return counts[line["type"]] <= RARE or zlib.crc32(line["key"].encode()) % ONE_IN == 0

    return [*(_say(line) for line in summary(lines)), *(line for line in lines if is_shown(json.loads(line)))]


def differences(lines: list[str]) -> list[str]:
    """What a run says otherwise than the golden file: lines that are gone (-) and new (+)."""
    kept, now = gzip.decompress(GOLDEN.read_bytes()).decode().splitlines(), golden_of(lines)
    gone, new = set(kept) - set(now), set(now) - set(kept)
    return [f"- {line}" for line in kept if line in gone] + [f"+ {line}" for line in now if line in new]


def main() -> None:
    """Make the golden file from the log in a folder."""
    lines = golden_of(told(Path(sys.argv[1])))
    GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    GOLDEN.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
