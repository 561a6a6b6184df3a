"""What a catalogue answers: units and procedures over time, names, letterheads, calendars of one unit and of all."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from dunghen import PROVINCE
from reference import OFFICE_TIME, CalendarChange, ReferenceData, load_reference
from reference.catalogue import Fee, Leader, Letterhead, Procedure, ProcedureVersion, StatusMap, TimeLimit, Unit
from reference.hours import DEFAULT_HOURS, OpeningHours, Session, parse_session
from reference.periods import USUAL, PeriodKind

REFERENCE = load_reference(PROVINCE)
DAY, BEFORE, AFTER = date(2026, 3, 2), date(2026, 3, 1), date(2026, 3, 3)
FRIDAY = date(2026, 3, 6)


def unit(code: str = "H37.90", **more: Any) -> Unit:
    return Unit.model_validate({"code": code, "name": f"UBND xã {code}", "kind": "commune", **more})


def catalogue(*units: Unit) -> ReferenceData:
    return replace(REFERENCE, units={one.code: one for one in units})


def change(number: int, day: date, of: str | None = None, recorded: int = 2) -> CalendarChange:
    moment = datetime(2026, 3, recorded, 9, tzinfo=OFFICE_TIME)
    return CalendarChange(number, moment, ((day, "off"),), "Nghỉ bù", "TB 1/2026", of)


def test_a_unit_is_in_use_from_its_first_day_to_its_last_both_included() -> None:
    bounded = unit(valid_from=DAY, valid_to=AFTER)

    assert [bounded.in_use(day) for day in (BEFORE, DAY, AFTER, date(2026, 3, 4))] == [False, True, True, False]
    assert unit().in_use(date(1990, 1, 1))


def test_a_unit_stands_for_itself_until_its_last_day_and_then_its_one_successor_does() -> None:
    """R39."""
    old, new = unit("H37.90", valid_to=DAY), unit("H37.91", valid_from=AFTER, predecessors=("H37.90",))
    units = catalogue(old, new)

    assert [units.standing_for("H37.90", day) for day in (BEFORE, DAY, AFTER)] == ["H37.90", "H37.90", "H37.91"]
    assert units.standing_for("H37.99", DAY) == "H37.99"


def test_a_unit_stands_for_itself_when_divided_when_nobody_follows_and_until_who_follows_begins() -> None:
    """R39."""
    old = unit("H37.90", valid_to=DAY)
    one, other = (unit(code, valid_from=AFTER, predecessors=("H37.90",)) for code in ("H37.91", "H37.92"))
    later = unit("H37.91", valid_from=date(2026, 3, 10), predecessors=("H37.90",))

    assert catalogue(old, one, other).standing_for("H37.90", AFTER) == "H37.90"
    assert catalogue(old).standing_for("H37.90", AFTER) == "H37.90"
    assert catalogue(old, later).standing_for("H37.90", AFTER) == "H37.90"
    assert catalogue(old, later).standing_for("H37.90", date(2026, 3, 10)) == "H37.91"


def test_a_unit_merged_twice_is_followed_to_the_end_and_a_circle_is_left() -> None:
    """R39."""
    first = unit("H37.90", valid_to=BEFORE)
    second = unit("H37.91", valid_to=DAY, predecessors=("H37.90",))
    third = unit("H37.92", predecessors=("H37.91",))
    circle = unit("H37.91", valid_to=DAY, predecessors=("H37.90",)), unit("H37.90", valid_to=DAY, predecessors=("H37.91",))

    assert catalogue(first, second, third).standing_for("H37.90", AFTER) == "H37.92"
    assert catalogue(*circle).standing_for("H37.90", AFTER) in ("H37.90", "H37.91")


def test_a_name_is_found_however_it_is_spaced_capitalised_and_composed() -> None:
    name = REFERENCE.units["H37.12"].name
    decomposed = "ỦY ban".encode().decode()

    assert REFERENCE.code_named(f"  {name.upper()}  ".replace(" ", "  ")) == "H37.12"
    assert REFERENCE.code_named(REFERENCE.procedures["1.000894"].name) == "1.000894"
    assert REFERENCE.code_named(f"{name} mới") is None
    assert catalogue(unit(name="Ủy Ban")).code_named(decomposed) == "H37.90"
    assert (REFERENCE.unit_name("H37.12"), REFERENCE.unit_name("H37.99")) == (name, "H37.99")


def procedure(*versions: dict[str, Any], bodies: tuple[str, ...] = ()) -> Procedure:
    made = [ProcedureVersion.model_validate({"limit": {"unit": "same_day"}, **version}) for version in versions]
    return Procedure(code="1.000001", name="x", field="y", bodies=bodies, versions=tuple(made))


def test_the_newest_version_holds_from_its_first_day_in_hanoi_to_its_last_whatever_their_order() -> None:
    versions = procedure({"valid_from": DAY}, {"valid_from": date(2025, 1, 1)}, {"valid_from": AFTER, "valid_to": FRIDAY})
    names = [
        None if (found := versions.version_on(day)) is None else found.name
        for day in (date(2024, 12, 31), date(2025, 1, 1), DAY, AFTER, FRIDAY, FRIDAY + timedelta(days=1))
    ]

    assert names == [None, "2025-01-01", "2026-03-02", "2026-03-03", "2026-03-03", None]
    at_midnight = versions.version_at(datetime.fromisoformat("2026-03-01T17:00+00:00"))
    assert at_midnight is not None
    assert at_midnight.name == "2026-03-02"


def test_a_procedure_is_handled_by_named_units_and_by_kinds_of_units() -> None:
    assert procedure({"valid_from": DAY}, bodies=("H37.90",)).is_handled_by(unit())
    assert procedure({"valid_from": DAY}, bodies=("commune",)).is_handled_by(unit())
    assert not procedure({"valid_from": DAY}, bodies=("H37.91", "department")).is_handled_by(unit())


def test_what_a_catalogue_leaves_out_has_its_default() -> None:
    version, body = ProcedureVersion(valid_from=DAY, limit=TimeLimit(unit="same_day")), unit()

    assert version.limit.value == 1
    assert (version.pause_on_fee, version.pause_on_agency, version.strategy, version.online) == (False, False, "extend", None)
    assert (version.warn_open_hours, version.apology_lead_days, version.fees, version.papers) == (None, None, (), ())
    assert (version.legal_base, body.hotline, body.reception, body.brand, body.leaders) == ("", "", "", "", ())
    assert (body.hours, body.hours_changes, body.go_live, body.letterhead) == (DEFAULT_HOURS, (), None, None)
    for wrong in ({"value": 0, "unit": "hour"}, {"value": 1, "unit": "week"}):
        with pytest.raises(ValidationError):
            TimeLimit.model_validate(wrong)
    with pytest.raises(ValidationError, match="frozen"):
        version.legal_base = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    "wrong", ["motcua", "motcua@xa", "Một cửa <a@b.example>", "a@b.example\nBcc: c@d.example", "ă@b.example", "a@b.example "]
)
def test_a_mailbox_is_one_plain_address(wrong: str) -> None:
    assert unit(mailboxes=["Mot-Cua.1+x@hoang-van.lamgiang.example"]).mailboxes == ("Mot-Cua.1+x@hoang-van.lamgiang.example",)
    assert unit().mailboxes == ()
    with pytest.raises(ValidationError):
        unit(mailboxes=[wrong])
    with pytest.raises(ValidationError):
        unit(mailboxes=["a@b.example"] * 11)


@pytest.mark.parametrize(
    ("clock", "session"),
    [("07:29", None), ("07:30", (450, 690)), ("11:30", (450, 690)), ("11:31", None), ("13:30", (810, 1020)), ("17:01", None)],
)
def test_the_session_that_an_instant_lies_in(clock: str, session: tuple[int, int] | None) -> None:
    line, (hour, minute) = REFERENCE.timeline("H37.12"), clock.split(":")
    day = date(2026, 3, 2).toordinal() * 1440
    found = line.session_at(day + int(hour) * 60 + int(minute))

    assert found == (None if session is None else Session(day + session[0], day + session[1]))
    assert line.session_at(date(2026, 3, 1).toordinal() * 1440 + 480) is None  # a Sunday


def test_a_letter_is_signed_by_who_stands_in_on_its_day_first_and_last_included() -> None:
    deputy = {"first": DAY, "last": AFTER, "on_behalf": "KT. CHỦ TỊCH", "title": "PHÓ CHỦ TỊCH", "signer": "Lý Thị Mẫu"}
    head = Letterhead.model_validate(
        {"name": "ỦY BAN", "place": "Kỳ Lâm", "title": "CHỦ TỊCH", "signer": "Hoàng Văn Mẫu", "delegations": [deputy]}
    )
    signers = [head.on(day).signer for day in (BEFORE, DAY, AFTER, date(2026, 3, 4))]

    assert signers == ["Hoàng Văn Mẫu", "Lý Thị Mẫu", "Lý Thị Mẫu", "Hoàng Văn Mẫu"]
    signed = head.on(DAY)
    assert (signed.name, signed.on_behalf, signed.title) == ("ỦY BAN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH")
    assert signed.delegations == ()


def test_a_senders_own_words_are_read_by_its_map_alone_and_a_sender_without_one_writes_numbers() -> None:
    """R4."""
    assert [REFERENCE.state("portal", raw) for raw in ("0", "1", "10", "11", "xong")] == [None, 1, 10, None, None]
    system, known = next(iter(REFERENCE.statuses.items()))
    word, state = next(iter(known.states.items()))
    assert (REFERENCE.state(system, word), REFERENCE.state(system, "không có")) == (state, None)


def test_a_change_of_the_calendar_counts_for_its_unit_or_for_all_from_its_number_on() -> None:
    """R7."""
    own = replace(REFERENCE)
    before = own.timeline("H37.12")
    assert before is own.timeline("H37.12")
    own.change_calendar(change(2, FRIDAY, "H37.12", recorded=3))
    own.change_calendar(change(1, DAY))
    own.change_calendar(change(1, FRIDAY))  # known already

    assert (own.known, [known.number for known in own.changes]) == (2, [1, 2])
    counted = {
        (code, known): [own.timeline(code, known).is_counted(day.toordinal()) for day in (DAY, FRIDAY)]
        for code in ("H37.12", "H37.13")
        for known in (0, 1, 2, None, 9)
    }
    assert counted == {
        ("H37.12", 0): [True, True],
        ("H37.12", 1): [False, True],
        **{("H37.12", known): [False, False] for known in (2, None, 9)},
        ("H37.13", 0): [True, True],
        **{("H37.13", known): [False, True] for known in (1, 2, None, 9)},
    }
    moments = [datetime(2026, 3, day, 9, tzinfo=OFFICE_TIME) for day in (1, 2, 3)]
    assert [own.known_at(moment) for moment in moments] == [0, 1, 2]
    assert REFERENCE.known == 0


def test_units_of_equal_hours_and_changes_share_a_timeline_and_an_unknown_unit_has_the_usual_hours() -> None:
    own = replace(REFERENCE)
    mornings = OpeningHours.model_validate({"weekdays": ["08:00-11:00"]})
    early = unit("H37.91", hours_changes=[{"valid_from": AFTER, "hours": mornings}])
    usual = {code: unit(code) for code in ("H37.93", "H37.94")}
    own.units = {**usual, "H37.91": early, "H37.92": unit("H37.92", hours=mornings)}

    assert own.timeline("H37.93") is own.timeline("H37.94")
    assert own.timeline("nobody") is own.timeline("H37.93")
    opened = {code: [own.timeline(code).closing(day.toordinal()) % 1440 // 60 for day in (DAY, AFTER)] for code in own.units}
    assert (opened["H37.93"], opened["H37.91"], opened["H37.92"]) == ([17, 17], [17, 11], [11, 11])


def test_another_reading_of_the_folder_takes_the_place_of_the_tables_and_keeps_the_changes() -> None:
    own, other = replace(REFERENCE), replace(catalogue(unit(name="Xã mới")), province="Tỉnh khác", future=timedelta(minutes=1))
    own.change_calendar(change(1, DAY))
    own.timeline("H37.90")
    own.replace(other)

    assert (own.province, own.units, own.future, own.known) == ("Tỉnh khác", other.units, timedelta(minutes=1), 1)
    assert (own.procedures, own.statuses, own.periods) == (other.procedures, other.statuses, other.periods)
    assert own.code_named("xã mới") == "H37.90"
    assert not own.timeline("H37.90").is_counted(DAY.toordinal())


@pytest.mark.parametrize(
    ("text", "session"),
    [("07:30-11:30", (450, 690)), ("00:00-24:00", (0, 1440)), ("00:00-00:01", (0, 1))],
)
def test_a_session_is_minutes_of_the_day_up_to_midnight(text: str, session: tuple[int, int]) -> None:
    assert parse_session(text) == Session(*session)


@pytest.mark.parametrize("text", ["07:30-07:30", "20:00-24:01", "20:00-29:00", "7:30-11:30", "07:30-11:60", "07:30-11:30 "])
def test_a_session_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="opening hours must"):
        parse_session(text)


def test_weekdays_are_monday_to_friday_a_day_of_its_own_goes_before_and_makeup_days_are_like_mondays() -> None:
    hours = OpeningHours.model_validate({"weekdays": ["08:00-12:00"], "fri": ["08:00-10:00"], "sat": [(480, 540)]})

    assert [[session.end for session in hours.of_weekday(day)] for day in range(7)] == [[720]] * 4 + [[600], [540], []]
    assert [session.end for session in hours.of_makeup_day] == [720]
    own = OpeningHours.model_validate({"mon": ["08:00-12:00", "12:00-13:00"], "makeup": ["08:00-09:00"]})
    assert own.of_makeup_day == (Session(480, 540),)
    assert own.of_weekday(1) == ()
    for name in ("makeup", "service", "sun"):
        with pytest.raises(ValidationError, match=f"opening hours of {name} must be in order"):
            OpeningHours.model_validate({"mon": ["08:00-12:00"], name: ["08:00-10:00", "09:59-12:00"]})


def test_a_unit_that_was_merged_into_a_circle_of_others_is_followed_until_one_comes_again() -> None:
    """R39."""
    first = unit("H37.90", valid_to=BEFORE)
    one = unit("H37.91", valid_to=BEFORE, predecessors=("H37.90", "H37.92"))
    other = unit("H37.92", valid_to=BEFORE, predecessors=("H37.91",))

    assert catalogue(first, one, other).standing_for("H37.90", DAY) == "H37.92"


def test_a_word_that_names_no_person_is_found_as_the_reference_data_write_it() -> None:
    own = replace(catalogue(unit(name="UBND xã Mới")), words=("Tiếp nhận", "Phòng Tư pháp"))

    assert [
        own.word("step", text) for text in ("  tiếp  NHẬN", "phòng tư pháp", "ubnd XÃ mới", "đăng ký kết hôn", "Nông Thị Mẫu")
    ] == [
        "Tiếp nhận",
        "Phòng Tư pháp",
        "UBND xã Mới",
        REFERENCE.procedures["1.000894"].name,
        None,
    ]


VERSION: dict[str, Any] = {"valid_from": DAY, "limit": {"unit": "same_day"}}


@pytest.mark.parametrize(
    ("model", "good", "field", "wrong"),
    [
        (Unit, {"code": "H37.90", "name": "x", "kind": "commune", "brand": "A" * 11}, "brand", ["A" * 12, "Xã", "A B"]),
        (Unit, {"code": "H37.90", "name": "x", "kind": "commune"}, "colour", ["red"]),
        (
            Unit,
            {"code": "000.00.14.H37", "name": "x", "kind": "commune"},
            "code",
            ["h37", "H37.1", "H37.1234", "H3.12", "H37.12 "],
        ),
        (Procedure, {"code": "1.000001.000.00.00.H37", "name": "x", "field": "y", "versions": [VERSION]}, "versions", [[]]),
        (
            Procedure,
            {"code": "1.000001.H37", "name": "x", "field": "y", "versions": [VERSION]},
            "code",
            ["1.00001", "1.0000011"],
        ),
        (ProcedureVersion, {**VERSION, "apology_lead_days": 1}, "apology_lead_days", [0, -1]),
        (ProcedureVersion, {**VERSION, "strategy": "restart", "online": "full"}, "strategy", ["anew"]),
        (Fee, {"name": "Lệ phí", "amount": 0}, "amount", [-1, "x"]),
        (StatusMap, {"system": "a-1", "states": {"x": 10}}, "states", [{}, {"x": 0}, {"x": 11}]),
        (StatusMap, {"system": "a" * 40, "states": {"x": 1}}, "system", ["", "a" * 41, "A", "hệ"]),
        (PeriodKind, {"code": "m-1", "name": "x", "months": 1}, "code", ["", "Tháng", "m" * 41]),
        (PeriodKind, {"code": "m-1", "name": "x", "months": 1}, "colour", ["red"]),
        (Leader, {"title": "x", "phone": "113"}, "colour", ["red"]),
        (Leader, {"title": "x", "phone": "0205 000 0412"}, "phone", ["", "12", "y", "0205 000 0412 (trực)", "1" * 16]),
    ],
)
def test_an_entry_is_taken_and_one_that_breaks_a_bound_is_refused_by_its_field(
    model: type[BaseModel], good: dict[str, Any], field: str, wrong: list[Any]
) -> None:
    model.model_validate(good)
    for value in wrong:
        with pytest.raises(ValidationError, match=field):
            model.model_validate({**good, field: value})


def test_a_letterhead_and_a_fee_leave_out_what_a_body_does_not_have() -> None:
    head = Letterhead(name="Sở Tư pháp", place="Lam Giang", title="Giám đốc", signer="Hoàng Văn Mẫu")

    assert (head.on_behalf, head.phone, head.delegations, Fee(name="x", amount=1).note) == ("", "", (), "")
    assert (unit().valid_from, unit().valid_to, unit().predecessors) == (None, None, ())
    with pytest.raises(ValidationError, match="frozen"):
        head.phone = "1"  # type: ignore[misc]


def test_what_a_folder_leaves_out_is_as_usual() -> None:
    bare = ReferenceData("Lam Giang", {}, {}, REFERENCE.calendar)

    assert (bare.statuses, bare.periods, bare.future, bare.known, bare.changes) == ({}, dict(USUAL), timedelta(hours=2), 0, ())
    assert (bare.word("step", "Xử lý"), bare.known_at(datetime(2026, 3, 2, tzinfo=OFFICE_TIME))) == ("Xử lý", 0)
