"""What becomes of an item as it was sent: forms that are taken, words that are made to fit, faults in the sender's words."""

from collections.abc import Iterable
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from services.intake.domain import Contact, Doubled, Fault, FaultError, ReceivedItem, SnapshotItem, parse_item
from services.intake.domain.items import (
    LinkedPart,
    PlainItem,
    ProgressedItem,
    Reappointment,
    RetractedItem,
    Supplement,
    SuspendedItem,
)
from services.intake.domain.parsing import CONTACT_CODES, CONTACT_WORDS, PART, WORDS
from tests.intake.decided import CODE, PERSON, RECEIVED, SNAPSHOT, at, event

STEP = event("progressed", at(5), step="Xử lý")
KINDS = (
    *("received", "progressed", "supplement-requested", "supplemented", "fee-requested", "fee-paid", "suspended", "resumed"),
    *("reappointed", "completed", "returned", "refused", "withdrawn", "stopped"),
)


def faults(item: object) -> list[tuple[str, str, str]]:
    """What is wrong with an item: field, rule, words."""
    with pytest.raises(FaultError) as refused:
        parse_item(item)
    return [(fault.field, fault.rule, fault.detail) for fault in refused.value.faults]


def received(**more: Any) -> ReceivedItem:
    """A reception as it is read."""
    item = parse_item({**RECEIVED, **more}).item
    assert isinstance(item, ReceivedItem)
    return item


REQUIRED = "bắt buộc phải có"
WRONG: list[tuple[dict[str, Any], str, str, str]] = [
    ({"at": None}, "at", "missing", REQUIRED),
    ({"at": "  "}, "at", "missing", REQUIRED),
    ({"at": "hôm qua"}, "at", "invalid", "không phải ngày giờ: cần dạng 2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40"),
    ({"at": "02/03/2026"}, "at", "invalid", "thiếu giờ: cần dạng 2026-02-12T15:40+07:00 hoặc 12/02/2026 15:40"),
    ({"at": 1772413200}, "at", "invalid", "ngày giờ phải là chuỗi ký tự"),
    ({"at": "2026-03-02T08:00+14:01"}, "at", "invalid", "không nơi nào có múi giờ này"),
    ({"procedure": "khai sinh"}, "procedure", "string_pattern_mismatch", "không đúng mẫu quy định"),
    ({"procedure": 7}, "procedure", "string_type", "phải là chuỗi ký tự"),
    ({"channel": 4}, "channel", "literal_error", "không thuộc các giá trị được phép"),
    ({"channel": True}, "channel", "literal_error", "không thuộc các giá trị được phép"),
    ({"channel": "04"}, "channel", "literal_error", "không thuộc các giá trị được phép"),
    ({"type": "nhận"}, "type", "union_tag_invalid", "không phải loại sự kiện được biết"),
    ({"type": None}, "type", "union_tag_not_found", "bắt buộc phải có loại sự kiện"),
    ({"linked": [7]}, "linked.0", "model_type", "phải là một đối tượng"),
    ({"linked": [{"part": "Xử lý"}] * 21}, "linked", "too_long", "dài quá 20"),
    ({"linked": [{"part": "Xử lý", "unit": "?"}]}, "linked.0.unit", "string_pattern_mismatch", "không đúng mẫu quy định"),
    ({"occasion": "x" * 65}, "occasion", "string_pattern_mismatch", "không đúng mẫu quy định"),
    ({"occasion": "số 1"}, "occasion", "string_pattern_mismatch", "không đúng mẫu quy định"),
    ({"occasion": True}, "occasion", "string_type", "phải là chuỗi ký tự"),
    ({"dossier": "x" * 65}, "dossier", "string_too_long", "dài quá 64 ký tự"),
]


@pytest.mark.parametrize(("change", "field", "rule", "words"), WRONG)
def test_a_fault_names_its_field_and_rule_and_says_in_vietnamese_what_is_wrong(
    change: dict[str, Any], field: str, rule: str, words: str
) -> None:
    assert faults({**RECEIVED, **change}) == [(field, rule, words)]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    item = {"type": "received", "dossier": CODE, "at": "hôm qua", "procedure": "x"}

    assert [field for field, _, _ in faults(item)] == ["at", "procedure", "receiving_unit"]
    with pytest.raises(FaultError, match=r"^at: không phải ngày giờ.*; procedure: không đúng.*; receiving_unit: bắt buộc"):
        parse_item(item)


