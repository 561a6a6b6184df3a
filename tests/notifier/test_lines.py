"""Which gateway is asked now, how long one that is not well rests, and whose message goes first."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

import pytest

from runtime.clock import SteppedClock
from runtime.errors import Unavailable
from runtime.intents import Intents
from runtime.log.memory import MemoryLog
from runtime.log.memory_broker import MemoryBroker
from runtime.machine import SystemMachine
from runtime.parts import INTENTS, Parts, Ports
from runtime.service import make_parts
from runtime.settings import RuntimeSettings
from runtime.store import Document
from runtime.store.memory import MemoryDocuments, MemoryTables
from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.gateways.lines import Line, Switchboard
from services.notifier.gateways.plans import Plan
from services.notifier.handlers import Context
from services.notifier.jobs import Desk, Dispatcher
from services.notifier.store import CODEC, DOSSIERS, declare, load
from services.notifier.telemetry import METRICS
from services.notifier.turns import LOOK_SECONDS, Turns
from services.speaking import encode
from tests.support.dossiers import at, received
from tests.support.gateway_faults import Everything
from tests.support.notifier import REFERENCE, desk
from tests.support.notifier_hears import DONE, contact, play

SMS = Sms("id", "+84912000007", "HOANGVAN", "x")
LATER = 1e12


class Stepped(SystemMachine):
    """A machine whose seconds go by as it is told, and by sleeping."""

    def __init__(self) -> None:
        super().__init__(SteppedClock(at(6, "10:00")))
        self.seconds = 0.0

    def monotonic(self) -> float:
        """As it was told."""
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        """At once."""
        self.seconds += seconds
        await asyncio.sleep(0)

    def jitter(self, low: float, high: float) -> float:
        """The middle."""
        return (low + high) / 2


class Saying:
    """A gateway that says what it is told to, and remembers who came."""

    def __init__(self, *outcomes: Outcome | Answer | BaseException, hangs: bool = False) -> None:
        self.says = [Answer(one) if isinstance(one, str) else one for one in outcomes]
        self.came: list[str] = []
        self.goes_on = asyncio.Event()
        if not hangs:
            self.goes_on.set()

    async def send(self, message: Sms) -> Answer:
        """The next answer; the last one for ever."""
        self.came.append(message.client_id)
        await self.goes_on.wait()
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if isinstance(said, BaseException):
            raise said
        return said

    async def close(self) -> None:
        """Nothing to give back."""


def line(gateway: Saying, machine: Stepped, name: str = "first", **more: float) -> Line:
    return Line(Plan.model_validate({"url": "http://x", "name": name, "per_second": 1000.0, **more}), gateway, machine)


def parts_of(machine: Stepped, store: MemoryDocuments | None = None) -> Parts:
    topics = MemoryLog("notifier", MemoryBroker({"notices.v1": 1}, lambda: 0))
    runtime = RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none")
    ports = Ports(store=store or MemoryDocuments(MemoryTables()), topics=topics, machine=machine)
    return make_parts("notifier", runtime, METRICS, ports)[0]


# --- health -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "rest"), [("broken", 30.0), ("busy", 2.0), ("uncertain", 0.0), ("odd", 0.0), ("taken", 0.0), ("refused", 0.0)]
)
async def test_one_answer_says_how_long_a_gateway_rests(outcome: Outcome, rest: float) -> None:
    machine = Stepped()
    one = line(Saying(outcome), machine)
    await one.send(SMS, LATER)

    assert one.rests_until - machine.seconds == rest if rest else one.rests_until == 0.0
    assert one.broken is (outcome == "broken")


async def test_a_gateway_that_stays_broken_rests_longer_and_is_tried_with_one_message() -> None:
    machine, gateway = Stepped(), Saying("broken")
    one, rests = line(gateway, machine), list[int]()
    for _ in range(7):
        assert one.room() == (1 if rests else 10)
        await one.send(SMS, LATER)
        rests.append(round(one.rests_until - machine.seconds))
        assert one.room() == 0
        machine.seconds = one.rests_until
    gateway.says = [Answer("taken")]
    await one.send(SMS, LATER)

    assert rests == [30, 60, 120, 240, 480, 900, 900]
    assert (one.room(), one.broken) == (10, False)


async def test_ten_answers_to_what_was_sent_together_are_one_failure() -> None:
    machine = Stepped()
    gateway = Saying("busy", hangs=True)
    one = line(gateway, machine)
    sending = [asyncio.ensure_future(one.send(SMS, LATER)) for _ in range(10)]
    await asyncio.sleep(0)
    machine.seconds += 5
    gateway.goes_on.set()
    await asyncio.gather(*sending)

    assert one.rests_until - machine.seconds == 2.0


async def test_three_doubts_or_five_oddities_in_a_row_are_a_failure_of_the_gateway() -> None:
    machine = Stepped()
    for outcome, enough, broken in (("uncertain", 3, False), ("odd", 5, True)):
        one = line(Saying(outcome), machine)  # type: ignore[arg-type]
        for _ in range(enough):
            assert one.room() == 10
            await one.send(SMS, LATER)
        assert (one.room(), one.broken) == (0, broken)


async def test_a_gateway_is_left_alone_for_as_long_as_it_asks() -> None:
    machine = Stepped()
    one = line(Saying(Answer("busy", "429", 77.0)), machine)
    await one.send(SMS, LATER)

    assert one.rests_until - machine.seconds == 77.0


async def test_messages_go_at_the_pace_of_the_gateway_and_not_after_their_claim_counts_as_stuck() -> None:
    machine, gateway = Stepped(), Saying("taken")
    one = line(gateway, machine, per_second=2.0)
    answers = [await one.send(SMS, 1.6) for _ in range(5)]

    assert [answer.outcome for answer in answers] == ["taken"] * 4 + ["busy"]
    assert len(gateway.came) == 4


async def test_what_a_gateway_raises_is_an_answer_too() -> None:
    machine = Stepped()
    board = Switchboard([line(Saying(RuntimeError("x")), machine)], parts_of(machine))

    assert await board.send("first", SMS, LATER) == Answer("uncertain", "RuntimeError")


async def test_the_second_gateway_is_asked_while_the_first_rests_or_is_slow() -> None:
    machine = Stepped()
    first, second = Saying("broken", "taken"), Saying("taken")
    board = Switchboard([line(first, machine), line(second, machine, "second")], parts_of(machine))

    def room() -> tuple[str, int]:
        found = board.room()
        assert found is not None
        return found.via, found.count

    assert room() == ("first", 10)
    await board.send("first", SMS, LATER)
    assert room() == ("second", 10)
    machine.seconds += 31
    assert room() == ("first", 1)
    await board.send("first", SMS, LATER)
    assert room() == ("first", 10)
    first.goes_on.clear()
    machine.seconds += 1
    hanging = asyncio.ensure_future(board.send("first", SMS, LATER))
    await asyncio.sleep(0)
    assert room() == ("first", 9)
    machine.seconds += 4
    assert room() == ("second", 10)
    first.goes_on.set()
    await hanging


# --- sending ----------------------------------------------------------------------------


class System:
    """notifier's sender over a store in memory."""

    def __init__(self, *gateways: Saying, deduplicates: bool = False) -> None:
        self.machine, self.store = Stepped(), MemoryDocuments(MemoryTables())
        self.parts = parts_of(self.machine, self.store)
        named = zip(gateways, ("first", "second"), strict=False)
        lines = [line(gateway, self.machine, name, deduplicates=deduplicates) for gateway, name in named]
        usual = desk(at(6))
        context = Context(REFERENCE, self.machine)
        own = Desk(Switchboard(lines, self.parts), usual.opener, usual.settings, context)
        self.sender = Dispatcher(self.parts, Everything(), Intents(self.parts, DOSSIERS, encode), own)  # type: ignore[arg-type]

    async def fill(self, *dossiers: Document) -> None:
        await declare(self.store)
        await self.store.declare(INTENTS)
        await self.store.save_many(DOSSIERS, dossiers)

    async def states(self) -> dict[str, str]:
        found = await self.store.find(DOSSIERS, {})
        return {each["_id"]: each["notices"]["result-ready"]["s"] for each in found}

    def wait(self, minutes: float) -> None:
        clock = self.machine.clock
        assert isinstance(clock, SteppedClock)
        clock.set(clock.now() + timedelta(minutes=minutes))
        self.machine.seconds += minutes * 60


