"""The drills themselves, short, on real parts."""

import json
import os
import subprocess
import sys

import pytest

from runtime.kafka_admin import partition_counts
from tests.real import Real

pytestmark = pytest.mark.connected


@pytest.mark.parametrize("service", ["sla", "notifier"])
async def test_instances_that_come_and_go_under_load_lose_and_double_nothing(real: Real, service: str) -> None:
    command = [sys.executable, "-m", "dunghen", "drill", "scale", service, "--format", "json"]
    few = ["--from", "1", "--to", "2", "--rate", "40", "--seconds", "3", "--partitions", "4"]
    given = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": real.kafka, "MONGO_URL": real.mongo, "SESSION_TIMEOUT_MS": "6000"}
    done = subprocess.run([*command, *few], env=given, capture_output=True, text=True, check=False)  # noqa: ASYNC221
    assert done.returncode == 0, done.stderr
    phases = json.loads(done.stdout)

    assert [phase["phase"] for phase in phases] == ["1", "1 -> 2", "2", "2 restarted", "2 -> 1", "1 again"]
    assert all(phase["facts"] > 0 and phase["p95_ms"] > 0 for phase in phases)
    assert sum(phase["lost"] + phase["doubled"] for phase in phases) == 0
    assert not [name for name in await partition_counts(real.kafka) if name.startswith("drill")]


async def test_a_rolling_restart_under_load_loses_and_doubles_nothing_and_keeps_its_time(real: Real) -> None:
    """The time is the product's aim, five seconds, times three: tests run beside other work."""
    command = [sys.executable, "-m", "dunghen", "drill", "roll", "sla", "--format", "json", "--p95", "15"]
    few = ["--instances", "2", "--rate", "40", "--seconds", "3", "--partitions", "4"]
    given = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": real.kafka, "MONGO_URL": real.mongo}
    done = subprocess.run([*command, *few], env=given, capture_output=True, text=True, check=False)  # noqa: ASYNC221
    assert done.returncode == 0, done.stderr
    phases = json.loads(done.stdout)

    assert [phase["phase"] for phase in phases] == ["2", "2 restarted", "2 again"]
    assert sum(phase["lost"] + phase["doubled"] for phase in phases) == 0
