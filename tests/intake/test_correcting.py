"""Whose people look at a held item, which of its fields they may correct, and what was typed as changes: rules alone."""

from typing import Any

import pytest

from services.intake.domain import FaultError, Quarantined, Sender
from services.intake.domain.correcting import FIELDS, KINDS, Options, changed, fields_of, name_of, shown, words_of
from services.intake.domain.held import Fields, Held, units_of
from services.intake.domain.items import EventItem, SnapshotItem
from services.intake.http.held_views import Typed, faults_of

HERE, ELSEWHERE = "H37.12", "H37.13"
ITEM: Fields = {
    "type": "received",
    "dossier": "H37.12-260319-0001",
    "at": "2026-03-19T09:00:33+07:00",
    "receiving_unit": "H37.99",
}
OPTIONS: Options = {"own-unit": [(HERE, "UBND xã Hoàng Vân")], "unit": [(HERE, "a"), (ELSEWHERE, "b")], "state": [("4", "4")]}


def test_what_names_no_unit_of_the_list_is_of_its_senders_units_or_of_the_whole_province() -> None:
    item = {"dossier": "000.00.14.H56-200203-0118", "receiving_unit": "H37.99"}
    units = {"H37", HERE, ELSEWHERE}

    assert units_of(item, Sender("a", frozenset({HERE})), (), units) == {HERE}
    assert units_of(item, Sender("a"), (), units) == frozenset()
    assert units_of({**item, "competent_unit": ELSEWHERE}, Sender("a"), (HERE,), units) == {HERE, ELSEWHERE}
    assert units_of({"dossier": "H37.12-260319-0001"}, Sender("a"), (), units) == {HERE}


def test_every_field_of_a_form_is_a_field_of_its_item_and_every_kind_has_its_words() -> None:
    for kind, fields in FIELDS.items():
        models = [model for model in (*EventItem.__args__, SnapshotItem) if kind in str(model.model_fields["type"].annotation)]
        assert models
        assert {field.name for field in fields} <= set(models[0].model_fields), kind
        assert {field.name for field in fields} <= set(Typed.model_fields), kind
    tags = {tag for model in (*EventItem.__args__, SnapshotItem) for tag in _tags(model.model_fields["type"].annotation)}
    assert tags == set(KINDS)


def _tags(annotation: Any) -> tuple[str, ...]:
    return tuple(annotation.__args__)


def test_a_value_is_shown_as_forms_and_people_have_it() -> None:
    item = {"type": "received", "at": "2026-03-19T02:00:00Z", "promised_at": "lạ", "procedure": "1.000894"}
    at, promised, procedure = (
        next(f for f in fields_of(item) if f.name == name) for name in ("at", "promised_at", "procedure")
    )

    assert [shown(item, field) for field in (at, promised, procedure)] == ["09:00 19/03/2026", "lạ", "1.000894"]
    assert words_of(item, "supplements.0.requested_at") == "Các lần bổ sung"


def test_why_an_item_waits_is_why_it_was_refused_last_else_why_it_was_held() -> None:
    entry = Held("a", 0, Sender("a"), Quarantined("unknown-procedure", "procedure"), "H37.12-260319-0001", {"type": "received"})
    problem: Fields = {"errors": [{"pointer": "#/0/promised_at", "rule": "late", "detail": "sai"}]}

    assert [(fault.field, fault.detail) for fault in faults_of(entry)] == [("procedure", "mã thủ tục không có trong danh mục")]
    refused = Held(entry.id, 0, entry.sender, entry.why, entry.dossier, entry.item, problem=problem)
    assert [(fault.field, fault.detail) for fault in faults_of(refused)] == [("promised_at", "sai")]


def test_what_was_typed_over_is_a_change_and_nothing_else_is() -> None:
    assert changed(ITEM, {}, OPTIONS) == {}
    assert changed(ITEM, {"at": " 09:00 19/03/2026 ", "receiving_unit": "H37.99", "procedure": ""}, OPTIONS) == {}
    assert changed(ITEM, {"at": "08:00 19/03/2026", "receiving_unit": HERE, "step": "x"}, OPTIONS) == {
        "receiving_unit": HERE,
        "at": "08:00 19/03/2026",
    }
    assert changed(ITEM, {"receiving_unit": " "}, OPTIONS) == {"receiving_unit": ""}


def test_what_is_chosen_from_a_list_is_in_it_and_every_field_that_is_not_is_named() -> None:
    typed = {"receiving_unit": ELSEWHERE, "competent_unit": "H37.98", "procedure": "bất kỳ"}
    with pytest.raises(FaultError) as refused:
        changed(ITEM, typed, OPTIONS)

    assert [(fault.field, fault.rule) for fault in refused.value.faults] == [
        ("receiving_unit", "not-listed"),
        ("competent_unit", "not-listed"),
    ]
    step: Fields = {"type": "progressed", "state": "lạ"}
    assert changed(step, {"state": "4"}, OPTIONS) == {"state": "4"}
    with pytest.raises(FaultError):
        changed(step, {"state": "5"}, OPTIONS)


def test_fields_have_names_for_people_and_an_item_without_fields_of_its_own_its_time() -> None:
    assert [field.name for field in fields_of({"type": "completed"})] == ["at"]
    assert words_of(ITEM, "receiving_unit") == "Đơn vị tiếp nhận (madonvi)"
    assert (words_of(ITEM, "ghi_chu"), words_of(ITEM, "")) == ("ghi_chu", "")
    assert (name_of("new_due_at"), name_of("lạ")) == ("Ngày hẹn trả mới", "lạ")
