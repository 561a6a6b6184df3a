"""A service starts whatever is away, says what it waits for, goes on by itself, and stops when it is asked to."""

import asyncio
import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.errors import KafkaConnectionError

from dunghen import PROVINCE
from runtime.alive import note_alive
from runtime.errors import CANNOT_START, CannotStartError, Unavailable
from runtime.health import Health
from runtime.log.memory import MemoryLog
from runtime.parts import STATE
from runtime.service import Service, run
from runtime.settings import RuntimeSettings
from runtime.web import Patience, make_app, open_to_all
from services.sla.settings import SlaSettings
from tests.runtime.hand import IN, Bench, Member, settled, until
from tests.support.ports import free_port

ROOT = Path(__file__).parents[2]
GIVEN = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1", "REFERENCE_DIR": str(PROVINCE), "HTTP_PORT": "0"}


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    """A broker and a store."""
    bench = Bench()
    yield bench
    await bench.close()


class HandBroker:
    """Joins the group of the log in memory, unless Kafka is away."""

    def __init__(self, log: MemoryLog) -> None:
        self._log, self.away, self.hangs = log, False, False

    async def start(self) -> None:
        """Raises KafkaError."""
        if self.away:
            raise KafkaConnectionError
        await self._log.start()

    async def stop(self) -> None:
        """May never come to an end."""
        await self._log.stop()
        if self.hangs:
            await asyncio.Event().wait()


def service_of(member: Member, **more: Any) -> tuple[Service, HandBroker]:
    """The toy service put together, with a route that answers and one that hangs."""
    health = Health(member.parts, member.loop)
    app = make_app("toy", health, member.parts.telemetry, patience=Patience(change=0.02, read=0.04, upload=0.06))

    @app.get("/v1/things", dependencies=[open_to_all()])
    async def things() -> dict[str, int]:
        return {"things": 1}

    @app.get("/v1/hanging", dependencies=[open_to_all()])
    @app.post("/v1/hanging", dependencies=[open_to_all()])
    async def hanging() -> None:
        await asyncio.Event().wait()

    broker = HandBroker(member.log)
    member.log.subscribe(member.loop.topics, member.loop.handle)
    given: Any = broker
    arguments: dict[str, Any] = {"collections": (), "topics": (IN,), "loop": member.loop} | more
    return Service(parts=member.parts, broker=given, app=app, health=health, **arguments), broker


