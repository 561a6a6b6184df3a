"""The eight hours of a dossier that waits to be accepted: open hours, settled by any answer, no promise to anybody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from itertools import permutations
from typing import Any

import pytest

from contracts import Event
from dunghen import PROVINCE
from reference import OFFICE_TIME
from runtime.outputs import Output
from runtime.store import Document
from services.sla.domain.desk import told_of
from services.sla.handlers import Context
from services.sla.settings import SlaSettings
from services.sla.store import CODEC
from tests.support.dossiers import at, fact, received, submitted
from tests.support.sla import CLOCK, CONTEXT, REFERENCE, last, on_calendar, on_timer, play, said
from tests.support.sla_lives import Life

REFUSED = fact("refused", at(2, "10:00"))
TAKEN_BACK = fact("retracted", at(2, "10:00"), version=2, fact="refused")
AGAIN = submitted(at(3), version=2)


def stated(events: Sequence[Event]) -> dict[str, Any]:
    """The newest statement after some events: of the dates, the first 16 letters."""
    _, outputs = play(events)
    return short(outputs)


def short(outputs: Sequence[Output]) -> dict[str, Any]:
    """The newest statement; of the dates, the first 16 letters."""
    found = last(outputs, "acceptance")
    return {name: value[:16] if name in ("since", "due_at", "answered_at") else value for name, value in found.items()}


@pytest.mark.parametrize(
    ("when", "due"),
    [
        (at(2, "07:30"), at(3, "08:00")),
        (at(2, "09:00"), at(3, "09:30")),
        (at(2, "12:00"), at(3, "14:00")),  # in the lunch break
        (at(2, "16:00"), at(3, "16:30")),
        (at(2, "18:00"), at(4, "08:00")),  # after closing: from Tuesday, 07:30, whose day has seven hours and a half
        (at(6, "16:00"), at(9, "16:30")),  # a Friday
        (at(7, "10:00"), at(10, "08:00")),  # a Saturday
        (at(13, "15:00", month=2), at(23, "15:30", month=2)),  # before Tết, which ends with 22 February
        (at(17, "20:00", month=2), at(24, "08:00", month=2)),  # on the first day of the year
    ],
)
def test_it_is_to_be_answered_within_eight_open_hours(when: datetime, due: datetime) -> None:
    """D20."""
    found = stated([submitted(when)])

    assert (found["outcome"], found["unit"], found["version"]) == ("waiting", "H37.12", 1)
    assert (found["since"], found["due_at"]) == (when.isoformat()[:16], due.isoformat()[:16])


@pytest.mark.parametrize(
    ("answer", "state", "outcome"),
    [
        (received(at(2, "10:00")), 2, "on_time"),
        (received(at(3, "09:30")), 2, "on_time"),
        (received(at(3, "09:31")), 2, "late"),
        (fact("refused", at(2, "10:00")), 3, "on_time"),
        (fact("refused", at(4)), 3, "late"),
        (fact("supplement-requested", at(2, "11:00")), 5, "on_time"),
        (fact("supplement-requested", at(4)), 5, "late"),
        (fact("withdrawn", at(2, "10:00")), 7, "on_time"),
        (fact("stopped", at(4)), 8, "late"),
        (fact("completed", at(2, "10:00")), 9, "on_time"),
        (fact("returned", at(2, "10:00")), 10, "on_time"),
    ],
)
def test_any_answer_settles_it_whichever_comes_first(answer: Event, state: int, outcome: str) -> None:
    """D20, D11."""
    for events in ([submitted(), answer], [answer, submitted()]):
        found = stated(events)
        assert (found["state"], found["outcome"], found["due_at"]) == (state, outcome, "2026-03-03T09:30")
        assert found["answered_at"] == answer.data.model_dump(mode="json")["at"][:16]


def test_one_that_was_accepted_before_it_was_submitted_is_in_time() -> None:
    found = stated([received(at(2)), submitted(at(3))])

    assert (found["state"], found["outcome"]) == (2, "on_time")


def test_whatever_is_said_twice_or_in_another_order_ends_the_same() -> None:
    events = [submitted(), REFUSED, TAKEN_BACK, AGAIN, received(at(3, "10:00"))]
    wanted = stated(events)
    assert (wanted["since"], wanted["state"], wanted["outcome"]) == ("2026-03-03T09:00", 2, "on_time")

    for order in permutations(events):
        document, outputs = play([*order, *order])
        found = short(outputs)
        assert {**found, "version": 0, "at": ""} == {**wanted, "version": 0, "at": ""}
        assert play(order, document)[1] == []
        assert "accept_by" not in document
        assert "deadline" in document


def test_a_stale_version_changes_nothing() -> None:
    document, _ = play([AGAIN])

    assert play([submitted()], document) == (document, [])


def test_submitted_again_after_a_refusal_it_waits_anew() -> None:
    document, outputs = play([submitted(), REFUSED, TAKEN_BACK, AGAIN])

    assert [output.body["data"]["outcome"] for output in outputs] == ["waiting", "on_time", "waiting", "waiting"]
    assert short(outputs)["since"] == "2026-03-03T09:00"
    assert document["accept_by"] == document["next_rung_at"]


def test_of_attempts_under_numbers_of_their_sender_the_latest_holds() -> None:
    numbered = [submitted(occasion="7"), REFUSED, TAKEN_BACK, submitted(at(3), occasion="8")]

    for order in permutations(numbered):
        assert stated(order)["since"] == "2026-03-03T09:00"


def test_when_the_papers_came_the_time_begins_anew() -> None:
    """D20."""
    asked = [submitted(), fact("supplement-requested", at(2, "11:00"))]
    waiting = stated([*asked, fact("supplemented", at(4))])
    accepted = stated([*asked, fact("supplemented", at(4)), received(at(5, "10:00"))])

    assert (waiting["outcome"], waiting["since"], waiting["due_at"]) == ("waiting", "2026-03-04T09:00", "2026-03-05T09:30")
    assert (accepted["outcome"], accepted["since"]) == ("late", "2026-03-04T09:00")


def test_papers_that_are_asked_for_after_the_acceptance_are_no_answer() -> None:
    found = stated([submitted(), received(at(2, "10:00")), fact("supplement-requested", at(4)), fact("supplemented", at(5))])

    assert (found["state"], found["since"]) == (2, "2026-03-02T09:00")


def test_rounds_of_an_earlier_attempt_say_nothing_of_the_next() -> None:
    rounds = [fact("supplement-requested", at(2, "09:30")), REFUSED, TAKEN_BACK]

    assert stated([submitted(), *rounds, AGAIN])["outcome"] == "waiting"


@pytest.mark.parametrize("channel", [1, 3])
def test_what_is_handed_in_at_a_counter_or_by_post_has_no_such_time(channel: int) -> None:
    document, outputs = play([submitted(channel=channel), received(at(5))])

    assert said(outputs) == ["set"]
    assert "acceptance" not in document


def test_a_submission_whose_way_nobody_told_came_online() -> None:
    assert stated([submitted(channel=None)])["outcome"] == "waiting"


def test_one_that_waits_has_no_promise_and_no_outcome() -> None:
    """D20."""
    document, outputs = play([submitted(), fact("withdrawn", at(3))])

    assert said(outputs) == ["acceptance", "acceptance"]
    assert not {"deadline", "settled", "counted_with", "open_due"} & document.keys()


def test_the_promise_is_what_it_is_without_any_submission() -> None:
    with_it, without = play([submitted(), received(), fact("completed", at(6))]), play([received(), fact("completed", at(6))])

    assert [output for output in with_it[1] if "acceptance" not in output.body["type"]] == without[1]
    assert {name: with_it[0][name] for name in without[0] if name not in ("facts", "outbox")} == {
        name: value for name, value in without[0].items() if name not in ("facts", "outbox")
    }


def fired(document: Document, *moments: datetime) -> tuple[Document, list[Output]]:
    """Timers at some moments."""
    outputs: list[Output] = []
    for moment in moments:
        decision = on_timer(document, moment, moment)
        document, outputs = decision.document, [*outputs, *decision.outputs]
    return document, outputs


def test_when_it_runs_out_that_is_said_once() -> None:
    document, _ = play([submitted()])
    after, outputs = fired(document, at(3, "09:29"), at(3, "09:30"), at(3, "09:31"), at(5))

    assert [short(outputs)["outcome"], len(outputs)] == ["overdue", 1]
    assert outputs[0].body["data"]["at"][:16] == "2026-03-03T09:30"
    assert after["accept_by"] == document["accept_by"]  # it stays on the list
    assert "next_rung_at" not in after
    assert stated_after(after, received(at(4)))["outcome"] == "late"


def stated_after(document: Document, *events: Event) -> dict[str, Any]:
    """The newest statement after more events."""
    return short(play(events, document)[1])


def test_two_instances_say_the_same_under_the_same_id() -> None:
    document, _ = play([submitted()])
    first, second = (on_timer(document, moment, moment) for moment in (at(3, "10:00"), at(3, "15:00")))

    assert [output.id for output in first.outputs] == [output.id for output in second.outputs]
    assert first.document["acceptance"] == second.document["acceptance"]
    assert on_timer(first.document, at(4), at(4)).outputs == ()


def test_what_was_answered_has_no_timer() -> None:
    document, _ = play([submitted(), REFUSED])

    assert not {"accept_by", "next_rung_at"} & document.keys()
    assert fired(document, at(9))[1] == []


def test_a_corrected_time_is_counted_anew_and_one_that_is_taken_back_is_void() -> None:
    corrected = stated([submitted(), submitted(at(2, "08:00"), version=2)])
    document, outputs = play([submitted(), fact("retracted", at(2), version=2, fact="submitted")])

    assert (corrected["version"], corrected["due_at"]) == (2, "2026-03-03T08:30")
    assert short(outputs) == {"at": last(outputs, "acceptance")["at"], "version": 2, "unit": "H37.12", "outcome": "void"}
    assert "accept_by" not in document


def test_another_unit_counts_its_own_hours_from_the_same_moment() -> None:
    found = stated([submitted(), submitted(version=2, receiving_unit="H37.13")])

    assert (found["unit"], found["version"]) == ("H37.13", 2)


def test_a_day_off_that_is_entered_later_moves_it_while_it_waits() -> None:
    """R7."""
    life = Life().hear(submitted(at(2, "15:00"))).change(at(3))
    moved = life.document["accept_by"]
    life.change(at(20), number=2).until(at(4, "15:29")).hear(received(at(4, "15:30"))).change(at(4), number=3)

    outcomes = [event.data.model_dump()["outcome"] for event in life.own if event.type.endswith("acceptance.v1")]
    assert moved == round(at(4, "15:30").timestamp() * 1000)
    assert outcomes == ["waiting", "waiting", "on_time"]


def test_what_had_run_out_and_is_moved_by_a_day_off_waits_again() -> None:
    life = Life().hear(submitted(at(2, "15:00"))).until(at(3, "15:30")).change(at(3)).until(at(4, "15:30"))

    outcomes = [event.data.model_dump()["outcome"] for event in life.own]
    assert outcomes == ["waiting", "overdue", "waiting", "overdue"]


def test_a_count_into_a_year_that_nobody_confirmed_is_provisional() -> None:
    """R8."""
    last_day = datetime(REFERENCE.calendar.confirmed_through, 12, 31, 16, tzinfo=OFFICE_TIME)

    assert stated([submitted(last_day)])["provisional"] is True
    assert "provisional" in play([submitted(last_day)])[0]["acceptance"]


# --- beyond the end of the calendar -------------------------------------------------------

LAST = datetime(2026, 12, 31, 15, tzinfo=OFFICE_TIME)


def short_life(*events: Event) -> Life:
    """A life that is told events while the calendar ends with 2026."""
    return Life(last_year=2026).hear(*events)


def longer(life: Life) -> Life:
    """The next release comes, whose calendar reaches further; then all that waits is looked at."""
    life.context = Context.of(replace(REFERENCE), SlaSettings(reference_dir=PROVINCE), life.clock)
    life.take(on_calendar(life.document, life.context))
    return life


def outcomes(life: Life) -> list[str]:
    """What was said of the time to accept it, one after the other."""
    return [event.data.model_dump()["outcome"] for event in life.own if event.type.endswith("acceptance.v1")]


def test_what_no_calendar_reaches_is_marked_and_counted_once_one_does() -> None:
    """D20."""
    life = short_life(submitted(LAST))
    assert outcomes(life) == []
    assert life.document["uncounted_since"] == round(LAST.timestamp() * 1000)
    assert not {"accept_by", "next_rung_at"} & life.document.keys()

    longer(life)
    told = life.own[-1].data.model_dump(mode="json")
    assert (told["outcome"], told["version"], told["due_at"][:16]) == ("waiting", 1, "2027-01-04T15:30")
    assert "uncounted_since" not in life.document
    assert life.document == {**Life().hear(submitted(LAST)).document, "rev": life.document["rev"]}
    assert outcomes(longer(life)) == ["waiting"]


@pytest.mark.parametrize(
    ("answer", "said_of_it"),
    [
        (received(LAST.replace(minute=30)), "on_time"),
        (fact("refused", LAST.replace(minute=30)), "on_time"),
        (fact("supplement-requested", LAST.replace(minute=30)), "on_time"),
    ],
    ids=["received", "refused", "papers"],
)
def test_what_was_answered_before_it_could_be_counted_is_settled_then(answer: Event, said_of_it: str) -> None:
    life = short_life(submitted(LAST), answer)
    assert outcomes(life) == []

    assert outcomes(longer(life)) == [said_of_it]
    assert "uncounted_since" not in life.document


def test_what_was_stated_of_an_earlier_time_holds_no_more_where_the_new_one_cannot_be_counted() -> None:
    life = short_life(submitted(), submitted(LAST, version=2))
    assert outcomes(life) == ["waiting", "void"]

    assert outcomes(longer(life)) == ["waiting", "void", "waiting"]
    assert life.own[-1].data.model_dump()["version"] == 3


def test_a_submission_that_could_not_be_counted_and_was_taken_back_leaves_nothing_behind() -> None:
    life = short_life(submitted(LAST), fact("retracted", LAST, version=2, fact="submitted"))

    assert outcomes(life) == []
    assert not {"acceptance", "uncounted_since"} & life.document.keys()


@pytest.mark.parametrize("before", [(), (submitted(),)], ids=["first", "after another"])
def test_the_mark_comes_back_when_the_store_is_made_anew(before: tuple[Event, ...]) -> None:
    version = 1 + len(before)
    life = short_life(*before, submitted(LAST, version=version))

    life.compare()
    longer(life).compare()


def test_a_dossier_that_cannot_be_counted_is_told_as_one_that_waits_to_be_accepted() -> None:
    life = short_life(submitted(LAST))
    told = told_of(CODEC.read(life.document), LAST, life.context.ground)

    assert told is not None
    assert (told.stage, told.due, told.waits_for) == ("submitted", None, "")
    assert told.submitted_at == life.document["uncounted_since"]


def test_a_moment_that_no_calendar_has_holds_nothing_up() -> None:
    beyond = submitted(datetime(2036, 6, 2, 9, tzinfo=OFFICE_TIME))
    document, outputs = play([beyond, replace(received(at(2)), time=at(3))])

    assert said(outputs) == ["set"]
    assert "deadline" in document


def test_how_many_hours_is_a_setting() -> None:
    four = Context.of(REFERENCE, SlaSettings(reference_dir=PROVINCE, accept_open_hours=4), CLOCK)
    life = Life()
    life.context = four
    life.hear(submitted())

    assert life.own[0].data.model_dump(mode="json")["due_at"][:16] == "2026-03-02T15:00"
    assert CONTEXT.ground.acceptance == (8, "hour")
