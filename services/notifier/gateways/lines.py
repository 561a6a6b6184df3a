"""Which gateway is asked now: each at its pace, one that is not well rests, and the next one is asked meanwhile.

The mail server is a line like the others, to which no SMS goes.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from runtime.machine import Machine
from runtime.parts import Parts
from services.notifier.domain.notice import EMAIL
from services.notifier.domain.outcome import Answer, Outcome, Sms
from services.notifier.gateways.plans import Plan
from services.notifier.gateways.port import Gateway

# How long a gateway rests, in seconds: the first time, doubled each time it is still not well, at most.
RESTS: dict[Outcome, tuple[float, float]] = {"broken": (30.0, 900.0), "busy": (2.0, 120.0), "uncertain": (5.0, 300.0)}
DOUBTS, ODDITIES = 3, 5  # so many answers of that kind in a row, and the gateway is not well
SLOW_SECONDS = 3.0  # a gateway that has not answered for so long is asked last
NEVER = float("inf")


class Line:
    """One gateway with its pace and its health."""

    def __init__(self, plan: Plan, gateway: Gateway, machine: Machine) -> None:
        self.name, self.deduplicates, self.gives_receipts = plan.name, plan.deduplicates, plan.receipts
        self.rests_until, self.broken = 0.0, False
        self._gateway, self._machine, self._width, self._gap = gateway, machine, plan.width, 1 / plan.per_second
        self._began: dict[object, float] = {}  # of each message on its way
        self._place = asyncio.Semaphore(plan.width)
        self._next, self._rested_at, self._ill, self._strange = 0.0, 0.0, 0, 0

    def room(self) -> int:
        """How many more messages it may be given: none while it rests, one to see whether it is well again."""
        if self._machine.monotonic() < self.rests_until:
            return 0
        return max(0, (1 if self._ill else self._width) - len(self._began))

    @property
    def on_their_way(self) -> int:
        """How many messages it has not answered."""
        return len(self._began)

    @property
    def is_slow(self) -> bool:
        """Whether it has not answered for long."""
        return bool(self._began) and self._machine.monotonic() - min(self._began.values()) > SLOW_SECONDS

    async def send(self, message: Sms, give_up_at: float) -> Answer:
        """Hand over in turn. After `give_up_at` (monotonic) it is not sent any more: somebody else may count it as stuck."""
        flight = object()
        self._began[flight] = NEVER
        try:
            now = self._machine.monotonic()
            turn = max(now, self._next)
            self._next = turn + self._gap
            if turn > now:
                await self._machine.sleep(turn - now)
            async with self._place:
                began = self._machine.monotonic()
                if began > give_up_at or began < self.rests_until:
                    return Answer("busy", "not sent")
                self._began[flight] = began
                answer = await self._gateway.send(message)
                self._note(answer, began)
                return answer
        finally:
            del self._began[flight]

    def _note(self, answer: Answer, began: float) -> None:
        """What an answer says of the gateway. Answers to what was sent before its last rest say nothing new."""
        if answer.outcome in ("taken", "refused"):
            self._ill, self._strange, self.rests_until, self.broken = 0, 0, 0.0, False
            return
        if began < self._rested_at:
            return
        self._strange += 1
        enough = {"uncertain": DOUBTS, "odd": ODDITIES}.get(answer.outcome, 1)
        if self._strange < enough and not self._ill:
            return
        kind: Outcome = "broken" if answer.outcome == "odd" else answer.outcome
        first, most = RESTS[kind]
        now = self._machine.monotonic()
        rest = min(first * 2**self._ill, most) * self._machine.jitter(0.8, 1.2)
        self.rests_until, self._rested_at = now + max(rest, answer.pause or 0.0), now
        self._ill, self.broken = min(self._ill + 1, 20), kind == "broken"

    async def close(self) -> None:
        """Give back connections."""
        await self._gateway.close()


@dataclass(frozen=True, slots=True)
class Room:
    """The gateway that messages go to now, and how many it may be given."""

    via: str
    count: int


class Switchboard:
    """The gateways in their order."""

    def __init__(self, lines: Sequence[Line], parts: Parts) -> None:
        """Raises ValueError if two have one name."""
        self.lines = {line.name: line for line in lines}
        if len(self.lines) < len(lines):
            raise ValueError("two gateways have the same name")
        self._parts = parts

    @property
    def deduplicating(self) -> dict[str, bool]:
        """By name, whether a gateway drops a repeated client id."""
        return {name: line.deduplicates for name, line in self.lines.items()}

    @property
    def with_receipts(self) -> frozenset[str]:
        """Gateways that send a receipt of every message."""
        return frozenset(name for name, line in self.lines.items() if line.gives_receipts)

    @property
    def drops_all_repeats(self) -> bool:
        """Whether a message may be sent again though nobody remembers which gateway had it."""
        of_sms = [line for name, line in self.lines.items() if name != EMAIL]
        return len(of_sms) == 1 and of_sms[0].deduplicates

    def room(self) -> Room | None:
        """Where an SMS goes now: the first gateway that is well and answers, else a slow one; None if none takes any now."""
        free = [line for name, line in self.lines.items() if name != EMAIL and line.room() > 0]
        best = next((line for line in free if not line.is_slow), free[0] if free else None)
        return None if best is None else Room(best.name, best.room())

    def opened(self) -> frozenset[str]:
        """Gateways that take something now, the mail server among them."""
        return frozenset(name for name, line in self.lines.items() if line.room() > 0)

    @property
    def on_their_way(self) -> int:
        """How many messages are not answered."""
        return sum(line.on_their_way for line in self.lines.values())

    async def send(self, via: str, message: Sms, give_up_at: float) -> Answer:
        """Hand over through one gateway, and say aloud what a person has to mend. Raises nothing but what ends this process."""
        line = self.lines[via]
        try:
            answer = await line.send(message, give_up_at)
        except Exception as error:
            self._parts.log.exception("a gateway raised what nobody foresaw", gateway=via)
            answer = Answer("uncertain", type(error).__name__)
        self._parts.telemetry.count("gateway_answers", gateway=via, outcome=answer.outcome)
        if answer.outcome in ("broken", "odd"):
            self._parts.log.error("a gateway takes no message: mend its settings", gateway=via, reason=answer.reason)
        return answer

    def measure(self) -> None:
        """Set the gauges of the gateways' health."""
        now = self._parts.machine.monotonic()
        for name, line in self.lines.items():
            self._parts.telemetry.set("gateway_broken", 1 if line.broken else 0, gateway=name)
            self._parts.telemetry.set("gateway_rests_seconds", max(0.0, line.rests_until - now), gateway=name)

    async def close(self) -> None:
        """Give back connections."""
        await asyncio.gather(*(line.close() for line in self.lines.values()), return_exceptions=True)
