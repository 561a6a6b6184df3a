"""Run the tests of a mutant: in a fork of a process that has loaded what no mutant is in; our code stays as it is on disk.

The child finds the changed module where it imports it, so mutants can run side by side and no file is written.
"""

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal

import hypothesis
import pytest

# What costs most to load and is none of ours; `contracts` is not mutated and knows nothing that is.
_HEAVY = (
    *(
        "aiokafka",
        "docker",
        "fastapi",
        "faststream.kafka",
        "httpx",
        "hypothesis",
        "motor.motor_asyncio",
        "nacl.public",
        "openpyxl",
    ),
    *(
        "anyio",
        "jinja2",
        "orjson",
        "prometheus_client",
        "pydantic_settings",
        "pypdf",
        "structlog",
        "testcontainers.core.container",
        "typst",
        "typer",
    ),
    *("pytest_asyncio.plugin", "pytest_cov.plugin", "xdist.plugin"),
)
_HEAVY_OF_OURS = ("contracts", "contracts.dossiers", "contracts.metrics", "contracts.reports")
# What knows nothing of services, and what every test loads of it: unless a mutant is in it, it need not be loaded for each.
_BELOW = {"reference": ("reference",), "runtime": ("runtime.embedded", "runtime.parts", "runtime.sealing", "runtime.service")}
Fate = Literal["killed", "survived", "timed out"]
# Plain assertions: nobody reads why one failed, and rewriting them takes longer than most tests.
_QUIET = ("-x", "-q", "--tb=no", "--assert=plain", "-p", "no:xdist", "-p", "no:cov", "-p", "no:schemathesis")
_FATES: dict[int, Fate] = {pytest.ExitCode.OK: "survived"}


@dataclass(frozen=True, slots=True)
class Job:
    """Tests, and how many seconds they may take. `file`, `source`: the module that is another one meanwhile; "": none."""

    tests: tuple[str, ...]
    seconds: float
    file: str = ""
    source: str = ""


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds one module as a changed text."""

    def __init__(self, root: Path, job: Job) -> None:
        path = Path(job.file)
        self.name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
        self.path, self.source, self.package = root / path, job.source, path.name == "__init__.py"

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The module, if it is asked for."""
        if fullname != self.name:
            return None
        within = [str(self.path.parent)] if self.package else None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self, submodule_search_locations=within)

    def exec_module(self, module: ModuleType) -> None:
        """Run the changed text."""
        exec(compile(self.source, str(self.path), "exec"), module.__dict__)  # noqa: S102 - this is what a mutant is


def warm(root: Path, mutated: Collection[str] = ()) -> None:
    """Load what every child needs, before the first one; of our own code only what no mutant is in. `mutated`: their files."""
    os.chdir(root)
    sys.path.insert(0, str(root))
    here = Path(__file__).parents[2] == root
    folders = {file.partition("/")[0] for file in mutated}
    below = [name for names in _BELOW.values() for name in names] if folders and not folders & {*_BELOW} else []
    for name in (*_HEAVY, *_HEAVY_OF_OURS, *below) if here else ():
        importlib.import_module(name)
    # A found fault is enough: it is neither kept for the next run nor made smaller.
    hypothesis.settings.register_profile(
        "mutants", database=None, derandomize=True, deadline=None, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate]
    )
    hypothesis.settings.load_profile("mutants")


def _child(root: Path, job: Job) -> int:
    """What pytest says of the tests."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nothing, stream)
    if job.file:
        sys.meta_path.insert(0, _Changed(root, job))
    return int(pytest.main([*job.tests, *_QUIET]))


def start(root: Path, job: Job) -> int:
    """Begin to run a job; returns the process."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    os.setsid()
    code = 99
    try:
        code = _child(root, job)
    finally:
        os._exit(code)


@dataclass(slots=True)
class _Running:
    number: int
    job: Job
    begin: float


def run_all(root: Path, jobs: Iterable[Job], side_by_side: int, told: Callable[[int, int | None, float], None]) -> None:
    """Run jobs, so many at a time; `told` hears of each its number, pytest's exit code (None: out of time) and its seconds."""
    waiting, running = iter(enumerate(jobs)), dict[int, _Running]()
    while True:
        for number, job in _some(waiting, side_by_side - len(running)):
            running[start(root, job)] = _Running(number, job, time.monotonic())
        if not running:
            return
        for child, code in _ended(running):
            ended = running.pop(child)
            told(ended.number, code, time.monotonic() - ended.begin)
        time.sleep(0.01)


def _some(waiting: Iterator[tuple[int, Job]], count: int) -> Iterator[tuple[int, Job]]:
    for _ in range(count):
        following = next(waiting, None)
        if following is None:
            return
        yield following


def _ended(running: Mapping[int, _Running]) -> list[tuple[int, int | None]]:
    """Children that are done, or have to be: with their exit codes."""
    found: list[tuple[int, int | None]] = []
    for child, one in running.items():
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            found.append((child, os.waitstatus_to_exitcode(status)))
        elif time.monotonic() - one.begin > one.job.seconds:
            os.killpg(child, signal.SIGKILL)
            os.waitpid(child, 0)
            found.append((child, None))
    return found


def fate_of(code: int | None) -> Fate:
    """What an exit code says of a mutant; raises RuntimeError if no test ran at all."""
    if code is None:
        return "timed out"
    if code in (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED, 99):
        raise RuntimeError(f"pytest ended with {code}: no test ran")
    return _FATES.get(code, "killed")
