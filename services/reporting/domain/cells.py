"""Which cells a dossier counts in, and what it adds there. Definitions: contracts/counters.yaml, docs/counters.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from contracts.definitions import load_definitions, used_class
from contracts.metrics import Role
from services.reporting.domain.facts import Received, Refused
from services.reporting.domain.row import Add, Counted, Ended, Known, Letter, Promised, Response

DEFINITION = load_definitions().version
ROLES: tuple[Role, ...] = ("received", "competent")

_CHANNELS = {1: "received_direct", 2: "received_online", 3: "received_post"}
_ENDS_WITHOUT_RESULT = {7: "withdrawn", 8: "stopped"}
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, order=True)
class CellKey:
    """Role, unit, procedure, business day; written role/unit/procedure/YYYY-MM-DD."""

    role: str
    unit: str
    procedure: str
    day: date

    def __str__(self) -> str:
        return f"{self.role}/{self.unit}/{self.procedure}/{self.day}"

    @classmethod
    def parse(cls, text: str) -> "CellKey":
        """The inverse of str()."""
        role, unit, procedure, day = text.split("/")
        return cls(role, unit, procedure, date.fromisoformat(day))


class Place(NamedTuple):
    """Where a dossier counts: its two bodies (mã định danh) and its procedure (mã TTHC)."""

    received: str
    competent: str
    procedure: str

    def key(self, role: str, day: str) -> str:
        """The cell of a day (ISO) in one of the roles, as it is written."""
        return f"{role}/{self.received if role == 'received' else self.competent}/{self.procedure}/{day}"


@dataclass(frozen=True, slots=True)
class Contributions:
    """All that one dossier adds, by business day (ISO), to both of its places."""

    place: Place
    days: Mapping[str, Add]

    def by_key(self) -> dict[str, Add]:
        """The same by cell key."""
        return {self.place.key(role, day): add for role in ROLES for day, add in self.days.items()}

    def counted(self) -> Counted:
        """As a row keeps it, the cells in order."""
        days, of = sorted(self.days), self.place
        competent, received = f"competent/{of.competent}/{of.procedure}/", f"received/{of.received}/{of.procedure}/"
        return Counted(self.days, (*[competent + day for day in days], *[received + day for day in days]))


def day_in(key: str) -> str:
    """The business day (ISO) of a cell, by its key."""
    return key.rpartition("/")[2]


_DAY_MS, _AHEAD_OF_UTC_MS, _EPOCH = 86_400_000, 7 * 3_600_000, date(1970, 1, 1).toordinal()


def day_of(ms: int) -> date:
    """Business day in Asia/Ho_Chi_Minh, which is seven hours ahead of UTC all year."""
    return date.fromordinal(_EPOCH + (ms + _AHEAD_OF_UTC_MS) // _DAY_MS)


@lru_cache(4096)  # dossiers of the same months are counted over and over
def _iso(day: int) -> str:
    """A business day by its number since 1970."""
    return date.fromordinal(_EPOCH + day).isoformat()


def flip_at(known: Known, now: int) -> int | None:
    """When the passing of time alone changes what a dossier adds: the next due moment while it is open (ms).

    None while the clock is paused, so that what waits is in time (D12).
    """
    promise, facts = known.promise, known.facts
    if not isinstance(promise, Promised) or isinstance(known.settled, Ended):
        return None
    if facts.first(Received) is None or facts.first(Refused) is not None:
        return None
    ahead = [due for due in (promise.due, promise.first) if due > now]
    return min(ahead) if ahead else None


def doubts(known: Known, future: timedelta) -> tuple[str, ...]:
    """What contradicts itself in what is known: `ended-twice`, `clock-ahead` (docs/counters.md).

    intake refuses a business time further ahead of its clock than `future`: whatever is has come another way.
    """
    settled, received, ahead = known.settled, known.facts.first(Received), future // _MS
    early = received is not None and received.at > received.t + ahead
    if not isinstance(settled, Ended):
        return ("clock-ahead",) if early else ()
    early = early or settled.end > settled.recorded + ahead
    return (("ended-twice",) if settled.also else ()) + (("clock-ahead",) if early else ())


class _Days:
    """What is added, while it is put together. An end or a due moment before the reception counts on the day of reception, so
    that no stock is ever negative; nothing is as of a time before the reception was recorded."""

    def __init__(self, received: Received) -> None:
        self._first, self._recorded = (received.at + _AHEAD_OF_UTC_MS) // _DAY_MS, received.t
        self.days: dict[str, Add] = {}  # by business day (ISO)

    def add(self, ms: int, as_of: int, counters: dict[str, int]) -> None:
        """Counters on the day of a moment."""
        day = _iso(max(self._first, (ms + _AHEAD_OF_UTC_MS) // _DAY_MS))
        known = self.days.get(day)
        if known is None:
            self.days[day] = Add(max(self._recorded, as_of), counters)
            return
        sums = dict(known.counters)
        for name, number in counters.items():
            sums[name] = sums.get(name, 0) + number
        self.days[day] = Add(max(known.as_of, as_of), sums)


def contributions(known: Known, now: int) -> Contributions | None:
    """What one dossier adds; None if it counts nowhere. The same is known at the same time: the same is added."""
    if known.response is not None:
        return _of_response(known.response)
    received, refused = known.facts.first(Received), known.facts.first(Refused)
    if received is None:
        return None
    days = _Days(received)
    if refused is not None:
        days.add(refused.at, refused.t, {"refused": 1})
    else:
        days.add(received.at, received.t, _of_reception(received))
        if isinstance(known.settled, Ended):
            _add_outcome(known.settled, known, days)
        else:
            _add_overdue(known, now, days)
        _add_people(known, days)
    return Contributions(Place(received.receiving_unit, received.competent_unit, received.procedure), days.days)


def _of_response(response: Response) -> Contributions:
    """In both roles the unit that was rated: who took the dossier in is not said, and both roles' sums are the province's."""
    place = Place(response.unit, response.unit, response.procedure)
    counters = {"ratings": 1, "rating_answers": response.answers, "rating_points": response.points}
    return Contributions(place, {day_of(response.at).isoformat(): Add(response.recorded, counters)})


def _of_reception(received: Received) -> dict[str, int]:
    counters = {_CHANNELS[received.channel]: 1}
    if received.out_of_area:
        counters["received_elsewhere"] = 1
    return counters


def _add_overdue(known: Known, now: int, days: _Days) -> None:
    """Its promise passed while it is open, or the first one did."""
    promise, letter = known.promise, known.letter
    if not isinstance(promise, Promised):
        return
    if promise.due <= now:
        as_of = promise.recorded if letter is None else max(promise.recorded, letter.recorded)
        days.add(promise.due, as_of, _lettered("overdue_opened", letter))
    if promise.first <= now:
        _add_late(promise.first, known, days)


def _add_outcome(ended: Ended, known: Known, days: _Days) -> None:
    """How it ended, against the promise in force and against the first one."""
    letter, promise = known.letter, known.promise
    days.add(ended.end, ended.recorded, {f"resolved_{ended.outcome}": 1, **_of_end(ended)})
    if ended.outcome == "late":
        as_of = ended.recorded if letter is None else max(ended.recorded, letter.recorded)
        days.add(ended.due, as_of, _lettered("overdue_opened", letter))
        days.add(ended.end, as_of, _lettered("overdue_closed", letter))
        if letter is not None:
            days.add(ended.end, as_of, {"resolved_late_lettered": 1})
    if ended.first == "late":
        _add_late(promise.first if isinstance(promise, Promised) else ended.due, known, days)


def _add_late(late: int, known: Known, days: _Days) -> None:
    """Late against the first promise: what an apology is owed for, and whether there is one."""
    letter, rejected = known.letter, known.rejected
    exempt = rejected is not None and rejected.reason != "in-time"
    name = "late_with_letter" if letter is not None else "late_exempted" if exempt else "late_without_letter"
    told = (known.promise, known.settled, letter, rejected)
    days.add(late, max([one.recorded for one in told if one is not None]), {name: 1})


def _lettered(counter: str, letter: Letter | None) -> dict[str, int]:
    return {counter: 1} if letter is None else {counter: 1, f"{counter}_lettered": 1}


def _of_end(ended: Ended) -> dict[str, int]:
    """What else the end says: without a result, how often papers were asked for, how much of the limit was used."""
    counters = {}
    if ended.state in _ENDS_WITHOUT_RESULT:
        counters[_ENDS_WITHOUT_RESULT[ended.state]] = 1
    if ended.supplements is not None:
        counters["supplements_2plus" if ended.supplements > 1 else f"supplements_{ended.supplements}"] = 1
    if ended.limit is not None and ended.used is not None:
        limit, used = ended.limit, ended.used
        counters |= {"minutes_limit": limit, "minutes_used": used, "minutes_saved": max(0, limit - used)}
        counters[used_class(used, limit)] = 1
    return counters


def _add_people(known: Known, days: _Days) -> None:
    """The letter issued, the survey answered."""
    letter, rating = known.letter, known.rating
    if letter is not None:
        days.add(letter.at, letter.recorded, {"letters_sent": 1})
    if rating is not None:
        answered = {"ratings": 1, "rating_answers": rating.answers, "rating_points": rating.points}
        days.add(rating.at, rating.recorded, answered)