@pytest.mark.parametrize(
    ("item", "field", "words"),
    [
        ({**SNAPSHOT, "state": "x" * 41}, "state", "dài quá 40"),
        ({**SNAPSHOT, "procedure_name": "x" * 301}, "procedure_name", "dài quá 300 ký tự"),
        ({**SNAPSHOT, "competent_unit_name": "x" * 301}, "competent_unit_name", "dài quá 300 ký tự"),
        ({**SNAPSHOT, "supplements": [{"requested_at": at(3).isoformat()}] * 51}, "supplements", "dài quá 50"),
        ({**SNAPSHOT, "supplements": [{}]}, "supplements.0.requested_at", REQUIRED),
        ({**SNAPSHOT, "reappointed": {"at": at(3).isoformat()}}, "reappointed.new_due_at", REQUIRED),
        (event("suspended", at(5), decision="12"), "decision", "không được để trống"),
        (
            event("suspended", at(5), reason="force_majeure"),
            "item",
            "bất khả kháng phải có decision: số, ngày văn bản của người có thẩm quyền",
        ),
        (event("retracted", at(5), fact="retracted"), "fact", "không thuộc các giá trị được phép"),
        (event("reappointed", at(5)), "new_due_at", REQUIRED),
        (event("progressed", at(5)), "step", "bắt buộc phải có, nếu không có state"),
        (event("progressed", at(5), step=" ", state=""), "step", "bắt buộc phải có, nếu không có state"),
        (7, "item", "phải là một đối tượng JSON"),
        (Doubled(RECEIVED, ["at", "procedure"]), "at", "có hai lần trong một đối tượng"),
        ({**RECEIVED, "contact": Doubled({"name": "x"}, ["name"])}, "name", "có hai lần trong một đối tượng"),
        ({**SNAPSHOT, "supplements": [Doubled({}, ["occasion"])]}, "occasion", "có hai lần trong một đối tượng"),
    ],
)
def test_what_is_wrong_with_other_items_is_said_the_same_way(item: object, field: str, words: str) -> None:
    assert [(where, said) for where, _, said in faults(item)][:1] == [(field, words)]


def test_both_names_that_stand_twice_are_told() -> None:
    assert [(field, rule) for field, rule, _ in faults(Doubled(RECEIVED, ["at", "procedure"]))] == [
        ("at", "twice"),
        ("procedure", "twice"),
    ]


# --- forms that mean one thing --------------------------------------------------------


@pytest.mark.parametrize(("sent", "channel"), [(1, 1), (2, 2), ("2", 2), ("3", 3), (" 1 ", 1), ("", None), (None, None)])
def test_a_channel_is_one_of_three_as_number_or_text(sent: object, channel: int | None) -> None:
    assert received(channel=sent).channel == channel


@pytest.mark.parametrize(("sent", "occasion"), [(7, "7"), ("7", "7"), ("A-1_b.2", "A-1_b.2"), ("x" * 64, "x" * 64), (0, "0")])
def test_an_occasion_is_a_number_or_a_name_of_at_most_64_signs(sent: object, occasion: str) -> None:
    assert received(occasion=sent).occasion == occasion


def test_a_code_in_small_letters_or_with_blanks_around_is_the_same_code() -> None:
    assert received(dossier=" h37.12-260302-0001 ").dossier == CODE


@pytest.mark.parametrize("sent", [None, "", "   ", "\u00a0"])
def test_what_is_empty_says_nothing(sent: str | None) -> None:
    item = received(channel=sent, competent_unit=sent, promised_at=sent, occasion=sent, return_method=sent)

    assert (item.channel, item.competent_unit, item.promised_at, item.occasion, item.return_method) == (None,) * 5


def test_contacts_of_a_row_stand_under_flat_names_unless_there_is_one_already() -> None:
    flat = {f"contact_{name}": value for name, value in PERSON.items()}

    assert received(**flat).contact == Contact(**PERSON)
    assert received(**flat, contact={"name": "Hoàng Thị Mẫu"}).contact == Contact(name="Hoàng Thị Mẫu")
    assert received().contact is None
    assert parse_item({**RECEIVED, **flat}).unknown == ()


def test_a_state_is_read_as_number_or_word() -> None:
    for sent, state in ((4, "4"), ("4", "4"), ("đang xử lý", "đang xử lý"), ("x" * 40, "x" * 40)):
        item = parse_item({**SNAPSHOT, "state": sent}).item
        assert isinstance(item, SnapshotItem)
        assert item.state == state


