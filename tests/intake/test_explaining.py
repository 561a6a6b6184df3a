"""What a snapshot, or the state after a step, comes down to beyond the table of snapshots.yaml: what is seen, noted, said with
which fault, and what a straggler may still add (D15, D16)."""

from datetime import UTC, timedelta
from typing import Any

import pytest

from contracts.dossiers import Reappointed, Received, Retracted
from services.intake.domain import Accepted, Fault, Quarantined, Refused
from tests.intake.decided import CODE, NOW, RECEIVED, REFERENCE, SNAPSHOT, Life, at, event, ms


def seen(state: int, **more: Any) -> dict[str, Any]:
    """A snapshot in a state."""
    return {**SNAPSHOT, "state": state, **more}


def asked(*rounds: tuple[str | None, int, int | None]) -> list[dict[str, Any]]:
    """Rounds of supplements: number, day asked, day given."""
    return [
        {
            "occasion": number,
            "requested_at": at(day).isoformat(),
            "supplemented_at": None if given is None else at(given).isoformat(),
        }
        for number, day, given in rounds
    ]


# --- order --------------------------------------------------------------------------

PHASES = {1: 1, 2: 2, 4: 3, 5: 3, 6: 3, 3: 4, 7: 4, 8: 4, 9: 4, 10: 5}


@pytest.mark.parametrize("before", PHASES)
@pytest.mark.parametrize("after", PHASES)
def test_a_snapshot_of_an_earlier_phase_is_a_straggler_and_one_of_the_same_is_not(before: int, after: int) -> None:
    """D15."""
    life = Life()
    life.accepts(seen(before))
    notes = life.take(seen(after, promised_at=at(9).isoformat())).notes

    assert ("stragglers" in notes) == (PHASES[after] < PHASES[before])
    assert life.dossier.seen.order == (max(PHASES[before], PHASES[after]), 0)


def test_each_request_and_each_answer_is_a_round_by_which_snapshots_are_ordered() -> None:
    """D15."""
    life, rounds = Life(), [asked(), asked(("A", 3, None)), asked(("A", 3, 4)), asked(("A", 3, 4), ("B", 5, None))]
    for number, own in enumerate(rounds):
        life.accepts(seen(5, supplements=own))
        assert life.dossier.seen.order == (3, number)
    for own in rounds[:-1]:
        assert "stragglers" in life.take(seen(5, supplements=own)).notes
        assert life.dossier.seen.order == (3, 3)


@pytest.mark.parametrize(
    ("kind", "phase"), [("refused", 4), ("withdrawn", 4), ("stopped", 4), ("completed", 4), ("returned", 5)]
)
def test_what_single_events_said_of_the_phase_counts_until_it_is_taken_back(kind: str, phase: int) -> None:
    """D15."""
    life = Life()
    life.accepts(event(kind, at(5)))
    assert "stragglers" in life.take(seen(4)).notes
    assert life.dossier.seen.order is None
    assert ("stragglers" in life.take(seen(9, completed_at=at(5).isoformat())).notes) == (phase == 5)
    life = Life()
    life.accepts(event(kind, at(5)), event("retracted", at(6), fact=kind))
    assert "stragglers" not in life.take(seen(4)).notes


def test_a_reception_told_by_itself_makes_a_snapshot_of_the_mere_registration_a_straggler() -> None:
    life = Life()
    life.accepts(RECEIVED)

    assert "stragglers" in life.take(seen(1)).notes
    assert "stragglers" not in life.take(seen(2)).notes


def test_what_was_observed_earlier_than_the_last_snapshot_is_a_straggler_whatever_its_phase() -> None:
    life = Life()
    life.accepts(seen(4, observed_at=at(6).isoformat()))
    assert life.dossier.seen.at == ms(at(6))

    older = life.take(seen(9, completed_at=at(5).isoformat(), observed_at=(at(6) - timedelta(seconds=1)).isoformat()))
    assert "stragglers" in older.notes
    assert (life.dossier.seen.order, life.dossier.seen.at) == ((3, 0), ms(at(6)))
    same = life.take(seen(9, completed_at=at(5).isoformat(), observed_at=at(6).isoformat()))
    assert "stragglers" not in same.notes
    life.accepts(seen(10, returned_at=at(7).isoformat()))  # nobody says when it was seen
    assert (life.dossier.seen.order, life.dossier.seen.at) == ((5, 0), ms(at(6)))


