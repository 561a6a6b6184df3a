"""What is made of the answers of Kafka's client that no test can provoke on a real one."""

import asyncio
import re
from collections.abc import Callable
from typing import Any

import pytest
from aiokafka.errors import (
    ClusterAuthorizationFailedError,
    KafkaConnectionError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    OutOfOrderSequenceNumber,
    RecordListTooLargeError,
    TopicAuthorizationFailedError,
    UnknownError,
    UnknownTopicOrPartitionError,
)
from faststream.exceptions import IncorrectState

from runtime.connection import said
from runtime.errors import Unavailable
from runtime.log import TooLargeError, Wire
from runtime.log.kafka import KafkaLog
from runtime.settings import RuntimeSettings
from runtime.telemetry import RUNTIME_METRICS, Telemetry

AWAY: list[type[Exception]] = [
    KafkaConnectionError,
    KafkaTimeoutError,
    NotEnoughReplicasError,
    UnknownTopicOrPartitionError,
    TopicAuthorizationFailedError,
    ClusterAuthorizationFailedError,
    OutOfOrderSequenceNumber,
    UnknownError,
    OSError,
]
Answer = Callable[[bytes], Exception | None]


def nothing(_: bytes) -> None:
    """No objection."""


class HandProducer:
    """A producer whose answers a test gives: at sending, and as an acknowledgement."""

    def __init__(self, at_sending: Answer = nothing, at_acknowledging: Answer = nothing) -> None:
        self._at_sending, self._at_acknowledging = at_sending, at_acknowledging
        self.sent: list[bytes] = []
        self.futures: list[asyncio.Future[object]] = []

    async def publish(self, value: bytes, topic: str, **_: Any) -> "asyncio.Future[object]":
        """As FastStream's broker without confirmation."""
        if (error := self._at_sending(value)) is not None:
            raise error
        self.sent.append(value)
        future = asyncio.get_running_loop().create_future()
        self.futures.append(future)
        asyncio.get_running_loop().call_soon(self._acknowledge, future, value)
        return future

    def _acknowledge(self, future: "asyncio.Future[object]", value: bytes) -> None:
        error = self._at_acknowledging(value)
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def log_on(producer: HandProducer) -> KafkaLog:
    given: Any = producer
    settings = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
    return KafkaLog("toy", settings, given, Telemetry("toy", RUNTIME_METRICS))


def wires(*values: bytes) -> list[Wire]:
    return [Wire("things", "k", value) for value in values]


def large(error: type[Exception]) -> Answer:
    """Refuses what is large."""
    return lambda value: error() if value == b"large" else None


def once(error: type[Exception]) -> Answer:
    """Refuses a batch as a whole the first time, and later only what is large."""
    seen: list[bytes] = []

    def answer(value: bytes) -> Exception | None:
        seen.append(value)
        return error() if seen.count(value) == 1 or value == b"large" else None

    return answer


@pytest.mark.parametrize("error", [MessageSizeTooLargeError, RecordListTooLargeError])
async def test_a_record_that_the_client_refuses_as_too_large_is_told_by_its_number(error: type[Exception]) -> None:
    producer = HandProducer(at_sending=large(error))
    with pytest.raises(TooLargeError) as refused:
        await log_on(producer).publish(wires(b"1", b"large", b"2"))

    assert refused.value.numbers == (1,)
    assert producer.sent == [b"1", b"2"]


@pytest.mark.parametrize("error", [MessageSizeTooLargeError, RecordListTooLargeError])
async def test_of_a_batch_that_kafka_refuses_as_too_large_only_the_records_that_are_it_alone_are_told(
    error: type[Exception],
) -> None:
    producer = HandProducer(at_acknowledging=once(error))
    with pytest.raises(TooLargeError) as refused:
        await log_on(producer).publish(wires(b"1", b"large", b"2"))

    assert refused.value.numbers == (1,)
    assert producer.sent == [b"1", b"large", b"2"] * 2


@pytest.mark.parametrize("error", [*AWAY, IncorrectState])
async def test_anything_else_that_is_said_at_sending_is_tried_again(error: type[Exception]) -> None:
    producer = HandProducer(at_sending=lambda value: error() if value == b"2" else None)
    with pytest.raises(Unavailable, match=re.escape(said(error()))):
        await log_on(producer).publish(wires(b"1", b"2", b"3"))

    assert [future.done() for future in producer.futures] == [True]  # what was on its way has ended before anybody tries again


@pytest.mark.parametrize("error", AWAY)
async def test_anything_else_that_is_said_instead_of_an_acknowledgement_is_tried_again(error: type[Exception]) -> None:
    producer = HandProducer(at_acknowledging=lambda value: error() if value == b"1" else None)
    with pytest.raises(Unavailable, match=re.escape(said(error()))):
        await log_on(producer).publish(wires(b"1", b"2", b"3"))

    assert all(future.done() for future in producer.futures)


async def test_a_question_to_a_kafka_that_is_not_there_is_tried_again() -> None:
    log = log_on(HandProducer())
    with pytest.raises(Unavailable, match="there is no host of this name"):
        await log.partitions(["things"])
    await log.close()
