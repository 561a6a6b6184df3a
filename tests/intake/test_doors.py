"""What comes in is understood or said no to: times and their bounds, words that only decorate, budgets, whose a dossier is."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from runtime.web import problems as web_problems
from services.intake import portal
from services.intake.domain import Accepted, Answer, FaultError, Json, Quarantined, Refused, Sender, parse_item, problems
from services.intake.domain.items import ReceivedItem
from services.intake.domain.parsing import Doubled
from tests.intake.test_intake import CONTEXT, PERSON, RECEIVED, new, take
from tests.support.intake import Took, take_items

RECEPTION: dict[str, Any] = RECEIVED
CODE = RECEPTION["dossier"]
FIXTURES = Path(__file__).parent / "doors"
SNAPSHOT: dict[str, Json] = {
    "MaHoSo": CODE,
    "MaTTHC": "1.000894",
    "KenhThucHien": "1",
    "TrangThaiHoSo": "2",
    "NgayTiepNhan": "20260302080000",
    "NgayHenTra": "20260309080000",
}
STEP: dict[str, Json] = {"MaHoSo": CODE, "ThoiDiemXuLy": "20260302090000", "NoiDungXuLy": "Trình ký", "TrangThai": "4"}
# What systems write where they mean "none", or by a slip: zeros of .NET, SQL Server, Excel, Unix, Java; Buddhist years.
JUNK = (
    "00010101000000",
    "99991231235959",
    "19000101000000",
    "19700101070000",
    "17530101000000",
    "18991230000000",
    "00000000000000",
    "25690309080000",
    "20263213080000",
    "20261302080000",
    "0001-01-01T00:00:00",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-12:00",
    "9999-12-31T23:59:59.9999999Z",
    "01/01/0001 00:00:00",
    "01/01/1900 00:00",
    "32/13/2026 08:00",
    "/Date(-62135596800000)/",
    "2026-W10-1T08:00",
    "2026-03-09",
    "09/03/2026",
    "20260309",
    "2026-03-09T08:00+23:59",
)
NUMBERS: tuple[Json, ...] = (20260309080000, 1773018000, 1773018000000, 46090.33, 0, -1, True, ["20260309080000"], {"t": 1})


def wrong(answer: Answer) -> list[tuple[str, str]]:
    """Field and sentence of each fault."""
    assert isinstance(answer, Refused), answer
    return [(fault.field, fault.detail) for fault in answer.faults]


def send(*raw: Any, sender: Sender | None = None, **settings: int) -> Took:
    """Items taken in one after the other, of what is sent at the door for events."""
    context = replace(CONTEXT, settings=CONTEXT.settings.model_copy(update=settings))
    return take_items(new(), [item for item in raw if isinstance(item, dict)], context, sender or Sender("demo"))


def at_the_portal(given: Mapping[str, Json], service: str = "DongBoHoSoMC") -> list[tuple[str, str]]:
    """The faults of a payload, by the official names of their fields."""
    read, names = portal.SERVICES[service]
    try:
        faults = [(fault.field, fault.detail) for fault in parse_faults(read({**given}, "H37.12"))]
    except FaultError as error:
        faults = [(fault.field, fault.detail) for fault in error.faults]
    return [(portal.official_name(field, names), detail) for field, detail in faults]


def parse_faults(item: Json) -> Any:
    """Faults that are found when an item is taken. Raises FaultError for those found before."""
    assert isinstance(item, dict)
    answer = take(new(), item)[2][0]
    return answer.faults if isinstance(answer, Refused) else ()


# --- times ------------------------------------------------------------------------


@pytest.mark.parametrize("value", [*JUNK, *NUMBERS], ids=str)
@pytest.mark.parametrize("field", ["NgayHenTra", "NgayTiepNhan", "NgayKetThucXuLy", "NgayTra"])
def test_no_junk_date_passes_the_portal_and_each_is_named(field: str, value: Json) -> None:
    faults = at_the_portal({**SNAPSHOT, "TrangThaiHoSo": "10", field: value})

    assert faults
    assert {name for name, _ in faults} <= {field, "NgayHenTra"}  # a promise is also wrong for want of a reception
    assert field in {name for name, _ in faults}


@pytest.mark.parametrize("value", [*JUNK, *NUMBERS], ids=str)
@pytest.mark.parametrize("field", ["ThoiDiemXuLy", "NgayBatDau", "NgayKetThucTheoQuyDinh"])
def test_no_junk_date_passes_a_step_and_each_is_named(field: str, value: Json) -> None:
    faults = at_the_portal({**STEP, field: value}, "CapNhatTienDoHoSoMC")

    assert [name for name, _ in faults] == [field]


@pytest.mark.parametrize("value", [*JUNK, *NUMBERS], ids=str)
@pytest.mark.parametrize("field", ["NgayBoSung", "NgayTiepNhanBoSung", "NgayHenTraMoi"])
def test_no_junk_date_passes_a_round_of_supplements_and_each_is_named(field: str, value: Json) -> None:
    entry: dict[str, Json] = {"HoSoBoSungId": "7", "NgayBoSung": "20260302083000", field: value}
    faults = at_the_portal({**SNAPSHOT, "TrangThaiHoSo": "5", "DanhSachHoSoBoSung": [entry]})

    assert [name for name, _ in faults] == [f"DanhSachHoSoBoSung/0/{field}"]


@pytest.mark.parametrize("value", [*JUNK, *NUMBERS], ids=str)
@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ({}, "at"),
        ({}, "promised_at"),
        ({}, "observed_at"),
        ({"type": "reappointed", "new_due_at": "2026-03-09T08:00"}, "new_due_at"),
        ({"type": "progressed", "step": "Trình ký"}, "started_at"),
        ({"type": "progressed", "step": "Trình ký"}, "step_due_at"),
        ({"type": "suspended"}, "at"),
    ],
)
def test_no_junk_date_passes_the_door_for_events_and_each_is_named(kind: dict[str, Json], field: str, value: Json) -> None:
    try:
        found = [fault.field for fault in parse_faults({**RECEPTION, **kind, field: value})]
    except FaultError as error:
        found = [fault.field for fault in error.faults]

    assert found == [field]


@pytest.mark.parametrize(
    ("value", "bound"),
    [
        ("00010101000000", "phải từ 02/03/2026 08:00 đến 02/03/2036 08:00"),
        ("20260302075959", "phải từ 02/03/2026 08:00"),
        ("20360303080000", "đến 02/03/2036 08:00"),
    ],
)
def test_a_promise_out_of_bounds_is_told_them(value: str, bound: str) -> None:
    [(field, detail)] = at_the_portal({**SNAPSHOT, "NgayHenTra": value})

    assert field == "NgayHenTra"
    assert bound in detail


@pytest.mark.parametrize("value", ["20260302080000", "20360301080000", "2026-03-02T01:00:00.0000000Z", "09/03/2026 08:00:00"])
def test_a_promise_on_its_bounds_is_taken(value: str) -> None:
    assert at_the_portal({**SNAPSHOT, "NgayHenTra": value}) == []


def test_what_happened_is_told_the_latest_moment() -> None:
    [(_, early)], [(_, late)] = (
        wrong(send({**RECEPTION, "at": at}).answers[0]) for at in ("2014-12-31T23:59", "2026-03-02T12:01")
    )

    assert "sớm nhất là 01/01/2015 00:00" in early
    assert "muộn nhất là 02/03/2026 12:00" in late


def test_a_promise_is_held_to_the_reception_that_is_known() -> None:
    again = {"dossier": CODE, "type": "reappointed", "at": "2026-03-02T09:00", "new_due_at": "2026-03-02T07:00"}
    later = {**RECEPTION, "at": "2026-03-02T09:30"}
    took = send({**RECEPTION, "promised_at": "2026-03-02T09:00"}, again, later)

    assert isinstance(took.answers[0], Accepted)
    assert [name for name, _ in wrong(took.answers[1])] == ["new_due_at"]
    assert [name for name, _ in wrong(took.answers[2])] == ["at"]  # a reception moved behind the promise that holds


def test_the_payload_of_junk_due_dates_is_refused_by_its_field() -> None:
    payload = json.loads((FIXTURES / "junk-due-dates.json").read_text("utf-8"))

    assert [[name for name, _ in at_the_portal(item)] for item in payload["data"]] == [["NgayHenTra"]] * 5


# --- words that only decorate -----------------------------------------------------


@pytest.mark.parametrize("note", ["", None, "   ", "\t\n", "\u00a0", "x" * 5_000, 7, True, ["a"], {"a": "b"}], ids=repr)
@pytest.mark.parametrize("field", ["NoiDungXuLy", "PhongBanXuLy"])
def test_no_note_refuses_the_state_beside_it(field: str, note: Json) -> None:
    item = portal.step_of({**STEP, "TrangThai": "9", field: note}, "H37.12")
    took = send(RECEPTION, item)

    assert isinstance(took.answers[1], Accepted)
    assert [output.body["type"].split(".")[-2] for output in took.outputs] == ["received", "progressed", "completed"]


def test_the_payload_of_a_step_without_a_note_is_taken() -> None:
    payload = json.loads((FIXTURES / "step-without-note.json").read_text("utf-8"))
    took = send(RECEPTION, *(portal.step_of(item, "H37.12") for item in payload["data"]))

    assert all(isinstance(answer, Accepted) for answer in took.answers)
    assert took.outputs[-1].body["type"] == "vn.dunghen.dossier.completed.v1"


@pytest.mark.parametrize(
    "contact",
    [
        "0912000007",
        ["0912000007"],
        {"name": "x" * 900, "phone": "0912000007"},
        {"name": None, "phone": "0912000007"},
        {"name": 5, "phone": 912000007},
        {"phone": "0912000007" * 30},
        {"phone": True, "email": ["a"], "address": "x" * 10_000},
        {"name": "   ", "email": "x" * 500},
    ],
    ids=lambda value: str(value)[:40],
)
def test_no_contact_refuses_a_reception(contact: Json) -> None:
    assert isinstance(send({**RECEPTION, "contact": contact}).answers[0], Accepted)


def test_what_was_cut_or_dropped_is_counted() -> None:
    contact: Json = {"name": "x" * 900, "phone": True, "address": "Bản Lũng"}

    assert parse_item({**RECEPTION, "contact": contact}).cut == 2
    assert parse_item({"dossier": CODE, "type": "progressed", "at": "2026-03-02T09:00", "step": "x" * 201}).cut == 1
    assert parse_item({**RECEPTION, "contact": {**PERSON}}).cut == 0


def test_of_a_long_cell_of_phones_the_numbers_are_kept_that_there_is_room_for() -> None:
    cell = "ĐT nhà riêng 0205 381 2345, con trai 0912 000 007; con gái: 01662.000.008, hàng xóm 0987 000 009, 0987 000 010"
    item = parse_item({**RECEPTION, "contact": {**PERSON, "phone": cell}}).item

    assert isinstance(item, ReceivedItem)
    assert item.contact is not None
    assert item.contact.phone == "+84912000007; +84362000008; +84987000009"


def test_a_step_with_neither_note_nor_state_says_nothing() -> None:
    with pytest.raises(FaultError, match="step"):
        parse_item({"dossier": CODE, "type": "progressed", "at": "2026-03-02T09:00", "step": " "})


# --- words that travel ------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        "Nông Thị Mẫu",
        "gọi 0912000007",
        "CCCD 020185000007",
        "Thẩm định hồ sơ bà Nông Thị Mẫu",
        "Trình ký (a.Mẫu)",
        "020185000007",
    ],
)
def test_no_name_and_no_number_in_free_words_travels(words: str) -> None:
    items: list[dict[str, Any]] = [
        {**RECEPTION, "linked": [{"part": words}]},
        {"dossier": CODE, "type": "progressed", "at": "2026-03-02T09:00", "step": words, "department": words},
        {"dossier": CODE, "type": "suspended", "at": "2026-03-02T09:10", "reason": "force_majeure", "decision": words},
    ]
    took = send(*items)

    assert all(isinstance(answer, Accepted) for answer in took.answers)
    assert words not in str([output.body for output in took.outputs])
    assert words not in str(took.document)
    assert took.notes.count("other_words") == 4


@pytest.mark.parametrize("words", ["Trình ký", "  trình  KÝ ", "Tư pháp - Hộ tịch", "UBND xã Hoàng Vân", "Đăng ký kết hôn"])
def test_words_of_the_reference_data_travel_as_it_writes_them(words: str) -> None:
    took = send({"dossier": CODE, "type": "progressed", "at": "2026-03-02T09:00", "step": words})

    assert took.outputs[0].body["data"]["step"].casefold() == " ".join(words.casefold().split())
    assert "other_words" not in took.notes


# --- budgets ----------------------------------------------------------------------


def test_steps_never_hold_back_a_result_and_what_is_over_is_said() -> None:
    steps = [{"dossier": CODE, "type": "progressed", "at": f"2026-03-02T09:{n:02}", "step": "Trình ký"} for n in range(6)]
    done = {"dossier": CODE, "type": "completed", "at": "2026-03-02T09:30"}
    stated = {**steps[0], "at": "2026-03-02T09:45", "state": "10"}
    back = {"dossier": CODE, "type": "retracted", "fact": "completed", "at": "2026-03-02T09:30"}
    took = send(RECEPTION, *steps, done, stated, back, max_facts=5)

    assert took.answers[6] == Quarantined("too-many-steps")
    assert all(isinstance(answer, Accepted) for answer in (*took.answers[:6], *took.answers[7:]))
    assert "steps_over_budget" in took.notes
    assert {"received/1", "completed/1", "returned/1"} <= set(took.document["facts"])


def test_pauses_have_a_budget_of_their_own() -> None:
    asks = [{"dossier": CODE, "type": "suspended", "at": f"2026-03-02T09:{n:02}"} for n in range(4)]
    took = send(RECEPTION, *asks, {"dossier": CODE, "type": "withdrawn", "at": "2026-03-02T09:30"}, max_facts=3)

    assert took.answers[4] == Quarantined("too-many-facts")
    assert isinstance(took.answers[5], Accepted)


# --- whose it is, and what contradicts itself -------------------------------------

OTHER = Sender("other", frozenset({"H37.13"}))


@pytest.mark.parametrize(
    "more",
    [
        {"receiving_unit": "H37.13"},
        {"receiving_unit": "H37.13", "competent_unit": "H37.12"},
        {"type": "snapshot", "state": "2", "received_at": RECEPTION["at"], "receiving_unit": "H37.13"},
        {"type": "snapshot", "state": "2", "received_at": RECEPTION["at"], "receiving_unit": None, "competent_unit": "H37.13"},
    ],
)
def test_a_reception_under_the_code_of_another_unit_waits_and_the_owners_is_taken(more: dict[str, Json]) -> None:
    took = send({**RECEPTION, **more}, sender=OTHER)
    owner = take_items(took.document, [RECEPTION], CONTEXT, Sender("mine", frozenset({"H37.12"})))

    assert took.answers == [Quarantined("code-of-another-unit", "dossier")]
    assert isinstance(owner.answers[0], Accepted)


def test_the_body_that_decides_may_send_what_another_received_for_it() -> None:
    took = send({**RECEPTION, "receiving_unit": "H37.12", "competent_unit": "H37.13"}, sender=OTHER)

    assert isinstance(took.answers[0], Accepted)


@pytest.mark.parametrize("kind", ["completed", "returned", "withdrawn", "stopped", "refused"])
def test_an_end_before_its_reception_waits_for_a_person(kind: str) -> None:
    end = {"dossier": CODE, "type": kind, "at": "2026-03-02T07:59"}

    after, before = send(RECEPTION, end), send(end, RECEPTION)

    for took in (after, before):
        assert isinstance(took.answers[0], Accepted)
        assert took.answers[1] == Quarantined("ends-before-reception", "at")
        assert len(took.document["facts"]) == 1


def test_a_snapshot_that_ends_before_its_reception_waits_whole() -> None:
    item = portal.snapshot_of({**SNAPSHOT, "TrangThaiHoSo": "9", "NgayKetThucXuLy": "20260301090000"}, "H37.12")
    took = send(item)

    assert took.answers == [Quarantined("ends-before-reception", "completed_at")]
    assert took.outputs == []


# --- silent choices ---------------------------------------------------------------


def test_a_name_that_stands_twice_is_refused_by_its_name() -> None:
    for item in (
        Doubled({**RECEPTION}, ["dossier"]),
        {**RECEPTION, "contact": Doubled({}, ["dossier"])},
        {**RECEPTION, "type": "snapshot", "state": "2", "supplements": [Doubled({}, ["dossier"])]},
        portal.snapshot_of(Doubled({**SNAPSHOT}, ["dossier"]), "H37.12"),
        portal.snapshot_of({**SNAPSHOT, "DanhSachHoSoBoSung": [Doubled({"NgayBoSung": "x"}, ["dossier"])]}, "H37.12"),
    ):
        with pytest.raises(FaultError) as error:
            parse_item(item)
        assert [(fault.field, fault.rule) for fault in error.value.faults] == [("dossier", "twice")]


@pytest.mark.parametrize("value", [True, False, 1.5, "01", "một", [1], 4, 0, ""])
def test_a_channel_is_one_of_three_numbers(value: Json) -> None:
    if value == "":
        assert send({**RECEPTION, "channel": value}).outputs[0].body["data"]["channel"] == 1
        return
    with pytest.raises(FaultError, match="channel"):
        parse_item({**RECEPTION, "channel": value})


def test_fields_that_nobody_knows_are_named() -> None:
    parsed = parse_item({**RECEPTION, "ngay_hen": "x", "contact": {**PERSON, "sdt": "x"}})

    assert sorted(parsed.unknown) == ["contact.sdt", "ngay_hen"]


@pytest.mark.parametrize("code", [f" {CODE}", f"{CODE}\t", f"\u00a0{CODE} ", CODE.lower()])
def test_a_code_with_blanks_around_it_or_in_small_letters_is_the_same_code(code: str) -> None:
    assert parse_item({**RECEPTION, "dossier": code}).item == parse_item(RECEPTION).item


# --- sentences --------------------------------------------------------------------


def test_a_rule_is_said_alike_of_a_field_and_of_a_parameter() -> None:
    both = problems.SENTENCES.keys() & web_problems.SENTENCES.keys()

    assert len(both) >= 6
    assert {rule: problems.SENTENCES[rule] for rule in both} == {rule: web_problems.SENTENCES[rule] for rule in both}


def test_a_text_in_place_of_an_object_is_said_in_vietnamese() -> None:
    with pytest.raises(FaultError, match=r"supplements\.0: phải là một đối tượng"):
        parse_item({"dossier": CODE, "type": "snapshot", "state": "5", "supplements": ["một lần"]})