def dossiers(count: int, unit: str = "H37.12", start: int = 0) -> list[Document]:
    """Dossiers of a unit whose results are ready, and nobody was told."""
    promised = received(contact_sequence=1, receiving_unit=unit)
    document, _ = play([promised, contact(), DONE])
    return [{**document, "_id": f"{unit}-260302-{start + one:04d}", "rev": 0} for one in range(count)]


async def test_a_gateway_whose_settings_are_wrong_loses_no_message_and_is_asked_seldom() -> None:
    gateway = Saying(Answer("broken", "401"))
    system = System(gateway)
    await system.fill(*dossiers(30))
    for _ in range(5):
        await system.sender.run()

    assert 1 <= len(gateway.came) <= 10
    assert set((await system.states()).values()) == {"queued"}
    await system.sender.measure()
    assert b'dunghen_gateway_broken{gateway="first",service="notifier"} 1.0' in system.parts.telemetry.text()
    gateway.says = [Answer("taken")]
    system.wait(1)
    await system.sender.run()
    assert set((await system.states()).values()) == {"accepted"}


async def test_what_one_gateway_surely_did_not_take_goes_to_the_other_at_once() -> None:
    first, second = Saying("busy"), Saying("taken")
    system = System(first, second)
    await system.fill(*dossiers(12))
    await system.sender.run()
    await system.sender.run()

    assert set((await system.states()).values()) == {"accepted"}
    assert sorted(second.came) == sorted({*second.came})
    assert len(second.came) == 12