# --- reception ------------------------------------------------------------------------


@pytest.mark.parametrize("state", [3, 7])
def test_a_dossier_that_was_never_accepted_has_no_reception(state: int) -> None:
    life = Life()
    kind = {3: "refused", 7: "withdrawn"}[state]

    assert life.accepts(seen(state, received_at=None, completed_at=at(3).isoformat())) == [f"{kind}@03 08"]
    assert life.dossier.reception is None


@pytest.mark.parametrize("state", [2, 4, 5, 6, 8, 9, 10])
def test_any_other_state_needs_the_reception_and_everything_that_is_missing_is_named(state: int) -> None:
    life = Life()
    bare = {"dossier": "000.00.99.H99-250302-0001", "type": "snapshot", "state": state}
    answer = life.take(bare).answer

    missing = [Fault(name, "missing", "bắt buộc phải có") for name in ("received_at", "procedure", "receiving_unit")]
    assert answer == Refused(tuple(missing))
    assert (life.said, life.dossier.seen.order) == ([], None)


@pytest.mark.parametrize("left_out", ["received_at", "procedure", "receiving_unit"])
def test_what_is_known_of_the_reception_need_not_be_said_again(left_out: str) -> None:
    life = Life()
    life.accepts({**RECEIVED, "receiving_unit": "H37.13", "competent_unit": "H37.14"})
    life.accepts(seen(4, receiving_unit="H37.13", competent_unit="H37.14", channel=2) | {left_out: None})
    (fact,) = life.facts

    assert isinstance(fact, Received)
    assert (fact.at, fact.procedure, fact.receiving_unit, fact.competent_unit) == (at(2), "1.000894", "H37.13", "H37.14")
    assert (fact.version, fact.channel) == (2, 2)


def test_the_receiving_unit_is_the_one_named_else_the_one_of_the_code_else_the_one_that_decides() -> None:
    def units(**more: Any) -> tuple[str, str]:
        life = Life()
        life.accepts(seen(4, **more))
        (fact,) = life.facts
        assert isinstance(fact, Received)
        return fact.receiving_unit, fact.competent_unit

    assert units(receiving_unit="H37.13", competent_unit="H37.14") == ("H37.13", "H37.14")
    assert units(receiving_unit=None, competent_unit="H37.14") == ("H37.12", "H37.14")
    assert units(receiving_unit=None) == ("H37.12", "H37.12")
    assert units(receiving_unit=None, competent_unit="H37.14", dossier="000.00.99.H99-250302-0001") == ("H37.14", "H37.14")


def test_a_name_of_the_catalogue_stands_for_a_code_that_is_not_given() -> None:
    life = Life()
    names = {"procedure_name": "đăng ký  kết hôn", "competent_unit_name": "UBND phường Kỳ Lâm"}
    life.accepts(seen(4, procedure=None, **names))
    (fact,) = life.facts
    assert isinstance(fact, Received)
    assert (fact.procedure, fact.competent_unit) == ("1.000894", "H37.13")

    life.accepts(seen(4, procedure="2.000815", competent_unit="H37.14", **names))  # a code that is given counts
    (fact,) = life.facts
    assert isinstance(fact, Received)
    assert (fact.procedure, fact.competent_unit) == ("2.000815", "H37.14")
    unknown = Life().take(seen(4, competent_unit_name="UBND xã Không Có"))
    assert unknown.answer == Quarantined("unknown-unit", "competent_unit")


def test_a_snapshots_reception_says_all_that_the_snapshot_says_of_it() -> None:
    life = Life()
    whole: dict[str, Any] = {
        "channel": 3,
        "return_method": "post",
        "out_of_area": True,
        "linked": [{"part": "Tiếp nhận hồ sơ", "unit": "H37.14"}],
        "promised_at": at(9).isoformat(),
        "observed_at": at(6).isoformat(),
        "contact": {"name": "Nông Thị Mẫu", "phone": "0912000007"},
    }
    life.accepts(seen(4, **whole))
    (fact,) = life.facts

    assert isinstance(fact, Received)
    assert (fact.channel, fact.return_method, fact.out_of_area, fact.promised_at) == (3, "post", True, at(9))
    assert fact.linked is not None
    assert [(part.part, part.unit) for part in fact.linked] == [("Tiếp nhận hồ sơ", "H37.14")]
    assert (fact.observed_at, fact.contact_sequence, len(life.sealed)) == (at(6), 1, 1)


