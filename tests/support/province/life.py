"""Dossiers of a province from a seed: what happened to each, and the portal requests in which its field system tells it.

Two kinds of field systems: one sends each step (CapNhatTienDoHoSoMC) and a snapshot now and then, one sends snapshots alone,
with its rounds of supplements in a list. A request arrives at a tick of ten minutes.
"""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from tests.support.province.counting import Wait
from tests.support.province.truth import FIRST, JUNK, MINUTE, NOW, PROCEDURES, TICK, UNITS, Answer, Sent, Truth, portal

NEXT = FIRST - timedelta(days=1)  # of a date that is given with the next request


class Life:
    """One dossier: its truth, and what is sent of it."""

    def __init__(self, rng: Random, number: int) -> None:
        self.rng, self.sent = rng, list[Sent]()
        unit, received = rng.choice(UNITS), FIRST + timedelta(seconds=rng.randrange(68 * 86_400))
        self.truth = Truth(
            f"{unit}-{received:%y%m%d}-{number:04}",
            unit,
            "H37.07" if rng.random() < 0.1 else unit,
            rng.choice(PROCEDURES),
            rng.choice((1, 2, 3)),
            received,
        )
        self.steps = rng.random() < 0.5  # else snapshots alone
        self.keeps = not self.steps and rng.random() < 0.3  # after the first date, a new one stands in its round alone
        self.rounds: list[dict[str, str]] = []
        self.last = received  # when the newest request arrived
        self.over = False
        self._live()

    # --- what happens ----------------------------------------------------------------

    def _live(self) -> None:
        truth, rng = self.truth, self.rng
        fate = rng.random()
        if fate < 0.02:
            return self._never_accepted()
        if fate < 0.05:
            return self._never_understood()
        if rng.random() < 0.85:
            truth.dates.append((self._date(truth.received), None))
        self._snapshot(2)
        for _ in range(rng.choice((0, 0, 1, 1, 2))):
            if not self.over:
                rng.choice((self._supplement, self._supplement, self._fee, self._corrected))()
        if not self.over and rng.random() < 0.8:
            self._ended()
        self._out_of_order()
        return None

    def _never_accepted(self) -> None:
        """State 3 without a reception."""
        self.truth.counts = False
        self._send("DongBoHoSoMC", {"MaHoSo": self.truth.code, "MaTTHC": self.truth.procedure.code, "TrangThaiHoSo": "3"})

    def _never_understood(self) -> None:
        """A system that always writes no moment, that names a unit of no list, or the code of another unit."""
        self.truth.counts = False
        case = self.rng.randrange(3)
        if case == 0:
            self._snapshot(2, answer="refused", NgayTiepNhan=self.rng.choice(JUNK))
        elif case == 1:
            own = self.truth.competent != self.truth.unit  # the key knows one of its units, at least
            self._snapshot(2, answer="held" if own else "refused", unit="H37.99")
        else:
            other = UNITS[(UNITS.index(self.truth.unit) + 1) % len(UNITS)]
            self._snapshot(2, answer="held", MaHoSo=self.truth.code.replace(self.truth.unit, other))

    def _supplement(self) -> None:
        """Papers are asked for; mostly they come."""
        begin = self._next(4)
        if begin is None:
            return
        if self.steps:
            self._step(begin, 5)
        else:
            self.rounds.append({"HoSoBoSungId": f"BS{len(self.rounds) + 1}", "NgayBoSung": portal(begin)})
            self._tell(5, begin)
        end = self._next(6) if self.rng.random() < 0.85 else None
        self.truth.waits.append(Wait(begin, end))
        if end is None:
            self.over = self.rng.random() < 0.7
            if not self.over:
                self._ended()
                self.over = True
            return
        if self.steps:
            self._maybe_date_while_it_waits(5)
            self._step(end, 4)
            if self.rng.random() < 0.6:
                self._new_date()
                self._tell(4, end)
            return
        self.rounds[-1]["NgayTiepNhanBoSung"] = portal(end)
        if self.rng.random() < 0.6:
            self._new_date(after=end, in_round=True)
            if self.truth.dates and (self.keeps or self.rng.random() < 0.7):
                self.rounds[-1]["NgayHenTraMoi"] = portal(self.truth.dates[-1][0])
        self._tell(4, end)

    def _maybe_date_while_it_waits(self, state: int) -> None:
        if self.rng.random() < 0.2:
            self._new_date()
            self._snapshot(state)

    def _fee(self) -> None:
        """A fee is asked for and paid. Snapshots alone do not say when: the time of hearing of it stands in."""
        begin = self._next(4)
        if begin is None:
            return
        if self.steps:
            self._step(begin, 6)
        else:
            begin = self._tell(6, begin)
        end = self._next(6)
        if end is None:
            self._wait(Wait(begin, None))
            self.over = True
            return
        if self.steps:
            self._maybe_date_while_it_waits(6)
            self._step(end, 4)
            self._wait(Wait(begin, end))
            if self.rng.random() < 0.6:
                self._new_date()
                self._tell(4, end)
            return
        if self.rng.random() < 0.6:
            self._new_date(after=end)
        self._wait(Wait(begin, self._tell(4, end)))

    def _wait(self, wait: Wait) -> None:
        if self.truth.procedure.fee:
            self.truth.waits.append(wait)

    def _corrected(self) -> None:
        """The reception is told anew: another time, another channel, another date."""
        moment, truth, rng = self._next(3), self.truth, self.rng
        if moment is None:
            return
        which = rng.randrange(3)
        if which == 0:
            truth.received -= timedelta(minutes=rng.randint(1, 180))
        elif which == 1:
            truth.channel = truth.channel % 3 + 1
        else:
            self._new_date()
        self._tell(4, moment)

    def _ended(self) -> None:
        """A result, a withdrawal, a stop, a refusal after all; told again with another time, or taken back for another end."""
        truth, rng = self.truth, self.rng
        end = self._next(12)
        if end is None:
            return
        state = rng.choice((9, 9, 9, 9, 9, 9, 7, 8, 3))
        truth.end = (state, end)
        if self.steps:
            self._step(end, state)
        if not self.steps or rng.random() < 0.5:
            self._tell(state, end)
        if rng.random() < 0.15:
            again = self._next(2)
            if again is not None:
                state = rng.choice((state, 9, 8))
                truth.end = (state, end + rng.randint(1, 30) * MINUTE if state == 9 else end)
                self._tell(state, max(again, truth.end[1]))
        if truth.end[0] == 9 and rng.random() < 0.4:
            handed = self._next(3)
            if handed is not None:
                self._tell(10, handed, NgayTra=portal(handed))

    # --- dates -----------------------------------------------------------------------

    def _date(self, after: datetime) -> datetime:
        """A date that an officer writes on a receipt, a whole number of five minutes; now and then on a Saturday."""
        day = after.replace(minute=0, second=0) + timedelta(days=self.rng.randint(0, 14))
        date = day.replace(hour=self.rng.choice((8, 9, 11, 14, 16, 17)), minute=self.rng.choice((0, 0, 30, 45)))
        return date if date > after else date + timedelta(days=1)

    def _new_date(self, after: datetime | None = None, *, in_round: bool = False) -> None:
        """Another date, given with the next request."""
        if self.keeps and not in_round:
            return
        date = self._date(after or self.last)
        if not self.truth.dates or date != self.truth.dates[-1][0]:
            self.truth.dates.append((date, NEXT))

    def _next(self, days: int) -> datetime | None:
        """When the next thing happens, after all that was told; None: it has not happened yet."""
        moment = (self.last + MINUTE * self.rng.randint(1, days * 1440)).replace(second=0)
        return moment if moment < NOW - timedelta(hours=12) else None

    # --- what is sent ----------------------------------------------------------------

    def _tell(self, state: int, happened: datetime, **more: Any) -> datetime:
        """A snapshot some time after something happened; the moment it arrives."""
        self.last = max(self.last, happened)
        return self._snapshot(state, **more)

    def _snapshot(self, state: int, *, answer: Answer = "taken", unit: str = "", **more: Any) -> datetime:
        truth = self.truth
        said = truth.dates[-1][0] if truth.dates and not (self.keeps and state != 2) else None
        item: dict[str, Any] = {
            "MaHoSo": truth.code,
            "MaTTHC": truth.procedure.code,
            "KenhThucHien": str(truth.channel),
            "ChuHoSo": "Nông Văn Mẫu",
            "NgayTiepNhan": portal(truth.received),
            "TrangThaiHoSo": str(state),
            "NgayHenTra": self.rng.choice((None, "", "  ")) if said is None else portal(said),
        }
        if truth.competent != truth.unit:
            item["DonViXuLy"] = truth.competent
        if self.rounds:
            item["DanhSachHoSoBoSung"] = [dict(each) for each in self.rounds]
        if truth.end is not None:
            item["NgayKetThucXuLy"] = portal(truth.end[1])
        return self._send("DongBoHoSoMC", {**item, **more}, answer, unit)

    def _step(self, at: datetime, state: int) -> datetime:
        item = {"MaHoSo": self.truth.code, "ThoiDiemXuLy": portal(at), "NoiDungXuLy": "Chuyển bước", "TrangThai": str(state)}
        self.last = max(self.last, at)
        return self._send("CapNhatTienDoHoSoMC", item)

    def _send(self, service: str, item: dict[str, Any], answer: Answer = "taken", unit: str = "") -> datetime:
        """It arrives at one of the next ticks; before it perhaps the same with junk in it, after it perhaps once more."""
        rng, ticks = self.rng, (self.last - FIRST) // TICK + 1
        arrival = FIRST + (ticks + rng.choice((0, 0, 1, 3))) * TICK
        self.last = arrival
        sent = Sent(arrival, service, self.truth.unit, unit or self.truth.unit, item, answer)
        if answer == "taken" and rng.random() < 0.08:
            times = [name for name in item if (name.startswith("Ngay") or name == "ThoiDiemXuLy") and item[name]]
            if times:
                spoilt = {**item, rng.choice(times): rng.choice(JUNK)}
                self.sent.append(Sent(arrival, service, sent.key, sent.unit, spoilt, "refused"))
        if rng.random() < 0.03:
            self.sent.append(Sent(arrival, service, sent.key, sent.unit, None, "refused"))
        self.sent.append(sent)
        if answer == "taken" and rng.random() < 0.1:
            self.sent.append(sent)
        dates = self.truth.dates
        if dates and dates[-1][1] is NEXT:
            dates[-1] = (dates[-1][0], arrival)
        return arrival

    def _out_of_order(self) -> None:
        """The first snapshot arrives once more at the end, or only after the first step: a straggler, it changes nothing."""
        phases = [each for each in self.sent if each.item and each.answer == "taken"]
        later = [each for each in phases if str(each.item.get("TrangThaiHoSo") or each.item.get("TrangThai")) != "2"]
        if not later:
            return
        first = phases[0]
        if self.rng.random() < 0.15:
            self.last = max(self.last, later[-1].at)
            arrival = self.last + TICK
            self.sent.append(Sent(arrival, first.service, first.key, first.unit, first.item))
        elif self.steps and later[0].service == "CapNhatTienDoHoSoMC" and self.rng.random() < 0.3:
            own = [each for each in self.sent if each.item == first.item]
            rest = [each for each in self.sent if each.item != first.item]
            place = rest.index(later[0]) + 1
            late = [Sent(later[0].at, e.service, e.key, e.unit, e.item, e.answer) for e in own]
            self.sent = [*rest[:place], *late, *rest[place:]]


def province(seed: int, dossiers: int) -> tuple[list[Truth], list[Sent]]:
    """So many dossiers of a seed, and all that is sent of them in the order of its arrival."""
    rng = Random(seed)
    lives = [Life(rng, number) for number in range(1, dossiers + 1)]
    sent = sorted((each for life in lives for each in life.sent), key=lambda each: each.at)
    return [life.truth for life in lives], sent
