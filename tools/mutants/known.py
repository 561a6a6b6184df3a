"""Faults that once went through all tests (known.yaml), each with the test that has to fail because of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypedDict

import yaml

from tools.mutants.running import Job, fate_of, run_all

SECONDS = 120.0


class Known(TypedDict):
    """A change of one place: what it breaks, where, which text becomes which, and who notices."""

    what: str
    file: str
    old: str
    new: str
    test: str


def load_known(path: Path) -> list[Known]:
    """The list of a file."""
    known: list[Known] = yaml.safe_load(path.read_text("utf-8"))
    return known


def unnoticed(root: Path, known: Sequence[Known], side_by_side: int) -> Iterator[str]:
    """One line per fault that its test lets through, per test that fails without it, and per place that is no more."""
    placed = [each for each in known if _stands_once(root / each["file"], each["old"])]
    yield from (
        f"{each['what']}: '{each['old'].strip()}' does not stand once in {each['file']}" for each in known if each not in placed
    )
    codes: dict[int, int | None] = {}

    def told(number: int, code: int | None, _: float) -> None:
        codes[number] = code

    sound = [Job((each["test"],), SECONDS) for each in placed]
    broken = [Job((each["test"],), SECONDS, each["file"], _broken(root, each)) for each in placed]
    run_all(root, [*sound, *broken], side_by_side, told)
    for number, each in enumerate(placed):
        if codes[number] != 0:
            yield f"{each['what']}: {each['test']} fails without it"
        elif fate_of(codes[number + len(placed)]) == "survived":
            yield f"{each['what']}: {each['test']} does not notice it"


def _stands_once(file: Path, text: str) -> bool:
    return file.exists() and file.read_text("utf-8").count(text) == 1


def _broken(root: Path, known: Known) -> str:
    return (root / known["file"]).read_text("utf-8").replace(known["old"], known["new"])
