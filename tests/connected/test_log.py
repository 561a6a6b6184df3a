"""The log port on a real Kafka, and members of a real group."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from faststream.kafka import KafkaBroker

from runtime.errors import Unavailable
from runtime.kafka_admin import create_topics, delete_topics
from runtime.log.kafka import KafkaLog, make_broker
from runtime.logs import get_log
from runtime.settings import RuntimeSettings
from runtime.telemetry import RUNTIME_METRICS, Telemetry
from tests.real import Real
from tests.runtime.log.suite import PATIENCE, LogSuite, Reader

pytestmark = pytest.mark.connected
TOPICS = ("things", "others")
SESSION_MS = 6000


class KafkaBench:
    """Members of one group, each with a broker of its own as in its own process."""

    def __init__(self, kafka: str, prefix: str) -> None:
        self._kafka, self._prefix = kafka, prefix
        self._brokers: dict[str, KafkaBroker] = {}
        self._logs: dict[str, KafkaLog] = {}
        self.log = self._make("outside")

    def _make(self, member: str, instance: str = "") -> KafkaLog:
        settings = RuntimeSettings(
            kafka_bootstrap_servers=self._kafka,
            store_url="sqlite:///never-opened",
            topic_prefix=self._prefix,
            batch_max_records=2,
            session_timeout_ms=SESSION_MS,
            instance_id=instance or None,
        )
        self._brokers[member] = make_broker(settings, get_log(member))
        self._logs[member] = KafkaLog("readers", settings, self._brokers[member], Telemetry(member, RUNTIME_METRICS))
        return self._logs[member]

    async def open(self) -> None:
        """Make the topics, and connect the process that reads with no group."""
        topics = {self._prefix + topic: dict[str, str]() for topic in TOPICS}
        await create_topics(self._kafka, topics, partitions=2, replication=1)
        await self._brokers["outside"].start()
        async with asyncio.timeout(PATIENCE):
            while await self.log.partitions(TOPICS) != dict.fromkeys(TOPICS, 2):  # a broker tells of new topics a little later
                await asyncio.sleep(0.05)

    async def join(self, member: str, reader: Reader, instance: str = "") -> KafkaLog:
        """A member of the group, once it has been given partitions; with `instance` a static one."""
        log = self._make(member, instance)
        log.subscribe(TOPICS, reader.handle)
        await self._brokers[member].start()
        async with asyncio.timeout(PATIENCE):
            while log.lease is None:
                await asyncio.sleep(0.01)
        return log

    async def leave(self, member: str) -> None:
        """It stops, and leaves its group; a static one says nothing."""
        await self._brokers.pop(member).stop()
        await self._logs.pop(member).close()

    async def say_goodbye(self, member: str) -> None:
        """It stops as a service does: a static one leaves its group too."""
        await self._brokers.pop(member).stop()
        log = self._logs.pop(member)
        await log.leave()
        await log.close()

    async def members(self) -> list[str]:
        """The group's members by the names they are given, as the broker tells them."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        await admin.start()
        try:
            (found,) = await admin.describe_consumer_groups([self._prefix + "readers"])
            return [member["client_id"] for member in found.to_object()["groups"][0]["members"]]
        finally:
            await admin.close()

    async def grow(self, partitions: int) -> None:
        """Give both topics more partitions."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self._kafka)
        await admin.start()
        try:
            await admin.create_partitions({self._prefix + topic: NewPartitions(partitions) for topic in TOPICS})
        finally:
            await admin.close()

    async def bury(self, topic: str, key: str) -> None:
        """A null value, as another program would write it."""
        async with AIOKafkaProducer(bootstrap_servers=self._kafka) as producer:
            await producer.send_and_wait(self._prefix + topic, None, key=key.encode())

    async def close(self) -> None:
        """Stop all and remove the topics."""
        for member in list(self._brokers):
            await self.leave(member)
        await delete_topics(self._kafka, [self._prefix + topic for topic in TOPICS])


class TestKafkaLog(LogSuite):
    """The real log is what the port says."""

    @pytest.fixture
    async def bench(self, real: Real) -> AsyncIterator[KafkaBench]:
        """Topics of this test's own."""
        bench = KafkaBench(real.kafka, f"suite{secrets.token_hex(4)}.")
        try:
            await bench.open()
            yield bench
        finally:
            await bench.close()


async def test_a_topic_made_after_it_was_asked_for_is_seen_soon(real: Real) -> None:
    bench = KafkaBench(real.kafka, f"suite{secrets.token_hex(4)}.")
    try:
        assert await bench.log.partitions(TOPICS) == {}
        await bench.open()
    finally:
        await bench.close()


@pytest.mark.parametrize("away", [False, True], ids=["afterwards", "while it was away"])
async def test_a_static_member_that_came_back_takes_partitions_that_are_added(real: Real, away: bool) -> None:
    """A rolling restart, and then more partitions: they must not wait for the next rebalance."""
    bench = KafkaBench(real.kafka, f"suite{secrets.token_hex(4)}.")
    try:
        await bench.open()
        await bench.join("a", Reader(), "things-0")
        await bench.leave("a")
        if away:
            await bench.grow(3)
        log = await bench.join("b", Reader(), "things-0")
        if not away:
            await bench.grow(3)

        async with asyncio.timeout(PATIENCE):
            while log.lease is None or len(log.lease.partitions) < 3 * len(TOPICS):
                await asyncio.sleep(0.1)
        assert {partition.number for partition in log.lease.partitions} == {0, 1, 2}
    finally:
        await bench.close()


async def test_a_static_member_that_stops_leaves_its_partitions_to_others_at_once(real: Real) -> None:
    bench = KafkaBench(real.kafka, f"suite{secrets.token_hex(4)}.")
    try:
        await bench.open()
        log = await bench.join("a", Reader(), "things-0")
        await bench.join("b", Reader(), "things-1")
        async with asyncio.timeout(PATIENCE):
            while log.lease is None or len(log.lease.partitions) != len(TOPICS):
                await asyncio.sleep(0.05)
        await bench.say_goodbye("b")

        async with asyncio.timeout(SESSION_MS / 1000 / 2):
            while log.lease is None or len(log.lease.partitions) < 2 * len(TOPICS):
                await asyncio.sleep(0.05)
        assert await bench.members() == ["things-0"]
    finally:
        await bench.close()


async def test_a_static_member_that_is_alone_keeps_its_place_for_its_return(real: Real) -> None:
    """An emptied group makes the next one who joins wait for others."""
    bench = KafkaBench(real.kafka, f"suite{secrets.token_hex(4)}.")
    try:
        await bench.open()
        await bench.join("a", Reader(), "things-0")
        await bench.say_goodbye("a")

        assert await bench.members() == ["things-0"]
    finally:
        await bench.close()


async def test_whoever_came_back_under_a_name_is_not_sent_away_by_an_earlier_goodbye(real: Real) -> None:
    bench = KafkaBench(real.kafka, f"suite{secrets.token_hex(4)}.")
    try:
        await bench.open()
        await bench.join("a", Reader(), "things-0")
        late = await bench.join("b", Reader(), "things-1")
        await bench.leave("b")
        again = await bench.join("b again", Reader(), "things-1")
        with pytest.raises(Unavailable, match="Unknown"):
            await late.leave()

        assert (sorted(await bench.members()), again.lease is not None) == (["things-0", "things-1"], True)
    finally:
        await bench.close()
