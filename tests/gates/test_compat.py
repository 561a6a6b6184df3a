"""Which changes of a contract break a reader, and which do not."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tools.compat import changed, problems, rollout

SCHEMA: dict[str, Any] = json.loads((Path(__file__).parents[2] / "contracts/schemas/deadline.warned.json").read_text("utf-8"))


def edited(*path: str, value: Any = None) -> dict[str, Any]:
    """The schema with one place set, or removed."""
    new = copy.deepcopy(SCHEMA)
    place = new
    for name in path[:-1]:
        place = place[name]
    if value is None:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return new


DATA = ("properties", "data")


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (edited(*DATA, "properties", "rung"), "rung: removed or renamed"),
        (edited(*DATA, "properties", "rung", value={"type": "integer"}), '"string" became "integer"'),
        (edited(*DATA, "required", value=[*SCHEMA["properties"]["data"]["required"], "more"]), "more: became required"),
        (edited(*DATA, "required", value=["at"]), "is no longer required"),
        (edited(*DATA, "properties", "rung", "maxLength", value=3), "a rule more"),
        (edited("properties", "type", value={"const": "vn.dunghen.deadline.warned.v2"}), "became"),
    ],
)
def test_a_change_that_breaks_a_reader_is_named(new: dict[str, Any], says: str) -> None:
    found = problems({"deadline.warned": SCHEMA}, {"deadline.warned": new})

    assert any(says in line for line in found), found


@pytest.mark.parametrize(
    "new",
    [
        SCHEMA,
        edited(*DATA, "properties", "note", value={"type": "string"}),
        edited(*DATA, "properties", "rung", "description", value="another wording"),
        edited(*DATA, "description", value="another wording"),
    ],
)
def test_an_optional_field_more_and_other_words_break_nobody(new: dict[str, Any]) -> None:
    assert problems({"deadline.warned": SCHEMA}, {"deadline.warned": new}) == []


def test_what_every_release_has_kept_may_be_demanded_and_nothing_beside_it() -> None:
    said = {name: value for name, value in SCHEMA.items() if name != "propertyNames"}
    before = {**said, "required": [name for name in SCHEMA["required"] if name != "specversion"]}

    assert problems({"deadline.warned": before}, {"deadline.warned": SCHEMA}) == []
    assert problems({"deadline.warned": SCHEMA}, {"deadline.warned": before}) != []
    narrower = {**SCHEMA, "required": [*SCHEMA["required"], "sequence"]}
    assert problems({"deadline.warned": before}, {"deadline.warned": narrower}) == [
        "deadline.warned: /sequence: became required"
    ]


def test_a_new_type_is_fine_and_a_type_that_went_is_not() -> None:
    assert problems({}, {"deadline.warned": SCHEMA}) == []
    assert problems({"deadline.warned": SCHEMA}, {}) == ["deadline.warned: the type is gone"]


def test_readers_are_rolled_out_before_the_writer() -> None:
    assert changed({}, {"deadline.warned": SCHEMA}) == ["deadline.warned"]
    assert rollout(["deadline.warned"]) == ["deadlines.v1 (deadline.warned): notifier -> reporting -> sla"]
