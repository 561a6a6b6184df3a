"""The images of all services and of the command line, built once for the tests that run them."""

import os
import subprocess
from pathlib import Path

import pytest

from dunghen.services import ALL
from tests.real import require_engine

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def images() -> None:
    """One image per service; layers are shared."""
    require_engine()
    base = os.environ.get("DUNGHEN_BASE_IMAGE", "python:3.13-slim")
    for service in (*ALL, "cli"):
        arguments = ["--build-arg", f"BASE_IMAGE={base}", "--build-arg", f"SERVICE={service}"]
        command = ["docker", "build", "-q", "-f", "deploy/Dockerfile", *arguments, "-t", f"dunghen-test/{service}", "."]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
