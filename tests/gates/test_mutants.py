"""`./dev mutants` refuses code whose tests notice nothing, and never calls a run passed that tried nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from tools.check import ROOT
from tools.mutants.making import mutants_of
from tools.mutants.rooms import Table, files_of, load_table

CODE = '''
"""Fees."""

FREE = 3


def fee(copies: int) -> int:
    """Of copies beyond the free ones."""
    return max(0, copies - FREE) * 2
'''
NOTICES = """
import pytest
from toy.fees import fee

@pytest.mark.parametrize(("copies", "due"), [(0, 0), (3, 0), (4, 2), (6, 6)])
def test_fee(copies, due):
    assert fee(copies) == due
"""
NOTICES_NOTHING = """
from toy.fees import fee

def test_fee():
    assert fee is not None
"""
FAILS = """
def test_fee():
    assert False
"""


def table(*equivalent: str) -> str:
    known = "".join(
        f"\n- {{file: toy/fees.py, line: FREE = 3, becomes: {becomes}, why: nobody asks}}" for becomes in equivalent
    )
    return f"rooms: [{{code: toy/*.py, tests: [checks/test_fees.py]}}]\nequivalent: {known or '[]'}\n"


def run(folder: Path, test: str, *arguments: str, rooms: str = "") -> subprocess.CompletedProcess[str]:
    """A tree with one module and one test, and what ./dev mutants says of it."""
    for name, text in {"toy/fees.py": CODE, "checks/test_fees.py": test, "rooms.yaml": rooms or table()}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    command = [
        sys.executable,
        "-m",
        "tools.mutants",
        "--root",
        str(folder),
        "--table",
        str(folder / "rooms.yaml"),
        "--jobs",
        "1",
    ]
    return subprocess.run([*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


def test_code_whose_tests_notice_its_faults_passes_and_how_many_were_tried_is_said(tmp_path: Path) -> None:
    done = run(tmp_path, NOTICES)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "mutants tried (seed 1)" in done.stdout
    assert "100.0 % noticed, 90 % asked for" in done.stdout


def test_code_whose_tests_notice_nothing_is_refused_and_each_survivor_named_with_its_change(tmp_path: Path) -> None:
    done = run(tmp_path, NOTICES_NOTHING)

    assert done.returncode == 1
    assert (
        "toy/fees.py:9: survived\n  -    return max(0, copies - FREE) * 2\n  +    return max(0, copies + FREE) * 2"
        in done.stdout
    )


def test_tests_that_fail_without_any_fault_notice_none(tmp_path: Path) -> None:
    done = run(tmp_path, FAILS)

    assert done.returncode == 1
    assert "checks/test_fees.py: fails without any change" in done.stdout


def test_a_run_that_tried_nothing_has_not_passed(tmp_path: Path) -> None:
    done = run(tmp_path, NOTICES, "--only", "elsewhere")

    assert done.returncode == 1
    assert "0 of 0 mutants tried" in done.stdout


def test_what_is_called_equivalent_is_not_tried_and_has_to_exist(tmp_path: Path) -> None:
    without = run(tmp_path, NOTICES, "--sample", "0", rooms=table("FREE = 4"))
    assert without.returncode == 0, without.stdout + without.stderr
    tried, of = map(int, without.stdout.split(" mutants tried")[0].splitlines()[-1].split(" of "))
    assert tried == of - 1

    stale = run(tmp_path, NOTICES, rooms=table("FREE = 9"))
    assert stale.returncode == 1
    assert "no mutant makes 'FREE = 9' of 'FREE = 3' any more" in stale.stdout


def test_each_row_of_the_table_has_files_and_tests() -> None:
    rooms = load_table(ROOT / "tools/mutants/rooms.yaml")
    for row in rooms["rooms"]:
        alone: Table = {"rooms": [row], "equivalent": []}
        assert files_of(ROOT, alone), row["code"]
        assert [test for test in row["tests"] if not (ROOT / test).exists()] == []


def test_a_field_that_loses_its_words_alone_is_no_change_and_one_that_loses_its_bounds_is(tmp_path: Path) -> None:
    fields = "x: int | None = Field(default=None, description='Days.')\n    y: int | None = Field(default=None, ge=1)"
    (tmp_path / "told.py").write_text(f"class Told:\n    {fields}\n", "utf-8")
    new = [line.strip("+ ") for mutant in mutants_of(tmp_path, "told.py") for line in mutant.diff() if line.startswith("+")]

    assert "x: int | None = None" not in new
    assert "y: int | None = None" in new


@pytest.mark.parametrize(
    "silent",
    [
        "self.parts.log.info('x')",
        "parts.telemetry.count('x')",
        "import x",
        "raise Odd('words')",
        "Kind = Literal['a', 'b']",
        "Sizes = Mapping[str, int]",
        "_log.error('x')",
    ],
)
def test_lines_that_only_tell_are_left_alone(tmp_path: Path, silent: str) -> None:
    (tmp_path / "told.py").write_text(f"{silent}\n", "utf-8")

    assert mutants_of(tmp_path, "told.py") == []
