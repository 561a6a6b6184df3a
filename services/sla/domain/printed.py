"""The date that a sender gave for the result: since when it is given, and what pauses do to it (D6). Times in ms.

A date on the receipt is given at reception. A corrected one is given when the sender was seen to say it: pauses that began
before are in it already, and do not move it once more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from contracts import Event
from contracts.deadlines import Step
from contracts.dossiers import Reception
from contracts.facts import epoch_ms
from reference import Pause, Readings, Timeline, moment
from reference.derivation import say_instant, say_pause, say_waited
from reference.limits import Limit, LimitUnit
from reference.timeline import minute_of, to_instant
from reference.worktime import Paused, apply_pauses, finish, merge
from services.facts import KnownFacts
from services.sla.domain.facts import Promised, Received

RECEIPT = "Giấy tiếp nhận hồ sơ và hẹn trả kết quả (Mẫu 01)"
GIVEN_LATER = "Ngày hẹn trả do cơ quan gửi lại (NgayHenTra)"


def with_date(before: KnownFacts, after: KnownFacts, event: Event) -> KnownFacts:
    """The facts after an event, with the date that it gives if it is one of several versions of the reception."""
    data = event.data
    if not isinstance(data, Reception):
        return after
    known, noted = before.version(Received, data.occasion), before.standing(Promised)
    if str(data.version) in noted or known == data.version or (known is None and data.version == 1):
        return after
    promised = None if data.promised_at is None else epoch_ms(data.promised_at)
    held = before.first(Received)
    if promised is None and not noted and (held is None or held.promised_at is None):
        return after  # nobody ever gave a date
    if held is not None and str(known) not in noted:
        after = after.noted(Promised(held.at, held.promised_at), str(known))
    given = epoch_ms(data.at if data.version == 1 else data.observed_at or event.time)
    return after.noted(Promised(given, promised), str(data.version))


def given_at(facts: KnownFacts, received: Received) -> int | None:
    """When the date in force was given, if that was after the first one that is known; else None."""
    noted = facts.standing(Promised)
    if not noted or received.promised_at is None:
        return None
    since = None
    for _, one in sorted(noted.items(), key=lambda item: -int(item[0])):
        if one.promised_at != received.promised_at:
            return since
        since = one.at
    return None


class Given(NamedTuple):
    """A date that a sender gave. `since`: when it was given; None: at reception."""

    date: int
    since: int | None


@dataclass(frozen=True, slots=True)
class Printed:
    """What became of a date that a sender gave. `due`: None while a pause is open. `by`: the pauses that moved it; then it is a
    date of ours. `raw`: its minute before days off and hours were applied."""

    given: datetime
    due: datetime | None
    by: tuple[Paused, ...] = ()
    raw: int = 0


def printed(
    said: Given,
    pauses: Sequence[Pause],
    line: Timeline,
    limit: Limit,
    rules: Readings,
    *,
    restart: bool,
) -> Printed:
    """A given date after the pauses (in the order of their begin) that began after it was given and before it, moved as our own
    count is: pushed to working days, within hours."""
    given, start = moment(said.date), None if said.since is None else moment(said.since)
    later = pauses if start is None else [pause for pause in pauses if pause.start > start]
    due, raw = given, minute_of(said.date)
    by: tuple[Paused, ...] = ()
    applied: list[Paused] = []
    if later and later[0].start < given:
        applied = apply_pauses(line, raw, limit, later, rules, restart=restart)
        if applied and applied[-1].raw != raw:
            by, raw = tuple(paused for paused in applied if paused.end is not None), applied[-1].raw
            minute = finish(line, raw, limit, rules)
            # Moved as it was printed, with its seconds; pushed or clipped, it is a minute of ours.
            due = to_instant(minute) + (given - to_instant(minute_of(said.date)) if minute == raw else timedelta(0))
    waits = [group for group in merge(pauses) if any(pause.end is None for pause in group)]
    stands_still = any(paused.end is None for paused in applied) or any(group[0].start < due for group in waits)
    return Printed(given, None if stands_still else due, by, raw)


def printed_steps(of: Printed, since: int | None, unit: LimitUnit) -> tuple[Step, ...]:
    """How a given date became the one in force: as it was given, or moved by us, and by what."""
    if of.due is None:
        return ()
    if not of.by:
        return (_given(of, since, in_force=True),)
    waits = "; ".join(f"{say_pause(paused)}, {_effect(paused, unit)}" for paused in of.by)
    text = f"Hệ thống dời ngày hẹn này đến {say_instant(of.due)} vì có thời gian không tính vào thời hạn: {waits}"
    last = to_instant(of.raw)
    if last.date() != of.due.date():
        text += f"; ngày {last:%d/%m/%Y} là ngày nghỉ nên chuyển sang ngày làm việc tiếp theo"
    moved = Step(rule="moved", days=(of.due.date().isoformat(),), text=f"{text}. Đây là ngày hẹn có hiệu lực.")
    return _given(of, since, in_force=False), moved


def _given(of: Printed, since: int | None, *, in_force: bool) -> Step:
    """The date as the sender gave it."""
    end = ": đây là ngày hẹn có hiệu lực." if in_force else "."
    if since is None:
        text, source = f"Ngày hẹn in trên giấy tiếp nhận là {say_instant(of.given)}{end}", RECEIPT
    else:
        text = f"Ngày hẹn cơ quan báo lại lúc {say_instant(moment(since))} là {say_instant(of.given)}{end}"
        text += " Thời gian dừng bắt đầu trước khi báo lại không cộng thêm vào ngày này."
        source = GIVEN_LATER
    return Step(rule="promise", days=(of.given.date().isoformat(),), source=source, text=text)


def _effect(paused: Paused, unit: LimitUnit) -> str:
    """What a pause does to the date."""
    return "tính lại từ đầu thời hạn" if paused.restarted else f"cộng thêm {say_waited(paused.waited, unit)}"
