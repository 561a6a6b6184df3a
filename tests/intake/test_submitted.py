"""Submissions (state 1): what each door takes of them, what it refuses by name, and what an old sender never notices (D20)."""

from collections.abc import Mapping
from typing import Any

import pytest

from contracts.dossiers import Submitted
from services.intake import portal
from services.intake.domain import Accepted, Fault, Quarantined, Refused, Sender
from services.intake.domain.dossier import Submission
from tests.intake.decided import CODE, SNAPSHOT, Life, at, event

SUBMITTED = event("submitted", at(2, 7), procedure="1.000894", receiving_unit="H37.12", channel=2)
FIRST = {name: value for name, value in SNAPSHOT.items() if name != "received_at"} | {"state": "1"}
JUNK = {
    "the zero of .NET": "00010101000000",
    "far away": "99991231000000",
    "ahead of the clock": "20260321100000",
    "a date alone": "02/03/2026",
    "words": "chưa có",
    "a number": 20260302070000,
    "an object": {"ngay": 2},
}


def dong_bo(**more: Any) -> Mapping[str, Any]:
    """An item of DongBoHoSoMC as ours."""
    sent = {"MaHoSo": CODE, "MaTTHC": "1.000894", "KenhThucHien": "2", "DonViXuLy": "H37.13", **more}
    item = portal.snapshot_of(sent, "H37.12")
    assert isinstance(item, dict)
    return item


def test_a_submission_says_who_has_to_accept_what() -> None:
    life = Life()

    assert life.accepts(dong_bo(TrangThaiHoSo="1", NgayNopHoSo="20260302070000")) == ["submitted@02 07"]

    [fact] = life.facts
    assert isinstance(fact, Submitted)
    named = (fact.procedure, fact.receiving_unit, fact.competent_unit, fact.channel, fact.at, fact.sure)
    assert named == ("1.000894", "H37.12", "H37.13", 2, at(2, 7), None)
    assert life.dossier.submission == Submission("1.000894", "H37.12", "H37.13", 2)
    assert (life.dossier.reception, life.dossier.contact, life.sealed) == (None, None, [])


def test_an_event_and_a_snapshot_say_the_same_submission() -> None:
    life = Life()

    assert life.accepts(SUBMITTED | {"competent_unit": "H37.13"}) == ["submitted@02 07"]
    assert life.accepts(dong_bo(TrangThaiHoSo="1", NgayNopHoSo="20260302070000")) == []


def test_what_is_left_out_later_was_said_before() -> None:
    life = Life()
    life.accepts(SUBMITTED | {"competent_unit": "H37.13"})

    assert life.accepts({**FIRST, "procedure": None, "receiving_unit": None, "submitted_at": "2026-03-02T07:00"}) == []
    assert life.accepts({**FIRST, "competent_unit": "H37.12", "submitted_at": "2026-03-02T07:00"}) == ["submitted@02 07#2"]
    assert life.dossier.submission == Submission("1.000894", "H37.12", "H37.12", 2)


def test_an_acceptance_may_leave_out_what_the_submission_named() -> None:
    life = Life()
    life.accepts(SUBMITTED | {"competent_unit": "H37.13"})
    bare = {"dossier": CODE, "type": "snapshot", "state": "2", "received_at": "2026-03-02T08:00"}

    assert life.accepts(bare) == ["received@02 08"]
    assert life.dossier.reception is not None
    assert life.dossier.reception[:3] == ("1.000894", "H37.12", "H37.13")


@pytest.mark.parametrize("junk", JUNK.values(), ids=JUNK)
def test_a_junk_time_of_submission_is_refused_by_name_in_state_1_and_read_in_no_other(junk: object) -> None:
    refused = Life().take(dong_bo(TrangThaiHoSo="1", NgayNopHoSo=junk)).answer
    later = Life().accepts(dong_bo(TrangThaiHoSo="4", NgayNopHoSo=junk, NgayTiepNhan="20260302080000"))

    assert isinstance(refused, Refused)
    assert [fault.field for fault in refused.faults] == ["submitted_at"]
    assert refused.faults[0].rule in ("too-old", "future", "invalid")
    assert portal.official_name("submitted_at", portal.SERVICES["DongBoHoSoMC"][1]) == "NgayNopHoSo"
    assert later == ["received@02 08"]


