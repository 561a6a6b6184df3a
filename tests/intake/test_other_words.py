"""Free words of a sender before they travel: those of the reference data, a document's number; others as `khác`."""

from typing import Any

import pytest

from contracts.dossiers import Progressed, Received, Suspended
from services.intake.domain import readable
from tests.intake.decided import RECEIVED, SNAPSHOT, Life, at, event


@pytest.mark.parametrize(
    ("sent", "travels"),
    [
        ("12/QĐ-UBND", True),
        ("12/2026/QĐ-UBND", True),
        ("QĐ 12/QĐ-UBND ngày 02/03/2026", True),
        ("Quyết định số 12/QĐ-UBND, ngày 2/3/2026", True),
        ("Công văn 12345/SNNMT-QLĐĐ", True),
        ("CV 7/UBND", True),
        ("TB số 7/TB-VP&TCHC 02/03/2026", True),
        ("Thông báo 1/TB", True),
        ("1/ABCDEFGH-ABCDEFGHIJKL-A-B", True),
        ("123456/QĐ-UBND", False),
        ("12/QĐ-UBND của ông Nông Văn Mẫu", False),
        ("Ông Nông Văn Mẫu 12/QĐ-UBND", False),
        ("12/qđ-ubnd", False),
        ("12/QĐ-A-B-C-D", False),
        ("12/ABCDEFGHI", False),
        ("bão số 3", False),
    ],
)
def test_of_what_orders_a_suspension_number_and_day_of_the_document_travel(sent: str, travels: bool) -> None:
    life = Life()
    notes = life.take(event("suspended", at(5), reason="force_majeure", decision=sent)).notes
    (fact,) = life.facts

    assert isinstance(fact, Suspended)
    assert (fact.reason, fact.decision) == ("force_majeure", sent if travels else "khác")
    assert notes.count("other_words") == (not travels)


def step(**words: Any) -> tuple[Progressed, int]:
    """A step as it is said, and how many of its words do not travel."""
    life = Life()
    notes = life.take(event("progressed", at(5), **words)).notes
    (fact,) = life.facts
    assert isinstance(fact, Progressed)
    return fact, notes.count("other_words")


def test_a_step_says_the_words_of_the_reference_data_however_they_are_written() -> None:
    fact, others = step(step="tiếp nhận  HỒ SƠ", department="ubnd xã hoàng vân")

    assert (fact.step, fact.department, others) == ("Tiếp nhận hồ sơ", "UBND xã Hoàng Vân", 0)


def test_other_words_of_a_step_travel_as_another_one_and_are_counted() -> None:
    both, others = step(step="gọi chị Mẫu 0912000007", department="phòng chị Mẫu")
    assert (both.step, both.department, others) == ("khác", "khác", 2)
    one, others = step(step="Xử lý", department="phòng chị Mẫu")
    assert (one.step, one.department, others) == ("Xử lý", "khác", 1)
    told, others = step(step="khác")  # it says itself that it is another one
    assert (told.step, told.department, others) == ("khác", None, 0)


def test_a_step_says_its_times_beside_its_words() -> None:
    times = {"started_at": at(4), "step_due_at": at(9)}
    fact, _ = step(step="Xử lý", **{name: moment.isoformat() for name, moment in times.items()})

    assert (fact.started_at, fact.step_due_at, fact.at) == (at(4), at(9), at(5))


@pytest.mark.parametrize("bare", [RECEIVED, SNAPSHOT])
def test_parts_of_a_linked_dossier_say_the_words_of_the_reference_data(bare: dict[str, Any]) -> None:
    parts = [
        {"part": "đăng ký khai sinh", "unit": "H37.13"},
        {"part": "thẻ của cháu Mẫu"},
        {"part": "khác", "dossier": "H37.14-260302-0009"},
    ]
    life = Life()
    notes = life.take({**bare, "linked": parts}).notes
    (fact,) = life.facts

    assert isinstance(fact, Received)
    assert fact.linked is not None
    assert [(part.part, part.unit, part.dossier) for part in fact.linked] == [
        ("Đăng ký khai sinh", "H37.13", None),
        ("khác", None, None),
        ("khác", None, "H37.14-260302-0009"),
    ]
    assert notes.count("other_words") == 1


@pytest.mark.parametrize("name", ["step", "department", "started_at", "step_due_at"])
def test_other_content_of_a_step_is_its_next_version(name: str) -> None:
    whole = {
        "step": "Xử lý",
        "department": "UBND xã Hoàng Vân",
        "started_at": at(4).isoformat(),
        "step_due_at": at(9).isoformat(),
    }
    other = {"step": "Phân công", "department": "Sở Tư pháp", "started_at": at(3).isoformat(), "step_due_at": at(8).isoformat()}
    life = Life()
    life.accepts(event("progressed", at(5), **whole))

    assert life.accepts(event("progressed", at(5), **whole)) == []
    assert life.accepts(event("progressed", at(5), **{**whole, name: other[name]})) == ["progressed@05 08#2"]


@pytest.mark.parametrize(
    ("kind", "one", "other"),
    [
        ("suspended", {"reason": "agency"}, {}),
        ("suspended", {"reason": "agency"}, {"reason": "force_majeure", "decision": "12/QĐ-UBND"}),
        ("suspended", {"decision": "12/QĐ-UBND"}, {"decision": "13/QĐ-UBND"}),
        ("reappointed", {"new_due_at": at(16).isoformat()}, {"new_due_at": at(17).isoformat()}),
    ],
)
def test_other_content_of_a_pause_or_a_re_promise_is_its_next_version(
    kind: str, one: dict[str, str], other: dict[str, str]
) -> None:
    life = Life()
    life.accepts(event(kind, at(5), **one))

    assert life.accepts(event(kind, at(5), **one)) == []
    assert life.accepts(event(kind, at(5), **other)) == [f"{kind}@05 08#2"]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("Nông Thị Mẫu", "Nông Thị Mẫu"),
        ("a\tb\nc\rd", "a\tb\nc\rd"),
        ("a\x00b\x08c\x0bd\x0ce\x0ef\x1fg", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf\ufffdg"),
        ("a\ud800b\udfffc", "a\ufffdb\ufffdc"),
        ("\ue000\u200b", "\ue000\u200b"),
    ],
)
def test_halves_of_letters_and_control_characters_are_replaced(text: str, read: str) -> None:
    assert readable(text) == read
