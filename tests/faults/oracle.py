"""What must be in the log after any crash: counted per (dossier, kind, occasion), by distinct id."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from contracts import EventData, UnknownData
from dunghen.log import event_of, kind_of
from runtime.kafka_admin import LogRecord

Thing = tuple[str, str, str]  # dossier, kind, occasion


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is missing, and what is there under more than one id or version."""

    lost: list[Thing]
    doubled: list[Thing]


def things(records: Iterable[LogRecord]) -> dict[Thing, int]:
    """How many distinct ids each thing has in the log."""
    ids: dict[Thing, set[str]] = defaultdict(set)
    for record in records:
        if record.topic in ("dossiers.v1", "contacts.v1", "deadlines.v1", "notices.v1", "feedback.v1"):
            event = event_of(record)
            assert event is not None, f"a record of {record.topic} is no event"
            ids[event.subject, kind_of(event), occasion(event.data)].add(event.id)
    return {thing: len(own) for thing, own in ids.items()}


def occasion(data: EventData | UnknownData) -> str:
    """What tells one happening of a kind from another; versions of a statement are one happening."""
    names = ("rung", "occasion", "contact_sequence", "notice", "draft", "tier")  # tier: the re-promised date has passed too
    return str(next((value for name in names if (value := getattr(data, name, None))), 1))


def judge(records: Sequence[LogRecord], expected: Mapping[Thing, int]) -> Verdict:
    """Compare the log with what must be there, exactly once each."""
    found = Counter(things(records))
    return Verdict(
        lost=sorted(thing for thing, count in expected.items() if found[thing] < count),
        doubled=sorted(thing for thing, count in found.items() if count > expected.get(thing, 0)),
    )
