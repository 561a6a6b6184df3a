"""`./dev check`: every gate on the tree, in order. Each gate has a bad sample in tests/gates that it must refuse."""

import argparse
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Gate:
    """A command that ends with another status than 0 when something is wrong."""

    name: str
    what: str
    command: tuple[str, ...]
    tells: bool = False  # what it says is worth reading when nothing is wrong too


GATES = (
    Gate("format", "code is formatted by ruff", ("ruff", "format", "--check", "--quiet", ".")),
    Gate("lint", "ruff's rules hold", ("ruff", "check", "--quiet", ".")),
    Gate("types", "mypy strict, tests included", ("mypy",)),
    Gate("imports", "nobody imports what the architecture forbids", ("lint-imports", "--no-cache")),
    Gate("generated", "generated files are what their sources make", ("python", "-m", "tools.generate", "--check")),
    Gate(
        "catalogue",
        "topics.yaml has no orphan, every topic an owner and a dead-letter topic",
        ("python", "-m", "tools.catalogue"),
    ),
    Gate("events", "services say events as objects of their contracts alone", ("python", "-m", "tools.events")),
    Gate("documents", "rules, handlers, jobs and pages take no untyped document", ("python", "-m", "tools.documents")),
    Gate("sharing", "tests borrow neither from test modules nor from the demo", ("python", "-m", "tools.sharing")),
    Gate("compat", "no reader of the contracts is broken", ("python", "-m", "tools.compat"), tells=True),
    Gate("rules", "every cited rule has a definition, a module and a test", ("python", "-m", "tools.rules")),
    Gate("docs", "links of the docs lead somewhere, no path of one machine stands in them", ("python", "-m", "tools.docs")),
)


def without_sample(gates: Sequence[Gate], samples: Mapping[str, object]) -> list[str]:
    """Gates that nobody has shown to refuse anything."""
    return [gate.name for gate in gates if gate.name not in samples]


def run(gate: Gate, root: Path) -> subprocess.CompletedProcess[str]:
    """Run one gate in a tree."""
    command = [str(BIN / gate.command[0]), *gate.command[1:]]
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603 - our own table


def main() -> int:
    """Run all gates, or the named ones."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help=", ".join(gate.name for gate in GATES))
    wanted = parser.parse_args().names
    from tests.gates.samples import SAMPLES  # noqa: PLC0415 - the tests are not needed to run one gate elsewhere

    missing = without_sample(GATES, SAMPLES)
    for name in missing:
        print(f"{name}: no bad sample in tests/gates/samples.py", file=sys.stderr)
    failed = bool(missing)
    for gate in GATES:
        if wanted and gate.name not in wanted:
            continue
        begin = time.monotonic()
        done = run(gate, ROOT)
        print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {gate.name:10} {time.monotonic() - begin:5.1f} s  {gate.what}")
        for line in done.stdout.splitlines() if gate.tells else ():
            print(f"     {line}")
        if done.returncode:
            failed = True
            print(done.stdout + done.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
