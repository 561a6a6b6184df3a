"""compose.yaml as `docker compose up` takes it: each container comes up, a dossier gets its date, Prometheus sees all.

Grafana stands in a profile of its own, which is not started; what its board asks is asked of Prometheus here.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dunghen.services import ALL
from reference import OFFICE_TIME
from tests.real import skip
from tests.support.ports import free_port
from tools.boards import queries

pytestmark = pytest.mark.connected
ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/compose.yaml"
PATIENCE_SECONDS = 300.0
PUBLISHED = {"intake": 8000, "notifier": 8000, "feedback": 8000, "reporting": 8000, "front": 8000, "prometheus": 9090}


@dataclass(frozen=True)
class Composed:
    """A running compose file, under a name and on ports of its own."""

    command: tuple[str, ...]
    ports: dict[str, int]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of `docker compose`."""
        return subprocess.run([*self.command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False)

    def states(self) -> dict[str, str]:
        """By service: `running healthy`, `exited 0` and so on."""
        lines = self.run("ps", "--all", "--format", "json").stdout.splitlines()
        found = [json.loads(line) for line in lines]
        return {one["Service"]: f"{one['State']} {one['Health'] or one['ExitCode']}" for one in found}

    def cli(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """A command of ours in the container that README names for it."""
        return self.run("run", "--rm", "--no-deps", "-T", "topics", "dunghen", *arguments)


class _Instead(list[str]):
    """A list that takes the place of the one in compose.yaml."""


def overriding(ports: dict[str, int]) -> dict[str, Any]:
    """What a test must have otherwise: ports of its own, and the images that the other tests of images run too."""
    services: dict[str, dict[str, Any]] = {name: {"image": f"dunghen-test/{name}"} for name in (*ALL, "prometheus")}
    services["topics"] = {"image": "dunghen-test/cli"}
    for name, inside in PUBLISHED.items():
        services[name]["ports"] = _Instead([f"127.0.0.1:{ports[name]}:{inside}"])
    return {"services": services}


class _Dumper(yaml.SafeDumper):
    """Writes them with compose's tag."""


_Dumper.add_representer(_Instead, lambda dumper, own: dumper.represent_sequence("!override", own))


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory, images: None) -> Iterator[Composed]:
    """All of it, started as deploy/README.md says; gone afterwards with its volumes."""
    del images
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        skip("no docker compose")
    with composed_in(tmp_path_factory.mktemp("compose")) as running:
        built = running.run("build", "prometheus")
        assert built.returncode == 0, built.stderr[-3000:]
        up = running.run("up", "--detach", "--no-build")
        assert up.returncode == 0, up.stderr[-3000:]
        yield running


@contextmanager
def composed_in(folder: Path) -> Iterator[Composed]:
    """The compose file with keys of its own in a folder; nothing of it is left afterwards but images."""
    secrets = folder / ".env"
    made = subprocess.run(
        [sys.executable, "-m", "dunghen", "secrets", "--out", str(secrets)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    own = {
        "BASE_IMAGE": os.environ.get("DUNGHEN_BASE_IMAGE", "python:3.13-slim"),
        "KAFKA_IMAGE": os.environ.get("DUNGHEN_TEST_KAFKA_IMAGE", "apache/kafka:4.1.0"),
        "MONGO_IMAGE": os.environ.get("DUNGHEN_TEST_MONGO_IMAGE", "mongo:8"),
        "NOTIFIER_GATEWAY_URL": "https://gateway.invalid/sms",
        "FRONT_OIDC_ISSUER": "https://login.invalid",
        "FRONT_OIDC_CLIENT_SECRET": "none-here",
    }
    secrets.write_text(secrets.read_text("utf-8") + "".join(f"{name}={value}\n" for name, value in own.items()), "utf-8")
    ports = {name: free_port() for name in PUBLISHED}
    (folder / "ports.yaml").write_text(yaml.dump(overriding(ports), Dumper=_Dumper), "utf-8")
    files = ("--env-file", str(secrets), "-f", str(FILE), "-f", str(folder / "ports.yaml"))
    running = Composed(("docker", "compose", "-p", f"dunghen-test-{os.getpid()}", *files), ports)
    try:
        yield running
    finally:
        running.run("down", "--volumes", "--timeout", "30")


def until(what: Callable[[], Any], wanted: Any, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for an answer."""
    end = time.monotonic() + seconds
    while (found := what()) != wanted:
        assert time.monotonic() < end, found
        time.sleep(1)


def ready(composed: Composed, service: str) -> bool:
    """Whether it says that all its parts are there."""
    try:
        return httpx.get(f"http://127.0.0.1:{composed.ports[service]}/readyz", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def asked(composed: Composed, path: str, **params: str) -> Any:
    """What Prometheus answers; nothing while it starts."""
    try:
        answer = httpx.get(f"http://127.0.0.1:{composed.ports['prometheus']}/api/v1{path}", params=params, timeout=10)
    except httpx.TransportError:
        return None
    return answer.json()["data"] if answer.status_code == 200 else None


def test_every_container_comes_up_and_the_topics_are_made_once(composed: Composed) -> None:
    wanted = dict.fromkeys((*ALL, "prometheus"), "running healthy") | {"topics": "exited 0"}

    until(lambda: {name: state for name, state in composed.states().items() if name in wanted}, wanted)
    assert "grafana" not in composed.states()


def test_a_dossier_that_is_sent_to_the_published_port_gets_its_date_and_is_counted(composed: Composed) -> None:
    until(lambda: ready(composed, "intake"), True)
    made = composed.cli("keys", "new", "thu-nghiem")
    assert made.returncode == 0, made.stderr
    now = datetime.now(OFFICE_TIME)
    code = f"H37.12-{now:%y%m%d}-0001"
    item = {"dossier": code, "type": "received", "at": now.isoformat(timespec="seconds"), "procedure": "1.000894"}
    answer = httpx.post(
        f"http://127.0.0.1:{composed.ports['intake']}/v1/dossiers/events",
        json=[item | {"receiving_unit": "H37.12", "channel": 2}],
        headers={"authorization": f"Bearer {made.stdout.strip()}"},
        timeout=30,
    )
    assert [one["status"] for one in answer.json()["items"]] == ["accepted"], answer.text

    until(lambda: "hẹn trả" in composed.cli("follow", code, "--broker", "kafka:9092").stdout.lower(), True)
    for service in ("sla", "notifier", "feedback", "reporting"):
        until(partial(_handled, composed, service), 1.0)


def _handled(composed: Composed, service: str) -> float:
    """How many facts a service has handled, as Prometheus saw it last."""
    query = f'sum(dunghen_records_handled_total{{service="{service}",topic="dossiers.v1"}})'
    found = asked(composed, "/query", query=query)
    return float(found["result"][0]["value"][1]) if found and found["result"] else 0.0


def test_prometheus_has_every_target_up_runs_every_rule_and_answers_every_panel(composed: Composed) -> None:
    def targets() -> dict[str, str]:
        found = (asked(composed, "/targets") or {"activeTargets": []})["activeTargets"]
        return {one["labels"]["instance"]: one["health"] for one in found}

    until(targets, {f"{name}:8000": "up" for name in ALL})
    until(lambda: {rule["health"] for group in asked(composed, "/rules")["groups"] for rule in group["rules"]}, {"ok"})
    for query in queries():
        assert asked(composed, "/query", query=query) is not None, query
    alerts = asked(composed, "/alerts")["alerts"]
    assert [alert["labels"]["alertname"] for alert in alerts if alert["state"] == "firing"] == []
