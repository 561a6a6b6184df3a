"""What an image's command line can do with the packages of its own service alone: those of the others are taken away."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from dunghen.services import ALL, SERVICES

ROOT = Path(__file__).parents[2]
EXTRAS: dict[str, list[str]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
NOWHERE = {"STORE_URL": "sqlite:////dev/null/none.db", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
RUN = "import sys; sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(','))); from dunghen.__main__ import main; main()"


def packages(extra: str) -> set[str]:
    """What an extra holds of its own."""
    return {Requirement(line).name for line in EXTRAS[extra]} - {"dunghen"}


def missing(service: str) -> set[str]:
    """What the images of other services hold and that of this one does not."""
    everything = set[str]().union(*(packages(name) for name in ALL))
    return {name.replace("-", "_") for name in everything - packages(service) - packages("runtime") - packages("recovery")}


def in_image(service: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command where the packages of the other services are not there."""
    command = [sys.executable, "-c", RUN, ",".join(sorted(missing(service))), *words]
    environment = {**NOWHERE, "PATH": "/usr/bin:/bin", "COLUMNS": "200"}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


def test_every_image_lacks_something_of_another() -> None:
    assert all(missing(service) for service in ALL)
    assert "phonenumbers" in missing("sla")


@pytest.mark.parametrize("service", SERVICES)
def test_the_image_of_a_service_can_repair_that_service(service: str) -> None:
    rebuilt = in_image(service, "rebuild", service, "--wait", "0")
    assert (rebuilt.returncode, "Traceback" in rebuilt.stderr) == (1, False), rebuilt.stderr  # its parts are nowhere
    assert "thư viện" not in rebuilt.stderr

    released = in_image(service, "brake", "release", service)
    assert (released.returncode, "Traceback" in released.stderr) == (3, False), released.stderr

    applied = in_image(service, "topics", "apply")
    assert (applied.returncode, "nobody listens there" in applied.stderr) == (1, True), applied.stderr
    assert in_image(service, "topics", "acls").returncode == 0


@pytest.mark.parametrize("service", ["sla", "notifier", "feedback", "reporting"])
def test_the_image_of_a_service_can_read_its_dead_letters(service: str) -> None:
    listed = in_image(service, "dlq", "ls", service)

    assert listed.returncode == 2
    assert "REFERENCE_DIR" in listed.stderr  # the settings of the service were asked for: its code is there


def test_the_image_of_another_service_says_where_the_command_belongs() -> None:
    done = in_image("sla", "dlq", "ls", "feedback")

    assert done.returncode == 2
    assert "thư viện phonenumbers" in done.stderr
    assert "ảnh của feedback" in done.stderr
