"""Keys by epoch: who is told once the keys change while messages wait, come late, are wrong, or differ between instances."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from nacl.public import PrivateKey, SealedBox

from contracts import Event
from contracts.feedback import FeedbackInvited
from runtime.clock import SteppedClock, epoch_ms
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.parts import INTENTS, Ports
from runtime.service import Service
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from runtime.web import Person, ProblemError, Role
from services.notifier.app import build
from services.notifier.domain import RESULT, SURVEY, Contact, Dossier, Invitation
from services.notifier.domain.dossier import Recovering, Settled
from services.notifier.domain.letter import Draft, Drafted, Sent
from services.notifier.domain.locked import LOOK_AGAIN, Locked
from services.notifier.domain.notice import Accepted, Queued, Skipped
from services.notifier.domain.sealed import Sealed, sealed_in
from services.notifier.domain.sending import Answer, Sms
from services.notifier.http.desk import LetterDesk
from services.notifier.http.views import text_of
from services.notifier.store import DOSSIERS, declare, load
from tests.support.dossiers import DOSSIER, at, fact, received
from tests.support.notifier import KEY, REFERENCE, claim, claimed, desk, forget, handle, key_ring, settle_answer
from tests.support.notifier_hears import DONE, PROMISED, contact, play, said

DRAFT, CONTACT, LETTER = Draft(1, "H37.12", epoch_ms(at(9)), epoch_ms(at(6))), Contact(1, 1, "AAAA"), Sealed(letters=1)
KEYS = {1: KEY, 2: PrivateKey.generate(), 3: PrivateKey.generate()}
MORNING = at(6, "09:00")
AFTER_A_LOOK = MORNING + LOOK_AGAIN


def waiting(epoch: int) -> Document:
    """A dossier whose result is ready, with a contact that was sealed at an epoch."""
    return play([PROMISED, contact(epoch=epoch, key=KEYS[epoch]), DONE])[0]


def invited(epoch: int, key: PrivateKey) -> Event:
    link = json.dumps({"link": "https://example.org/y-kien/AAAAAAAAAAAAAAAAAAAAAA"}).encode()
    sealed = base64.b64encode(SealedBox(key.public_key).encrypt(link)).decode()
    data = FeedbackInvited(at=at(6), form="tthc-2026.1", key_epoch=epoch, sealed=sealed)
    return Event("invited", "/feedback", FeedbackInvited.TYPE, DOSSIER, at(6), data)


def state(document: Document, name: str = RESULT) -> Any:
    return load(document).messages[name]  # type: ignore[index]


# --- one message -----------------------------------------------------------------------------------------------------------


def test_a_contact_of_an_epoch_without_a_key_waits_and_nothing_is_said_of_it() -> None:
    waits = claim(waiting(2), RESULT, desk(MORNING, keys=key_ring({1: KEY})))

    assert (waits.answer, list(waits.outputs)) == (None, [])
    assert state(waits.document).locked == Locked(2, "no-key")
    assert waits.document["next_send_at"] == epoch_ms(AFTER_A_LOOK)
    assert waits.document["locked"] == "2/no-key"


def test_a_contact_that_its_key_does_not_open_waits_too() -> None:
    waits = claim(waiting(2), RESULT, desk(MORNING, keys=key_ring({1: KEY, 2: KEYS[3]})))

    assert (waits.answer, list(waits.outputs), waits.document["locked"]) == (None, [], "2/wrong-key")


def test_a_contact_of_a_retired_epoch_is_gone_for_good() -> None:
    gone = claim(waiting(1), RESULT, desk(MORNING, keys=key_ring({1: "retired", 2: KEYS[2]})))

    assert said(list(gone.outputs)) == ["skipped contact-missing"]
    assert "next_send_at" not in gone.document


def test_once_the_key_is_there_the_message_goes_out_however_long_it_waited() -> None:
    document = waiting(2)
    for day in range(6, 25):  # well beyond the day for which a message waits for a contact that does not come
        waits = claim(document, RESULT, desk(at(day, "10:00"), keys=key_ring({1: KEY})))
        assert list(waits.outputs) == []
        document = waits.document
    by = desk(at(25, "10:00"), keys=key_ring({1: KEY, 2: KEYS[2]}))
    document, sms = claimed(document, by)
    told = settle_answer(document, RESULT, Answer("taken"), sms, by)

    assert sms.to == "+84912000007"
    assert said(list(told.outputs)) == ["accepted"]
    assert "locked" not in document
    assert "locked" not in told.document["notices"]["result-ready"]


def test_a_message_that_waits_for_a_key_waits_for_a_corrected_contact_as_well() -> None:
    """Both come on topics of their own: the reception that promises the new contact may be there first."""
    locked = claim(waiting(2), RESULT, desk(MORNING)).document
    corrected = handle(locked, received(version=2, contact_sequence=2), desk(at(9)).context).document
    still = claim(corrected, RESULT, desk(at(9, "10:00")))
    woken = handle(still.document, contact(2, epoch=1), desk(at(9, "10:01")).context).document

    assert list(still.outputs) == []
    assert claimed(woken, desk(at(9, "10:01")))[1].to == "+84912000007"


def test_a_contact_that_is_erased_meanwhile_is_not_waited_for() -> None:
    locked = claim(waiting(2), RESULT, desk(MORNING)).document
    erased = forget(locked, desk(at(6, "09:05")).context).document

    assert said(list(claim(erased, RESULT, desk(at(6, "09:05"))).outputs)) == ["skipped contact-missing"]


def test_an_invitation_waits_for_the_key_of_its_link_and_is_never_sent_without_one() -> None:
    events = [PROMISED, contact(), DONE, invited(2, KEYS[2]), fact("returned", at(6))]
    document, _ = play(events)
    waits = claim(document, SURVEY, desk(MORNING))
    gone = claim(document, SURVEY, desk(MORNING, keys=key_ring({1: KEY, 2: "retired"})))
    wrong = claim(document, SURVEY, desk(MORNING, keys=key_ring({1: KEY, 2: KEYS[3]})))
    _, sms = claimed(waits.document, desk(AFTER_A_LOOK, keys=key_ring(KEYS)), SURVEY)

    assert (list(waits.outputs), state(waits.document, SURVEY).locked) == ([], Locked(2, "no-key"))
    assert (list(wrong.outputs), state(wrong.document, SURVEY).locked) == ([], Locked(2, "wrong-key"))
    assert said(list(gone.outputs)) == ["skipped contact-missing"]
    assert sms.text.endswith("/y-kien/AAAAAAAAAAAAAAAAAAAAAA")


def test_a_claim_whose_process_died_stays_claimed_while_its_key_is_away() -> None:
    """Nobody knows whether it went out: back in the queue it would be one that certainly did not."""
    document, _ = claimed(waiting(2), desk(MORNING, deduplicates=True, keys=key_ring(KEYS)))
    waits = claim(document, RESULT, desk(at(6, "09:05"), deduplicates=True))

    assert waits.document["notices"]["result-ready"]["s"] == "claimed"
    assert waits.document["locked"] == "2/no-key"


# --- letters ---------------------------------------------------------------------------------------------------------------


async def test_a_letter_is_not_shown_as_one_to_nobody_while_its_key_is_away() -> None:
    draft = Drafted(DRAFT)
    dossier = load(waiting(2))._replace(letter=draft)
    here, retired = desk(MORNING, keys=key_ring(KEYS)), desk(MORNING, keys=key_ring({1: KEY, 2: "retired"}))
    in_full, nameless = (text_of(dossier, draft, by.ground()) for by in (here, retired))

    assert text_of(dossier, draft, desk(MORNING).ground()) == Locked(2, "no-key")
    assert "Nông Thị Mẫu" in str(in_full)
    assert nameless is not None
    assert "Nông Thị Mẫu" not in str(nameless)


async def test_a_signer_is_told_that_the_key_is_missing() -> None:
    notifier = await Province().notifier({1: KEY})
    dossier = waiting(2)
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


# --- how much of a key is needed ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "tally"),
    [
        ({}, {2: Sealed(contacts=1, needed=1)}),
        ({"contact": None}, {}),
        ({"messages": {RESULT: Accepted(1)}}, {2: Sealed(contacts=1)}),
        ({"messages": {RESULT: Accepted(1), SURVEY: Queued(1, 2)}}, {2: Sealed(contacts=1, needed=1)}),
        ({"messages": {RESULT: Accepted(1)}, "letter": Drafted(DRAFT)}, {2: Sealed(contacts=1, needed=1)}),
        ({"messages": {RESULT: Accepted(1)}, "recovering": Recovering()}, {2: Sealed(contacts=1, needed=1)}),
        ({"settled": Settled(1, "late")}, {2: Sealed(contacts=1)}),
        ({"settled": Settled(1, "open")}, {2: Sealed(contacts=1, needed=1)}),
        ({"messages": {RESULT: Accepted(1)}, "invitation": Invitation(3, "AAAA")}, {2: Sealed(1), 3: Sealed(needed=1)}),
        ({"messages": {RESULT: Accepted(1), SURVEY: Accepted(1)}, "invitation": Invitation(3, "AAAA")}, {2: Sealed(1)}),
        ({"messages": {RESULT: Skipped(1)}, "letter": Sent(DRAFT, None, None, 1, 2026, 1, CONTACT)}, {2: Sealed(1), 1: LETTER}),
    ],
)
def test_a_key_is_needed_as_long_as_a_person_may_have_to_be_told(more: Any, tally: dict[int, Sealed]) -> None:
    dossier = Dossier(DOSSIER, contact=Contact(1, 2, "AAAA"))._replace(**more)

    assert dict(sealed_in(dossier)) == tally


# --- running services ------------------------------------------------------------------------------------------------------


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
        documents = [{**waiting(epoch), "_id": f"H37.12-26030{epoch}-{number:04}", "rev": 0} for number in range(count)]
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
