"""A real Kafka and a real MongoDB for tests: from the environment, else from containers, else skipped with the reason."""

import os
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import docker
import pytest
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from tests.support.ports import free_port

PASSED = pytest.StashKey[bool]()  # of a test: how it went


@dataclass(frozen=True, slots=True)
class Real:
    """Addresses, and commands that kill or start a part: `kafka-crash`, `kafka-start`, `mongo-crash`, `mongo-start`.

    `store-half-crash` and `store-half-start`, if there: the database behind a server that itself goes on answering.
    """

    kafka: str
    mongo: str
    commands: dict[str, list[str]]

    def do(self, what: str) -> None:
        """Run one of the commands."""
        subprocess.run(self.commands[what], check=True, capture_output=True)


def skip(reason: str) -> None:
    """Skip, but in CI fail: a skipped tier is no passed tier."""
    if os.environ.get("CI"):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def require_engine() -> None:
    """Skip unless a container engine answers."""
    try:
        docker.from_env().ping()
    except docker.errors.DockerException as error:
        skip(f"no KAFKA_BOOTSTRAP_SERVERS and MONGO_URL, and no container engine: {error}")


def kafka_container(port: int) -> DockerContainer:
    """A single broker whose advertised port is known before it starts."""
    return (
        DockerContainer(os.environ.get("DUNGHEN_TEST_KAFKA_IMAGE", "apache/kafka:4.1.0"))
        .with_bind_ports(9092, port)
        .with_env("KAFKA_NODE_ID", "1")
        .with_env("KAFKA_PROCESS_ROLES", "broker,controller")
        .with_env("KAFKA_CONTROLLER_QUORUM_VOTERS", "1@localhost:9093")
        .with_env("KAFKA_LISTENERS", "PLAINTEXT://:9092,CONTROLLER://:9093")
        .with_env("KAFKA_CONTROLLER_LISTENER_NAMES", "CONTROLLER")
        .with_env("KAFKA_LISTENER_SECURITY_PROTOCOL_MAP", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT")
        .with_env("KAFKA_ADVERTISED_LISTENERS", f"PLAINTEXT://localhost:{port}")
        .with_env("KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR", "1")
        .with_env("KAFKA_AUTO_CREATE_TOPICS_ENABLE", "false")
        .waiting_for(LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(120))
    )


def mongo_container(port: int) -> DockerContainer:
    """A MongoDB on a known port."""
    return (
        DockerContainer(os.environ.get("DUNGHEN_TEST_MONGO_IMAGE", "mongo:8"))
        .with_bind_ports(27017, port)
        .waiting_for(LogMessageWaitStrategy("Waiting for connections").with_startup_timeout(120))
    )


@contextmanager
def containers() -> Iterator[Real]:
    """Both parts as containers."""
    require_engine()
    kafka_port, mongo_port = free_port(), free_port()
    with ExitStack() as stack:
        kafka = stack.enter_context(kafka_container(kafka_port))
        mongo = stack.enter_context(mongo_container(mongo_port))
        ids = {"kafka": kafka.get_wrapped_container().id, "mongo": mongo.get_wrapped_container().id}
        commands = {f"{name}-crash": ["docker", "kill", str(number)] for name, number in ids.items()}
        commands |= {f"{name}-start": ["docker", "start", str(number)] for name, number in ids.items()}
        yield Real(f"localhost:{kafka_port}", f"mongodb://localhost:{mongo_port}/", commands)


@contextmanager
def real_parts_for_tests() -> Iterator[Real]:
    """The parts named by the environment, or containers."""
    kafka, mongo = os.environ.get("KAFKA_BOOTSTRAP_SERVERS"), os.environ.get("MONGO_URL")
    if not (kafka and mongo):
        with containers() as real:
            yield real
        return
    commands = {}
    for name in ("kafka", "mongo", "store-half"):
        for verb in ("crash", "start"):
            value = os.environ.get(f"DUNGHEN_TEST_{name.upper().replace('-', '_')}_{verb.upper()}")
            if value:
                commands[f"{name}-{verb}"] = shlex.split(value)
    yield Real(kafka, mongo, commands)
