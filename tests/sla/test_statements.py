"""What sla states word for word, and what a changed calendar does to dates that were stated."""

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest

from contracts import UnknownData
from contracts.deadlines import DeadlineMoved, DeadlineRefused, DeadlineSet, TimeSpent
from contracts.facts import epoch_ms
from contracts.repromise import Bar
from contracts.rules import Rule
from reference import OFFICE_TIME, CalendarChange, Readings
from services.changes import Because, Once
from services.facts import NO_FACTS
from services.repromise import WORDS
from services.sla.domain import (
    Conflict,
    Deadline,
    Dossier,
    End,
    Ground,
    Heard,
    RungRules,
    Standing,
    Wait,
    Watch,
    recount,
    restate,
    standing_of,
)
from services.sla.domain.facts import Progressed, Promised, Reappointed, Received, Suspended
from services.sla.domain.printed import Given, Printed, given_at, printed_steps
from services.sla.domain.promise import difference, ms_of, pauses_of, waits_of
from services.sla.domain.recovered import Recovered
from services.sla.domain.repromise import HEADS, Refusal
from services.sla.domain.spent import limit_used, time_spent
from services.sla.store import load
from tests.support.dossiers import at, fact, received
from tests.support.sla import CONTEXT, REFERENCE, last, play, said

LINE = REFERENCE.timeline("H37.12")  # 07:30-11:30, 13:30-17:00
FRIDAY, THURSDAY = date(2026, 3, 6), date(2026, 3, 5)


def ms(day: int, time: str = "09:00") -> int:
    return epoch_ms(at(day, time))


def off(number: int, day: date, recorded: datetime, confirmed: int | None = None) -> CalendarChange:
    return CalendarChange(number, recorded, ((day, "off"),), "Nghỉ bù", "TB 1/2026", None, confirmed)


def ground(*changes: CalendarChange) -> Ground:
    """A province whose calendar was changed."""
    reference = replace(REFERENCE)
    for change in changes:
        reference.change_calendar(change)
    return Ground(reference, Readings(), RungRules((24, 4), 2, 1), "date", (8, "hour"))


def dossier(*events: Any) -> Dossier:
    return load(play(events)[0])


def heard(when: datetime) -> Heard:
    return Heard(when, when)


# --- why a date is refused ------------------------------------------------------------


@pytest.mark.parametrize(
    ("bar", "code", "rule", "text"),
    [
        (
            "ONCE",
            Rule.R16,
            "R16: không quá một lần hẹn lại",
            "Ngày hẹn trả chỉ được hẹn lại một lần; đề nghị hẹn lại sau đó không được chấp nhận.",
        ),
        (
            "NOT_ACCEPTED",
            Rule.R15,
            "R15: hồ sơ chưa được tiếp nhận",
            "Hồ sơ chưa được tiếp nhận hoặc đã bị từ chối, không có gì để hẹn lại.",
        ),
        ("ENDED", Rule.R15, "R15: hồ sơ đã kết thúc", "Hồ sơ đã kết thúc, không hẹn lại ngày trả."),
        (
            "PAUSED",
            Rule.R15,
            "R15: hồ sơ đang dừng",
            "Hồ sơ đang chờ bổ sung hoặc thực hiện nghĩa vụ, chưa có ngày hẹn để hẹn lại.",
        ),
        (
            "NOT_LATER",
            Rule.R15,
            "R15: ngày hẹn mới phải sau ngày hẹn cũ",
            "Ngày hẹn lại phải sau lúc ký thư và sau ngày hẹn đang có hiệu lực.",
        ),
        (
            "NOT_OPEN",
            Rule.R15,
            "R15: ngày hẹn mới phải là ngày làm việc, trong giờ làm việc",
            "Ngày hẹn lại phải là ngày làm việc của đơn vị, trong giờ làm việc.",
        ),
        (
            "TOO_FAR",
            Rule.R15,
            "R15: ngày hẹn mới quá xa",
            "Ngày hẹn lại quá xa: không quá 30 ngày sau ngày hẹn cũ (hoặc sau ngày ký, nếu ngày hẹn đã qua).",
        ),
    ],
)
def test_a_refused_date_is_told_with_its_rule_in_these_words(bar: str, code: Rule, rule: str, text: str) -> None:
    """R15, R16."""
    refusal = Refusal(Bar[bar].rule, HEADS[Bar[bar]], WORDS[Bar[bar]].format(days=30))

    assert refusal.to("H37.12", at(6)) == DeadlineRefused(at=at(6), unit="H37.12", rule=rule, text=text, code=code.value)