# --- the promise ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "flagged", "said"),
    [
        ({}, True, at(16)),
        ({"supplements": asked(("A", 9, 12))}, False, at(16)),  # asked for exactly at the promised moment
        ({"supplements": asked(("A", 10, 12))}, True, at(16)),
        ({"supplements": [{**asked(("A", 10, 12))[0], "new_due_at": at(16).isoformat()}]}, False, at(16)),
        ({"supplements": [{**asked(("A", 10, 12))[0], "new_due_at": at(17).isoformat()}]}, True, at(16)),
        ({"reappointed": {"at": at(6).isoformat(), "new_due_at": at(16).isoformat()}}, False, at(9)),
        ({"reappointed": {"at": at(6).isoformat(), "new_due_at": at(17).isoformat()}}, True, at(16)),
    ],
)
def test_a_changed_promise_is_flagged_unless_a_pause_or_a_marked_re_promise_explains_it(
    more: dict[str, Any], flagged: bool, said: object
) -> None:
    """D16."""
    life = Life()
    life.accepts(seen(2, promised_at=at(9).isoformat()))
    taken = life.take(seen(4, promised_at=at(16).isoformat(), **more))

    assert isinstance(taken.answer, Accepted)
    assert ("promise_changes" in taken.notes) == flagged
    known = life.dossier.reception
    assert known is not None
    assert known.promised_at == said.isoformat()  # type: ignore[attr-defined]


def test_a_first_promise_and_one_that_stays_are_no_change() -> None:
    life = Life()
    life.accepts(seen(2))
    assert "promise_changes" not in life.take(seen(4, promised_at=at(9).isoformat())).notes
    assert "promise_changes" not in life.take(seen(4, promised_at="2026-03-09T01:00Z")).notes
    assert "promise_changes" not in life.take(seen(4)).notes
    assert "promise_changes" not in life.take(seen(2, promised_at=at(10).isoformat())).notes  # a straggler changes none


# --- rounds ---------------------------------------------------------------------------


def test_a_round_under_another_number_is_the_request_with_its_time_and_stays_it() -> None:
    life = Life()
    life.accepts(RECEIVED, event("supplement-requested", at(3)))

    assert life.accepts(seen(5, supplements=asked(("A", 3, None)))) == []
    assert life.dossier.seen.same == {"A": "1"}
    assert life.accepts(seen(4, supplements=asked(("A", 4, 6)))) == ["supplement-requested@04 08#2", "supplemented@06 08"]


def test_rounds_without_numbers_are_numbered_by_their_place() -> None:
    life = Life()

    assert life.accepts(seen(5, supplements=asked((None, 3, 4), (None, 5, None)))) == [
        "received@02 08",
        "supplement-requested@03 08",
        "supplemented@04 08",
        "supplement-requested@05 08/2",
    ]


def test_a_guessed_request_is_only_one_rounds_and_a_second_round_is_another() -> None:
    life = Life()
    life.now = at(4)
    assert life.accepts(seen(5)) == ["received@02 08", "supplement-requested@04 08 guessed"]
    rounds = asked(("A", 3, 4), ("B", 5, None))
    life.now = NOW
    assert life.accepts(seen(5, supplements=rounds)) == [
        "supplement-requested@03 08#2",
        "supplemented@04 08",
        "supplement-requested@05 08/B",
    ]
    assert life.dossier.seen.same == {"A": "1"}


def test_the_request_with_the_very_time_is_taken_before_one_that_was_guessed() -> None:
    life = Life()
    life.now = at(3)
    life.accepts(seen(5))  # guessed, occasion 1
    life.now = NOW
    life.accepts(event("supplement-requested", at(5), occasion="2"))

    assert life.accepts(seen(5, supplements=asked(("A", 5, None)))) == []
    assert life.dossier.seen.same == {"A": "2"}


