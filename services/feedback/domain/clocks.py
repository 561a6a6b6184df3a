"""Which clock runs for a petition and until when: R31, and the clocks of complaints and denunciations (decision 38)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from contracts.facts import epoch_ms
from contracts.petitions import PetitionChannel, PetitionClock, PetitionKind
from reference import ReferenceData, moment
from reference.limits import Limit
from reference.timeline import to_instant, to_minute
from reference.worktime import Readings, finish, start_clock
from services.feedback.domain.petition import Petition, Running

# R31, and 10 working days for what is said at a reception or dialogue; of complaints (10 and 30 days) and denunciations (7
# working days, 30 days) as the laws of 2011 and 2018 have them. A setting may say otherwise.
LIMITS: Mapping[PetitionClock, Limit] = {
    "accept": (2, "working_day"),
    "clarify": (5, "working_day"),
    "answer": (15, "working_day"),
    "publish": (2, "working_day"),
    "hand-over": (10, "working_day"),
    "examine": (10, "calendar_day"),
    "decide": (30, "calendar_day"),
    "check": (7, "working_day"),
    "conclude": (30, "calendar_day"),
}
SPOKEN: tuple[PetitionChannel, ...] = ("reception", "dialogue")
FIRST: Mapping[PetitionKind, PetitionClock | None] = {
    "suggestion": "accept",
    "petition": "accept",
    "complaint": "examine",
    "denunciation": "check",
    "praise": None,
    "contribution": None,
}
TAKEN: Mapping[PetitionClock, PetitionClock] = {
    "accept": "answer",
    "hand-over": "hand-over",
    "examine": "decide",
    "check": "conclude",
}
WARN_MINUTES = 8 * 60  # open minutes before a clock is over: one working day
READINGS = Readings()
WARN_SHORT = 4 * 60  # of clocks of two working days


@dataclass(frozen=True, slots=True)
class Clocks:
    """Counts clocks on the working time of units."""

    reference: ReferenceData
    limits: Mapping[PetitionClock, Limit]
    rules: Readings = READINGS

    def due(self, name: PetitionClock, since: int, unit: str) -> int:
        """When a clock that began then is over, ms. Raises BeyondCalendarError."""
        line, limit = self.reference.timeline(unit), self.limits[name]
        started = start_clock(line, moment(since), limit, self.rules)
        return epoch_ms(to_instant(finish(line, started.raw, limit, self.rules)))

    def running(self, name: PetitionClock, since: int, unit: str) -> Running:
        """A clock that begins."""
        end = self.due(name, since, unit)
        return Running(name, since, max(self._warn(name, end, unit), since), end)

    def _warn(self, name: PetitionClock, end: int, unit: str) -> int:
        early = WARN_SHORT if self.limits[name] == (2, "working_day") else WARN_MINUTES
        return epoch_ms(to_instant(self.reference.timeline(unit).add(to_minute(moment(end)), -early)))

    def recalled(self, name: PetitionClock, due: int, unit: str, since: Iterable[int]) -> Running:
        """A clock of which no more is known than when it is over (ms): from the one of these times at which it can have begun;
        if from none of them, it ends when it was said to, whatever the calendar becomes."""
        for begun in since:
            clock = self.running(name, begun, unit)
            if clock.due == due:
                return clock
        return Running(name, 0, self._warn(name, due, unit), due)

    def first(self, kind: PetitionKind, channel: PetitionChannel, since: int, unit: str) -> tuple[Running | None, int | None]:
        """The clock that runs when something comes to a unit, and by when it has to be answered.

        A complaint and a denunciation have to be answered so long after they were accepted: not known before."""
        name = FIRST[kind]
        if name is None:
            return None, None
        if name != "accept":
            return self.running(name, since, unit), None
        if channel in SPOKEN:
            clock = self.running("hand-over", since, unit)
            return clock, clock.due
        return self.running("accept", since, unit), self.due("answer", since, unit)

    def recounted(self, petition: Petition) -> Petition:
        """With its clock as the calendar of now has it (R7); the petition itself if that says the same."""
        old = petition.clock
        if old is None or not old.since:
            return petition
        new = self.running(old.name, old.since, petition.unit)
        clock = old if (new.warn, new.due) == (old.warn, old.due) else replace(old, warn=new.warn, due=new.due)
        answer_due = petition.answer_due
        if old.name in ("accept", "clarify"):
            answer_due = self.due("answer", petition.begun, petition.unit)
        elif old.name != "publish" and answer_due is not None:
            answer_due = clock.due
        same = clock is old and answer_due == petition.answer_due
        return petition if same else petition._replace(clock=clock, answer_due=answer_due)