def test_each_date_that_senders_report_after_the_first_is_refused_once() -> None:
    """R16."""
    anew = [fact("reappointed", at(day), occasion=f"{day}", new_due_at=at(day + 10)) for day in (3, 4, 5)]
    changed = restate(dossier(received(), *anew[:2]).told(anew[2]), heard(at(5)), ground())

    standing = standing_of(changed.after.facts)
    assert [one.occasion for one in changed.said if isinstance(one, Once)] == ["3"]
    assert changed.after.deadline == Deadline(2, ms(13), standing)
    assert said(play([received(), anew[0]])[1]) == ["set", "moved"]


def test_a_limit_that_cannot_be_counted_is_refused_by_d8_and_watched_without_a_date() -> None:
    """D8."""
    told = received(limit=(9000, "working_day"))
    changed = restate(dossier().told(told), heard(at(2)), ground())
    text = "Không tính được ngày hẹn trả: the calendar table covers 2015 to 2035 only"
    refused = DeadlineRefused(at=at(2), unit="H37.12", rule="D8", text=text, code="D8")

    assert changed.said == [Once(refused, "uncountable")]
    assert changed.after.deadline == Deadline(0, None, standing_of(changed.after.facts))
    assert changed.after.watch == Watch(0)


# --- the calendar -----------------------------------------------------------------------


def test_a_date_that_only_we_counted_moves_with_the_calendar() -> None:
    """R7."""
    before = dossier(received())
    changed = recount(before, ground(off(1, FRIDAY, at(4))))
    assert before.deadline is not None
    (because,) = changed.said

    assert isinstance(because, Because)
    moved = because.said
    assert isinstance(moved, DeadlineMoved)
    assert (moved.at, moved.version, moved.due_at, moved.computed_due_at, moved.calendar) == (at(4), 2, at(10), at(10), 1)
    assert changed.after.deadline == Deadline(2, ms(10), before.deadline.of)
    assert changed.after.watch == Watch(1, ms(3, "17:00"))  # 24 open hours before the new date
    assert recount(changed.after, ground(off(1, FRIDAY, at(4)))).after is changed.after


def test_a_change_that_does_not_touch_the_date_is_noted_and_not_said() -> None:
    before = dossier(received())
    changed = recount(before, ground(off(1, date(2026, 3, 20), at(4))))

    assert before.watch is not None
    assert (changed.said, changed.after) == ((), before._replace(watch=replace(before.watch, counted_with=1)))


def test_a_printed_date_stays_and_the_last_change_by_which_our_count_differs_is_listed() -> None:
    """R7."""
    before = dossier(received(promised_at=at(12)))
    all_at_once = ground(off(1, FRIDAY, at(4)), off(2, THURSDAY, at(4)), off(3, date(2026, 3, 20), at(4)))
    changed = recount(before, all_at_once)
    assert before.watch is not None

    assert (changed.said, changed.after.deadline) == ((), before.deadline)
    assert changed.after.watch == replace(before.watch, counted_with=3, conflict=Conflict(2, ms(10), ms(11)))
    one_by_one = before
    for number in (1, 2, 3):
        one_by_one = recount(one_by_one, ground(*all_at_once.reference.changes[:number])).after
    assert one_by_one == changed.after


def test_a_dossier_that_waits_or_has_ended_or_was_never_received_is_not_counted_anew() -> None:
    later = ground(off(1, FRIDAY, at(4)))
    for events in ([received(), fact("supplement-requested", at(3))], [received(), fact("completed", at(5))], []):
        before = dossier(*events)
        assert recount(before, later).after is before


def test_a_list_of_days_off_that_is_confirmed_ends_what_was_provisional_and_says_the_same_date() -> None:
    """R8."""
    before = dossier(received(datetime(2026, 12, 30, 9, tzinfo=OFFICE_TIME), limit=(3, "working_day")))
    changed = recount(before, ground(off(1, date(2027, 3, 20), at(4), confirmed=2027)))
    (because,) = changed.said

    assert isinstance(because, Because)
    assert isinstance(because.said, DeadlineSet)
    assert (because.said.version, because.said.provisional) == (2, False)
    assert because.said.due_at == datetime(2027, 1, 5, 9, tzinfo=OFFICE_TIME)


