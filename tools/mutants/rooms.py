"""The table of what is mutated (rooms.yaml): which files, which tests, and which mutants are no change of behaviour."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import yaml

from tools.mutants.making import Mutant, mutants_of


class Row(TypedDict):
    """Files (a pattern of paths from the root) and the tests that belong to them."""

    code: str
    tests: list[str]


class Equivalent(TypedDict):
    """A mutant that nobody can notice: where it is, what it makes of which line, and why."""

    file: str
    line: str
    becomes: str
    why: str


class Table(TypedDict):
    """rooms.yaml."""

    rooms: list[Row]
    equivalent: list[Equivalent]


@dataclass(frozen=True, slots=True)
class Tried:
    """A mutant and the tests that have to notice it."""

    mutant: Mutant
    tests: tuple[str, ...]


def load_table(path: Path) -> Table:
    """The table of a file."""
    table: Table = yaml.safe_load(path.read_text("utf-8"))
    return table


def files_of(root: Path, table: Table, only: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """The tests of each file that is mutated; a file belongs to the first row that matches. `only`: beginnings of paths."""
    found: dict[str, tuple[str, ...]] = {}
    for row in table["rooms"]:
        paths = [path.relative_to(root).as_posix() for pattern in _patterns(row["code"]) for path in root.glob(pattern)]
        for file in sorted(paths):
            found.setdefault(file, tuple(row["tests"]))
    return {file: tests for file, tests in found.items() if not only or file.startswith(tuple(only))}


def _patterns(code: str) -> list[str]:
    """`a/{b,c}.py` is two patterns."""
    several = re.search(r"\{(.*?)\}", code)
    return [code] if several is None else [code.replace(several[0], name) for name in several[1].split(",")]


def everything(root: Path, files: dict[str, tuple[str, ...]]) -> Iterator[Tried]:
    """All mutants of the files."""
    for file, tests in files.items():
        for mutant in mutants_of(root, file):
            yield Tried(mutant, tests)


def is_equivalent(mutant: Mutant, known: Sequence[Equivalent]) -> bool:
    """Whether the table says that nobody can notice it."""
    own = [each for each in known if each["file"] == mutant.file]
    return bool(own) and any(_says(each, mutant) for each in own)


def _says(known: Equivalent, mutant: Mutant) -> bool:
    if not mutant.touches(known["line"]):
        return False  # what is changed is found out at some cost
    gone = [line[1:].strip() for line in mutant.diff() if line.startswith("-")]
    new = [line[1:].strip() for line in mutant.diff() if line.startswith("+")]
    return known["line"] in gone and known["becomes"] in new


def stale(tried: Sequence[Tried], known: Sequence[Equivalent]) -> list[Equivalent]:
    """What the table calls equivalent and no mutant is any more."""
    of_file: dict[str, list[Mutant]] = {}
    for each in tried:
        of_file.setdefault(each.mutant.file, []).append(each.mutant)
    return [each for each in known if each["file"] in of_file and not any(_says(each, m) for m in of_file[each["file"]])]
