"""Images built from the Dockerfile run the flow: one container per service, on a Kafka that asks who one is and what one may.

Each container runs as an ordinary user on a file system it cannot write, has no right of the machine's, and gets each secret as
a file; on Kafka it has its own rights alone.
"""

import asyncio
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from contracts import load_catalogue
from dunghen import PROVINCE
from dunghen.audit import audit
from dunghen.log import events_of, kind_of, read_broker
from dunghen.rights import rights
from dunghen.services import ALL, SERVICES
from dunghen.together import Keys, demo_environment
from runtime.clock import SteppedClock
from runtime.errors import CANNOT_START
from runtime.settings import environment_name, may_be_file
from runtime.store.mongo import drop_database
from tests.flow.support import D, at, event, received
from tests.real import Real
from tests.support.fleet import real_fleet
from tests.support.ports import free_port
from tests.support.secured import Secured
from tests.support.signing import look_and_sign

pytestmark = pytest.mark.connected
BOUNDS = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--memory=512m")
PATIENCE_SECONDS = 60.0


def settings_of(service: str) -> dict[str, bool]:
    """The settings that a service knows, and whether each may come as a file."""
    models = (ALL[service].common, ALL[service].settings)
    return {environment_name(model, field): may_be_file(model, field) for model in models for field in model.model_fields}


@dataclass(frozen=True)
class Locked:
    """How containers are started: with files of secrets in a folder, and the proof of the service's own user."""

    kafka: Secured
    folder: Path
    run: str  # what the names of this run's containers begin with

    def command(self, service: str, settings: Mapping[str, str]) -> list[str]:
        """Run a service's image on the host's network; no secret stands in its environment or on its command line."""
        proof = self.kafka.client(f"dunghen-{service}", self.password(service)) | {"KAFKA_CA_FILE": "/kafka/ca.pem"}
        folder, known = self.folder / service, settings_of(service)
        folder.mkdir(mode=0o755, exist_ok=True)
        shown = {}
        for name, value in {**settings, **proof}.items():
            if known.get(name):
                (folder / name).write_text(value, "utf-8")
                (folder / name).chmod(0o644)  # the container is another user
                shown[f"{name}_FILE"] = f"/secrets/{name}"
            elif name in known:
                shown[name] = value
        words = [part for name, value in shown.items() for part in ("--env", f"{name}={value}")]
        mounts = (f"{PROVINCE}:{PROVINCE}:ro", f"{folder}:/secrets:ro", f"{self.kafka.ca}:/kafka/ca.pem:ro")
        volumes = [part for mount in mounts for part in ("--volume", mount)]
        run = ["docker", "run", "--rm", "--name", self.name(service), "--network", "host", *BOUNDS]
        return [*run, *words, *volumes, f"dunghen-test/{service}"]

    def name(self, service: str) -> str:
        """A container's name."""
        return f"{self.run}{service}"

    def password(self, service: str) -> str:
        """What the service's user proves itself by."""
        return (self.folder / f"{service}.password").read_text("utf-8")

    def add_user(self, service: str) -> None:
        """Make the service's user."""
        (self.folder / f"{service}.password").write_text(secrets.token_hex(12), "utf-8")
        self.kafka.add_user(f"dunghen-{service}", self.password(service))


@pytest.fixture
def locked(as_operator: Secured, tmp_path: Path) -> Locked:
    tmp_path.chmod(0o755)
    return Locked(as_operator, tmp_path, f"dunghen-test-{secrets.token_hex(3)}-")


def inspected(container: str) -> dict[str, object]:
    """What the engine knows of a running container."""
    told = subprocess.run(["docker", "inspect", container], capture_output=True, text=True, check=True).stdout
    found: dict[str, object] = json.loads(told)[0]
    return found


async def test_the_flow_runs_in_images_from_reception_to_letter_survey_and_figures(
    real: Real, images: None, locked: Locked
) -> None:
    del images
    prefix, kafka = f"demo{secrets.token_hex(3)}.", locked.kafka
    for name in SERVICES:
        locked.add_user(name)
    kafka.allow(rights(load_catalogue(), prefix))
    clock, one = SteppedClock(at(2, "10:00")), D.format(1)
    running = real_fleet(kafka.address, real.mongo, clock, partitions=4, command=locked.command, prefix=prefix)
    async with running as (fleet, processes, _):
        await fleet.post([received(one, "2026-03-02T09:00", contact={"name": "Nông Thị Mẫu", "phone": "0912000007"})])
        await fleet.settle()
        await fleet.set_clock(at(5, "10:00"))
        await fleet.settle()
        body = {"reason": "workload", "new_due_at": at(11).isoformat()}
        assert (await look_and_sign(fleet.clients["notifier"], one, body)).status_code == 202
        await fleet.settle()
        await fleet.set_clock(at(10, "10:00"))
        await fleet.post([event(one, "completed", "2026-03-10T09:30"), event(one, "returned", "2026-03-10T09:45")])
        await fleet.settle()
        token = fleet.phone.shown()[-1].text.rpartition("/")[2]
        answers = {"attitude": "0", "waiting": "1", "appointment": "2", "apology": "0", "facilities": "1"}
        assert (await fleet.clients["feedback"].post(f"/y-kien/{token}", data=answers)).status_code == 200
        await fleet.set_clock(datetime(2026, 4, 1, 1, tzinfo=UTC))  # one answer alone is said when its month is over
        await fleet.settle()
        pdf = (await fleet.clients["notifier"].get(f"/v1/letters/{one}/pdf")).content
        known = {name: inspected(locked.name(name)) for name in SERVICES}
        records = await read_broker(kafka.address, prefix)
        said = processes.log_text()

    kinds = {kind_of(event) for event in events_of(records)}
    assert {"deadline.moved", "letter.sent", "notice.accepted", "feedback.rated", "metrics.cell"} <= kinds
    assert audit([(r.topic, r.value) for r in records], clock.now()).differences() == []
    assert b"LiberationSerif" in pdf  # the font that the image brings
    for name, container in known.items():
        config, bounds = container["Config"], container["HostConfig"]
        assert isinstance(config, dict)
        assert isinstance(bounds, dict)
        assert (config["User"], bounds["ReadonlyRootfs"], bounds["CapDrop"]) == ("10001", True, ["ALL"])
        hidden = [file.read_text("utf-8") for file in (locked.folder / name).iterdir()]
        assert len(hidden) >= 2  # of each at least the store's address and Kafka's password
        assert not [value for value in hidden if value in json.dumps(container) or value in said]


