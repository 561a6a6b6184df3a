"""Check a reader of figures against golden messages: `python -m contracts.check_reader COMMAND...`.

The command gets the messages on its standard input, one JSON object {topic, key, value} per line (value null: the cell is
gone), and writes to its standard output, as JSON, what it holds after them: {"figures": {cell: {counter: n}}, "frozen":
{period: {unit|field: {column: n}}}, "stated": the same by the newest restatement}. What is 0 may be left out. Exit 1 with one
line per difference.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import Any

GOLDEN = files("contracts").joinpath("examples/figures")


def check(command: Sequence[str]) -> list[str]:
    """What the reader holds otherwise than it should; one line each."""
    messages = GOLDEN.joinpath("messages.ndjson").read_text("utf-8")
    done = subprocess.run(command, input=messages, capture_output=True, text=True, check=False)  # noqa: S603 - the caller's own
    if done.returncode:
        return [f"the reader ended with {done.returncode}: {done.stderr.strip()[-500:]}"]
    try:
        held = json.loads(done.stdout)
    except ValueError:
        return ["the reader's output is not JSON"]
    return list(differences(json.loads(GOLDEN.joinpath("expected.json").read_text("utf-8")), held))


def differences(wanted: Any, held: Any, place: str = "") -> Iterator[str]:  # noqa: ANN401 - JSON
    """Where two trees of numbers differ; what is not there is 0."""
    if isinstance(wanted, dict) or isinstance(held, dict):
        left, right = (tree if isinstance(tree, dict) else {} for tree in (wanted, held))
        for name in sorted({*left, *right}):
            yield from differences(left.get(name, 0), right.get(name, 0), f"{place} > {name}" if place else name)
    elif wanted != held:
        yield f"{place}: should be {wanted}, is {held}"


def main() -> int:
    """Run the check on the command of the command line."""
    if len(sys.argv) < 2:
        sys.stderr.write(f"{__doc__}\n")
        return 2
    found = check(sys.argv[1:])
    for line in found:
        sys.stderr.write(f"{line}\n")
    sys.stdout.write("the reader holds what it should\n" if not found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
