"""What a drill says of a service: read off the log, where each fact and each effect stands with its time."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from dunghen.log import event_of, kind_of
from runtime.kafka_admin import LogRecord


@dataclass(frozen=True, slots=True)
class Effect:
    """What a service says once of a fact. `notice`: which of its messages, where there are several."""

    topic: str
    kind: str
    notice: str = ""


FACTS = "dossiers.v1"
# What each service must say of a fact, exactly once.
EXPECTED: Mapping[str, Mapping[str, Effect]] = {
    "sla": {
        "dossier.received": Effect("deadlines.v1", "deadline.set"),
        "dossier.completed": Effect("deadlines.v1", "deadline.settled"),
    },
    "notifier": {"dossier.completed": Effect("notices.v1", "notice.queued", "result-ready")},
    "feedback": {"dossier.completed": Effect("feedback.v1", "feedback.invited")},
}


@dataclass(frozen=True, slots=True)
class Handled:
    """One fact and what was said of it; times in ms. `ids`: under how many ids it was said; `times`: how often at all."""

    partition: int
    came: int
    said: int | None
    ids: int = 1
    times: int = 1


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a drill; times in ms."""

    name: str
    begin: int
    end: int


@dataclass(frozen=True, slots=True)
class Figures:
    """What a phase cost. A pause counts in the phase in which it begins, a fact in the one in which it came.

    `pause_ms`: nothing was handled though something waited; `partition_pause_ms`: the same of the slowest partition.
    `repeated`: said again under the same id, which readers drop. `doubled`: said under another id.
    """

    phase: str
    seconds: int
    facts: int
    pause_ms: int
    partition_pause_ms: int
    most_waiting: int
    p50_ms: int
    p95_ms: int
    lost: int
    doubled: int
    repeated: int

    @property
    def ok(self) -> bool:
        """Whether everything was said exactly once."""
        return self.lost == 0 and self.doubled == 0


def handled_by(service: str, records: Iterable[LogRecord]) -> list[Handled]:
    """Every fact that the service has to say something of, with what it said."""
    expected = EXPECTED[service]
    facts: dict[tuple[str, Effect], tuple[int, int]] = {}
    said: dict[tuple[str, Effect], list[tuple[int, str]]] = defaultdict(list)
    for record in records:
        event = event_of(record)
        if event is None:
            continue
        kind = kind_of(event)
        if record.topic == FACTS and kind in expected:
            facts.setdefault((event.subject, expected[kind]), (record.partition, record.timestamp))
        else:
            notice = str(getattr(event.data, "notice", ""))
            said[event.subject, Effect(record.topic, kind, notice)].append((record.timestamp, event.id))
    found = []
    for (subject, effect), (partition, came) in facts.items():
        own = said.get((subject, effect), [])
        first = min((time for time, _ in own), default=None)
        found.append(Handled(partition, came, first, len({name for _, name in own}), len(own)))
    return found


def pauses(handled: Sequence[Handled]) -> Iterator[tuple[int, int]]:
    """Stretches of time, one before each effect, in which something waited and nothing was said."""
    facts = sorted((one.came, one.said) for one in handled if one.said is not None)
    before, waiting = 0, 0
    for moment in sorted({said for _, said in facts}):
        while facts[waiting][1] <= before:
            waiting += 1  # said by then: the next one is the oldest that waits
        yield max(before, facts[waiting][0]), moment
        before = moment


def most_waiting(handled: Sequence[Handled], phase: Phase) -> int:
    """How many facts waited at most at one moment of a phase."""
    came = sorted(one.came for one in handled)
    said = sorted(one.said for one in handled if one.said is not None)
    moments = [phase.begin, *(moment for moment in came if phase.begin <= moment < phase.end)]
    return max(bisect_right(came, moment) - bisect_right(said, moment) for moment in moments)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that so large a share of all does not exceed; 0 of none."""
    return sorted(values)[max(0, ceil(share * len(values)) - 1)] if values else 0


def figures(handled: Sequence[Handled], phases: Sequence[Phase]) -> list[Figures]:
    """The figures of each phase, in order."""
    by_partition: dict[int, list[Handled]] = defaultdict(list)
    for one in handled:
        by_partition[one.partition].append(one)
    whole = list(pauses(handled))
    each = [pause for own in by_partition.values() for pause in pauses(own)]
    return [_of(phase, handled, whole, each) for phase in phases]


def _of(phase: Phase, handled: Sequence[Handled], whole: Sequence[tuple[int, int]], each: Sequence[tuple[int, int]]) -> Figures:
    own = [one for one in handled if phase.begin <= one.came < phase.end]
    took = [one.said - one.came for one in own if one.said is not None]
    return Figures(
        phase=phase.name,
        seconds=round((phase.end - phase.begin) / 1000),
        facts=len(own),
        pause_ms=_longest(whole, phase),
        partition_pause_ms=_longest(each, phase),
        most_waiting=most_waiting(handled, phase),
        p50_ms=round(percentile(took, 0.5)),
        p95_ms=round(percentile(took, 0.95)),
        lost=sum(one.said is None for one in own),
        doubled=sum(max(0, one.ids - 1) for one in own),
        repeated=sum(max(0, one.times - one.ids) for one in own),
    )


def _longest(stretches: Sequence[tuple[int, int]], phase: Phase) -> int:
    return max((end - begin for begin, end in stretches if phase.begin <= begin < phase.end), default=0)
