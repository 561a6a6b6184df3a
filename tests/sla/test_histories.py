"""Random histories of pauses, corrected dates and re-promises against a second way of counting (tests/reference/oracle.py).

`PROMISE_HISTORIES=1000 python -m pytest tests/sla/test_histories.py` compares a thousand of them.
"""

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from contracts import Event
from reference import OFFICE_TIME
from services.sla.store import load
from tests.reference import oracle
from tests.support.dossiers import fact, received
from tests.support.limits import UNITS
from tests.support.sla import play

HISTORIES = int(os.environ.get("PROMISE_HISTORIES", "60"))
WAITS = (("supplement-requested", "supplemented"), ("fee-requested", "fee-paid"), ("suspended", "resumed"))
FIRST = datetime(2026, 2, 2, 7, 0)  # noqa: DTZ001 - local times, as the oracle has them


@dataclass
class History:
    """What happened to one dossier, in local times; `dates`: each date that its reception named, and when it was given."""

    received: datetime
    value: int
    unit: str
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    dates: list[tuple[datetime, datetime | None]] = field(default_factory=list)
    anew: list[tuple[datetime, datetime]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    @classmethod
    def of(cls, rng: Random) -> "History":
        """A random one."""
        unit = rng.choice(["wd", "wd", "wd", "d", "h", "mo", "same-day"])
        value = 1 if unit in ("mo", "same-day") else rng.randint(1, 15)
        history = cls(FIRST + _minutes(rng, 200 * 24), value, unit)
        history._pause(rng)
        history._print(rng)
        history._promise_anew(rng)
        return history

    def _pause(self, rng: Random) -> None:
        clock = self.received
        for number in range(rng.choice((0, 1, 1, 2, 3))):
            begin = clock + _minutes(rng, 5 * 24) + timedelta(minutes=1)
            clock = begin + (timedelta(days=rng.randint(1, 4)) if rng.random() < 0.5 else _minutes(rng, 4 * 24))
            self.pauses.append((begin, clock))
            for kind, moment in zip(rng.choice(WAITS), self.pauses[-1], strict=True):
                self.events.append(fact(kind, _aware(moment), occasion=f"{number}"))

    def _print(self, rng: Random) -> None:
        """Versions of the reception: with a date or without, with the date of before or another, given at any time."""
        given: datetime | None = None
        date: datetime | None = None
        for version in range(1, rng.randint(1, 4) + 1):
            if version == 1 or rng.random() < 0.7:
                date = None if rng.random() < 0.3 else self.received + timedelta(hours=2) + _minutes(rng, 30 * 24)
            told = given or self.received
            if date is not None:
                same = bool(self.dates) and self.dates[-1][0] == date
                self.dates.append((date, self.dates[-1][1] if same else given))
            elif version > 1:
                self.dates.clear()
            limit = (self.value, UNITS[self.unit])
            terms = {"pause_on_fee": True, "pause_on_agency": True}
            promised = {} if date is None else {"promised_at": _aware(date)}
            event = received(_aware(self.received), limit, version=version, terms=terms, **promised)
            self.events.append(Event(event.id, event.source, event.type, event.subject, _aware(told), event.data))
            given = told + timedelta(minutes=1) + _minutes(rng, 8 * 24)

    def _promise_anew(self, rng: Random) -> None:
        if rng.random() < 0.25:
            asked = self.received + _minutes(rng, 10 * 24)
            self.anew.append((asked, asked + timedelta(days=rng.randint(1, 20))))
            self.events.append(fact("reappointed", _aware(asked), new_due_at=_aware(self.anew[0][1])))

    def due(self) -> datetime:
        """The date in force by the second way of counting."""
        if self.anew:
            return self.anew[0][1]
        if not self.dates:
            return oracle.due(self.received, self.value, self.unit, self.pauses)
        date, given = self.dates[-1]
        return oracle.printed(date, given, self.unit, self.pauses)


def _minutes(rng: Random, hours: int) -> timedelta:
    """Often a whole number of hours, so that moments meet."""
    return timedelta(hours=rng.randint(0, hours)) if rng.random() < 0.7 else timedelta(minutes=rng.randint(0, hours * 60))


def _aware(local: datetime) -> datetime:
    return local.replace(tzinfo=OFFICE_TIME)


def test_any_history_gives_the_date_of_a_second_way_of_counting_in_any_order_of_arrival() -> None:
    """D6, D16."""
    moved = 0
    for seed in range(HISTORIES):
        rng = Random(seed)
        history = History.of(rng)
        wanted = round(_aware(history.due()).timestamp() * 1000)
        for events in (history.events, rng.sample(history.events, len(history.events))):
            document, _ = play(events)
            dossier = load(document)
            assert dossier.deadline is not None
            assert dossier.due == wanted, f"seed {seed}: {dossier.due} is not {history.due()}; {history}"
        moved += bool(history.pauses) and bool(history.dates)
    assert moved > HISTORIES // 5