def test_a_round_of_another_time_than_any_known_and_stated_request_is_a_new_one() -> None:
    life = Life()
    life.accepts(RECEIVED, event("supplement-requested", at(3)))

    assert life.accepts(seen(5, supplements=asked(("A", 4, None)))) == ["supplement-requested@04 08/A"]
    assert life.dossier.seen.same == {}


def test_a_fault_of_a_round_names_its_place() -> None:
    life = Life(max_facts=1)
    life.accepts(RECEIVED)
    life.accepts(event("suspended", at(3)))
    rounds = asked((None, 3, None))
    assert life.take(seen(5, supplements=rounds)).answer == Quarantined("too-many-facts")
    early = Life().take(seen(4, supplements=asked((None, 3, 4), (None, 30, None)))).answer
    assert isinstance(early, Refused)
    assert [fault.field for fault in early.faults] == ["supplements.1.requested_at"]


# --- pauses without times -------------------------------------------------------------


def test_a_guess_is_as_of_when_the_sender_saw_it_or_else_when_it_was_heard_of() -> None:
    observed = Life().accepts(seen(6, observed_at=at(6).isoformat()))
    heard = Life(now=at(7)).accepts(seen(6))

    assert observed == ["received@02 08", "fee-requested@06 08 guessed"]
    assert heard == ["received@02 08", "fee-requested@07 08 guessed"]
    abroad = Life(now=at(7).astimezone(UTC))
    abroad.accepts(seen(6))
    assert abroad.facts[-1].at.isoformat() == "2026-03-07T08:00:00+07:00"


def test_guesses_are_counted() -> None:
    life = Life()

    assert life.take(seen(6)).notes.count("guessed_times") == 1
    assert life.take(seen(4)).notes.count("guessed_times") == 1
    assert "guessed_times" not in life.take(seen(4)).notes
    assert life.take(seen(10)).notes.count("guessed_times") == 1


@pytest.mark.parametrize(("state", "ends"), [(2, True), (4, True), (5, False), (6, False), (9, False), (10, False)])
def test_pauses_end_where_the_state_says_that_the_work_goes_on(state: int, ends: bool) -> None:
    life = Life(now=at(10))
    life.accepts(event("supplement-requested", at(3)), event("fee-requested", at(4)), event("fee-requested", at(5)))
    said = life.accepts(seen(state, completed_at=at(9).isoformat(), returned_at=at(9).isoformat()))

    guessed = ["supplemented@10 08 guessed", "fee-paid@10 08 guessed", "fee-paid@10 08/2 guessed"]
    assert [fact for fact in said if "guessed" in fact] == (guessed if ends else [])


def test_a_state_of_waiting_begins_no_second_pause() -> None:
    life = Life()
    life.accepts(RECEIVED, event("supplement-requested", at(3)), event("fee-requested", at(4)))

    assert life.accepts(seen(5)) == []
    assert life.accepts(seen(6)) == []
    assert Life().accepts(seen(5, supplements=asked(("A", 3, None)))) == ["received@02 08", "supplement-requested@03 08/A"]
    given = Life().accepts(seen(5, supplements=asked(("A", 3, 4))))
    assert given[-1].endswith("guessed")  # all that is listed came: another request has no time yet
    assert given[-1].startswith("supplement-requested@20 10")


def test_an_answer_that_the_snapshot_tells_is_not_guessed_beside_it() -> None:
    life = Life()
    life.accepts(seen(5, supplements=asked(("A", 3, None), ("B", 4, None))))

    assert life.accepts(seen(4, supplements=asked(("A", 3, 6), ("B", 4, None)))) == [
        "supplemented@06 08/A",
        "supplemented@20 10/B guessed",
    ]


def test_a_straggler_guesses_nothing() -> None:
    for state in (2, 4, 5, 6):
        life = Life()
        life.accepts(RECEIVED, event("supplement-requested", at(3)), event("completed", at(5)))
        assert life.accepts(seen(state)) == []
    life = Life()
    life.accepts(event("returned", at(5)))
    assert life.accepts(seen(9)) == ["received@02 08"]


# --- re-promises and ends ---------------------------------------------------------------


