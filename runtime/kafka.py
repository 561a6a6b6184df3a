"""Kafka by FastStream and aiokafka: the broker as we configure it, keyed publishing, topic names."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aiokafka.errors import KafkaError
from faststream.kafka import KafkaBroker

from runtime.errors import Unavailable
from runtime.logs import Log
from runtime.settings import RuntimeSettings
from runtime.telemetry import Telemetry

CONTENT_TYPE = {"content-type": "application/cloudevents+json"}


def make_broker(settings: RuntimeSettings, log: Log) -> KafkaBroker:
    """A broker that loses nothing and repeats nothing on its own: acks=all, idempotent, no automatic topics."""
    return KafkaBroker(
        settings.kafka_bootstrap_servers,
        client_id=settings.member_name,
        acks="all",
        enable_idempotence=True,
        linger_ms=settings.linger_ms,
        max_batch_size=65_536,
        compression_type="zstd",
        # Topics are made by `dunghen topics apply`: subscribers declare theirs with declare=False.
        metadata_max_age_ms=10_000,
        request_timeout_ms=15_000,
        graceful_timeout=settings.stop_seconds,
        id_generator=lambda: "",  # events carry their own ids; a random header per record costs more than encoding it
        apply_types=False,  # our decoder keeps raw records; see runtime.loop
        logger=log,
        log_level=logging.DEBUG,
    )


@dataclass(frozen=True, slots=True)
class Published:
    """A topic a service publishes on, for AsyncAPI: its name without prefix, its payload, what it is."""

    topic: str
    schema: Any
    description: str


def declare_published(broker: KafkaBroker, service: str, settings: RuntimeSettings, topics: Iterable[Published]) -> None:
    """Declare a service's publishers to FastStream: only declared ones reach AsyncAPI."""
    for t in topics:
        broker.publisher(
            settings.topic_prefix + t.topic, schema=t.schema, title=f"{service}:{t.topic}", description=t.description
        )


@dataclass(frozen=True, slots=True)
class Wire:
    """One record to publish, encoded. `headers` are added to the content type."""

    topic: str
    key: str
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()
    raw_key: bytes | None = None


class Publisher:
    """Publishes keyed records and waits until Kafka has acknowledged all of them."""

    def __init__(self, broker: KafkaBroker, settings: RuntimeSettings, telemetry: Telemetry) -> None:
        self._broker, self._prefix, self._telemetry = broker, settings.topic_prefix, telemetry

    async def publish(self, records: Iterable[Wire]) -> None:
        """Send in order, then wait for the acknowledgements. Raises Unavailable if one is missing."""
        sent: list[asyncio.Future[object]] = []
        topics: Counter[str] = Counter()
        try:
            for record in records:
                future = await self._broker.publish(
                    record.value,
                    self._prefix + record.topic,
                    key=record.raw_key if record.raw_key is not None else record.key.encode(),
                    headers={**CONTENT_TYPE, **dict(record.headers)} if record.headers else CONTENT_TYPE,
                    no_confirm=True,
                )
                sent.append(future)
                topics[record.topic] += 1
            for future in sent:
                await future
        except (KafkaError, OSError) as error:
            await asyncio.gather(*sent, return_exceptions=True)  # what is on its way ends before anybody tries again
            raise Unavailable(f"kafka: {type(error).__name__}") from error
        for topic, count in topics.items():
            self._telemetry.count("outputs_published", count, topic=topic)
