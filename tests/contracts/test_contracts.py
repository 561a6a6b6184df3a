"""Codes, envelope, facts, and the catalogue itself."""

import json
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from uuid import uuid5

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts import EVENT_TYPES, Event, decode, encode, fact_id, full_type, hide_inputs, load_catalogue
from contracts.codes import bodies_of, check_dossier_code
from contracts.dossiers import Completed, Retracted
from contracts.envelope import EventData, UnknownData
from contracts.facts import Facts, first_standing, merge_fact
from contracts.ids import NAMESPACE

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "contracts/examples").glob("*.json"))
SERVICES = [path.parent.name for path in sorted((ROOT / "services").glob("*/app.py"))]


@pytest.mark.parametrize(
    "code",
    [
        "000.17.22.H56-210531-0001",
        "000.00.14.H56-200203-0118",
        "H56.12-250701-0001",
        "H29.16.05-250703-0012",
        "G09.20-20260609-0092637",
        "H37.120-240229-1234567",
    ],
)
def test_codes_of_three_generations_are_taken_unchanged(code: str) -> None:
    """R1."""
    assert check_dossier_code(code) == code


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("H56.12-250701-0001\n", "không phải mã hồ sơ"),
        ("H56.12-250701-001", "không phải mã hồ sơ"),
        ("h56.12-250701-0001", "không phải mã hồ sơ"),
        ("H56.12-٢٥0701-0001", "không phải mã hồ sơ"),
        ("X56.12-250701-0001", "không phải mã hồ sơ"),
        ("H56.12-250230-0001", "không phải là một ngày"),
        ("H56.12-20251301-0001", "không phải là một ngày"),
        ("", "không phải mã hồ sơ"),
    ],
)
def test_other_codes_are_refused_with_the_rule(code: str, rule: str) -> None:
    """R1."""
    with pytest.raises(ValueError, match=rule):
        check_dossier_code(code)


@given(st.from_regex(r"\A(?:[0-9]{3}\.[0-9]{2}\.[0-9]{2}\.)?[HG][0-9]{2}(?:\.[0-9]{2,3}){0,3}-26021[0-9]-[0-9]{4,7}\Z"))
def test_every_code_of_the_pattern_is_taken(code: str) -> None:
    assert check_dossier_code(code) == code


@pytest.mark.parametrize(
    ("code", "bodies"),
    [
        ("H56.12.01-250701-0001", ["H56.12.01", "H56.12", "H56"]),
        ("G09-20260609-0092637", ["G09"]),
        ("000.00.14.H56-200203-0118", ["000.00.14.H56", "000.00.14", "000.00", "000"]),
    ],
)
def test_a_code_names_its_body_and_those_above_it(code: str, bodies: list[str]) -> None:
    assert bodies_of(code) == bodies


def test_the_catalogue_has_no_problem() -> None:
    assert load_catalogue().problems(EVENT_TYPES, SERVICES) == []


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_keeps_its_schema_and_survives_a_round_trip(path: Path) -> None:
    raw = json.loads(path.read_text("utf-8"))
    schema = json.loads((ROOT / f"contracts/schemas/{path.name}").read_text("utf-8"))

    jsonschema.validate(raw, schema, format_checker=jsonschema.FormatChecker())
    event = decode(path.read_bytes(), EVENT_TYPES)
    assert event.type == full_type(path.stem)
    assert decode(encode(event), EVENT_TYPES) == event


def test_each_type_has_one_example_and_one_schema() -> None:
    names = {full.removeprefix("vn.dunghen.").removesuffix(".v1") for full in EVENT_TYPES}

    assert {path.stem for path in EXAMPLES} == names
    assert {path.stem for path in (ROOT / "contracts/schemas").glob("*.json")} == names


def test_an_error_names_place_and_rule_but_not_the_input() -> None:
    raw = json.loads((ROOT / "contracts/examples/dossier.received.json").read_text("utf-8"))
    raw["data"]["channel"] = "0912345678"

    with pytest.raises(ValidationError) as error:
        decode(json.dumps(raw).encode(), EVENT_TYPES)

    assert "channel" in hide_inputs(error.value)
    assert "0912345678" not in hide_inputs(error.value) + str(error.value)