@asynccontextmanager
async def asking(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who asks it by HTTP."""
    transport = httpx.ASGITransport(service.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client


async def is_ready(client: httpx.AsyncClient) -> None:
    """Wait for it; whoever asks for metrics makes it measure."""
    async with asyncio.timeout(5):
        while (await client.get("/readyz")).status_code != 200:
            await client.get("/metrics")
            await asyncio.sleep(0)


# --- start ------------------------------------------------------------------------------


@pytest.mark.parametrize("away", ["store", "log", "topics"])
async def test_http_says_live_and_not_ready_while_a_part_is_away_and_the_service_goes_on_when_it_is_there(
    bench: Bench, away: str
) -> None:
    member = bench.member()
    service, broker = service_of(member, topics=(IN, "missing.v1") if away == "topics" else (IN,))
    if away == "store":
        member.way.refuse(Unavailable("mongodb: no server"), "declare state")
    broker.away = away == "log"
    reason = {
        "store": "mongodb: no server",
        "log": "kafka: KafkaConnectionError",
        "topics": "kafka has no topic missing.v1: run `dunghen topics apply`",
    }[away]
    bench.tell("1")
    async with service.starting() as starting, asking(service) as client:
        await until(lambda: service.health.waits_for == reason)
        live, ready, other = [await client.get(path) for path in ("/livez", "/readyz", "/v1/things")]
        assert (live.status_code, ready.status_code, ready.text) == (200, 503, reason)
        assert (other.status_code, other.headers["retry-after"], other.json()["detail"]) == (503, "5", reason)
        assert other.headers["content-type"] == "application/problem+json"
        assert (starting.done(), bench.committed()) == (False, None)

        member.way.mend()
        broker.away = False
        if away == "topics":
            bench.broker._topics["missing.v1"] = bench.broker._topics[IN]
        await is_ready(client)
        assert (await client.get("/v1/things")).json() == {"things": 1}
        await bench.until_committed(1)
        assert starting.done()


@pytest.mark.parametrize("used_lately", [True, False])
async def test_a_service_that_only_writes_takes_requests_while_the_log_stays_away_if_its_store_was_in_use(
    bench: Bench, used_lately: bool
) -> None:
    member = bench.member()
    service, broker = service_of(member, loop=None)
    broker.away = True
    await member.parts.store.declare(STATE)
    if used_lately:
        await note_alive(member.parts)
    async with service.starting(), asking(service) as client:
        await until(lambda: service.health.waits_for == "kafka: KafkaConnectionError")
        assert (await client.get("/v1/things")).status_code == 503
        member.machine.pass_by(timedelta(seconds=6))
        await settled()

        assert (await client.get("/v1/things")).status_code == (200 if used_lately else 503)


async def test_while_the_log_answers_a_store_is_held_against_it_before_the_first_request_however_young_it_is(
    bench: Bench,
) -> None:
    member, held = bench.member(), asyncio.Event()
    service, _ = service_of(member, loop=None, anchor=held.wait)
    await member.parts.store.declare(STATE)
    await note_alive(member.parts)
    async with service.starting(), asking(service) as client:
        await settled()
        assert (await client.get("/v1/things")).status_code == 503
        held.set()
        await until(lambda: service.health.waits_for == "")
        assert (await client.get("/v1/things")).status_code == 200


async def test_all_missing_topics_are_named_together(bench: Bench) -> None:
    service, _ = service_of(bench.member(), topics=("z.v1", IN, "a.v1"))
    async with service.starting():
        await until(lambda: service.health.waits_for == "kafka has no topic a.v1, z.v1: run `dunghen topics apply`")


async def test_a_store_that_is_away_while_the_service_runs_is_said_to_whoever_asks(bench: Bench) -> None:
    member = bench.member()
    service, _ = service_of(member)
    async with service.running(), asking(service) as client:
        await is_ready(client)
        member.way.refuse(Unavailable("mongodb: AutoReconnect"), "count_by intents")
        await client.get("/metrics")  # measures
        other = await client.get("/v1/things")
        assert (other.status_code, other.headers["retry-after"]) == (503, "5")
        assert (await client.get("/livez")).status_code == 200

        member.way.mend()
        await is_ready(client)
        assert (await client.get("/v1/things")).status_code == 200


@pytest.mark.parametrize(
    ("method", "kind", "seconds"),
    [("POST", "application/json", 0.02), ("GET", "", 0.04), ("POST", "text/csv", 0.06)],
    ids=["a change", "a question", "a file"],
)
async def test_a_request_that_hangs_is_answered_after_its_limit(bench: Bench, method: str, kind: str, seconds: float) -> None:
    service, _ = service_of(bench.member())
    async with service.running(), asking(service) as client:
        asked = time.monotonic()
        answer = await client.request(method, "/v1/hanging", headers={"content-type": kind})

    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"] == "a part did not answer in time"
    assert time.monotonic() - asked >= seconds


def test_senders_wait_less_than_people_and_files_longest() -> None:
    usual = Patience()

    assert usual.change < usual.read < usual.upload


def test_a_route_that_takes_files_has_the_time_of_a_file_whatever_its_content_is_called() -> None:
    known = Patience(upload_paths=("/v1/files",))

    def seconds(path: str, kind: bytes) -> float:
        return known.of({"method": "POST", "path": path, "headers": [(b"content-type", kind)]})

    assert seconds("/v1/files", b"application/x-www-form-urlencoded") == seconds("/v1/files", b"") == known.upload
    assert seconds("/v1/events", b"application/x-www-form-urlencoded") == known.change


# --- what a person has to do first ---------------------------------------------------------


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """An empty environment, and a garbage collector that is put back."""
    thresholds = gc.get_threshold()
    for name in list(os.environ):
        monkeypatch.delenv(name)
    yield monkeypatch
    gc.set_threshold(*thresholds)


def refused(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines a service ends with before it has connected to anything."""

    def never(*_: Any) -> Service:
        raise AssertionError("nothing is built on wrong settings")

    with pytest.raises(SystemExit) as ended:
        run("sla", SlaSettings, never)
    assert ended.value.code == CANNOT_START == 78
    return capsys.readouterr().err.splitlines()


def test_all_missing_settings_are_named_at_once_a_line_each(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bare.setenv("LOG_LEVEL", "info")
    assert refused(capsys) == [
        "sla: KAFKA_BOOTSTRAP_SERVERS (host:port list of Kafka): is not set",
        "sla: STORE_URL (mongodb://host:port/database or sqlite:///path of this service's own documents): is not set",
        "sla: REFERENCE_DIR (folder of the reference data (docs/reference-data.md)): is not set",
    ]


WRONG = {
    "HTTP_PORT": "secret",
    "LOG_LEVEL": "secret",
    "BRAKE_SHARE": "7777",
    "REFERENCE_DIR": "/secret",
    "SLA_DUE_TIME": "secret",
    "SLA_APOLOGY_LEAD_DAYS": "-7777",
}


def test_wrong_settings_are_named_at_once_and_never_their_values(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (GIVEN | {"STORE_URL": "sqlite:////nowhere"} | WRONG).items():
        bare.setenv(name, value)
    lines = refused(capsys)

    assert sorted(line.split()[1] for line in lines) == sorted(WRONG)
    assert not any(word in line for line in lines for word in ("secret", "7777"))


def test_a_list_that_is_no_json_is_named_beside_the_others(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (GIVEN | {"SLA_WARN_OPEN_HOURS": "secret"}).items():
        bare.setenv(name, value)

    assert [line.split()[1].strip(":") for line in refused(capsys)] == ["STORE_URL", "SLA_WARN_OPEN_HOURS"]


@pytest.mark.parametrize("name", ["CLOCK_URL", "CRASH_AT"])
def test_a_setting_for_tests_is_refused_unless_the_process_says_that_it_is_one(
    name: str, bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for given, value in (GIVEN | {"STORE_URL": "sqlite:////nowhere", name: "http://secret"}).items():
        bare.setenv(given, value)

    assert refused(capsys) == [f"sla: {name} is for tests: with it, FOR_TESTS_ONLY=true must be set too"]
    bare.setenv("FOR_TESTS_ONLY", "true")
    assert getattr(RuntimeSettings(), name.lower()) == "http://secret"


@pytest.mark.parametrize("url", ["postgres://u:secret@h/d", "mongodb://u:sec@ret@h/d", "mongodb://h:secret/d"])
def test_a_store_of_an_unknown_kind_is_named_and_never_its_address(
    url: str, bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from services.sla.app import build  # noqa: PLC0415 - with the service's own way of building

    for name, value in (GIVEN | {"STORE_URL": url}).items():
        bare.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        run("sla", SlaSettings, build)

    (line,) = capsys.readouterr().err.splitlines()
    assert ended.value.code == CANNOT_START
    assert line.startswith("sla: STORE_URL ")
    assert "sec" not in line


def test_what_a_person_has_to_do_first_is_one_sentence_and_the_exit_status_is_78(
    bare: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (GIVEN | {"STORE_URL": "sqlite:////nowhere"}).items():
        bare.setenv(name, value)

    async def impossible() -> None:
        raise CannotStartError("the store is another's: run `dunghen rebuild toy`")

    def build(_: RuntimeSettings, __: SlaSettings) -> Service:
        return service_of(Bench().member(http_port=0), collections=(impossible,))[0]

    with pytest.raises(SystemExit) as ended:
        run("sla", SlaSettings, build)
    assert ended.value.code == CANNOT_START
    lines = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("{")]
    assert lines == ["sla: the store is another's: run `dunghen rebuild toy`"]


def started(**environment: str) -> "subprocess.Popen[str]":
    """`python -m services.sla` with nothing else in its environment."""
    command = [sys.executable, "-m", "services.sla"]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)


def test_a_process_without_settings_ends_with_one_line_for_each_of_them() -> None:
    process = started()
    _, said = process.communicate(timeout=90)

    assert process.returncode == CANNOT_START
    assert [line.split()[1] for line in said.splitlines()] == ["KAFKA_BOOTSTRAP_SERVERS", "STORE_URL", "REFERENCE_DIR"]


# --- stop -------------------------------------------------------------------------------------


async def test_a_service_stops_within_its_time_though_a_part_does_not_come_to_an_end(bench: Bench) -> None:
    member = bench.member(stop_seconds=0.2)
    service, broker = service_of(member)
    broker.hangs = True
    async with asyncio.timeout(2):
        async with service.running():
            pass


@pytest.mark.parametrize("how", ["answers", "is away", "hangs"])
async def test_a_service_says_goodbye_to_its_group_once_it_reads_no_more_and_stops_whether_it_is_heard_or_not(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr("runtime.service.LEAVE_SECONDS", 0.05)
    member, told = bench.member(), list[str]()
    service, broker = service_of(member)
    stop, close = broker.stop, member.parts.store.close

    async def stopped() -> None:
        told.append("stopped")
        await stop()

    async def leave() -> None:
        told.append("left")
        if how == "is away":
            raise Unavailable("kafka: away")
        if how == "hangs":
            await asyncio.Event().wait()

    async def closed() -> None:
        told.append("closed")
        await close()

    monkeypatch.setattr(broker, "stop", stopped)
    monkeypatch.setattr(member.log, "leave", leave)
    monkeypatch.setattr(member.parts.store, "close", closed)
    async with asyncio.timeout(2):
        async with service.running():
            pass

    assert told == ["stopped", "left", "closed"]


async def test_a_service_that_waits_for_a_part_stops_at_once(bench: Bench) -> None:
    member = bench.member()
    member.way.hold("declare state")
    service, _ = service_of(member)
    async with asyncio.timeout(1):
        async with service.starting() as starting:
            await until(lambda: member.way.waiting)

    assert starting.cancelled()


def test_sigterm_ends_a_process_that_waits_for_its_store() -> None:
    port, nobody = free_port(), free_port()
    store = f"mongodb://127.0.0.1:{nobody}/sla"
    process = started(**(GIVEN | {"STORE_URL": store, "HTTP_PORT": str(port)}))
    try:
        while not answers(port):
            assert process.poll() is None
            time.sleep(0.05)
        assert httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 503
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=90)
    finally:
        process.kill()

    assert process.returncode == 0
    assert time.monotonic() - asked < 15  # STOP_SECONDS are 20, and then it would be killed


def answers(port: int) -> bool:
    """Whether HTTP is open."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/livez").status_code == 200
    except httpx.TransportError:
        return False
