"""Small rooms of runtime: outbox, watermark, partitions, logs, clock, settings, telemetry, health."""

import io
import json
import logging
from datetime import UTC, datetime, timedelta

import pytest

from runtime.clock import SteppedClock
from runtime.deadletters import is_lifted, lift, mark_incomplete
from runtime.log import Handled, Partition
from runtime.logs import HIDDEN, get_log, redact
from runtime.outputs import NOTHING_COMMITTED, Cause, Output, drop_published, record_outputs, recorded_outputs
from runtime.places import partition_of, watermarks
from runtime.store import Document
from runtime.telemetry import RUNTIME_METRICS, Telemetry

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def output(name: str) -> Output:
    return Output("topic", "key", name, {"n": name})


def test_outputs_stay_beside_their_cause_until_it_is_committed() -> None:
    document: Document = {"_id": "a", "rev": 0}
    record_outputs(document, Cause("fact-1", "t/0", 7), [output("x"), output("y")])
    record_outputs(document, Cause("fact-2", "t/0", 9), [output("z")])

    drop_published(document, {"t/0": 9}, frozenset())

    assert recorded_outputs(document, cause="fact-1") == []
    assert recorded_outputs(document, cause="fact-2") == [output("z")]


def test_outputs_of_an_intent_stay_until_the_intent_is_gone() -> None:
    document: Document = {"_id": "a", "rev": 0}
    record_outputs(document, Cause("i1", intent="i1"), [output("x")])

    drop_published(document, NOTHING_COMMITTED, frozenset({"i1"}))
    assert recorded_outputs(document, intent="i1") == [output("x")]
    drop_published(document, NOTHING_COMMITTED, frozenset())
    assert "outbox" not in document


def places(*entries: tuple[str, int, int, datetime | None]) -> dict[Partition, Handled]:
    return {Partition(topic, number): Handled(offset, time) for topic, number, offset, time in entries}


def test_the_watermark_is_now_only_if_every_topic_of_the_partition_is_handled() -> None:
    earlier = NOW - timedelta(minutes=10)
    at = places(("a", 0, 5, earlier), ("b", 0, 3, NOW), ("a", 1, 2, None))
    ends = {Partition("a", 0): 6, Partition("b", 0): 3, Partition("a", 1): 2}

    assert watermarks(NOW, at, ends) == {0: earlier, 1: NOW}


def test_nothing_is_known_of_a_partition_whose_first_record_is_not_handled() -> None:
    assert watermarks(NOW, places(("a", 0, 0, None)), {Partition("a", 0): 1}) == {0: None}


def test_a_watermark_never_lies_ahead_of_the_clock() -> None:
    ahead = places(("a", 0, 5, NOW + timedelta(days=300)))

    assert watermarks(NOW, ahead, {Partition("a", 0): 9}) == {0: NOW}


def test_partitions_are_those_of_the_java_client() -> None:
    # Values of org.apache.kafka.common.utils.Utils.murmur2 for these keys, modulo 24.
    assert [partition_of(key, 24) for key in ("21", "foobar", "a-little-bit-long-string")] == [
        (value & 0x7FFFFFFF) % 24 for value in (-973932308, -790332482, -985981536)
    ]


def test_a_document_is_incomplete_until_its_last_missing_record_is_lifted() -> None:
    document = mark_incomplete(mark_incomplete({"_id": "a", "rev": 1}, "t/0/1"), "t/0/2")

    assert mark_incomplete(document, "t/0/1") is document
    assert lift(document, "t/0/1")["incomplete"] == ["t/0/2"]
    assert "incomplete" not in lift(lift(document, "t/0/1"), "t/0/2")
    assert is_lifted(lift(document, "t/0/1"), "t/0/1")


@pytest.mark.parametrize("text", ["gọi 0912345678 nhé", "+84 912 345 678", "84912345678", "cccd 012345678901", "0912.345.678"])
def test_numbers_of_people_are_hidden_wherever_they_stand(text: str) -> None:
    assert HIDDEN in str(redact({"a": [text]}))
    assert "345" not in str(redact({"a": [text]}))


@pytest.mark.parametrize(
    "text", ["H37.12-260212-0007", "000.00.14.H56-200203-0118", "G09.20-20260609-0092637", "1770885731000"]
)
def test_codes_and_sequences_stay_readable(text: str) -> None:
    assert redact(text) == text


def test_a_library_says_the_same_thing_once_in_a_while_and_how_often_it_was(log_lines: io.StringIO) -> None:
    for wait in (0.0, 11.0):
        for number in range(100):
            record = logging.LogRecord("aiokafka.conn", logging.ERROR, "", 0, "no node %s", (number,), None)
            record.created += wait
            logging.getLogger().handle(record)
    logging.getLogger("services.sla").error("no node 1")

    lines = [json.loads(line)["event"] for line in log_lines.getvalue().splitlines()]
    assert lines == ["no node 0", "no node 0 (and 99 times more before this)", "no node 1"]


def test_logs_are_json_with_hidden_personal_keys(log_lines: io.StringIO) -> None:
    get_log("sla").info("sent", phone="x", dossier="H37.12-260212-0007")
    logging.getLogger("library").warning("call 0912345678 failed")

    ours, theirs = (json.loads(line) for line in log_lines.getvalue().splitlines())
    assert (ours["phone"], ours["dossier"], ours["service"]) == (HIDDEN, "H37.12-260212-0007", "sla")
    assert "0912345678" not in theirs["event"]


def test_a_stepped_clock_does_not_go_back() -> None:
    clock = SteppedClock(NOW)
    clock.set(NOW + timedelta(hours=1))

    assert clock.now() == NOW + timedelta(hours=1)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(NOW)


def test_only_listed_metrics_can_be_used() -> None:
    telemetry = Telemetry("sla", RUNTIME_METRICS)
    telemetry.set("lag_records", 3)

    assert b'dunghen_lag_records{service="sla"} 3.0' in telemetry.text()
    with pytest.raises(KeyError):
        telemetry.set("lag", 1)