@pytest.mark.parametrize("state", ["2", "3", "4", "5", "6", "7", "8", "9", "10"])
def test_a_sender_that_never_sends_state_1_says_what_it_said_before(state: str) -> None:
    told = {"TrangThaiHoSo": state, "NgayTiepNhan": "20260302080000"}
    with_it, without = Life(), Life()
    with_it.accepts(dong_bo(**told, NgayNopHoSo="20260302070000"))
    without.accepts(dong_bo(**told))

    assert with_it.said == without.said
    assert with_it.dossier == without.dossier


@pytest.mark.parametrize(
    ("missing", "field"), [({"procedure": None}, "procedure"), ({"receiving_unit": None, "dossier": "X"}, "receiving_unit")]
)
def test_a_submission_of_nobody_or_nothing_names_what_is_missing(missing: Mapping[str, Any], field: str) -> None:
    old = {"dossier": "000.17.22.H56-210531-0001"} if "dossier" in missing else {}
    answer = Life().take({**FIRST, **missing, **old}).answer

    assert answer == Refused((Fault(field, "missing", "bắt buộc phải có"),))


@pytest.mark.parametrize(
    ("odd", "why"),
    [
        ({"procedure": "9.999999"}, Quarantined("unknown-procedure", "procedure")),
        ({"receiving_unit": "H37.99"}, Quarantined("unknown-unit", "receiving_unit")),
        ({"competent_unit": "H37.99"}, Quarantined("unknown-unit", "competent_unit")),
    ],
)
def test_what_no_list_knows_is_held_at_both_doors(odd: Mapping[str, Any], why: Quarantined) -> None:
    assert Life().take({**SUBMITTED, **odd}).answer == why
    assert Life().take({**FIRST, "submitted_at": "2026-03-02T07:00", **odd}).answer == why


def test_a_submission_of_another_unit_is_not_taken() -> None:
    other = Sender("portal", frozenset({"H37.13"}))

    for item in (SUBMITTED, {**FIRST, "submitted_at": "2026-03-02T07:00"}):
        answer = Life(sender=other).take(item).answer
        assert isinstance(answer, Refused)
        assert [fault.rule for fault in answer.faults] == ["not-your-unit"]
        assert Life(sender=other).take({**item, "receiving_unit": "H37.13"}).answer == Quarantined(
            "code-of-another-unit", "dossier"
        )


def test_a_submission_makes_the_dossier_nobodys() -> None:
    """It may be received elsewhere: whose a dossier is, its reception says."""
    life = Life()
    life.accepts(SUBMITTED)

    assert life.dossier.units == set()


def test_an_event_after_a_refusal_is_a_new_attempt_and_the_dossier_can_be_received() -> None:
    life = Life()
    life.accepts(SUBMITTED)
    life.accepts(event("refused", at(2, 10)))

    assert life.accepts(event("submitted", at(3, 9), procedure="1.000894", receiving_unit="H37.12")) == [
        "-refused@02 10#2",
        "submitted@03 09#2",
    ]
    assert life.accepts(event("refused", at(2, 10))) == []
    assert life.accepts(event("refused", at(3, 15))) == ["refused@03 15#3"]


def test_attempts_may_have_numbers_of_their_sender() -> None:
    life = Life()
    life.accepts(SUBMITTED | {"occasion": "7"})
    life.accepts(event("refused", at(2, 10)))

    assert life.accepts(SUBMITTED | {"occasion": "8", "at": at(3).isoformat()}) == ["-refused@02 10#2", "submitted@03 08/8"]
    assert life.accepts(event("refused", at(2, 10))) == []


def test_a_submission_that_is_taken_back_is_none() -> None:
    life = Life()
    life.accepts(SUBMITTED)

    assert life.accepts(event("retracted", at(2, 7), fact="submitted")) == ["-submitted@02 07#2"]
    assert life.accepts(event("refused", at(2, 10))) == ["refused@02 10"]
    assert isinstance(life.take(event("refused", at(2, 10))).answer, Accepted)


def test_a_time_that_is_written_for_a_submission_of_before_the_calendar_is_refused_by_its_bound() -> None:
    answer = Life().take({**SUBMITTED, "at": "2014-12-31T23:59"}).answer

    assert isinstance(answer, Refused)
    assert [(fault.field, fault.rule) for fault in answer.faults] == [("at", "too-old")]