def test_a_fact_is_counted_by_the_calendar_of_its_recording_and_then_moved_by_the_newest() -> None:
    """R7."""
    later, unheard = ground(off(1, FRIDAY, at(4))), dossier().told(received())
    replayed = restate(unheard, heard(at(3)), later)
    fresh = restate(unheard, heard(at(4)), later)

    assert [type(one.said if isinstance(one, Because) else one).__name__ for one in replayed.said] == [
        "DeadlineSet",
        "DeadlineMoved",
    ]
    (stated,) = fresh.said
    assert isinstance(stated, DeadlineSet)
    assert (stated.at, stated.version, stated.due_at, stated.calendar) == (at(4), 1, at(10), 1)


def test_an_end_that_is_taken_back_is_watched_by_the_newest_calendar_with_its_difference() -> None:
    ended = dossier(received(promised_at=at(12)), fact("completed", at(6)))
    waiting = dossier(received(), fact("supplement-requested", at(3)), fact("completed", at(6)))
    taken_back = fact("retracted", at(6), version=2, fact="completed")
    later = ground(off(1, FRIDAY, at(4)))

    assert ended.watch is None
    again = restate(ended.told(taken_back), heard(at(7)), later).after
    assert again.watch is not None
    assert (again.watch.counted_with, again.watch.differs, again.watch.conflict) == (1, ms(10), None)
    assert restate(waiting.told(taken_back), heard(at(7)), later).after.watch == Watch(1)


# --- an end -----------------------------------------------------------------------------


def test_a_late_end_says_all_that_it_was_measured_by() -> None:
    events = [received(), fact("supplement-requested", at(3)), fact("supplemented", at(3, "11:00")), fact("completed", at(10))]
    settled = last(play(events)[1], "settled")

    assert {name: value for name, value in settled.items() if name != "counted_from"} == {
        "at": at(10).isoformat(),
        "version": 1,
        "unit": "H37.12",
        "outcome": "late",
        "state": 9,
        "ended_at": at(10).isoformat(),
        "due_at": at(9, "11:00").isoformat(),
        "against_first": "late",
        "supplements": 1,
        "limit_minutes": 5 * 450,
        "used_minutes": 6 * 450 - 120,
        "also": [],
        "spent": {"unit": 6 * 450 - 120, "citizen": 120, "body": 0, "force_majeure": 0, "elapsed": 6 * 450},
    }
    assert "spent" not in last(play([received(), fact("completed", at(6))])[1], "settled")


def spent(*events: Any, start: int = ms(2), end: int = ms(4)) -> TimeSpent:
    return time_spent(dossier(received(), *events).facts, LINE, start, end)


def wait(kind: str, number: int, begin: datetime, end: datetime | None, **more: Any) -> list[Any]:
    first, second = {
        "papers": ("supplement-requested", "supplemented"),
        "fee": ("fee-requested", "fee-paid"),
        "body": ("suspended", "resumed"),
    }[kind]
    asked = fact(first, begin, occasion=f"{number}", **more)
    return [asked] if end is None else [asked, fact(second, end, occasion=f"{number}")]


def test_time_that_two_had_is_counted_once_force_majeure_before_the_citizen_and_the_citizen_before_another_body() -> None:
    papers = wait("papers", 1, at(3, "08:00"), at(3, "10:00"))
    fee = wait("fee", 1, at(3, "09:00"), at(3, "11:00"))
    body = wait("body", 1, at(3, "09:30"), at(3, "11:30"))
    storm = wait("body", 2, at(3, "08:30"), at(3, "09:00"), reason="force_majeure", decision="QĐ 1")

    assert spent() == TimeSpent(unit=900, citizen=0, body=0, force_majeure=0, elapsed=900)
    assert spent(*papers, *fee) == TimeSpent(unit=720, citizen=180, body=0, force_majeure=0, elapsed=900)
    assert spent(*papers, *fee, *body) == TimeSpent(unit=690, citizen=180, body=30, force_majeure=0, elapsed=900)
    assert spent(*papers, *fee, *body, *storm) == TimeSpent(unit=690, citizen=150, body=30, force_majeure=30, elapsed=900)


def test_a_wait_counts_from_the_reception_to_the_end_and_one_that_lasts_to_the_end() -> None:
    early = wait("papers", 1, at(1), at(2, "10:00"))
    late = wait("fee", 1, at(3, "16:00"), at(9))

    assert spent(*early, *late) == TimeSpent(unit=900 - 60 - 150, citizen=60 + 150, body=0, force_majeure=0, elapsed=900)
    assert spent(*wait("body", 1, at(4, "08:00"), None)).body == 60
    assert spent(*wait("body", 1, at(5), at(6))).body == 0
    assert spent(end=ms(1)) == TimeSpent(unit=0, citizen=0, body=0, force_majeure=0, elapsed=0)


