"""Which cells a dossier counts in, and what it adds there. Definitions: contracts/counters.yaml, docs/counters.md."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from contracts.definitions import load_definitions, used_class
from contracts.facts import first_standing
from services.reporting.domain.rows import Row

DEFINITION = load_definitions().version

_CHANNELS = {1: "received_direct", 2: "received_online", 3: "received_post"}
_ENDS_WITHOUT_RESULT = {7: "withdrawn", 8: "stopped"}


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


ROLES = ("received", "competent")


@dataclass(slots=True)
class Add:
    """What one dossier adds to the cells of one day: counters, and the newest record time among what it follows from (ms)."""

    as_of: int
    counters: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Contributions:
    """All that one dossier adds, by business day (ISO), to both of its places."""

    place: Place
    days: Mapping[str, Add]

    def by_key(self) -> dict[str, Add]:
        """The same by cell key."""
        return {self.place.key(role, day): add for role in ROLES for day, add in self.days.items()}


def day_in(key: str) -> str:
    """The business day (ISO) of a cell, by its key."""
    return key.rpartition("/")[2]


_DAY_MS, _AHEAD_OF_UTC_MS, _EPOCH = 86_400_000, 7 * 3_600_000, date(1970, 1, 1).toordinal()


def day_of(ms: int) -> date:
    """Business day in Asia/Ho_Chi_Minh, which is seven hours ahead of UTC all year."""
    return date.fromordinal(_EPOCH + (ms + _AHEAD_OF_UTC_MS) // _DAY_MS)


def flip_at(row: Row, now: int) -> int | None:
    """When the passing of time alone changes this row's contributions: the next due moment of an open dossier (ms)."""
    facts = row.get("facts", {})
    if first_standing(facts, "received") is None or first_standing(facts, "refused") is not None or not _is_open(row):
        return None
    ahead = [due for due in _open_dues(row) if due > now]
    return min(ahead) if ahead else None


def _is_open(row: Row) -> bool:
    return bool(row.get("settled", {}).get("outcome", "open") == "open")


def _open_dues(row: Row) -> list[int]:
    """The promise in force and the first one; none while the clock is paused, so that what waits is in time (D12)."""
    deadline = row.get("deadline", {})
    return [deadline[name] for name in ("due", "first") if name in deadline]


def doubts(row: Row, future: timedelta) -> list[str]:
    """What contradicts itself in a row: `ended-twice`, `clock-ahead` (docs/counters.md).

    intake refuses a business time further ahead of its clock than `future`: whatever is has come another way.
    """
    found, settled = [], row.get("settled", {})
    if settled.get("outcome", "open") != "open" and "also" in settled:
        found.append("ended-twice")
    received = first_standing(row.get("facts", {}), "received")
    stamps = ((received or {}, "at"), (settled, "end"))
    ahead = future // timedelta(milliseconds=1)
    if any(said.get(name, 0) > said.get("t", 0) + ahead for said, name in stamps if "t" in said):
        found.append("clock-ahead")
    return found


def contributions(row: Row, now: int) -> Contributions | None:
    """What one dossier adds; None if it counts nowhere. Equal rows at equal times give equal contributions.

    An end or a due moment before the reception counts on the day of reception, so that no stock is ever negative.
    """
    facts = row.get("facts", {})
    received, refused = first_standing(facts, "received"), first_standing(facts, "refused")
    if received is None:
        return None
    first_day = day_of(received["at"])
    days: dict[str, Add] = {}

    def add(ms: int, as_of: int, **counters: int) -> None:
        day = days.setdefault(max(first_day, day_of(ms)).isoformat(), Add(received["t"]))
        day.as_of = max(day.as_of, as_of)
        day.counters.update(counters)

    if refused is not None:
        add(refused["at"], refused["t"], refused=1)
    else:
        elsewhere = {"received_elsewhere": 1} if received.get("out_of_area") else {}
        add(received["at"], received["t"], **{_CHANNELS[received["channel"]]: 1}, **elsewhere)
        _add_outcome(row, now, add)
        _add_lateness(row, now, add)
        _add_people(row, add)
    return Contributions(Place(received["receiving_unit"], received["competent_unit"], received["procedure"]), days)


def _add_outcome(row: Row, now: int, add: Any) -> None:  # noqa: ANN401 - the closure of contributions
    """How it ended, or that its promise passed while it is open."""
    settled, deadline, letter = row.get("settled", {}), row.get("deadline", {}), row.get("letter")
    lettered = 0 if letter is None else letter["t"]
    if settled.get("outcome", "open") == "open":
        if deadline.get("due", now + 1) <= now:
            add(deadline["due"], max(deadline["t"], lettered), **_lettered("overdue_opened", letter))
        return
    add(settled["end"], settled["t"], **{f"resolved_{settled['outcome']}": 1}, **_of_settled(settled))
    if settled["outcome"] == "late":
        as_of = max(settled["t"], lettered)
        add(settled["due"], as_of, **_lettered("overdue_opened", letter))
        add(settled["end"], as_of, **_lettered("overdue_closed", letter))
        if letter is not None:
            add(settled["end"], as_of, resolved_late_lettered=1)


def _lettered(counter: str, letter: Mapping[str, Any] | None) -> dict[str, int]:
    return {counter: 1} if letter is None else {counter: 1, f"{counter}_lettered": 1}


def _of_settled(settled: Mapping[str, Any]) -> dict[str, int]:
    """What else the end says: without a result, how often papers were asked for, how much of the limit was used."""
    counters = {}
    if settled.get("state") in _ENDS_WITHOUT_RESULT:
        counters[_ENDS_WITHOUT_RESULT[settled["state"]]] = 1
    if "supplements" in settled:
        counters["supplements_2plus" if settled["supplements"] > 1 else f"supplements_{settled['supplements']}"] = 1
    if "limit" in settled:
        limit, used = settled["limit"], settled["used"]
        counters |= {"minutes_limit": limit, "minutes_used": used, "minutes_saved": max(0, limit - used)}
        counters[used_class(used, limit)] = 1
    return counters


def _add_lateness(row: Row, now: int, add: Any) -> None:  # noqa: ANN401 - the closure of contributions
    """Late against the first promise: what an apology is owed for, and whether there is one."""
    deadline, settled = row.get("deadline", {}), row.get("settled", {})
    if _is_open(row):
        late = deadline.get("first")
        if late is None or late > now:
            return
    elif settled.get("first") == "late":
        late = deadline.get("first", settled["due"])
    else:
        return
    letter, rejected = row.get("letter"), row.get("rejected", {})
    exempt = rejected.get("reason", "in-time") != "in-time"
    name = "late_with_letter" if letter is not None else "late_exempted" if exempt else "late_without_letter"
    add(late, max(said.get("t", 0) for said in (deadline, settled, letter or {}, rejected)), **{name: 1})


def _add_people(row: Row, add: Any) -> None:  # noqa: ANN401 - the closure of contributions
    """The letter issued, the survey answered."""
    letter, rating = row.get("letter"), row.get("rating")
    if letter is not None:
        add(letter["at"], letter["t"], letters_sent=1)
    if rating is not None:
        add(rating["at"], rating["t"], ratings=1, rating_answers=rating["answers"], rating_points=rating["points"])
