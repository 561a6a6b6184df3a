"""How what a sender says is merged into what is known of a dossier: versions, occasions, budgets, contacts, who may speak."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from contracts import fact_id
from contracts.dossiers import Received, ReceivedV2
from reference import ReferenceData
from services.intake.domain import Accepted, Fault, Quarantined, Refused, Sender
from services.intake.domain.dossier import GUESSED, REPORTED, STATED, Known, KnownContact
from tests.intake.decided import CODE, NOW, PERSON, RECEIVED, REFERENCE, SNAPSHOT, Life, at, event, ms


def started(*more: Mapping[str, Any], **life: Any) -> Life:
    """A dossier that was received, and what else was told."""
    found = Life(**life)
    for item in (RECEIVED, *more):
        found.accepts(item)
    return found


# --- versions ---------------------------------------------------------------------


def test_what_is_kept_of_a_fact_is_its_version_its_times_and_how_sure_it_is() -> None:
    life = started(event("completed", at(5), observed_at=at(6).isoformat()))
    reception, end = life.dossier.facts["received/1"], life.dossier.facts["completed/1"]

    assert (reception.version, reception.observed, reception.at) == (1, ms(NOW), ms(at(2)))
    assert (end.version, end.observed, end.at) == (1, ms(at(6)), ms(at(5)))
    assert (end.retracted, end.sure) == (False, STATED)


def test_an_accepted_item_is_answered_with_the_id_of_its_fact_and_again_with_the_same() -> None:
    life = Life()
    first, again = life.take(RECEIVED), life.take(RECEIVED)

    assert first.answer == again.answer == Accepted((fact_id(CODE, "received", "1", 1),))
    assert life.said == []
    life.accepts({**RECEIVED, "channel": 3})
    assert life.take({**RECEIVED, "channel": 3}).answer == Accepted((fact_id(CODE, "received", "1", 2),))


def test_each_fact_begins_a_chain_and_has_the_next_place_among_the_facts_of_its_dossier() -> None:
    life = Life()
    life.accepts(RECEIVED, event("completed", at(5)), event("returned", at(6)))

    assert [each.sequence for each in life.said] == [ms(NOW), ms(NOW) + 1, ms(NOW) + 2]
    assert [each.cause for each in life.said] == [fact_id(CODE, kind, "1", 1) for kind in ("received", "completed", "returned")]
    assert life.dossier.sequence == ms(NOW) + 2
    life.now = NOW + timedelta(hours=1)
    life.accepts(event("withdrawn", at(7)))
    assert life.said[0].sequence == ms(life.now)


def test_other_words_or_another_time_are_a_correction_and_are_noted_as_one() -> None:
    life = started()

    assert life.take({**RECEIVED, "at": at(3).isoformat()}).notes == ("missing_contacts", "corrections", "late_reports")
    assert life.dossier.facts["received/1"].version == 2
    assert life.dossier.facts["received/1"].at == ms(at(3))


@pytest.mark.parametrize(
    ("late", "notes"), [(timedelta(hours=48), ()), (timedelta(hours=48, milliseconds=1), ("late_reports",))]
)
def test_what_happened_more_than_two_days_before_it_was_told_is_noted_as_late(late: timedelta, notes: tuple[str, ...]) -> None:
    assert Life().take(event("completed", NOW - late)).notes == notes


def test_a_fact_that_was_taken_back_keeps_its_version_and_can_come_again() -> None:
    life = started(event("completed", at(5)))

    assert life.accepts(event("retracted", at(6), fact="completed")) == ["-completed@06 08#2"]
    assert life.dossier.facts["completed/1"].retracted
    assert life.dossier.facts.standing("completed") == {}
    assert life.accepts(event("completed", at(5))) == ["completed@05 08#3"]
    assert not life.dossier.facts["completed/1"].retracted


def test_the_occasion_says_which_of_several_is_taken_back() -> None:
    life = started(event("suspended", at(5)), event("suspended", at(6)))

    assert life.accepts(event("retracted", at(7), fact="suspended", occasion="2")) == ["-suspended@07 08/2#2"]
    assert list(life.dossier.facts.standing("suspended")) == ["1"]
    assert life.accepts(event("retracted", at(5), fact="suspended")) == ["-suspended@05 08#2"]  # without a number, by its time


def test_what_nobody_told_cannot_be_taken_back() -> None:
    life = started()
    before = life.dossier
    answer = life.take(event("retracted", at(5), fact="completed")).answer

    assert answer == Refused((Fault("fact", "unknown-fact", "không có sự kiện nào như vậy để rút lại"),))
    assert (life.dossier, life.said) == (before, [])


def test_when_the_sender_saw_it_travels_with_the_fact() -> None:
    life = started()
    life.accepts(event("completed", at(5), observed_at=at(6).isoformat()))
    assert life.facts[0].observed_at == at(6)
    life.accepts(event("returned", at(5)))
    assert life.facts[0].observed_at is None


def test_digests_of_what_was_said_are_the_same_over_releases() -> None:
    """They are in stores: another digest of the same words would make each fact that is told again a correction."""
    life = Life()
    life.accepts({**RECEIVED, **WHOLE, "contact": PERSON})
    times = {"started_at": at(4).isoformat(), "step_due_at": at(9).isoformat()}
    life.accepts(event("progressed", at(5), step="Xử lý", department="Sở Tư pháp", **times))
    life.accepts(event("suspended", at(5), reason="force_majeure", decision="12/QĐ-UBND"))
    life.accepts(event("reappointed", at(5), new_due_at=at(16).isoformat()))
    life.accepts(event("completed", at(5)))
    life.accepts(event("retracted", at(6), fact="completed"))

    assert {key: life.dossier.facts[key].digest for key in life.dossier.facts} == {
        "received/1": "feeffc9c1b1e9b7b",
        "progressed/1": "e00f7980eddb72f5",
        "suspended/1": "ce1a8881fda52d54",
        "reappointed/1": "c20c865816d1a2aa",
        "completed/1": "88ffb13792fcd40b",
    }


# --- occasions --------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["completed", "returned", "refused", "withdrawn", "stopped"])
def test_what_happens_once_is_corrected_by_another_time(kind: str) -> None:
    life = Life()
    life.accepts(event(kind, at(5)))

    assert life.accepts(event(kind, at(6))) == [f"{kind}@06 08#2"]


REPEATING: dict[str, dict[str, str]] = {
    "progressed": {"step": "Xử lý"},
    "supplement-requested": {},
    "supplemented": {},
    "fee-requested": {},
    "fee-paid": {},
    "suspended": {},
    "resumed": {},
    "reappointed": {"new_due_at": at(16).isoformat()},
}


@pytest.mark.parametrize("kind", REPEATING)
def test_what_repeats_is_told_apart_by_its_number_or_by_its_time(kind: str) -> None:
    more, life = REPEATING[kind], Life()

    assert life.accepts(event(kind, at(5), **more)) == [f"{kind}@05 08"]
    assert life.accepts(event(kind, at(6), **more)) == [f"{kind}@06 08/2"]
    assert life.accepts(event(kind, at(5), **more)) == []
    assert life.accepts(event(kind, at(7), occasion="B.7", **more)) == [f"{kind}@07 08/B.7"]
    assert life.accepts(event(kind, at(8), occasion="B.7", **more)) == [f"{kind}@08 08/B.7#2"]
    assert life.accepts(event(kind, at(9), **more)) == [f"{kind}@09 08/4"]


def test_an_event_of_a_reception_is_one_though_its_sender_numbers_it() -> None:
    life = Life()

    assert life.accepts({**RECEIVED, "occasion": 7}) == ["received@02 08/7"]
    assert life.accepts({**RECEIVED, "occasion": "7"}) == []


# --- an end before the reception ---------------------------------------------------


@pytest.mark.parametrize("kind", ["completed", "returned", "withdrawn", "stopped", "refused"])
def test_an_end_before_the_reception_waits_for_a_person_whichever_is_told_first(kind: str) -> None:
    held = Quarantined("ends-before-reception", "at")
    life = started()
    before = life.dossier
    taken = life.take(event(kind, at(2) - timedelta(seconds=1)))
    assert (taken.answer, taken.notes, life.dossier) == (held, ("contradictions",), before)
    assert isinstance(life.take(event(kind, at(2))).answer, Accepted)

    other = Life()
    other.accepts(event(kind, at(2)))
    assert other.take({**RECEIVED, "at": (at(2) + timedelta(seconds=1)).isoformat()}).answer == held
    assert isinstance(other.take(RECEIVED).answer, Accepted)


def test_an_end_or_a_reception_that_was_taken_back_contradicts_nothing() -> None:
    life = started()
    life.accepts(event("retracted", at(2), fact="received"))
    assert life.accepts(event("completed", at(1))) == ["completed@01 08"]

    other = Life()
    other.accepts(event("completed", at(1)))
    other.accepts(event("retracted", at(1), fact="completed"))
    assert other.accepts(RECEIVED) == ["received@02 08"]


def test_what_is_no_end_may_lie_before_the_reception() -> None:
    life = started()

    assert life.accepts(event("progressed", at(1), step="Xử lý")) == ["progressed@01 08"]
    assert life.accepts(event("supplement-requested", at(1))) == ["supplement-requested@01 08"]
    early = Life()
    early.accepts(event("completed", at(1)))
    assert early.accepts(event("progressed", at(1), step="Xử lý")) == ["progressed@01 08"]


# --- budgets ----------------------------------------------------------------------


def many(kind: str, count: int) -> list[dict[str, Any]]:
    """So many of one kind, at times of their own."""
    more = REPEATING[kind]
    return [event(kind, at(3) + timedelta(minutes=n), **more) for n in range(count)]


@pytest.mark.parametrize(
    ("kind", "reason"), [("progressed", "too-many-steps"), ("suspended", "too-many-facts"), ("supplemented", "too-many-facts")]
)
def test_steps_and_pauses_have_so_many_facts_each_and_one_more_is_held(kind: str, reason: str) -> None:
    life = Life(max_facts=3)
    life.accepts(*many(kind, 3))

    assert life.take(many(kind, 4)[3]).answer == Quarantined(reason)
    assert life.accepts(many(kind, 1)[0]) == []  # what is known is no further fact
    more = {"occasion": "1", "at": at(4).isoformat()}
    assert life.accepts({**many(kind, 1)[0], **more}) == [f"{kind}@04 08#2"]  # nor is its correction


def test_many_steps_or_pauses_never_hold_back_a_result_nor_one_another() -> None:
    life = Life(max_facts=3)
    life.accepts(*many("progressed", 3))
    life.accepts(*many("suspended", 3))

    assert life.accepts(RECEIVED, event("completed", at(5)), event("returned", at(6))) == [
        "received@02 08",
        "completed@05 08",
        "returned@06 08",
    ]
    assert life.take(event("withdrawn", at(7))).answer == Quarantined("too-many-facts")
    assert life.take(event("fee-paid", at(7))).answer == Quarantined("too-many-facts")
    assert life.take(event("progressed", at(7), step="Xử lý")).answer == Quarantined("too-many-steps")


def test_a_step_over_the_budget_is_noted_and_the_state_beside_it_taken_all_the_same() -> None:
    life = Life(max_facts=2)
    life.accepts(RECEIVED)
    life.accepts(*many("progressed", 2))
    taken = life.take(event("progressed", at(6), step="Xử lý", state="9"))

    assert isinstance(taken.answer, Accepted)
    assert "steps_over_budget" in taken.notes
    assert [fact.SERIES for fact in life.facts] == ["completed"]
    alone = life.take(event("progressed", at(7), step="Xử lý", state="4"))
    assert alone.answer == Quarantined("too-many-steps")


# --- what the catalogues know ------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"receiving_unit": "H99"}, "unknown-unit", "receiving_unit"),
        ({"competent_unit": "H99"}, "unknown-unit", "competent_unit"),
        ({"receiving_unit": "H37.88.04"}, "unit-not-in-use", "receiving_unit"),
        ({"competent_unit": "H37.88.04"}, "unit-not-in-use", "competent_unit"),
        ({"procedure": "9.999999"}, "unknown-procedure", "procedure"),
        ({"procedure": "9.999999", "receiving_unit": "H99"}, "unknown-unit", "receiving_unit"),
    ],
)
def test_a_reception_that_the_catalogues_do_not_know_is_held(change: dict[str, str], reason: str, field: str) -> None:
    life = Life()

    assert life.take({**RECEIVED, **change}).answer == Quarantined(reason, field)
    assert (life.dossier.facts.get("received/1"), life.said) == (None, [])


def test_a_reception_on_a_day_on_which_no_version_of_its_procedure_held_is_held() -> None:
    procedure = REFERENCE.procedures["1.000894"]
    later = procedure.model_copy(update={"versions": (procedure.versions[0].model_copy(update={"valid_from": at(3).date()}),)})
    life = Life(reference=replace(REFERENCE, procedures={"1.000894": later}))

    assert life.take(RECEIVED).answer == Quarantined("no-version", "procedure")
    assert isinstance(life.take({**RECEIVED, "at": at(3).isoformat()}).answer, Accepted)


def test_a_unit_and_a_version_are_those_of_the_day_in_viet_nam() -> None:
    """At 18:00 UTC on 30 June it is the first of July here: the old commune is gone, the new one and its version are there."""
    item = {**RECEIVED, "procedure": "1.004873", "at": "2025-06-30T18:00Z"}
    assert Life().take({**item, "receiving_unit": "H37.88.04"}).answer == Quarantined("unit-not-in-use", "receiving_unit")
    life = Life()
    life.accepts({**item, "receiving_unit": "H37.15"})
    (fact,) = life.facts

    assert isinstance(fact, Received)
    assert (fact.terms.procedure_version, fact.terms.limit.value) == ("2025-07-01", 3)


# --- what a reception says ----------------------------------------------------------

WHOLE = {
    "competent_unit": "H37.13",
    "channel": 2,
    "return_method": "post",
    "out_of_area": True,
    "linked": [{"part": "Tiếp nhận hồ sơ", "unit": "H37.14"}],
    "promised_at": at(9).isoformat(),
}
SAID = {**WHOLE, "procedure": "1.000894", "receiving_unit": "H37.12"}


def reception(life: Life) -> dict[str, Any]:
    """The last reception that was said, without when and which."""
    found = [fact for fact in life.facts if isinstance(fact, Received)]
    names = {*SAID, "contact_sequence"}
    return found[-1].model_dump(mode="json", include=names, exclude_none=True)


def test_a_reception_says_what_was_told_and_the_terms_of_its_procedure() -> None:
    life = Life()
    life.accepts({**RECEIVED, **WHOLE, "procedure": "1.012783", "contact": PERSON})
    (fact,) = life.facts

    assert isinstance(fact, Received)
    assert reception(life) == {**SAID, "procedure": "1.012783", "contact_sequence": 1}
    assert fact.terms.model_dump() == {
        "procedure_version": "2015-01-01",
        "limit": {"value": 7, "unit": "working_day"},
        "pause_on_fee": True,
        "pause_on_agency": False,
        "strategy": "restart",
    }


def test_what_was_not_told_of_a_reception_is_the_usual_or_nothing() -> None:
    life = started()

    assert reception(life) == {"procedure": "1.000894", "receiving_unit": "H37.12", "competent_unit": "H37.12", "channel": 1}


@pytest.mark.parametrize("left_out", WHOLE)
def test_what_a_correction_leaves_out_stays_as_it_was_told(left_out: str) -> None:
    life = Life()
    life.accepts({**RECEIVED, **WHOLE})
    life.accepts({name: value for name, value in {**RECEIVED, **WHOLE, "at": at(3).isoformat()}.items() if name != left_out})

    assert reception(life) == SAID


OTHERS: dict[str, Any] = {
    "procedure": "2.000815",
    "receiving_unit": "H37.14",
    "competent_unit": "H37.14",
    "channel": 3,
    "return_method": "home",
    "out_of_area": False,
    "linked": [{"part": "Xử lý", "dossier": "H37.14-260302-0009"}],
    "promised_at": at(10).isoformat(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_correction_says_otherwise_holds(name: str) -> None:
    life = Life()
    life.accepts({**RECEIVED, **WHOLE})
    life.accepts({**RECEIVED, **WHOLE, name: OTHERS[name]})

    assert life.dossier.facts["received/1"].version == 2
    assert reception(life) == {**SAID, name: OTHERS[name]}


@pytest.mark.parametrize("name", OTHERS)
def test_what_a_straggler_says_otherwise_does_not_hold_and_what_was_unknown_it_fills(name: str) -> None:
    given = {**SNAPSHOT, **WHOLE, "state": "9", "completed_at": at(5).isoformat()}
    late = {**SNAPSHOT, **WHOLE, "state": "2", name: OTHERS[name]}
    life = Life()
    life.accepts(given)
    assert life.accepts(late) == []
    if name not in WHOLE or name in ("competent_unit", "channel"):
        return  # of these something is always known
    other = Life()
    other.accepts({key: value for key, value in given.items() if key != name})
    other.accepts(late)
    assert reception(other) == {**SAID, name: OTHERS[name]}


def test_a_straggler_fills_at_the_time_that_is_known() -> None:
    life = Life()
    life.accepts({**SNAPSHOT, "state": "9", "completed_at": at(5).isoformat()})

    late = {**SNAPSHOT, "state": "2", "received_at": at(3).isoformat(), "promised_at": at(9).isoformat()}
    assert life.accepts(late) == ["received@02 08#2"]
    assert life.facts[0].at == at(2)


def exact() -> ReferenceData:
    """The province in which marriages are registered within half a working day."""
    procedure = REFERENCE.procedures["1.000894"]
    version = procedure.versions[0]
    limit = version.limit.model_validate({"value": "0.5", "unit": "working_day"})
    half = version.model_copy(update={"limit": limit, "pause_on_agency": True})
    return replace(REFERENCE, procedures={"1.000894": procedure.model_copy(update={"versions": (half,)})})


def test_a_limit_that_only_the_second_version_can_say_is_said_in_it() -> None:
    """D8."""
    life = Life(reference=exact())
    life.accepts({**RECEIVED, **WHOLE})
    (fact,) = life.facts

    assert isinstance(fact, ReceivedV2)
    assert fact.terms.model_dump() == {
        "procedure_version": "2015-01-01",
        "limit": {"value": "0.5", "unit": "working_day"},
        "pause_on_fee": False,
        "pause_on_agency": True,
        "strategy": "extend",
    }
    assert fact.model_dump(mode="json", include=set(SAID), exclude_none=True) == SAID


# --- contacts ---------------------------------------------------------------------


def test_a_contact_is_sealed_at_the_time_of_its_reception_in_its_chain() -> None:
    life = Life()
    life.accepts({**RECEIVED, "contact": PERSON})
    (box,) = life.sealed
    fact, sealed = life.said

    assert (box.at, box.contact_sequence, box.key_epoch, box.sealed) == (at(2), 1, 3, "sealed Nông Thị Mẫu 0912000007")
    assert (sealed.cause, sealed.sequence) == (fact.cause, None)


@pytest.mark.parametrize(
    ("contact", "notes"),
    [
        (None, ("missing_contacts",)),
        ({"name": " "}, ("missing_contacts",)),
        ({"name": "Nông Thị Mẫu"}, ("junk_phones",)),
        ({"phone": "12345"}, ("junk_phones",)),
        ({"phone": "0205 381 2345"}, ("landline_phones",)),
        ({"phone": "0205 381 2345; ĐT: 0912.000.007"}, ()),
        ({"email": "mau@example.vn"}, ("junk_phones",)),
        ({"address": "Thôn Mẫu"}, ("junk_phones",)),
        (PERSON, ()),
    ],
)
def test_what_is_noted_of_a_contact(contact: dict[str, str] | None, notes: tuple[str, ...]) -> None:
    life = Life(now=at(3))
    taken = life.take({**RECEIVED, "contact": contact})

    assert taken.notes == notes
    assert len(life.sealed) == ("missing_contacts" not in notes)


def test_a_contact_that_is_left_out_later_is_not_missing_and_one_that_changes_is_the_next() -> None:
    life = Life(now=at(3))
    life.take({**RECEIVED, "contact": PERSON})
    assert life.take({**RECEIVED, "channel": 2}).notes == ("corrections",)
    assert life.sealed == []
    life.accepts({**RECEIVED, "contact": {**PERSON, "phone": "0912000008"}})
    assert [(box.contact_sequence, box.sealed) for box in life.sealed] == [(2, "sealed Nông Thị Mẫu 0912000008")]


@pytest.mark.parametrize(("more", "facts"), [({}, 0), ({"channel": 2}, 1)])
def test_a_contact_that_an_earlier_secret_knows_is_the_same_one_and_known_by_the_first_from_now_on(
    more: dict[str, int], facts: int
) -> None:
    life = Life(now=at(3))
    life.accepts({**RECEIVED, "contact": PERSON})
    known = life.dossier.contact
    assert known is not None
    life.dossier = life.dossier._replace(contact=KnownContact(known.sequence, f"earlier {known.digest}"))
    said = life.accepts({**RECEIVED, "contact": PERSON, **more})

    assert (life.sealed, life.dossier.contact) == ([], known)
    assert len(said) == facts


def test_a_straggler_changes_no_contact_and_brings_one_that_was_unknown() -> None:
    end = {**SNAPSHOT, "state": "9", "completed_at": at(5).isoformat()}
    late = {**SNAPSHOT, "state": "2", "contact": {**PERSON, "phone": "0912000008"}}
    life = Life()
    life.accepts({**end, "contact": PERSON})
    life.accepts(late)
    assert life.sealed == []
    other = Life()
    other.accepts(end)
    other.accepts(late)
    assert [box.contact_sequence for box in other.sealed] == [1]


@pytest.mark.parametrize(
    ("phone", "sealed"), [("0912000007", 1), ("+84 912 000 007", 1), ("0912000008", 0), ("12345", 0), (None, 0)]
)
def test_a_pilot_keeps_contacts_of_its_own_numbers_alone(phone: str | None, sealed: int) -> None:
    pilot = Sender("portal", mode="pilot", numbers=frozenset({"digest of +84912000007"}))
    life = Life(sender=pilot)
    life.accepts({**RECEIVED, "contact": {"name": "Nông Thị Mẫu", "phone": phone}})

    assert len(life.sealed) == sealed
    assert (life.dossier.contact is None) == (not sealed)


# --- how sure a time is ------------------------------------------------------------


def test_of_two_times_of_one_fact_the_surer_holds_and_a_guess_never_replaces_a_guess() -> None:
    life = started()
    life.now = at(5)
    assert life.accepts({**SNAPSHOT, "state": "9"}) == ["completed@05 08 guessed"]
    assert life.dossier.facts["completed/1"].sure == GUESSED
    life.now = at(6)
    assert life.accepts({**SNAPSHOT, "state": "9"}) == []
    assert life.accepts(event("progressed", at(4), step="Xử lý", state="9"))[1:] == ["completed@04 08#2 reported"]
    assert life.dossier.facts["completed/1"].sure == REPORTED
    assert life.accepts(event("progressed", at(4, 9), step="Xử lý", state="9"))[1:] == []
    assert life.accepts(event("completed", at(4, 10))) == ["completed@04 10#3"]
    assert life.dossier.facts["completed/1"].sure == STATED


def test_a_guess_brings_back_what_was_taken_back() -> None:
    life = started(event("completed", at(5)), event("retracted", at(5), fact="completed"))

    assert life.accepts({**SNAPSHOT, "state": "9"}) == ["completed@20 10#3 guessed"]


def test_facts_are_kept_in_the_order_in_which_they_were_told() -> None:
    life = started(event("completed", at(5)))
    facts = life.dossier.facts
    loaded = replace(facts, kept={key: facts[key] for key in facts}, told={})
    more = loaded.having("completed/1", facts["completed/1"]._replace(version=2)).having("returned/1", Known(1, "", 0, 0))

    assert [*more] == ["received/1", "completed/1", "returned/1"]
    assert (len(loaded), len(more), len(facts)) == (2, 3, 2)
    assert more["completed/1"].version == 2
    assert [more.of(kind)["1"].version for kind in ("received", "completed", "returned")] == [1, 2, 1]
    assert more.get("stopped/1") is None