def test_how_much_of_a_limit_was_used_is_not_known_where_it_gave_nothing_or_cannot_be_counted() -> None:
    whole = Standing("H37.12", ms(2), (5, "working_day"), False, (), None, ())

    def used(standing: Standing, end: int, rules: Readings = Readings()) -> tuple[int, int] | None:  # noqa: B008
        found = limit_used(standing, LINE, rules, end)
        return None if found is None else (found.limit, found.used)

    assert used(whole, ms(3)) == (2250, 450)
    assert used(whole, ms(1)) == (2250, 0)
    assert used(whole._replace(limit=(9000, "working_day")), ms(3)) is None
    at_closing = whole._replace(limit=(1, "same_day"), received_at=ms(2, "17:00"))
    assert used(at_closing, ms(3), Readings(same_day_cutoff=17 * 60)) is None  # it gave no minute
    restarted = whole._replace(restart=True, pauses=(Wait("supplement", ms(3), ms(5)),))
    assert used(restarted, ms(5)) == (2250, 0)
    assert used(whole._replace(pauses=(Wait("supplement", ms(3), ms(5)),)), ms(5)) == (2250, 450)
    assert used(whole._replace(pauses=(Wait("supplement", ms(20), None),)), ms(10)) == (2250, 2700)  # asked for after the end


# --- what a promise is made of ------------------------------------------------------------


def test_a_digest_is_the_same_in_every_release() -> None:
    plain = Standing("H37.12", ms(2), (5, "working_day"), False, (), None, ())
    rich = Standing("H37.12", ms(2), (5, "working_day"), True, (Wait("fee", 1, None),), 7, (8, 9), 6)

    assert [plain.digest(), plain.digest(9, 5), rich.digest()] == ["2fc0395a4ac27040", "7e408b9ae7e9b163", "6d0f05b9a489b83f"]


def test_a_wait_ends_with_the_completion_of_its_own_occasion_unless_that_lies_before_it() -> None:
    events = [
        *wait("papers", 1, at(3), at(3)),
        *wait("fee", 1, at(4), at(3)),
        *wait("body", 1, at(5), None),
        *wait("body", 2, at(5), at(6), reason="force_majeure", decision="QĐ 1"),
    ]

    assert waits_of(dossier(received(), *events).facts) == [
        Wait("supplement", ms(3), ms(3)),
        Wait("fee", ms(4), None),
        Wait("agency", ms(5), None),
        Wait("force_majeure", ms(5), ms(6)),
    ]


def test_a_pause_that_is_open_at_the_end_ends_with_it_and_one_that_begins_later_is_none() -> None:
    pauses = (Wait("fee", ms(3), ms(4)), Wait("fee", ms(5), None), Wait("fee", ms(6), None))
    standing = Standing("H37.12", ms(2), (5, "working_day"), False, pauses, None, ())

    assert [(pause.start, pause.end) for pause in pauses_of(standing, ms(5))] == [(at(3), at(4)), (at(5), at(5))]
    assert [pause.end for pause in pauses_of(standing, None)] == [at(4), None, None]


def test_our_own_count_differs_only_from_a_printed_date() -> None:
    assert difference("promised", at(10), at(9)) == ms(9)
    assert difference("promised", None, at(9)) == ms(9)
    assert difference("promised", at(10), None) is None
    for basis, computed in (("promised", at(10)), ("computed", at(9)), ("reappointed", at(9))):
        assert difference(basis, at(10), computed) is None  # type: ignore[arg-type]
    assert (ms_of(None), ms_of(at(9))) == (None, ms(9))


def promised(*events: Any) -> list[dict[str, Any]]:
    steps = play([received(promised_at=at(10)), *events])[1][-1].body["data"]["derivation"]
    return [step for step in steps if step["rule"] in ("promise", "moved")]


def test_where_a_date_comes_from_is_said_with_its_source() -> None:
    (given,) = promised()
    assert given == {
        "rule": "promise",
        "days": ["2026-03-10"],
        "source": "Giấy tiếp nhận hồ sơ và hẹn trả kết quả (Mẫu 01)",
        "text": "Ngày hẹn in trên giấy tiếp nhận là 09:00 thứ Ba 10/03/2026: đây là ngày hẹn có hiệu lực.",
    }
    (anew,) = promised(fact("reappointed", at(6), new_due_at=at(16)))
    assert anew == {
        "rule": "promise",
        "days": ["2026-03-16"],
        "source": "Văn bản xin lỗi và đề nghị gia hạn (Mẫu 04)",
        "text": "Hẹn lại một lần theo văn bản xin lỗi: 09:00 thứ Hai 16/03/2026.",
    }
    assert promised(fact("supplement-requested", at(4))) == []