@contextmanager
def started(locked: Locked, service: str, settings: Mapping[str, str]) -> Iterator["subprocess.Popen[str]"]:
    """A container of a service; gone afterwards."""
    command = locked.command(service, settings)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        subprocess.run(["docker", "rm", "--force", locked.name(service)], capture_output=True, check=False)
        process.communicate(timeout=PATIENCE_SECONDS)


def reason_at(port: str) -> str:
    """Why a service is not ready, once it says so for a reason of Kafka's."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        try:
            answer = httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=10)
            if answer.status_code == 503 and "kafka" in answer.text:
                return answer.text
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError("it is ready, or gives no reason")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ("password", "user or password, or token, is refused"),
        ("rights", "this user has no right on a topic, see `dunghen topics acls`"),
    ],
)
def test_an_image_that_kafka_does_not_let_in_says_why_in_one_sentence_and_ends_when_it_is_asked(
    real: Real, images: None, locked: Locked, wrong: str, sentence: str
) -> None:
    """It does not end by itself: whoever mends the password or the right finds it working."""
    del images
    locked.add_user("sla")
    if wrong == "password":
        (locked.folder / "sla.password").write_text("another-password", "utf-8")
    port, store = str(free_port()), f"{real.mongo.rstrip('/')}/closed{secrets.token_hex(3)}-sla"
    given = {"KAFKA_BOOTSTRAP_SERVERS": locked.kafka.address, "STORE_URL": store, "INSTANCE_ID": "sla-0", "HTTP_PORT": port}
    try:
        with started(locked, "sla", {**demo_environment(Keys.new(), PROVINCE), **given, "TOPIC_PREFIX": "closed."}) as process:
            reason = reason_at(port)
            assert httpx.get(f"http://127.0.0.1:{port}/livez", timeout=10).status_code == 200
            process.terminate()
            said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    finally:
        asyncio.run(drop_database(store))

    assert sentence in reason
    assert process.returncode == 0
    assert locked.password("sla") not in reason + said
    assert "Traceback" not in said


def test_an_image_with_half_a_proof_ends_before_it_connects(images: None) -> None:
    del images
    half = ["--env", "KAFKA_SECURITY_PROTOCOL=SASL_SSL", "--env", "KAFKA_SASL_MECHANISM=SCRAM-SHA-512"]
    nowhere = ["--env", "KAFKA_BOOTSTRAP_SERVERS=nowhere:1", "--env", "STORE_URL=mongodb://nowhere/sla"]
    command = ["docker", "run", "--rm", *BOUNDS, *half, *nowhere, "dunghen-test/sla"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == CANNOT_START
    assert "KAFKA_USERNAME, KAFKA_PASSWORD: not set" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("service", [*ALL, "cli"])
def test_an_image_is_small(service: str, images: None) -> None:
    """Under 200 MB beyond the base; the notifier's has what signs letters besides what sets them."""
    del images
    base = os.environ.get("DUNGHEN_BASE_IMAGE", "python:3.13-slim")
    told = ["docker", "image", "inspect", "--format", "{{.Size}}", f"dunghen-test/{service}", base]
    own, below = (int(line) for line in subprocess.run(told, capture_output=True, text=True, check=True).stdout.split())

    assert (own - below) / 1e6 < (250 if service in {"notifier", "cli"} else 200)


@pytest.mark.parametrize("service", ALL)
def test_each_image_holds_what_its_service_imports(service: str, images: None) -> None:
    del images
    command = ["docker", "run", "--rm", f"dunghen-test/{service}", "python", "-c", f"import services.{service}.app"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-500:]


def test_the_command_line_has_an_image_too(images: None) -> None:
    del images
    command = ["docker", "run", "--rm", "dunghen-test/cli", "dunghen", "secrets"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    assert {line.partition("=")[0] for line in done.stdout.splitlines()} >= {"CONTACTS_PRIVATE_KEYS", "FEEDBACK_TOKEN_KEY"}


@pytest.mark.parametrize("service", SERVICES)
def test_each_image_can_repair_its_service(service: str, real: Real, images: None) -> None:
    """Topics are looked at and a rebuild gets as far as the store, which is nowhere: by exec this is the pod's own."""
    del images
    where = ["--env", f"KAFKA_BOOTSTRAP_SERVERS={real.kafka}", "--env", "STORE_URL=mongodb://127.0.0.1:1/none"]
    run = ["docker", "run", "--rm", "--network", "host", "--read-only", *where, f"dunghen-test/{service}", "dunghen"]
    applied = subprocess.run([*run, "topics", "apply", "--dry-run"], capture_output=True, text=True, check=False)
    rebuilt = subprocess.run([*run, "rebuild", service, "--wait", "0"], capture_output=True, text=True, check=False)

    assert applied.returncode == 0, applied.stderr
    assert "dossiers.v1" in applied.stdout
    assert (rebuilt.returncode, "Traceback" in rebuilt.stderr) == (1, False), rebuilt.stderr
    assert "mongodb" in rebuilt.stderr
