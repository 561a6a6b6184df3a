"""Random lives of petitions by feedback's own rules: what it said, and beside it what became of each round."""

import random
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple, get_args

from contracts import EVENT_TYPES, Event, decode
from contracts.petitions import PetitionChannel
from services.changes import Said
from services.feedback.domain.clocks import LIMITS, Clocks
from services.feedback.domain.handling import (
    Ground,
    NotAllowedError,
    Outcome,
    answer,
    ask,
    classify,
    conclude,
    fire,
    forward,
    publish,
    receive,
    reraise,
    take,
)
from services.feedback.domain.petition import Gift, Petition
from services.speaking import encode
from services.stored import outputs_of
from tests.support.feedback import REFERENCE
from tests.support.petitions import CLERK, incoming, time

UNITS = ("H37.12", "H37.13", "H37.15")
KINDS = ("suggestion", "petition", "petition", "petition", "complaint", "denunciation", "praise", "contribution")
CLOCKS = Clocks(REFERENCE, LIMITS)


class Round(NamedTuple):
    """What became of a round, as feedback itself keeps it."""

    unit: str
    kind: str
    channel: str
    due: int | None
    answered: int | None
    published: bool


class Life:
    """One petition: `said`, everything in its order; `rounds`, by number; `stood`, as it was after each step."""

    def __init__(self, rng: random.Random, number: int) -> None:
        self.rng = rng
        self.now = time("2026-01-05 08:00") + timedelta(minutes=rng.randrange(60 * 1440))
        self.petition = Petition(f"PA-{self.now:%y%m%d}-{_letters(number)}")
        self.said: list[Event] = []
        self.rounds: dict[int, Round] = {}
        self.stood: list[Petition] = []
        self._receive()
        for _ in range(rng.randrange(9)):
            self.now += timedelta(minutes=rng.choice((30, 600, 3000, 20000, 60000)) * rng.random())
            self._speak()
            self._do()

    def _receive(self) -> None:
        kind = self.rng.choice(KINDS)
        gift = Gift("goods", "group") if kind == "contribution" else None
        came = incoming(kind=kind, channel=self.rng.choice(get_args(PetitionChannel)), unit=self.rng.choice(UNITS), gift=gift)
        taken = receive(self.petition, came, self._ground())
        self._became(taken.after, taken.said)

    def _speak(self) -> None:
        for _ in range(2):
            spoken = fire(self.petition, self.now, self._ground())
            self._became(spoken.after, spoken.said)

    def _do(self) -> None:
        ground, outcome = self._ground(), Outcome("explained", "locked", upheld=self.rng.random() < 0.3)
        kind = self.rng.choice(("petition", "suggestion", "complaint", "denunciation"))
        doing: tuple[Callable[[], object], ...] = (
            lambda: take(self.petition, CLERK, ground, unclear=self.rng.random() < 0.2),
            lambda: ask(self.petition, "locked", CLERK, ground),
            lambda: classify(self.petition, kind, None, CLERK, ground),  # type: ignore[arg-type]
            lambda: forward(self.petition, self.rng.choice(UNITS), CLERK, ground),
            lambda: answer(self.petition, outcome, CLERK, ground),
            lambda: conclude(self.petition, outcome, CLERK, ground),
            lambda: publish(self.petition, "Tóm tắt", CLERK, ground),
            lambda: reraise(self.petition, "locked", ground),
        )
        rule = self.rng.choices(doing, (3, 1, 1, 1, 4, 2, 3, 3))[0]
        try:
            changed = rule()
        except NotAllowedError:
            return
        self._became(changed.after, changed.said)  # type: ignore[attr-defined]

    def _became(self, after: Petition, said: Sequence[Said]) -> None:
        outputs = [output for output in outputs_of(said, after.id, self.now) if output.topic == "feedback.v1"]
        self.said += [decode(encode(output), EVENT_TYPES) for output in outputs]
        answered = None if after.answer is None else after.answer.at
        self.petition = after
        self.stood.append(after)
        self.rounds[after.round] = Round(
            after.unit, after.kind, after.channel, after.answer_due, answered, after.published is not None
        )

    def _ground(self) -> Ground:
        return Ground(self.now, CLOCKS)


def lives(rng: random.Random, number: int) -> Iterator[Life]:
    """So many of them."""
    return (Life(rng, one) for one in range(number))


def _letters(number: int) -> str:
    signs = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    return "".join(signs[number // 32**place % 32] for place in range(8))
