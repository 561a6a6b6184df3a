"""A Kafka broker inside this process: librdkafka's mock cluster, for the demo, tests and a laptop.

It keeps no log across restarts, holds 5 MiB per partition and then drops the oldest records silently (the loop's setting
refuse_gaps stops on that), and lets one member into each consumer group. Delivery is proved on a real Kafka only.
"""

from collections.abc import Iterable

from confluent_kafka import Producer

PARTITIONS = 4  # what the mock cluster gives every topic


class EmbeddedBroker:
    """Lives as long as this object."""

    def __init__(self, topics: Iterable[str]) -> None:
        self._host = Producer({"test.mock.num.brokers": 1, "log_level": 2})
        broker = next(iter(self._host.list_topics(timeout=10).brokers.values()))
        self.bootstrap_servers = f"{broker.host}:{broker.port}"
        for topic in topics:
            self._host.list_topics(topic, timeout=10)  # asking for a topic makes it