def test_a_marked_re_promise_is_said_with_its_own_time_and_a_straggler_does_not_correct_it() -> None:
    marked = {"at": at(6).isoformat(), "new_due_at": at(16).isoformat()}
    life = Life()
    life.accepts(seen(9, completed_at=at(12).isoformat(), reappointed=marked))
    (fact,) = (fact for fact in life.facts if isinstance(fact, Reappointed))
    assert (fact.at, fact.new_due_at, fact.occasion) == (at(6), at(16), "1")
    assert life.accepts(seen(4, reappointed={**marked, "new_due_at": at(17).isoformat()})) == []

    other = Life()
    other.accepts(seen(9, completed_at=at(12).isoformat()))
    assert other.accepts(seen(4, reappointed=marked)) == ["reappointed@06 08"]


ENDS = {3: "refused", 7: "withdrawn", 8: "stopped", 9: "completed"}


@pytest.mark.parametrize("state", ENDS)
@pytest.mark.parametrize("other", ENDS)
def test_of_two_ends_of_one_phase_the_later_arrival_holds_and_the_other_is_taken_back(state: int, other: int) -> None:
    """D15."""
    life = Life()
    life.accepts(seen(other, completed_at=at(4).isoformat()))
    said = life.accepts(seen(state, completed_at=at(5).isoformat()))

    if state == other:
        assert said == [f"{ENDS[state]}@05 08#2"]
        return
    assert said == [f"-{ENDS[other]}@04 08#2", f"{ENDS[state]}@05 08"]
    assert [fact.fact for fact in life.facts if isinstance(fact, Retracted)] == [ENDS[other]]


@pytest.mark.parametrize("state", ENDS)
def test_an_end_without_a_time_is_guessed_once(state: int) -> None:
    life = Life(now=at(10))

    assert life.accepts(seen(state))[1:] == [f"{ENDS[state]}@10 08 guessed"]
    life.now = at(11)
    assert life.accepts(seen(state)) == []


def test_a_straggler_adds_an_end_where_none_stands_and_contradicts_none() -> None:
    end = at(5).isoformat()
    life = Life()
    life.accepts(event("returned", at(6)))
    assert life.accepts(seen(9, completed_at=end)) == ["received@02 08", "completed@05 08"]
    assert life.accepts(seen(8, completed_at=end)) == []
    assert life.accepts(seen(9, completed_at=at(4).isoformat())) == []


def test_a_hand_over_says_the_completion_it_knows_unless_the_dossier_ended_otherwise() -> None:
    whole = {"completed_at": at(5).isoformat(), "returned_at": at(6).isoformat()}
    assert Life().accepts(seen(10, **whole)) == ["received@02 08", "completed@05 08", "returned@06 08"]
    assert Life(now=at(9)).accepts(seen(10)) == ["received@02 08", "returned@09 08 guessed"]

    stopped = Life()
    stopped.accepts(seen(8, completed_at=at(4).isoformat()))
    assert stopped.accepts(seen(10, **whole)) == ["returned@06 08"]
    assert stopped.accepts(seen(10)) == []  # it is known when


def test_an_end_that_is_held_names_the_field_it_was_in() -> None:
    early = at(1).isoformat()

    assert Life().take(seen(9, completed_at=early)).answer == Quarantined("ends-before-reception", "completed_at")
    assert Life().take(seen(10, returned_at=early)).answer == Quarantined("ends-before-reception", "returned_at")
    assert Life().take(seen(8, observed_at=early)).answer == Quarantined("ends-before-reception", "state")
    life = Life()
    life.accepts(event("completed", at(3)))
    assert life.take(seen(9, received_at=at(4).isoformat())).answer == Quarantined("ends-before-reception", "received_at")


# --- the state after a step -------------------------------------------------------------


