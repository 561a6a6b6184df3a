"""Who may speak of which dossier, what a key stands for, and what a sender reads when an item is held."""

from dataclasses import replace
from typing import Any

import pytest

from services.intake.domain import HELD, Accepted, Fault, Json, Quarantined, Refused, Sender
from services.intake.domain.held import identity_of
from services.intake.domain.keys import SYSTEM, ApiKey, Wanted
from tests.intake.decided import CODE, NOW, RECEIVED, REFERENCE, SNAPSHOT, Life, at, event, ms

STRANGER = Refused((Fault("dossier", "not-your-unit", "hồ sơ không thuộc đơn vị mà khóa này được gửi"),))
ANOTHERS = Quarantined("code-of-another-unit", "dossier")


def of(*units: str) -> Sender:
    """A system of these units."""
    return Sender("portal", frozenset(units))


@pytest.mark.parametrize(
    ("own", "units", "dossier", "may"),
    [
        (("H37.12",), {"H37.12"}, "H37.13-260302-0001", True),  # its units are known: they count, not the code
        (("H37.12",), {"H37.13"}, "H37.12-260302-0001", False),
        (("H37.12", "H37.13"), {"H37.13", "H37.14"}, "H37.15-260302-0001", True),
        (("H37.12",), set(), "H37.12-260302-0001", True),  # they are not: the code says whose it is
        (("H37.12",), set(), "H37.13-260302-0001", False),
        (("H37",), set(), "H37.12-260302-0001", True),  # of a unit within
        (("H37.1",), set(), "H37.12-260302-0001", False),  # what only looks like one
        (("H37.12.01",), set(), "H37.12-260302-0001", False),
        (("H37.12", "H37.13"), set(), "H37.13-260302-0001", True),
    ],
)
def test_a_sender_speaks_of_dossiers_of_its_units(own: tuple[str, ...], units: set[str], dossier: str, may: bool) -> None:
    assert of(*own).may_speak_of(units, dossier) is may
    assert Sender("portal").may_speak_of(units, dossier)


def test_a_dossier_of_other_units_is_nothing_that_its_sender_is_told_of() -> None:
    life = Life()
    life.accepts(RECEIVED)
    life.sender = of("H37.13")
    before = life.dossier

    for item in (
        event("completed", at(5)),
        RECEIVED,
        SNAPSHOT,
        event("completed", at(25)),
        event("retracted", at(5), fact="stopped"),
    ):
        assert life.take(item).answer == STRANGER
    assert (life.dossier, life.said) == (before, [])
    life.sender = of("H37.12")
    assert life.accepts(event("completed", at(5))) == ["completed@05 08"]


def test_the_body_that_decides_may_speak_as_well_as_the_one_that_received() -> None:
    life = Life()
    life.accepts({**RECEIVED, "competent_unit": "H37.13"})

    for number, unit in enumerate(("H37.12", "H37.13")):
        life.sender = of(unit)
        assert life.accepts(event("suspended", at(5 + number)))
    life.sender = of("H37.14")
    assert life.take(event("suspended", at(8))).answer == STRANGER


@pytest.mark.parametrize("first", [RECEIVED, SNAPSHOT])
def test_a_reception_under_the_code_of_another_waits_for_a_person(first: dict[str, Any]) -> None:
    def told(sender: str, code: str, receiving: str, competent: str | None = None) -> object:
        item = {**first, "dossier": code, "receiving_unit": receiving, "competent_unit": competent}
        return Life(sender=of(sender)).take(item).answer

    theirs = "H37.13-260302-0001"
    assert isinstance(told("H37.12", CODE, "H37.12"), Accepted)
    assert told("H37.12", theirs, "H37.12") == ANOTHERS
    assert told("H37.12", theirs, "H37.14", "H37.12") == ANOTHERS
    assert isinstance(told("H37.12", theirs, "H37.13", "H37.12"), Accepted)  # received there, decided here
    assert told("H37.12", theirs, "H37.13") == STRANGER
    assert told("H37.12", CODE, "H37.13") == STRANGER
    assert isinstance(told("H37.12", "H37-260302-0001", "H37", "H37.12"), Accepted)


def test_a_snapshot_that_names_no_receiving_unit_is_held_under_anothers_code() -> None:
    item = {**SNAPSHOT, "receiving_unit": None, "competent_unit": "H37.12"}

    assert Life(sender=of("H37.12")).take({**item, "dossier": "H37.13-260302-0001"}).answer == ANOTHERS
    assert isinstance(Life(sender=of("H37.12")).take(item).answer, Accepted)
    assert Life(sender=of("H37.12")).take({**item, "competent_unit": None}).answer != STRANGER


OLD = "000.00.99.H99-250302-0001"  # as codes were before 2025: it begins with no unit of the list


def test_before_its_reception_a_dossier_whose_code_names_no_unit_is_nobodys() -> None:
    life = Life(sender=of("H37.13"))

    assert isinstance(life.take({**event("completed", at(5)), "dossier": OLD}).answer, Accepted)
    life.sender = of("H37.12")
    assert isinstance(life.take({**RECEIVED, "dossier": OLD}).answer, Accepted)
    life.sender = of("H37.13")
    assert life.take({**event("stopped", at(6)), "dossier": OLD}).answer == STRANGER


