"""notifier asked to stop while a message is on its way: what was claimed is sent and settled."""

import asyncio

import pytest

from runtime.clock import SteppedClock
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.notifier.app import build
from services.notifier.domain.outcome import Answer, Sms
from services.notifier.store import DOSSIERS, declare
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import REFERENCE, desk
from tests.support.notifier_hears import DONE, PROMISED, contact, play


class SlowGateway:
    """Takes a message once it is told to, if nobody has closed it by then."""

    def __init__(self) -> None:
        self.asked, self.goes_on, self.closed = asyncio.Event(), asyncio.Event(), False

    async def send(self, message: Sms) -> Answer:
        self.asked.set()
        await self.goes_on.wait()
        if self.closed:
            raise RuntimeError("closed")
        return Answer("taken")

    async def close(self) -> None:
        self.closed = True


async def test_what_was_claimed_is_sent_before_the_way_to_the_gateway_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    document, _ = play([PROMISED, contact(), DONE])
    store, gateway, clock = MemoryDocuments(MemoryTables()), SlowGateway(), SteppedClock(at(6, "10:00"))
    await declare(store)
    await store.declare(INTENTS)
    await store.save_many(DOSSIERS, [{**document, "rev": 0}])
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
    ports, settings = Ports(store=store, topics=topics, clock=clock), desk(at(6)).settings
    service = build(runtime, settings, reference=REFERENCE, ports=ports, gateway=gateway)
    assert service.loop is not None
    monkeypatch.setattr(service.loop, "owns", lambda _: True)
    sender = next(job.run for job in service.jobs if job.name == "sender")

    sending = asyncio.ensure_future(sender())
    await asyncio.wait_for(gateway.asked.wait(), 10)
    sending.cancel()
    asyncio.get_running_loop().call_later(0.05, gateway.goes_on.set)
    for drain in service.drains:
        await drain()

    assert gateway.closed
    kept = (await store.get_many(DOSSIERS, [DOSSIER]))[DOSSIER]
    assert kept["notices"]["result-ready"]["s"] == "accepted"
