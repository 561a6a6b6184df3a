"""The rungs before a date: where they stand, which are fired, which are overtaken (D19)."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from contracts.deadlines import DeadlineApologyDue, DeadlineOverdue, DeadlineWarned
from contracts.facts import epoch_ms
from services.changes import Once
from services.facts import NO_FACTS
from services.sla.domain import RungRules, fire, standing_of
from services.sla.domain.facts import Progressed, Received
from services.sla.domain.rungs import (
    Rung,
    next_rung,
    overtaken,
    passed,
    rules_for,
    rungs_of,
    second_tier,
    sign_by,
    step_rung,
    whole_ms,
)
from services.sla.store import load
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.sla import CONTEXT, REFERENCE, play

LINE = REFERENCE.timeline("H37.12")  # 07:30-11:30, 13:30-17:00
RULES = RungRules((24, 4), 2, 1)
GROUND = CONTEXT.ground


def ms(day: int, time: str = "09:00") -> int:
    return epoch_ms(at(day, time))


def test_rungs_stand_in_the_order_of_their_time_and_end_with_overdue() -> None:
    assert rungs_of(LINE, ms(2), ms(16), "working_day", RULES) == [
        Rung("warned", "24h", ms(10, "17:00"), 1, None),
        Rung("apology-due", "apology-due", ms(12), 1, None),
        Rung("warned", "4h", ms(13, "14:30"), 1, None),
        Rung("overdue", "overdue", ms(16), 1, None),
    ]


@pytest.mark.parametrize(
    ("hours", "due", "names"),
    [
        ((18,), (5, "09:00"), ["18h", "apology-due"]),  # exactly at the end of the first quarter: 6 of 24 open hours
        ((19,), (5, "09:00"), ["apology-due"]),
        ((23, 24, 25), (5, "09:00"), ["apology-due"]),
        ((1, 0), (5, "09:00"), ["apology-due", "1h"]),  # none at the due moment itself
        ((1, 2), (2, "09:30"), ["1h"]),  # no room for a letter
        ((1,), (2, "07:32"), []),
        ((1,), (2, "07:30"), []),
    ],
)
def test_rungs_of_the_first_quarter_of_the_open_time_are_left_out(
    hours: tuple[int, ...], due: tuple[int, str], names: list[str]
) -> None:
    rungs = rungs_of(LINE, ms(2, "07:30"), ms(*due), "working_day", RungRules(hours, 1, 1))

    assert [rung.name for rung in rungs] == [*names, "overdue"]


def test_a_limit_without_open_time_and_one_of_the_same_day_have_only_overdue() -> None:
    for start, due, unit in (((2, "17:00"), (3, "07:30"), "working_day"), ((2, "07:30"), (6, "17:00"), "same_day")):
        rungs = rungs_of(LINE, ms(*start), ms(*due), unit, RULES)  # type: ignore[arg-type]
        assert rungs == [Rung("overdue", "overdue", ms(*due))]


def test_the_lawful_lead_is_so_many_working_days_at_the_same_time_within_that_days_hours() -> None:
    assert sign_by(LINE, ms(9), RungRules((), 2, 1)) == at(6)
    assert sign_by(LINE, ms(9), RungRules((), 2, 3)) == at(4)
    assert sign_by(LINE, ms(9, "12:15"), RULES) == at(6, "11:30")


def test_a_re_promised_date_has_its_own_rungs_and_no_second_letter() -> None:
    assert second_tier(rungs_of(LINE, ms(2), ms(16), "working_day", RULES)) == [
        Rung("warned", "24h/2", ms(10, "17:00"), 2),
        Rung("warned", "4h/2", ms(13, "14:30"), 2),
        Rung("overdue", "overdue/2", ms(16), 2),
    ]


FOUR = [Rung("warned", "24h", 10), Rung("apology-due", "letter", 20), Rung("warned", "4h", 30), Rung("overdue", "over", 40)]


def moment(ms_: float) -> datetime:
    return datetime.fromisoformat("1970-01-01T00:00+00:00") + timedelta(milliseconds=ms_)


@pytest.mark.parametrize(
    ("until", "now", "done", "fired", "superseded"),
    [
        (9.999, 9.999, (), [], []),
        (10, 10, (), ["24h"], []),
        (20, 20, (), ["letter"], ["24h"]),
        (20, 20, ("24h",), ["letter"], []),
        (30, 30, (), ["letter", "4h"], ["24h"]),
        (35, 35, ("4h",), ["letter"], ["24h"]),
        (40, 40, (), ["over"], ["24h", "letter", "4h"]),
        (45, 45, ("24h", "letter", "4h", "over"), [], []),
        (10, 20, (), [], ["24h"]),  # the log is known to 10 only, but by the clock the letter has overtaken it
        (20, 40, (), [], ["24h", "letter"]),
        (20, 5, (), ["letter"], ["24h"]),
    ],
)
def test_a_warning_is_overtaken_by_any_later_rung_and_the_letter_by_overdue_alone(
    until: float, now: float, done: tuple[str, ...], fired: list[str], superseded: list[str]
) -> None:
    firing, late = passed(FOUR, done, moment(until), moment(now))

    assert ([rung.name for rung in firing], [rung.name for rung in late]) == (fired, superseded)


@pytest.mark.parametrize(
    ("fired", "names"),
    [("24h", []), ("letter", ["24h"]), ("4h", ["24h"]), ("over", ["24h", "letter", "4h"]), ("of another date", [])],
)
def test_what_was_fired_has_overtaken_what_stands_before_it(fired: str, names: list[str]) -> None:
    assert [rung.name for rung in overtaken(FOUR, fired)] == names


@pytest.mark.parametrize(("parts", "whole"), [(0.999, 0), (1.0, 1), (1.5, 1), (-0.5, -1)])
def test_only_a_millisecond_that_has_passed_counts(parts: float, whole: int) -> None:
    assert whole_ms(moment(parts)) == whole


# --- steps and settings -------------------------------------------------------------


def steps(*told: tuple[str, datetime, datetime | None]) -> Any:
    events = [fact("progressed", when, occasion=of, step=f"step {of}", step_due_at=due) for of, when, due in told]
    return load(play([received(limit=(15, "working_day")), *events])[0]).facts


def test_the_newest_step_is_the_one_the_dossier_is_in() -> None:
    facts = steps(("1", at(3), at(5)), ("2", at(4), at(6)), ("3", at(4), at(7)))

    assert step_rung(facts) == Rung(
        "warned", "step/3", ms(7), step=Progressed(ms(4), step="step 3", department=None, step_due_at=ms(7))
    )
    assert step_rung(steps(("1", at(3), at(5)), ("2", at(4), None))) is None
    assert step_rung(NO_FACTS) is None


def test_the_next_timer_is_the_earliest_rung_or_step_that_was_not_reached() -> None:
    facts = steps(("1", at(3), at(5)))
    standing = standing_of(facts)
    assert standing is not None
    rungs = {"step/1": ms(5), "24h": ms(10, "17:00"), "apology-due": ms(12), "4h": ms(13, "14:30"), "overdue": ms(16)}

    for number in range(6):
        wanted = [*rungs.values(), None][number]
        assert next_rung(facts, standing, ms(16), LINE, [*rungs][:number], GROUND) == wanted
    assert next_rung(facts, standing, None, LINE, (), GROUND) is None
    anew = standing._replace(reappointed=(ms(20),))
    assert next_rung(facts, anew, ms(16), LINE, [*rungs], GROUND) == rungs["24h"]


def test_a_procedures_own_rungs_are_those_of_its_version_at_reception() -> None:
    """R13."""
    procedure = REFERENCE.procedures["1.000894"]
    own, other, bare = (
        procedure.versions[0].model_copy(
            update={"valid_from": at(day).date(), "warn_open_hours": hours, "apology_lead_days": lead}
        )
        for day, hours, lead in ((1, (2, 1), 5), (2, (), None), (3, None, None))
    )
    versions = procedure.model_copy(update={"versions": (own, other, bare)})
    reference = replace(REFERENCE, procedures={"1.000894": versions})

    def rules(name: str, code: str = "1.000894") -> RungRules:
        taken_in = load(play([received(procedure=code, terms={"procedure_version": name})])[0]).facts.first(Received)
        return rules_for(taken_in, reference, RULES)

    assert rules(own.name) == RungRules((2, 1), 5, 1)
    assert rules(other.name) == RungRules((), 2, 1)
    assert rules(bare.name) == RULES
    assert rules("2020-01-01") == rules(own.name, "9.999999") == rules_for(None, reference, RULES) == RULES


# --- what is said -----------------------------------------------------------------------


def fired_by(document: Any, when: datetime) -> list[Any]:
    changed = fire(load(document), when, when, GROUND)
    return [*changed.said]


def test_each_rung_says_what_was_reached_and_where() -> None:
    step = fact("progressed", at(3), step="Thẩm định", department="Phòng Kinh tế", step_due_at=at(13, "16:00"))
    document, _ = play([received(limit=(10, "working_day")), step])  # due on the 16th at 09:00

    assert fired_by(document, at(13, "16:00")) == [
        Once(
            DeadlineWarned(
                at=at(13, "16:00"), rung="step/1", step="Thẩm định", department="Phòng Kinh tế", unit="H37.12", due_at=at(16)
            ),
            "step/1",
        ),
        Once(DeadlineApologyDue(at=at(12), unit="H37.12", due_at=at(16), sign_by=at(13)), "apology-due"),
        Once(DeadlineWarned(at=at(13, "14:30"), rung="4h", step=None, department=None, unit="H37.12", due_at=at(16)), "4h"),
    ]
    assert fired_by(play([received()])[0], at(9)) == [
        Once(DeadlineOverdue(at=at(9), tier=1, unit="H37.12", due_at=at(9)), "overdue")
    ]
    anew = play([received(), fact("reappointed", at(6), new_due_at=at(16))])[0]
    assert fired_by(anew, at(16)) == [Once(DeadlineOverdue(at=at(16), tier=2, unit="H37.12", due_at=at(16)), "overdue/2")]


def test_a_timer_keeps_what_is_watched_and_sets_the_next_one() -> None:
    before = load(play([received(limit=(10, "working_day"), promised_at=at(17))])[0])
    assert before.watch is not None
    assert before.watch.differs == ms(16)
    after = fire(before, at(13, "15:30"), at(13, "15:30"), GROUND).after

    assert after.watch == replace(before.watch, next_rung_at=ms(16, "14:30"))
    assert after.rungs == {"24h": "superseded", "apology-due": "fired"}
    assert (after.code, after.facts, after.deadline) == (DOSSIER, before.facts, before.deadline)
    assert fire(before, at(11, "16:59"), at(11, "16:59"), GROUND).after is before