def test_before_its_reception_an_event_is_taken_from_the_unit_that_its_code_names_alone() -> None:
    assert isinstance(Life(sender=of("H37.12")).take(event("completed", at(5))).answer, Accepted)
    assert Life(sender=of("H37.13")).take(event("completed", at(5))).answer == STRANGER


def test_a_stranger_is_refused_as_one_whatever_else_is_wrong() -> None:
    assert Life(sender=of("H37.13")).take(event("completed", at(25))).answer == STRANGER


# --- held ---------------------------------------------------------------------------

GAP = REFERENCE.procedures["1.000894"].model_copy(
    update={"versions": (REFERENCE.procedures["1.000894"].versions[0].model_copy(update={"valid_from": at(10).date()}),)}
)
UNKNOWN = {
    "status": "trạng thái không có trong bảng trạng thái của hệ thống gửi",
    "unit": "mã đơn vị không có trong danh mục",
    "procedure": "mã thủ tục không có trong danh mục",
}
WAYS: dict[str, tuple[Life, dict[str, Any], str, str]] = {
    "unknown-status": (Life(), {**SNAPSHOT, "state": "xong rồi"}, "state", UNKNOWN["status"]),
    "unknown-unit": (Life(), {**RECEIVED, "receiving_unit": "H99"}, "receiving_unit", UNKNOWN["unit"]),
    "unit-not-in-use": (
        Life(),
        {**RECEIVED, "receiving_unit": "H37.88.04"},
        "receiving_unit",
        "đơn vị không hoạt động vào ngày này",
    ),
    "unknown-procedure": (Life(), {**RECEIVED, "procedure": "9.999999"}, "procedure", UNKNOWN["procedure"]),
    "no-version": (
        Life(reference=replace(REFERENCE, procedures={"1.000894": GAP})),
        dict(RECEIVED),
        "procedure",
        "thủ tục không có phiên bản nào có hiệu lực vào ngày này",
    ),
    "too-many-steps": (
        Life(max_facts=0),
        event("progressed", at(5), step="Xử lý"),
        "",
        "hồ sơ đã có quá nhiều bước xử lý",
    ),
    "too-many-facts": (Life(max_facts=0), event("suspended", at(5)), "", "hồ sơ đã có quá nhiều sự kiện"),
    "code-of-another-unit": (
        Life(sender=of("H37.12")),
        {**RECEIVED, "dossier": "H37.13-260302-0001"},
        "dossier",
        "mã hồ sơ là của một đơn vị khác",
    ),
    "ends-before-reception": (
        Life(),
        {**SNAPSHOT, "state": "9", "completed_at": at(1).isoformat()},
        "completed_at",
        "hồ sơ kết thúc trước khi được tiếp nhận",
    ),
}


@pytest.mark.parametrize("reason", WAYS)
def test_what_is_held_says_why_to_its_sender(reason: str) -> None:
    life, item, field, words = WAYS[reason]

    assert life.take(item).answer == Quarantined(reason, field)
    assert HELD[reason] == words


def test_every_reason_of_holding_is_one_of_these() -> None:
    assert set(HELD) == {*WAYS, "promise-changed"}  # which marks an entry that was taken in


def test_the_same_item_held_for_the_same_reason_is_the_same_entry_over_restarts() -> None:
    """Entries are in stores: their names must not change with a release."""
    item: dict[str, Json] = {"dossier": CODE, "type": "received", "channel": 2}
    name = identity_of("motcua", "unknown-unit", item)

    assert name == "3166c9f3-b24a-5dbb-98f6-71306d467fb0"
    assert identity_of("motcua", "unknown-unit", dict(reversed([*item.items()]))) == name
    others = {
        identity_of("khac", "unknown-unit", item),
        identity_of("motcua", "no-version", item),
        identity_of("motcua", "unknown-unit", {**item, "channel": 3}),
    }
    assert len(others | {name}) == 4


# --- keys ---------------------------------------------------------------------------


def test_a_key_holds_up_to_the_moment_at_which_it_is_ended() -> None:
    key = ApiKey("k", Wanted("motcua"), "hash", ms(NOW))

    assert key.holds(ms(NOW) + 10**12)
    ended = replace(key, until=ms(NOW))
    assert [ended.holds(ms(NOW) + moment) for moment in (-1, 0, 1)] == [True, False, False]


def test_a_key_stands_for_its_system_and_what_that_may_do() -> None:
    pilot = Wanted("motcua", ("H37.12", "H37.13"), "pilot", numbers=("a", "b"))

    assert ApiKey("k", pilot, "hash", 0).sender == Sender(
        "motcua", frozenset({"H37.12", "H37.13"}), "pilot", frozenset({"a", "b"})
    )
    plain = Wanted("motcua")
    assert (plain.mode, plain.role) == ("live", "send")
    assert ApiKey("k", plain, "hash", 0).sender == Sender("motcua", None, "live", frozenset())


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("motcua", True),
        ("so-dat-dai", True),
        ("x" * 40, True),
        ("x" * 41, False),
        ("", False),
        ("Motcua", False),
        ("mot cua", False),
        ("một", False),
        ("9", True),
    ],
)
def test_a_system_is_named_in_small_letters_figures_and_hyphens(name: str, good: bool) -> None:
    assert bool(SYSTEM.fullmatch(name)) is good
