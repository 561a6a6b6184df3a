"""Images built from the Dockerfile run the flow: one container per service, on the Kafka and MongoDB of the tests."""

import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from dunghen import PROVINCE
from dunghen.audit import audit
from dunghen.log import events_of, kind_of, read_broker
from dunghen.services import ALL, SERVICES
from runtime.clock import SteppedClock
from tests.flow.support import D, at, event, received
from tests.real import Real
from tests.support.fleet import real_fleet
from tests.support.signing import look_and_sign

pytestmark = pytest.mark.connected


def in_container(name: str, environment: Sequence[str]) -> list[str]:
    """Run a service's image on the host's network, with the same settings as a process would have."""
    names = [part for variable in environment for part in ("--env", variable)]
    mount = f"{PROVINCE}:{PROVINCE}:ro"
    return ["docker", "run", "--rm", "--network", "host", *names, "--volume", mount, f"dunghen-test/{name}"]


async def test_the_flow_runs_in_images_from_reception_to_letter_survey_and_figures(real: Real, images: None) -> None:
    del images
    clock, one = SteppedClock(at(2, "10:00")), D.format(1)
    async with real_fleet(real.kafka, real.mongo, clock, partitions=4, command=in_container) as (fleet, _, prefix):
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
        records = await read_broker(real.kafka, prefix)

    kinds = {kind_of(event) for event in events_of(records)}
    assert {"deadline.moved", "letter.sent", "notice.accepted", "feedback.rated", "metrics.cell"} <= kinds
    assert audit([(r.topic, r.value) for r in records], clock.now()).differences() == []
    assert b"LiberationSerif" in pdf  # the font that the image brings


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