async def test_what_the_first_gateway_may_have_never_goes_to_the_second_though_it_is_busy_later() -> None:
    first, second = Saying("uncertain", "busy", "uncertain", "taken"), Saying("taken")
    system = System(first, second, deduplicates=True)
    await system.fill(*dossiers(1))
    for _ in range(12):
        await system.sender.run()
        system.wait(5)

    assert (len(first.came), len({*first.came}), second.came) == (4, 1, [])
    assert set((await system.states()).values()) == {"accepted"}


async def test_a_gateway_that_hangs_does_not_delay_the_other() -> None:
    first, second = Saying("taken", hangs=True), Saying("taken")
    system = System(first, second)
    await system.fill(*dossiers(15))
    passing = asyncio.ensure_future(system.sender.run())
    while len(second.came) < 5:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    states = list((await system.states()).values())
    first.goes_on.set()
    await passing

    assert (states.count("claimed"), states.count("accepted")) == (10, 5)
    assert set((await system.states()).values()) == {"accepted"}


@pytest.mark.parametrize("error", [RuntimeError("x"), asyncio.CancelledError()])
async def test_one_message_that_ends_in_no_answer_harms_no_other(error: BaseException) -> None:
    system = System(Saying(error, *(["taken"] * 9)))  # type: ignore[arg-type]
    await system.fill(*dossiers(10))
    await system.sender.run()

    assert sorted((await system.states()).values()) == ["accepted"] * 9 + ["uncertain"]


async def test_a_restart_keeps_when_the_next_try_comes() -> None:
    system = System(Saying("odd"))
    await system.fill(*dossiers(1))
    await system.sender.run()
    [document] = await system.store.find(DOSSIERS, {})
    system.wait(0.45)
    await system.sender.run()

    assert document["notices"]["result-ready"]["tries"] == 1
    assert (await system.store.find(DOSSIERS, {}))[0]["notices"] == document["notices"]


async def test_a_tet_week_without_a_gateway_is_bridged_and_the_gateway_is_asked_seldom() -> None:
    gateway = Saying(Answer("busy", "ConnectError"))
    system = System(gateway)
    await system.fill(*dossiers(3))
    for _ in range(9 * 24):
        await system.sender.run()
        system.wait(60)
    asked = len(gateway.came)
    gateway.says = [Answer("taken")]
    for _ in range(3):
        system.wait(61)
        await system.sender.run()

    assert asked <= 9 * 24 * 3
    assert set((await system.states()).values()) == {"accepted"}
    assert set(gateway.came[asked:]) == {*gateway.came}
    assert len(gateway.came) == asked + 3


async def test_two_instances_that_think_they_own_the_same_dossiers_send_each_message_once() -> None:
    gateway = Saying("taken")
    one, other = System(gateway), System(gateway)
    other.parts, other.sender = await _on(one.store, gateway)
    await one.fill(*dossiers(40))
    await asyncio.gather(one.sender.run(), other.sender.run())

    assert sorted(gateway.came) == sorted({*gateway.came})
    assert len(gateway.came) == 40
    assert set((await one.states()).values()) == {"accepted"}


