"""Who somebody is: by the issuer's claims, or by the province's own file, for a time too."""

import io
import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from runtime.web.identity import ROLE_NAMES
from services.front.domain import ROLES, Claims, Person, person_of
from services.front.people import read_people
from tests.support.front import Issuer, front_at

CLAIMS = Claims("s-1", "Lan", "lan@tinh.example", ("officer", "juggler"), ("H56.1",))
FILE = """
people:
  - {who: lan@tinh.example, roles: [signer], units: [H56.2], from: 2026-01-05, until: 2026-01-09}
"""


def written(folder: Path, text: str) -> Path:
    """A file of people."""
    path = folder / "people.yaml"
    path.write_text(text, "utf-8")
    return path


def test_a_delegation_holds_from_its_first_day_to_its_last_and_takes_the_place_of_the_claims(tmp_path: Path) -> None:
    grants = read_people(written(tmp_path, FILE))
    usual = Person("s-1", "Lan", frozenset({"officer"}), frozenset({"H56.1"}))
    signing = Person("s-1", "Lan", frozenset({"signer"}), frozenset({"H56.2"}))

    found = [person_of(CLAIMS, grants, date(2026, 1, 4) + timedelta(days=number)) for number in range(7)]
    assert found == [usual, *[signing] * 5, usual]
    unverified = Claims("s-1", "Lan", "", ("officer",), ("H56.1",))
    assert person_of(unverified, grants, date(2026, 1, 5)) == usual


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("people: [{who: a, roles: [juggler], units: ['*']}]", "line 1: there is no role juggler"),
        ("people: [{who: a, roles: [], units: [], from: 2026-01-02, until: 2026-01-01}]", "line 1: ends before it begins"),
        (
            "people: [{who: a, roles: [officer], units: [H56.1]}, {who: a, roles: [signer], units: [H56.2], from: 2026-01-01}]",
            "lines 1 and 2: one person has different units on the same days",
        ),
        ("people: [{who: a, role: [signer], units: []}]", "people.0.roles: Field required"),
        ("people: [", "is no YAML"),
        ("", "FRONT_PEOPLE_FILE"),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ValueError, match="FRONT_PEOPLE_FILE") as refused:
        read_people(written(tmp_path, text))

    assert says in str(refused.value)


async def test_a_changed_file_is_taken_over_within_a_minute_and_a_broken_one_is_not(
    issuer: Issuer, tmp_path: Path, log_lines: io.StringIO
) -> None:
    path = written(tmp_path, "people: [{who: lan, roles: [inspector], units: ['*']}]")
    async with front_at(issuer, people_file=path) as front:
        lan = await front.log_in("lan", roles=["officer"], units=["H56.1"])
        assert (await lan.get("/ops/journal")).status_code == 200
        written(tmp_path, "people: [{who: lan, roles: [signer], units: ['*']}]")
        os.utime(path, (1, 1))
        front.machine.ahead = timedelta(minutes=1)
        assert (await lan.get("/ops/journal")).status_code == 403
        written(tmp_path, "people: [")
        os.utime(path, (2, 2))
        front.machine.ahead = timedelta(minutes=2)
        assert "· người ký" in (await lan.get("/")).text

    assert "people file not taken over" in log_lines.getvalue()


def test_roles_are_called_as_the_services_call_them() -> None:
    assert dict(ROLES) == {str(role): words for role, words in ROLE_NAMES.items()}