def test_an_event_without_specversion_is_none_and_an_attribute_has_the_name_cloudevents_wants() -> None:
    raw = json.loads((ROOT / "contracts/examples/dossier.completed.json").read_text("utf-8"))
    schema = json.loads((ROOT / "contracts/schemas/dossier.completed.json").read_text("utf-8"))
    nameless, misnamed = {key: value for key, value in raw.items() if key != "specversion"}, {**raw, "Trace_Id": "1"}

    with pytest.raises(ValidationError, match="specversion"):
        decode(json.dumps(nameless).encode(), EVENT_TYPES)
    assert decode(json.dumps(misnamed).encode(), EVENT_TYPES).subject == raw["subject"]
    assert [jsonschema.Draft202012Validator(schema).is_valid(event) for event in (raw, nameless, misnamed)] == [
        True,
        False,
        False,
    ]


def test_unknown_types_and_fields_are_kept_raw() -> None:
    raw = json.loads((ROOT / "contracts/examples/dossier.completed.json").read_text("utf-8"))
    raw["data"]["place"] = "quầy 3"
    known = merge_fact({}, decode(json.dumps(raw).encode(), EVENT_TYPES), {"completed": ()})
    raw["type"] = "vn.dunghen.dossier.celebrated.v1"
    unknown = decode(json.dumps(raw).encode(), EVENT_TYPES)

    assert known is not None
    assert known["completed"]["1"]["more"] == {"place": "quầy 3"}
    assert isinstance(unknown.data, UnknownData)
    kept = merge_fact({}, unknown, {})
    assert kept is not None
    assert next(iter(kept["vn.dunghen.dossier.celebrated.v1"].values()))["raw"]["place"] == "quầy 3"


def completed(version: int, hour: int) -> Event:
    data = Completed(at=datetime(2026, 3, 2, hour, tzinfo=UTC), occasion="1", version=version)
    return Event(fact_id("D", "completed", "1", version), "/intake", Completed.TYPE, "D", data.at, data)


def retracted(version: int) -> Event:
    data = Retracted(at=datetime(2026, 3, 2, tzinfo=UTC), occasion="1", version=version, fact="completed")
    return Event(fact_id("D", "completed", "1", version), "/intake", Retracted.TYPE, "D", data.at, data)


@pytest.mark.parametrize("order", list(permutations([completed(1, 8), retracted(2), completed(3, 10), completed(1, 8)])))
def test_order_and_repetition_of_facts_do_not_matter(order: tuple[Event, ...]) -> None:
    facts: Facts = {}
    for event in order:
        facts = merge_fact(facts, event, {"completed": ()}) or facts

    standing = first_standing(facts, "completed")
    assert standing is not None
    assert standing["v"] == 3


def test_a_retracted_fact_does_not_stand() -> None:
    facts = merge_fact(merge_fact({}, completed(1, 8), {"completed": ()}) or {}, retracted(2), {"completed": ()})

    assert facts is not None
    assert first_standing(facts, "completed") is None


@given(st.text(max_size=20), st.integers(1, 9))
def test_ids_are_uuid5_of_their_cause(dossier: str, version: int) -> None:
    assert fact_id(dossier, "completed", "1", version) == str(uuid5(NAMESPACE, f"fact/{dossier}/completed/1/{version}"))


@pytest.mark.parametrize("model", EVENT_TYPES.values(), ids=lambda model: model.TYPE)
def test_every_field_says_what_it_is(model: type[EventData]) -> None:
    schema = model.model_json_schema()
    objects = {"": schema, **schema.get("$defs", {})}
    silent = [
        f"{name}.{field}"
        for name, about in objects.items()
        for field, said in about.get("properties", {}).items()
        if "description" not in said
    ]

    assert model.__doc__
    assert silent == []


@pytest.mark.parametrize("life", sorted((ROOT / "contracts/examples/lives").glob("*.ndjson")), ids=lambda path: path.stem)
def test_a_life_of_golden_messages_is_valid_and_ends(life: Path) -> None:
    messages = [json.loads(line) for line in life.read_text("utf-8").splitlines()]
    events = [decode(json.dumps(message["value"]).encode(), EVENT_TYPES) for message in messages]

    assert {message["topic"] for message in messages} == {"dossiers.v1", "deadlines.v1"}
    assert all(message["key"] == event.subject for message, event in zip(messages, events, strict=True))
    assert len({event.id for event in events}) == len(events)
    assert any(event.type.endswith("deadline.settled.v1") for event in events)