def test_a_date_that_two_pauses_moved_names_both_and_its_new_day() -> None:
    pauses = [*wait("papers", 1, at(3), at(4)), *wait("papers", 2, at(5), at(5, "10:00"))]
    given, moved = promised(*pauses)

    assert given["text"] == "Ngày hẹn in trên giấy tiếp nhận là 09:00 thứ Ba 10/03/2026."
    assert moved["days"] == ["2026-03-11"]
    assert moved["text"] == (
        "Hệ thống dời ngày hẹn này đến 10:00 thứ Tư 11/03/2026 vì có thời gian không tính vào thời hạn: "
        "từ 09:00 thứ Ba 03/03/2026 đến 09:00 thứ Tư 04/03/2026 (chờ người dân bổ sung giấy tờ), cộng thêm 1 ngày làm việc; "
        "từ 09:00 thứ Năm 05/03/2026 đến 10:00 thứ Năm 05/03/2026 (chờ người dân bổ sung giấy tờ), cộng thêm 1 giờ làm việc. "
        "Đây là ngày hẹn có hiệu lực."
    )


def test_a_date_that_was_given_later_names_when_and_says_what_is_in_it_already() -> None:
    (step,) = printed_steps(Printed(at(12), at(12)), ms(6), "working_day")

    assert (step.source, step.days) == ("Ngày hẹn trả do cơ quan gửi lại (NgayHenTra)", ("2026-03-12",))
    assert step.text == (
        "Ngày hẹn cơ quan báo lại lúc 09:00 thứ Sáu 06/03/2026 là 09:00 thứ Năm 12/03/2026: đây là ngày hẹn có hiệu lực. "
        "Thời gian dừng bắt đầu trước khi báo lại không cộng thêm vào ngày này."
    )
    assert printed_steps(Printed(at(12), None), None, "working_day") == ()
    assert Given(1, None) == (1, None)
    assert CONTEXT.ground.early_by == "date"


def test_what_is_not_known_of_a_dossier_or_told_with_a_fact_is_left_out() -> None:
    nothing = Dossier("x")

    assert nothing == Dossier("x", NO_FACTS, None, None, None, None, {}, {}, None, 0)
    assert (nothing.due, nothing.body, nothing._replace(unit="H37.12").body) == (None, "unknown", "H37.12")
    assert (Watch(1), End(9, 1)) == (Watch(1, None, None, None), End(9, 1, ()))
    assert Progressed(1, step="x") == Progressed(1, "x", None, None)
    assert (Promised(1), Suspended(1), Reappointed(1, 2)) == (
        Promised(1, None),
        Suspended(1, "agency"),
        Reappointed(1, 2, False),
    )
    assert Recovered() == Recovered(None, None, (), (), {}, (), None, None)
    assert Printed(at(9), None) == Printed(at(9), None, (), 0)
    event = received()
    told = nothing.told(event)
    assert told.told(event) is told
    assert told.line(ground()) is not None


def test_an_event_happened_when_it_says_and_one_of_an_unknown_type_when_it_was_recorded() -> None:
    event = replace(received(), time=at(5))
    unknown = replace(event, data=UnknownData())

    assert Heard.of(event) == Heard(at(2), at(5))
    assert Heard.of(unknown) == Heard(at(5), at(5))


@pytest.mark.parametrize(
    ("versions", "since"),
    [
        ([(1, 9, 2)], None),  # as printed
        ([(1, 9, 2), (2, 12, 6)], ms(6)),
        ([(1, 9, 2), (2, 12, 4), (3, 12, 6)], ms(4)),  # said again: given when it was said first
        ([(1, 12, 2), (2, 9, 4), (3, 12, 6)], ms(6)),  # taken back to the first one: given anew
        ([(1, None, 2), (2, 12, 6)], ms(6)),
        ([(1, 9, 2), (2, 9, 6)], None),
        ([(2, 12, 6), (1, 9, 2)], ms(6)),  # whatever comes first
    ],
)
def test_a_printed_date_was_given_when_it_was_said_first_of_the_versions_that_say_it(
    versions: list[tuple[int, int | None, int]], since: int | None
) -> None:
    """D6."""
    known = Dossier("x")
    for version, day, recorded in versions:
        promised_at = None if day is None else at(day)
        known = known.told(replace(received(version=version, promised_at=promised_at), time=at(recorded)))
    kept = known.facts.first(Received)
    assert kept is not None

    assert given_at(known.facts, kept) == since
