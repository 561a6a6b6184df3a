"""Which cells a dossier counts in, and what it adds there. Definitions: contracts/counters.yaml, docs/counters.md."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from contracts.definitions import load_definitions, used_class
from services.reporting.domain.facts import Received, Refused
from services.reporting.domain.row import Add, Counted, Ended, Letter, Promised, Row

DEFINITION = load_definitions().version
ROLES = ("received", "competent")

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
        """As a row keeps it."""
        return Counted(self.days, tuple(sorted(self.place.key(role, day) for role in ROLES for day in self.days)))


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


def flip_at(row: Row, now: int) -> int | None:
    """When the passing of time alone changes this row's contributions: the next due moment of an open dossier (ms).

    None while the clock is paused, so that what waits is in time (D12).
    """
    promise = row.promise
    if not isinstance(promise, Promised) or row.ended is not None:
        return None
    if row.facts.first(Received) is None or row.facts.first(Refused) is not None:
        return None
    return min((due for due in (promise.due, promise.first) if due > now), default=None)


def doubts(row: Row, future: timedelta) -> tuple[str, ...]:
    """What contradicts itself in a row: `ended-twice`, `clock-ahead` (docs/counters.md).

    intake refuses a business time further ahead of its clock than `future`: whatever is has come another way.
    """
    ended, received, ahead = row.ended, row.facts.first(Received), future // _MS
    twice = ended is not None and bool(ended.also)
    early = (received is not None and received.at > received.t + ahead) or (
        ended is not None and ended.end > ended.recorded + ahead
    )
    return (("ended-twice",) if twice else ()) + (("clock-ahead",) if early else ())


class _Days:
    """What is added, while it is put together. An end or a due moment before the reception counts on the day of reception, so
    that no stock is ever negative; nothing is as of a time before the reception was recorded."""

    def __init__(self, received: Received) -> None:
        self._first, self._recorded = (received.at + _AHEAD_OF_UTC_MS) // _DAY_MS, received.t
        self._as_of: dict[str, int] = {}
        self._counters: dict[str, dict[str, int]] = {}

    def add(self, ms: int, as_of: int, counters: Mapping[str, int]) -> None:
        """Counters on the day of a moment; no day is given the same counter twice but for what is the same moment."""
        day = _iso(max(self._first, (ms + _AHEAD_OF_UTC_MS) // _DAY_MS))
        into = self._counters.get(day)
        if into is None:
            self._as_of[day], self._counters[day] = max(self._recorded, as_of), dict(counters)
            return
        self._as_of[day] = max(self._as_of[day], as_of)
        for name, number in counters.items():
            into[name] = into.get(name, 0) + number

    def done(self) -> dict[str, Add]:
        """By business day (ISO)."""
        return {day: Add(self._as_of[day], counters) for day, counters in self._counters.items()}


def contributions(row: Row, now: int) -> Contributions | None:
    """What one dossier adds; None if it counts nowhere. Equal rows at equal times give equal contributions."""
    received, refused = row.facts.first(Received), row.facts.first(Refused)
    if received is None:
        return None
    days = _Days(received)
    if refused is not None:
        days.add(refused.at, refused.t, {"refused": 1})
    else:
        days.add(received.at, received.t, _of_reception(received))
        if row.ended is None:
            _add_overdue(row, now, days)
        else:
            _add_outcome(row.ended, row.letter, days)
        _add_lateness(row, now, days)
        _add_people(row, days)
    return Contributions(Place(received.receiving_unit, received.competent_unit, received.procedure), days.done())


def _of_reception(received: Received) -> dict[str, int]:
    counters = {_CHANNELS[received.channel]: 1}
    if received.out_of_area:
        counters["received_elsewhere"] = 1
    return counters


def _add_overdue(row: Row, now: int, days: _Days) -> None:
    """Its promise passed while it is open."""
    promise, letter = row.promise, row.letter
    if isinstance(promise, Promised) and promise.due <= now:
        days.add(
            promise.due, max(promise.recorded, 0 if letter is None else letter.recorded), _lettered("overdue_opened", letter)
        )


def _add_outcome(ended: Ended, letter: Letter | None, days: _Days) -> None:
    """How it ended."""
    days.add(ended.end, ended.recorded, {f"resolved_{ended.outcome}": 1, **_of_end(ended)})
    if ended.outcome != "late":
        return
    as_of = max(ended.recorded, 0 if letter is None else letter.recorded)
    days.add(ended.due, as_of, _lettered("overdue_opened", letter))
    days.add(ended.end, as_of, _lettered("overdue_closed", letter))
    if letter is not None:
        days.add(ended.end, as_of, {"resolved_late_lettered": 1})


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


def _add_lateness(row: Row, now: int, days: _Days) -> None:
    """Late against the first promise: what an apology is owed for, and whether there is one."""
    late = _late_since(row, now)
    if late is None:
        return
    letter, rejected = row.letter, row.rejected
    exempt = rejected is not None and rejected.reason != "in-time"
    name = "late_with_letter" if letter is not None else "late_exempted" if exempt else "late_without_letter"
    told = (row.promise, row.settled, letter, rejected)
    days.add(late, max(one.recorded for one in told if one is not None), {name: 1})


def _late_since(row: Row, now: int) -> int | None:
    """The first promise, if it was not kept."""
    promise, ended = row.promise, row.ended
    first = promise.first if isinstance(promise, Promised) else None
    if ended is None:
        return first if first is not None and first <= now else None
    if ended.first != "late":
        return None
    return ended.due if first is None else first


def _add_people(row: Row, days: _Days) -> None:
    """The letter issued, the survey answered."""
    letter, rating = row.letter, row.rating
    if letter is not None:
        days.add(letter.at, letter.recorded, {"letters_sent": 1})
    if rating is not None:
        answered = {"ratings": 1, "rating_answers": rating.answers, "rating_points": rating.points}
        days.add(rating.at, rating.recorded, answered)