def step(day: int, state: int | None, **more: Any) -> dict[str, Any]:
    """A step and the state after it."""
    return event("progressed", at(day), state=state, **({"step": "Xử lý"} | more))


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (1, []),
        (2, ["supplemented", "fee-paid"]),
        (3, ["refused"]),
        (4, ["supplemented", "fee-paid"]),
        (5, []),
        (6, []),
        (7, ["withdrawn"]),
        (8, ["stopped"]),
        (9, ["completed"]),
        (10, ["returned"]),
    ],
)
def test_the_state_after_a_step_ends_pauses_or_the_dossier(state: int, said: list[str]) -> None:
    life = Life()
    life.accepts(event("supplement-requested", at(3)), event("fee-requested", at(4)))
    told = life.accepts(step(6, state))

    assert told == ["progressed@06 08", *(f"{kind}@06 08 reported" for kind in said)]
    assert life.dossier.seen.order == ((PHASES[state], 0))


def test_the_state_after_a_step_begins_a_pause_where_none_is_open() -> None:
    life = Life()

    assert life.accepts(step(3, 5)) == ["progressed@03 08", "supplement-requested@03 08 reported"]
    assert life.accepts(step(4, 5)) == ["progressed@04 08/2"]
    assert life.accepts(step(5, 6)) == ["progressed@05 08/3", "fee-requested@05 08 reported"]
    assert life.accepts(step(6, 6)) == ["progressed@06 08/4"]
    assert life.accepts(step(7, 4)) == ["progressed@07 08/5", "supplemented@07 08 reported", "fee-paid@07 08 reported"]
    assert life.accepts(step(8, 6)) == ["progressed@08 08/6", "fee-requested@08 08/2 reported"]


def test_a_step_that_was_observed_says_so_in_all_it_comes_down_to() -> None:
    life = Life()
    life.accepts(step(3, 9, observed_at=at(4).isoformat()))

    assert [fact.observed_at for fact in life.facts] == [at(4), at(4)]


@pytest.mark.parametrize("end", ENDS.values())
@pytest.mark.parametrize("state", ENDS)
def test_a_step_ends_no_dossier_that_ended_otherwise(end: str, state: int) -> None:
    life = Life()
    life.accepts(event(end, at(5)))
    said = life.accepts(step(6, state))[1:]

    assert said == []
    handed = life.accepts(step(7, 10))[1:]
    assert handed == ["returned@07 08 reported"]


def test_a_step_of_an_earlier_phase_is_a_straggler_and_a_step_all_the_same() -> None:
    life = Life()
    life.accepts(event("completed", at(5)))
    taken = life.take(step(6, 5))

    assert "stragglers" in taken.notes
    assert [fact.SERIES for fact in life.facts] == ["progressed"]
    assert life.dossier.seen.order is None
    assert "stragglers" not in life.take(step(7, 9)).notes


def test_a_step_keeps_the_rounds_that_snapshots_had() -> None:
    life = Life()
    life.accepts(seen(5, supplements=asked(("A", 3, 4), ("B", 5, None))))
    life.accepts(step(6, 9))

    assert life.dossier.seen.order == (4, 3)


def test_a_step_that_is_known_says_its_state_no_second_time() -> None:
    life = Life()
    life.accepts(step(3, 5))
    life.accepts(event("supplemented", at(4)))

    assert life.accepts(step(3, 5)) == []
    assert life.accepts(step(4, None)) == ["progressed@04 08/2"]


def test_a_step_without_words_beside_a_state_is_another_one() -> None:
    life = Life()
    life.accepts({**step(3, 9), "step": None})

    assert life.facts[0].model_dump()["step"] == "khác"


def test_a_word_for_a_state_that_nobody_knows_is_held() -> None:
    for item in ({**SNAPSHOT, "state": "xong"}, {**step(3, None), "state": "xong"}):
        life = Life()
        assert life.take(item).answer == Quarantined("unknown-status", "state")
        assert life.said == []
    assert "motcua" in REFERENCE.statuses


def test_an_item_is_answered_with_each_id_once_and_taken_in_whole_or_not_at_all() -> None:
    life = Life()
    taken = life.take(seen(10, completed_at=at(5).isoformat(), returned_at=at(6).isoformat()))
    assert isinstance(taken.answer, Accepted)
    assert len(taken.answer.ids) == len(set(taken.answer.ids)) == 3
    assert [each.cause for each in life.said] == list(taken.answer.ids)

    other = Life()
    before = other.dossier
    assert isinstance(other.take(seen(9, completed_at=at(1).isoformat())).answer, Quarantined)
    assert (other.dossier, other.said, other.dossier.code) == (before, [], CODE)
