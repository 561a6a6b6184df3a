"""Between which moments a time may lie: each time of each kind of item is held to its bounds, and the sender reads them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reference import OFFICE_TIME
from services.intake.domain import Accepted, Fault, Refused
from tests.intake.decided import NOW, RECEIVED, SNAPSHOT, Life, at, event

FIRST = datetime(2015, 1, 1, tzinfo=OFFICE_TIME)
LATEST = NOW + timedelta(hours=2)
SECOND = timedelta(seconds=1)
TOO_OLD = "thời điểm trước năm 2015; sớm nhất là 01/01/2015 00:00"
FUTURE = "thời điểm nằm ở tương lai; muộn nhất là 20/03/2026 12:00"
LONG = timedelta(days=3653)  # ten years and their leap days

ROUND = {"requested_at": at(3).isoformat()}
MARKED = {"at": at(5).isoformat(), "new_due_at": at(16).isoformat()}


def with_(item: dict[str, Any], path: str, moment: datetime) -> dict[str, Any]:
    """An item with the time at a path, in the rounds and the re-promise it needs for it."""
    first, *inner = path.split(".")
    if not inner:
        return {**item, first: moment.isoformat()}
    if first == "supplements":
        number, name = int(inner[0]), inner[1]
        rounds = [dict(ROUND) for _ in range(number + 1)]
        rounds[number][name] = moment.isoformat()
        return {**item, "supplements": rounds}
    return {**item, first: {**MARKED, inner[0]: moment.isoformat()}}


HAPPENED = [
    *((event("completed", at(5)), name) for name in ("at", "observed_at")),
    *((dict(RECEIVED), name) for name in ("at", "observed_at")),
    *((event("progressed", at(5), step="Xử lý"), name) for name in ("at", "started_at", "observed_at")),
    *((event("reappointed", at(5), new_due_at=at(16).isoformat()), name) for name in ("at", "observed_at")),
    *((dict(SNAPSHOT), name) for name in ("received_at", "completed_at", "returned_at", "observed_at", "reappointed.at")),
    *((dict(SNAPSHOT), f"supplements.{n}.{name}") for n in (0, 1) for name in ("requested_at", "supplemented_at")),
]


@pytest.mark.parametrize(("item", "path"), HAPPENED, ids=lambda part: part if isinstance(part, str) else part["type"])
def test_what_happened_lies_between_2015_and_a_little_ahead_of_now(item: dict[str, Any], path: str) -> None:
    def faults(moment: datetime) -> tuple[Fault, ...]:
        answer = Life().take(with_(item, path, moment)).answer
        return tuple(fault for fault in answer.faults if fault.field == path) if isinstance(answer, Refused) else ()

    assert faults(FIRST - SECOND) == (Fault(path, "too-old", TOO_OLD),)
    assert faults(FIRST) == ()
    assert faults(LATEST) == ()
    assert faults(LATEST + SECOND) == (Fault(path, "future", FUTURE),)


PROMISED = [
    (dict(RECEIVED), "promised_at"),
    (dict(SNAPSHOT), "promised_at"),
    (dict(SNAPSHOT), "reappointed.new_due_at"),
    (dict(SNAPSHOT), "supplements.0.new_due_at"),
    (dict(SNAPSHOT), "supplements.1.new_due_at"),
]


@pytest.mark.parametrize(("item", "path"), PROMISED, ids=lambda part: part if isinstance(part, str) else part["type"])
def test_what_is_promised_lies_between_the_reception_and_ten_years_after_it(item: dict[str, Any], path: str) -> None:
    begin = at(2)

    def faults(moment: datetime) -> tuple[Fault, ...]:
        answer = Life().take(with_(item, path, moment)).answer
        return answer.faults if isinstance(answer, Refused) else ()

    bound = "phải từ 02/03/2026 08:00 đến 02/03/2036 08:00"
    assert begin + LONG == datetime(2036, 3, 2, 8, tzinfo=OFFICE_TIME)
    assert faults(begin - SECOND) == (Fault(path, "before-reception", f"trước khi tiếp nhận; {bound}"),)
    assert faults(begin) == ()
    assert faults(begin + LONG) == ()
    assert faults(begin + LONG + SECOND) == (Fault(path, "too-far", f"quá 10 năm sau khi tiếp nhận; {bound}"),)


@pytest.mark.parametrize(
    "item",
    [
        event("progressed", at(5), step="Xử lý", step_due_at=at(1).isoformat()),
        event("reappointed", at(5), new_due_at=at(1).isoformat()),
        {**SNAPSHOT, "received_at": None, "promised_at": at(1).isoformat()},
    ],
    ids=lambda item: str(item["type"]),
)
def test_a_promise_is_held_to_the_reception_that_is_known(item: dict[str, Any]) -> None:
    life = Life()
    life.accepts(RECEIVED)
    answer = life.take(item).answer

    assert isinstance(answer, Refused)
    (fault,) = answer.faults
    assert fault.rule == "before-reception"
    assert fault.detail.startswith("trước khi tiếp nhận; phải từ 02/03/2026 08:00 ")


def test_a_snapshot_says_its_reception_itself_and_is_held_to_that() -> None:
    life = Life()
    life.accepts(RECEIVED)

    assert isinstance(
        life.take({**SNAPSHOT, "received_at": at(1).isoformat(), "promised_at": at(1).isoformat()}).answer, Accepted
    )


def test_while_the_reception_is_unknown_or_taken_back_a_promise_may_lie_anywhere_since_2015() -> None:
    def step(due: datetime) -> dict[str, Any]:
        return event("progressed", at(5), step="Xử lý", step_due_at=due.isoformat())

    bound = "phải từ 01/01/2015 00:00 đến 20/03/2036 12:00"
    for life in (Life(), Life()):
        answer = life.take(step(FIRST - SECOND)).answer
        assert answer == Refused((Fault("step_due_at", "too-old", f"thời điểm trước năm 2015; {bound}"),))
        assert isinstance(life.take(step(FIRST)).answer, Accepted)
        answer = life.take(step(LATEST + LONG + SECOND)).answer
        assert answer == Refused((Fault("step_due_at", "too-far", f"quá 10 năm sau khi tiếp nhận; {bound}"),))
    life = Life()
    life.accepts(RECEIVED)
    life.accepts(event("retracted", at(2), fact="received"))
    assert isinstance(life.take(step(at(1))).answer, Accepted)


def test_a_new_date_is_later_than_the_moment_at_which_it_was_given() -> None:
    life = Life()

    assert isinstance(life.take(event("reappointed", at(5), new_due_at=at(5).isoformat())).answer, Accepted)
    answer = life.take(event("reappointed", at(5), new_due_at=(at(5) - SECOND).isoformat())).answer
    assert isinstance(answer, Refused)
    assert (answer.faults[0].field, answer.faults[0].rule) == ("new_due_at", "before-reception")


def test_a_reception_that_lies_ahead_bounds_no_promise() -> None:
    """Its own fault is said; what it would make of the promise is not said beside it."""
    answer = Life().take({**SNAPSHOT, "received_at": at(25).isoformat(), "promised_at": at(24).isoformat()}).answer

    assert isinstance(answer, Refused)
    assert [fault.field for fault in answer.faults] == ["received_at"]
    edge = Life().take({**SNAPSHOT, "received_at": LATEST.isoformat(), "promised_at": (LATEST - SECOND).isoformat()}).answer
    assert isinstance(edge, Refused)
    assert [(fault.field, fault.rule) for fault in edge.faults] == [("promised_at", "before-reception")]


def test_all_times_that_are_wrong_are_named_together() -> None:
    item = event("progressed", at(25), step="Xử lý", started_at="2014-01-01T08:00", step_due_at="2090-01-01T08:00")
    answer = Life().take(item).answer

    assert isinstance(answer, Refused)
    assert [fault.field for fault in answer.faults] == ["at", "started_at", "step_due_at"]


def test_bounds_are_said_in_vietnamese_time_wherever_the_sender_is() -> None:
    answer = Life().take(event("completed", datetime(2014, 12, 31, 16, 59, tzinfo=UTC))).answer

    assert answer == Refused((Fault("at", "too-old", TOO_OLD),))
    assert isinstance(Life().take(event("completed", datetime(2014, 12, 31, 17, tzinfo=UTC))).answer, Accepted)


@pytest.mark.parametrize(("told_now", "field"), [(True, "promised_at"), (False, "at")])
def test_a_reception_after_its_own_promise_is_refused_where_the_two_meet(told_now: bool, field: str) -> None:
    life = Life()
    life.accepts({**RECEIVED, "promised_at": at(9).isoformat()})
    later = {**RECEIVED, "at": at(10).isoformat()}
    answer = life.take({**later, "promised_at": at(9).isoformat()} if told_now else later).answer

    bound = "trước khi tiếp nhận; phải từ 10/03/2026 08:00 đến 10/03/2036 08:00"
    assert answer == Refused((Fault(field, "before-reception", bound),))