async def _on(store: MemoryDocuments, gateway: Saying) -> tuple[Parts, Dispatcher]:
    """Another instance on the same store."""
    machine = Stepped()
    parts, usual = parts_of(machine, store), desk(at(6))
    board = Switchboard([line(gateway, machine)], parts)
    own = Desk(board, usual.opener, usual.settings, Context(REFERENCE, machine))
    return parts, Dispatcher(parts, Everything(), Intents(parts, DOSSIERS, encode), own)  # type: ignore[arg-type]


# --- turns ------------------------------------------------------------------------------


async def turns_of(system: System) -> Callable[[int], Awaitable[list[str]]]:
    turns = Turns(system.parts, lambda _: True)

    async def take(count: int) -> list[str]:
        return [dossier.code for dossier in await turns.next(count)]

    return take


def surveys(count: int, unit: str) -> list[Document]:
    """Dossiers of a unit with an invitation that is due."""
    found = []
    for document in dossiers(count, unit, 5000):
        dossier = load(document)
        moved = dossier._replace(messages={"survey": dossier.messages["result-ready"]})
        found.append(CODEC.written(moved, document, dossier))
    return found


async def test_units_take_turns_however_much_one_of_them_has_queued() -> None:
    system = System(Saying("taken"))
    await system.fill(*dossiers(300, "H37.12"))
    take = await turns_of(system)
    first = await take(3)
    await system.store.save_many(DOSSIERS, dossiers(2, "H37.13"))
    system.machine.seconds += LOOK_SECONDS
    then = await take(6)

    assert [code[:6] for code in first] == ["H37.12"] * 3
    assert [code[:6] for code in then] == ["H37.13", "H37.12", "H37.13", "H37.12", "H37.12", "H37.12"]
    assert len({*first, *then}) == 9


async def test_invitations_wait_for_what_somebody_waits_for() -> None:
    system = System(Saying("taken"))
    await system.fill(*surveys(200, "H37.12"))
    take = await turns_of(system)
    assert len(await take(5)) == 5
    await system.store.save_many(DOSSIERS, dossiers(1, "H37.13"))
    system.machine.seconds += LOOK_SECONDS

    assert (await take(2))[0] == "H37.13-260302-0000"


async def test_documents_of_an_earlier_release_have_their_turn_too() -> None:
    system = System(Saying("taken"))
    old = [{name: value for name, value in each.items() if name != "lane"} for each in dossiers(3)]
    await system.fill(*old)
    await system.sender.run()

    assert set((await system.states()).values()) == {"accepted"}


def test_a_pass_over_what_is_due_in_order_of_lanes_reads_everything_once() -> None:
    async def codes() -> Sequence[str]:
        system = System(Saying("taken"))
        await system.fill(*dossiers(230, "H37.12"), *dossiers(7, "H37.13"), *surveys(3, "H37.12"))
        take, found = await turns_of(system), list[str]()
        while more := await take(20):
            found += more
        return found

    found = asyncio.run(codes())
    assert len(found) == len({*found}) == 240
    assert all("-5" in code for code in found[-3:])


async def test_why_messages_are_not_sent_is_counted_once_it_is_saved(monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that does not answer is asked again, and what is decided again is no second message."""
    system, refusals = System(Saying("taken")), [Unavailable("store"), Unavailable("store")]
    document, _ = play([received(contact_sequence=1), contact(person={"name": "Nông Thị Mẫu", "phone": ""}), DONE])
    await system.fill(*({**document, "_id": f"H37.12-260302-{one:04d}", "rev": 0} for one in range(3)))
    save = system.store.save_many

    async def sometimes(collection: str, documents: Sequence[Document]) -> set[str]:
        if refusals:
            raise refusals.pop()
        return await save(collection, documents)

    monkeypatch.setattr(system.store, "save_many", sometimes)
    await system.sender.run()

    assert (set((await system.states()).values()), refusals) == ({"skipped"}, [])
    counted = b'dunghen_notices_skipped_total{reason="no-mobile-number",service="notifier"} 3.0'
    assert counted in system.parts.telemetry.text()
