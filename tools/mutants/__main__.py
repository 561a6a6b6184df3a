"""`./dev mutants`: change the code that decides in small ways, one at a time, and count which changes the tests notice.

Ends with 1 when fewer are noticed than the threshold asks for, when nothing was tried, when a test fails without any change,
or when a mutant that is called equivalent (rooms.yaml) exists no more.
"""

import argparse
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.mutants.known import load_known, unnoticed
from tools.mutants.rooms import Table, Tried, everything, files_of, is_equivalent, load_table, stale
from tools.mutants.running import Job, fate_of, run_all, warm

ROOT = Path(__file__).parents[2]
TABLE = Path(__file__).with_name("rooms.yaml")
KNOWN = Path(__file__).with_name("known.yaml")
THRESHOLD = 90.0  # per cent
LONGEST = 300.0  # seconds that tests may take without a change


@dataclass(slots=True)
class Result:
    """What became of a sample."""

    fates: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0

    @property
    def tried(self) -> int:
        """How many mutants were tried."""
        return self.fates.total()

    @property
    def noticed(self) -> float:
        """Per cent that the tests noticed; a mutant that never ends is noticed too."""
        return 100 * (1 - self.fates["survived"] / self.tried) if self.tried else 0.0


def unchanged(root: Path, sample: Sequence[Tried], side_by_side: int) -> dict[str, float] | None:
    """Seconds that each test file takes without any change; None if one fails, which would kill every mutant."""
    files = sorted({test for each in sample for test in each.tests})
    seconds: dict[str, float] = {}
    failed: list[str] = []

    def told(number: int, code: int | None, took: float) -> None:
        seconds[files[number]] = took
        if code != 0:
            failed.append(files[number])
            print(f"{files[number]}: fails without any change ({'out of time' if code is None else code})", flush=True)

    run_all(root, [Job((file,), LONGEST) for file in files], side_by_side, told)
    return None if failed else seconds


def try_all(root: Path, sample: Sequence[Tried], seconds: dict[str, float], side_by_side: int) -> Result:
    """Run each mutant; says each survivor as file:line and diff."""
    result = Result()

    def told(number: int, code: int | None, took: float) -> None:
        mutant, fate = sample[number].mutant, fate_of(code)
        result.fates[fate] += 1
        result.slowest = max(result.slowest, took)
        if fate != "killed":
            print(f"{mutant.file}:{mutant.line}: {fate}", *mutant.diff(), sep="\n  ", flush=True)

    jobs = (
        Job(each.tests, 10 + 2 * sum(seconds[test] for test in each.tests), each.mutant.file, each.mutant.source())
        for each in sample
    )
    run_all(root, jobs, side_by_side, told)
    return result


def sample_of(tried: Sequence[Tried], table: Table, count: int, seed: int) -> list[Tried]:
    """A sample that is the same for the same code and seed, without what is equivalent; everything if `count` is 0."""
    order = list(tried)
    random.Random(seed).shuffle(order)
    found: list[Tried] = []
    for each in order:
        if count and len(found) == count:
            break
        if not is_equivalent(each.mutant, table["equivalent"]):
            found.append(each)
    return sorted(found, key=lambda each: each.tests)  # the same tests one after another


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=100, help="how many mutants; 0: all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", default=[], metavar="PATH", help="files whose path begins so")
    parser.add_argument("--threshold", type=float, default=THRESHOLD, help="per cent that have to be noticed")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="how many at a time")
    parser.add_argument("--known", action="store_true", help="the faults of known.yaml alone, each against its own test")
    parser.add_argument("--root", type=Path, default=ROOT, help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, default=TABLE, help=argparse.SUPPRESS)
    return parser.parse_args()


def try_known(root: Path, side_by_side: int) -> int:
    """Run the known faults; 1 if one is let through."""
    known = load_known(KNOWN)
    warm(root)
    found = list(unnoticed(root, known, side_by_side))
    print(*found, f"{len(known)} known faults tried, {len(found)} not noticed", sep="\n")
    return 1 if found or not known else 0


def main() -> int:
    """Run a sample; the exit status says whether it is good enough."""
    options, begin = _options(), time.monotonic()
    if options.known:
        return try_known(options.root.resolve(), options.jobs)
    root, table = options.root.resolve(), load_table(options.table)
    everyone = list(everything(root, files_of(root, table, options.only)))
    gone = stale(everyone, table["equivalent"])
    for each in gone:
        print(f"{each['file']}: no mutant makes '{each['becomes']}' of '{each['line']}' any more; take it out of {TABLE.name}")
    sample = sample_of(everyone, table, options.sample, options.seed)
    warm(root, {each.mutant.file for each in sample})
    seconds = unchanged(root, sample, options.jobs)
    if seconds is None:
        return 1
    result = try_all(root, sample, seconds, options.jobs)
    fates = ", ".join(f"{count} {fate}" for fate, count in sorted(result.fates.items())) or "nothing was tried"
    print(
        f"{result.tried} of {len(everyone)} mutants tried (seed {options.seed}): {fates}; {result.noticed:.1f} % noticed,"
        f" {options.threshold:.0f} % asked for; {time.monotonic() - begin:.0f} s"
    )
    return 0 if result.tried and not gone and result.noticed >= options.threshold else 1


if __name__ == "__main__":
    sys.exit(main())
