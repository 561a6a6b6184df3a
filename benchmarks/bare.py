"""The bare loop: what the same work costs without any of our rules. `python -m benchmarks.bare KAFKA MONGO IN,IN OUT GROUP`.

aiokafka getmany(500), orjson, one find, one unordered bulk_write, one event sent per event, commit. It loses events when
it dies at the wrong moment, repeats them at another, and knows no revision: it is a yardstick, not a service.
"""

import asyncio
import gc
import sys
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from motor.motor_asyncio import AsyncIOMotorClient
from pymongo import ReplaceOne


async def main(kafka: str, mongo: str, source: str, target: str, group: str) -> None:
    """Consume until killed."""
    client: AsyncIOMotorClient[dict[str, Any]] = AsyncIOMotorClient(mongo, w="majority", journal=True)
    collection = client.get_default_database()["dossiers"]
    consumer = AIOKafkaConsumer(
        *source.split(","), bootstrap_servers=kafka, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka,
        acks="all",
        enable_idempotence=True,
        linger_ms=5,
        max_batch_size=65_536,
        compression_type="zstd",
    )
    await consumer.start()
    await producer.start()
    while True:
        batches = await consumer.getmany(timeout_ms=200, max_records=500)
        records = [record for batch in batches.values() for record in batch]
        if not records:
            continue
        events = [orjson.loads(record.value) for record in records]
        ids = {event["subject"] for event in events}
        documents = {d["_id"]: d for d in await collection.find({"_id": {"$in": list(ids)}}).to_list(None)}
        for event in events:
            document = documents.setdefault(event["subject"], {"_id": event["subject"], "facts": {}})
            document["facts"][event["type"]] = event["data"]
        await collection.bulk_write([ReplaceOne({"_id": i}, documents[i], upsert=True) for i in ids], ordered=False)
        futures = [
            await producer.send(target, orjson.dumps({**event, "source": "/bare"}), key=event["subject"].encode())
            for event in events
        ]
        await asyncio.gather(*futures)
        await consumer.commit()


if __name__ == "__main__":
    gc.set_threshold(50_000, 50, 100)
    asyncio.run(main(*sys.argv[1:]))
