"""The check that a reader of figures can run on itself, and the reader of the docs that passes it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.check_reader import GOLDEN, check, differences
from examples.keep_figures import Figures

READER = [sys.executable, "examples/keep_figures.py"]
# Readers as they are written in a hurry: one takes every record for the newest, one has never heard of restatements.
HASTY = """
import json, sys
held = {"figures": {}, "frozen": {}, "stated": {}}
for line in sys.stdin:
    data = (json.loads(line)["value"] or {}).get("data", {})
    if "counters" in data:
        held["figures"][json.loads(line)["key"]] = data["counters"]
    elif "lines" in data:
        sheet = {f"{one['unit']}|{one['field']}": one["columns"] for one in data["lines"]}
        held["frozen"] = held["stated"] = {json.loads(line)["key"]: sheet}
print(json.dumps(held))
"""


def test_the_reader_of_the_docs_holds_what_it_should() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "contracts.check_reader", *READER, ":memory:", "-"], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout) == (0, "the reader holds what it should\n"), done.stderr


def test_a_reader_that_takes_the_last_record_for_the_newest_is_told_where_it_is_wrong() -> None:
    found = check([sys.executable, "-c", HASTY])

    assert found == [
        "figures > competent/H37.12/1.000894/2026-02-27 > resolved_on_time: should be 3, is 2",
        "figures > competent/H37.13/2.000635/2026-02-28 > received_direct: should be 0, is 2",
        "stated > II.06a/2026-02-15/2026-03-14 > H37.12|Hộ tịch > 3: should be 7, is 6",
        "stated > II.06a/2026-02-15/2026-03-14 > H37.12|Hộ tịch > 4: should be 6, is 5",
        "stated > II.06a/2026-02-15/2026-03-14 > H37.12|Hộ tịch > 9: should be 5, is 4",
    ]


@pytest.mark.parametrize(("program", "words"), [("1/0", "ended with 1"), ("print('x')", "not JSON")])
def test_a_reader_that_fails_is_refused(program: str, words: str) -> None:
    (found,) = check([sys.executable, "-c", program])

    assert words in found


def test_what_is_zero_may_be_left_out() -> None:
    assert list(differences({"a": {"x": 0}}, {})) == []
    assert list(differences({}, {"a": {"x": 1}})) == ["a > x: should be 0, is 1"]


def test_a_reader_that_is_started_again_counts_nothing_twice(tmp_path: Path) -> None:
    lines = GOLDEN.joinpath("messages.ndjson").read_text("utf-8").splitlines()
    messages = [(m["key"], None if m["value"] is None else json.dumps(m["value"]).encode()) for m in map(json.loads, lines)]
    figures = Figures(str(tmp_path / "figures.duckdb"))
    figures.take(messages[:6])
    figures.take(messages)
    figures.take(messages)

    assert list(differences(json.loads(GOLDEN.joinpath("expected.json").read_text("utf-8")), figures.held())) == []
