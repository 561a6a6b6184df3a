"""notifier while keys change: messages wait, keys come late or are wrong, instances differ. Everybody is told once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from nacl.public import PrivateKey

from runtime.clock import SteppedClock, epoch_ms
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Person, ProblemError, Role
from services.notifier.app import build
from services.notifier.domain.locked import LOOK_AGAIN
from services.notifier.domain.outcome import Answer, Sms
from services.notifier.http.desk import LetterDesk
from services.notifier.store import DOSSIERS, declare
from tests.support.dossiers import DOSSIER, at
from tests.support.notifier import KEY, REFERENCE, desk, key_ring
from tests.support.notifier_hears import completed

KEYS = {1: KEY, 2: PrivateKey.generate(), 3: PrivateKey.generate()}
MORNING = at(6, "09:00")


class Phones:
    """A gateway that takes everything."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    async def send(self, message: Sms) -> Answer:
        self.sent.append(message.client_id)
        return Answer("taken")

    async def close(self) -> None:
        """Nothing to close."""


@dataclass
class Notifier:
    """One instance, which owns every partition."""

    service: Service

    async def sends(self) -> None:
        """One pass over what is due."""
        await next(job.run for job in self.service.jobs if job.name == "sender")()

    def gauge(self, name: str) -> dict[str, float]:
        """A gauge of keys: epoch, and the reason if it has one, to value."""
        metrics = self.service.parts.telemetry.registry.collect()
        found = [sample for metric in metrics for sample in metric.samples if sample.name == name]
        return {" ".join(filter(None, (one.labels["epoch"], one.labels.get("reason")))): one.value for one in found}

    async def locked(self) -> dict[str, float]:
        """What waits for keys, as it is measured."""
        for measure in self.service.health.also:
            await measure()
        return self.gauge("dunghen_notices_locked")


@dataclass
class Province:
    """What instances share: documents, the gateway, the time."""

    tables: MemoryTables = field(default_factory=MemoryTables)
    phones: Phones = field(default_factory=Phones)
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(MORNING))

    async def notifier(self, keys: Mapping[int, PrivateKey | str]) -> Notifier:
        """An instance with these keys."""
        store = MemoryDocuments(self.tables)
        topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
        runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
        ports = Ports(store=store, topics=topics, clock=self.clock)
        settings = desk(MORNING, keys=key_ring(keys)).settings
        service = build(runtime, settings, reference=REFERENCE, ports=ports, gateway=self.phones)
        assert service.loop is not None
        service.loop.owns = lambda key: True  # type: ignore[method-assign]
        await declare(store)
        await store.declare(INTENTS)
        return Notifier(service)

    def later(self) -> None:
        """Time for another look."""
        self.clock.set(self.clock.now() + LOOK_AGAIN)

    async def completed(self, epoch: int, count: int = 3) -> None:
        """Results are ready whose contacts were sealed at an epoch."""
        documents = [
            {**completed(epoch, KEYS[epoch]), "_id": f"H37.12-26030{epoch}-{number:04}", "rev": 0} for number in range(count)
        ]
        store = MemoryDocuments(self.tables)
        await declare(store)
        await store.save_many(DOSSIERS, documents)

    async def states(self) -> list[str]:
        """Of all messages."""
        found = await MemoryDocuments(self.tables).find(DOSSIERS, {})
        return [document["notices"]["result-ready"]["s"] for document in found]


async def test_from_epoch_1_to_3_with_messages_waiting_everybody_is_told_once() -> None:
    """Each key comes to the notifier before anybody seals to it; the last step gives the first one up."""
    province = Province()
    for newest in (1, 2, 3):
        await province.completed(newest)
        before = await province.notifier({epoch: KEYS[epoch] for epoch in range(1, newest)} or {9: KEY})
        await before.sends()  # it has not been told of the newest key yet
        province.later()
        after = await province.notifier({epoch: KEYS[epoch] for epoch in range(1, newest + 1)})
        await after.sends()
        assert len(province.phones.sent) == 3 * newest
    last = await province.notifier({1: "retired", 2: KEYS[2], 3: KEYS[3]})
    province.later()
    await last.sends()

    assert len(province.phones.sent) == len(set(province.phones.sent)) == 9
    assert await province.states() == ["accepted"] * 9


async def test_a_key_that_comes_late_is_rung_for_and_loses_nobody() -> None:
    province = Province()
    await province.completed(1)
    await province.completed(2)
    without = await province.notifier({1: KEY})
    for _ in range(5):
        await without.sends()
        province.later()
    assert await without.locked() == {"2 no-key": 3}
    wrong = await province.notifier({1: KEY, 2: KEYS[3]})
    await wrong.sends()
    assert await wrong.locked() == {"2 wrong-key": 3}
    province.later()
    mended = await province.notifier({1: KEY, 2: KEYS[2]})
    await mended.sends()

    assert await mended.locked() == {}
    assert len(province.phones.sent) == len(set(province.phones.sent)) == 6
    assert await province.states() == ["accepted"] * 6


async def test_an_alarm_that_is_over_is_told_as_over() -> None:
    province = Province()
    await province.completed(2)
    first, second = await province.notifier({1: KEY}), await province.notifier(KEYS)
    await first.sends()
    assert await first.locked() == {"2 no-key": 3}
    province.later()
    await second.sends()

    assert await first.locked() == {"2 no-key": 0}


async def test_two_instances_with_different_keys_lose_nobody_and_tell_nobody_twice() -> None:
    """A rolling restart: the old instance knows epoch 1, the new one both, and either may hold any partition."""
    province = Province()
    await province.completed(1, 5)
    await province.completed(2, 5)
    old, new = await province.notifier({1: KEY}), await province.notifier({1: KEY, 2: KEYS[2]})
    for instance in (old, new, old, old, new, new, old):
        await instance.sends()
        province.later()

    assert len(province.phones.sent) == len(set(province.phones.sent)) == 10
    assert await province.states() == ["accepted"] * 10


async def test_an_instance_tells_which_keys_it_holds() -> None:
    notifier = await Province().notifier({1: "retired", 2: KEYS[2]})

    assert notifier.gauge("dunghen_contact_keys") == {"1": 0, "2": 1}


async def test_a_signer_is_told_that_the_key_is_missing() -> None:
    notifier = await Province().notifier({1: KEY})
    dossier = completed(2, KEYS[2])
    letter = {"n": 1, "s": "drafted", "unit": "H37.12", "due": epoch_ms(at(9)), "at": epoch_ms(at(6))}
    store = notifier.service.parts.store
    await store.save_many(DOSSIERS, [{**dossier, "letter": letter}])
    nothing: Any = None
    letters = LetterDesk(notifier.service.parts, nothing, desk(MORNING))
    signer = Person("s", "Người ký", frozenset({Role.SIGNER}), frozenset({"*"}))
    with pytest.raises(ProblemError) as refused:
        await letters.pdf(DOSSIER, signer)

    assert refused.value.problem.status == 503
    assert "đợt 2" in refused.value.problem.detail