@pytest.mark.parametrize("size", ["names", "rounds", "parts"])
def test_the_longest_that_is_taken(size: str) -> None:
    longest: dict[str, Any] = {
        "names": {"procedure_name": "x" * 300, "competent_unit_name": "x" * 300},
        "rounds": {"supplements": [{"requested_at": at(3).isoformat()}] * 50},
        "parts": {"linked": [{"part": "Xử lý"}] * 20},
    }
    item = parse_item({**SNAPSHOT, **longest[size]}).item

    assert isinstance(item, SnapshotItem)
    assert len(item.supplements) + len(item.linked) + len(item.competent_unit_name or "") in (50, 20, 300)


# --- words that are made to fit --------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "kept", "cut"),
    [
        ("x" * 200, "x" * 200, 0),
        ("x" * 201, "x" * 200, 1),
        (1200, "1200", 0),
        (1200.0, "1200", 0),
        (1.5, "1.5", 0),
        (True, None, 1),
        ([], None, 1),
        ({}, None, 1),
    ],
)
@pytest.mark.parametrize("name", ["step", "department", "decision"])
def test_a_free_word_that_is_too_long_is_cut_and_one_that_is_no_text_dropped(
    name: str, sent: object, kept: str | None, cut: int
) -> None:
    bare = event("suspended", at(5)) if name == "decision" else {**STEP, "state": "4"}
    found = parse_item({**bare, name: sent})

    assert isinstance(found.item, ProgressedItem | SuspendedItem)
    said = getattr(found.item, name)
    assert (said, found.cut) == (kept, cut)


@pytest.mark.parametrize(
    ("name", "sent", "kept", "cut"),
    [
        ("name", "x" * 200, "x" * 200, 0),
        ("name", "x" * 201, "x" * 200, 1),
        ("name", 7, "7", 0),
        ("name", [], "", 1),
        ("address", "x" * 500, "x" * 500, 0),
        ("address", "x" * 501, "x" * 500, 1),
        ("phone", "0912000007", "0912000007", 0),
        ("phone", 912000007, "912000007", 0),
        ("phone", "0912000007" + " " * 40 + "()", "+84912000007", 0),
        ("phone", "9" * 40, "9" * 40, 0),
        ("phone", "9" * 41, "", 1),
        ("phone", {}, "", 1),
        ("email", "x" * 200, "x" * 200, 0),
        ("email", "x" * 201, "", 1),
        ("email", False, "", 1),
    ],
)
def test_words_of_a_contact_are_cut_and_its_codes_kept_whole_or_dropped(name: str, sent: object, kept: str, cut: int) -> None:
    found = parse_item({**RECEIVED, "contact": {"name": "Nông Thị Mẫu", name: sent}})

    assert isinstance(found.item, ReceivedItem)
    assert found.item.contact is not None
    assert (getattr(found.item.contact, name), found.cut) == (kept, cut)


@pytest.mark.parametrize("sent", ["Nông Thị Mẫu", 7, ["x"], True])
def test_a_contact_that_is_no_object_is_dropped_and_the_item_taken(sent: object) -> None:
    found = parse_item({**RECEIVED, "contact": sent})

    assert isinstance(found.item, ReceivedItem)
    assert (found.item.contact, found.cut) == (None, 1)
    assert parse_item({**STEP, "step": "x" * 201, "contact": sent}).cut == 2


@pytest.mark.parametrize(
    ("part", "kept", "cut"),
    [("x" * 200, "x" * 200, 0), ("x" * 201, "x" * 200, 1), (7, "7", 0), ([], "khác", 1), (None, "khác", 0)],
)
def test_a_part_of_a_linked_dossier_is_cut_and_without_words_another_one(part: object, kept: str, cut: int) -> None:
    found = parse_item({**RECEIVED, "linked": [{"part": part, "unit": "H37.14"}, {"part": "Xử lý"}]})

    assert isinstance(found.item, ReceivedItem)
    assert ([each.part for each in found.item.linked], found.cut) == ([kept, "Xử lý"], cut)


def test_all_words_that_were_cut_are_counted() -> None:
    long = "x" * 600
    contact = {"name": long, "address": long, "email": long}
    item = {**RECEIVED, "step": long, "contact": contact, "linked": [{"part": long}, {"part": long}]}

    assert parse_item(item).cut == 6


def test_signs_that_no_store_takes_are_replaced_and_others_stay() -> None:
    item = received(contact={"name": "N\x00ông\ud800 Thị\tMẫu", "address": "Thôn\nMẫu\x1f 1"})

    assert item.contact == Contact(name="N\ufffdông\ufffd Thị\tMẫu", address="Thôn\nMẫu\ufffd 1")


