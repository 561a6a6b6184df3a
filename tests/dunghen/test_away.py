"""Commands whose Kafka is away, and dead letters whose key is not their dossier's."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dunghen import PROVINCE
from dunghen.commands.dlq import letters_of
from runtime.deadletters import mark_incomplete
from runtime.log import Partition, Record
from runtime.service import Service
from tests.support.ports import free_port

PLACE = {"source-topic": "dossiers.v1", "source-partition": "3", "source-offset": "7", "reason": "not a valid event"}


@pytest.mark.parametrize(
    "command", [["follow", "H37.12-260212-0007"], ["topics", "apply"], ["audit", "figures"]], ids=lambda words: words[0]
)
def test_a_command_that_cannot_reach_kafka_says_so_and_leaves_nothing_open(command: list[str]) -> None:
    words = [sys.executable, "-m", "dunghen", *command, "--broker", f"127.0.0.1:{free_port()}"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode in {1, 3}
    (told,) = done.stderr.splitlines()
    assert told.startswith("dunghen: Kafka tại")


def test_dead_letters_whose_kafka_is_away_are_one_sentence(tmp_path: Path) -> None:
    settings = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{free_port()}", "STORE_URL": f"sqlite:///{tmp_path / 'sla.db'}"}
    environment = {**os.environ, **settings, "REFERENCE_DIR": str(PROVINCE)}
    words = [sys.executable, "-m", "dunghen", "dlq", "ls", "sla"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, env=environment)

    assert done.returncode == 3
    (told,) = done.stderr.splitlines()
    assert told.startswith("dunghen: không kết nối được: kafka")


def service_with(letter_key: bytes, documents: Mapping[str, Any]) -> Service:
    """sla with one dead letter and some documents."""
    record = Record("sla.dlq", 0, 0, 0, letter_key, b"{}", PLACE)

    class Topics:
        async def partitions(self, _: object) -> dict[str, int]:
            return {"sla.dlq": 1}

        async def read(self, places: Mapping[Partition, int], _: int) -> dict[Partition, list[Record]]:
            return {place: [record][offset:] for place, offset in places.items()}

    class Store:
        async def get_many(self, _: str, ids: object) -> dict[str, Any]:
            return {name: document for name, document in documents.items() if name in cast("set[str]", ids)}

    parts = SimpleNamespace(topics=Topics(), store=Store(), name="sla")
    loop = SimpleNamespace(rules=SimpleNamespace(collection="dossiers"))
    return cast("Service", SimpleNamespace(parts=parts, loop=loop, intents=object()))


@pytest.mark.parametrize(
    ("key", "documents", "waits"),
    [
        (b"", {}, True),
        (b"A", {}, True),
        (b"A", {"A": {"_id": "A"}}, True),  # it was parked for another dossier than its key names
        (b"A", {"A": mark_incomplete({"_id": "A"}, "dossiers.v1/3/7")}, True),
        (b"A", {"A": {"_id": "A", "lifted": ["dossiers.v1/3/7"]}}, False),
    ],
    ids=["no key", "no document", "another dossier's key", "parked", "lifted"],
)
async def test_a_dead_letter_waits_until_somebody_lifted_it(key: bytes, documents: Mapping[str, Any], waits: bool) -> None:
    found = await letters_of(service_with(key, documents)).all()

    assert [parked.waits for parked in found.values()] == [waits]