# --- names that nobody knows ------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "unknown"),
    [
        ({}, set()),
        ({"colour": "red"}, {"colour"}),
        ({"colour": None}, set()),
        ({"contact": {**PERSON, "fax": "1"}}, {"contact.fax"}),
        ({"linked": [{"part": "Xử lý"}, {"part": "Xử lý", "a": 1, "b": 2}]}, {"linked.a", "linked.b"}),
        ({"supplements": [{"requested_at": at(3).isoformat(), "c": 1}]}, {"supplements.c"}),
        ({"reappointed": {"at": at(3).isoformat(), "new_due_at": at(4).isoformat(), "d": 1}}, {"reappointed.d"}),
    ],
)
def test_fields_that_nobody_knows_are_named_and_refuse_nothing(more: dict[str, Any], unknown: set[str]) -> None:
    assert set(parse_item({**SNAPSHOT, **more}).unknown) == unknown


# --- what is frozen, what is hidden -------------------------------------------------------


MODELS: list[tuple[type[BaseModel], dict[str, Any]]] = [
    (ReceivedItem, dict(RECEIVED)),
    (ProgressedItem, STEP),
    (PlainItem, event("completed", at(5))),
    (SuspendedItem, event("suspended", at(5))),
    (SnapshotItem, dict(SNAPSHOT)),
    (Contact, dict(PERSON)),
    (LinkedPart, {"part": "Xử lý"}),
    (Supplement, {"requested_at": at(3)}),
    (Reappointment, {"at": at(3), "new_due_at": at(9)}),
]


@pytest.mark.parametrize(("model", "given"), MODELS, ids=[model.__name__ for model, _ in MODELS])
def test_what_was_read_is_frozen_holds_no_unknown_field_and_its_errors_repeat_nothing(
    model: type[BaseModel], given: dict[str, Any]
) -> None:
    found, name = model.model_validate({**given, "colour": "red"}), next(iter(given))

    assert "colour" not in found.model_dump()
    with pytest.raises(ValueError, match="frozen"):
        setattr(found, name, given[name])
    with pytest.raises(ValidationError) as refused:
        model.model_validate({**given, name: ["Nông Thị Mẫu"]})
    assert "Mẫu" not in str(refused.value)


def longest(model: type[BaseModel], names: Iterable[str]) -> dict[str, int]:
    """How long texts of a model may be, as the schema says that senders read."""
    own = model.model_json_schema()["properties"]
    return {name: next(one["maxLength"] for one in own[name].get("anyOf", [own[name]]) if "maxLength" in one) for name in names}


def test_words_are_cut_to_what_the_schema_says_that_senders_read() -> None:
    assert longest(Contact, CONTACT_WORDS) == CONTACT_WORDS == {"name": 200, "address": 500}
    assert longest(Contact, CONTACT_CODES) == CONTACT_CODES == {"phone": 40, "email": 200}
    assert longest(ProgressedItem, ("step", "department")) | longest(SuspendedItem, ("decision",)) == WORDS
    assert longest(LinkedPart, ("part",)) == {"part": PART}
    with pytest.raises(ValidationError):
        LinkedPart(part="")


@pytest.mark.parametrize("kind", KINDS)
def test_a_fact_of_each_kind_can_be_taken_back(kind: str) -> None:
    item = parse_item(event("retracted", at(5), fact=kind)).item

    assert isinstance(item, RetractedItem)
    assert item.fact == kind


@pytest.mark.parametrize("reason", ["agency", "force_majeure", None])
def test_a_suspension_is_for_another_body_or_by_force_majeure(reason: str | None) -> None:
    item = parse_item(event("suspended", at(5), reason=reason, decision="123")).item

    assert isinstance(item, SuspendedItem)
    assert (item.reason, item.decision) == (reason, "123")
    assert faults(event("suspended", at(5), reason="mưa"))[0][:2] == ("reason", "literal_error")


def test_a_contact_is_empty_only_if_nothing_at_all_was_given() -> None:
    assert Contact().is_empty()
    assert not any(Contact(**{name: "x"}).is_empty() for name in ("name", "phone", "email", "address"))


def test_a_fault_is_the_same_whoever_says_it() -> None:
    assert FaultError([Fault("at", "missing", REQUIRED)]).faults == (Fault("at", "missing", REQUIRED),)
