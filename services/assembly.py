"""How a service is put together from the parts that all services have; an app says only what is special to its own."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from contracts import Event, load_catalogue
from contracts.codes import is_dossier_code
from reference import ReferenceData, load_reference
from runtime.health import Health
from runtime.intents import Intents
from runtime.jobs import Job
from runtime.log.kafka import declare_published
from runtime.loop import Loop
from runtime.operations import Operations
from runtime.outputs import EventT, Rules
from runtime.parts import Parts, Ports
from runtime.recovery import ANCHOR_SECONDS, Anchor, Recovery
from runtime.service import Broker, Service, Step, make_parts
from runtime.settings import RuntimeSettings
from runtime.store import Documents
from runtime.telemetry import Metric
from runtime.web import Tokens, make_app
from runtime.web.operations import add_operations
from services import wiring

Declare = Callable[[Documents], Any]


@dataclass(frozen=True, slots=True)
class Base:
    """What every service stands on."""

    parts: Parts
    broker: Broker
    reference: ReferenceData
    folder: Path  # of the reference data

    @classmethod
    def of(
        cls,
        name: str,
        runtime: RuntimeSettings,
        metrics: Sequence[Metric],
        folder: Path,
        given: tuple[ReferenceData | None, Ports | None] = (None, None),
    ) -> "Base":
        """Open the parts and read the reference data, unless they are `given`; declare what the service publishes."""
        reference, ports = given
        parts, broker = make_parts(name, runtime, metrics, ports or Ports())
        declare_published(broker, name, runtime, wiring.published_by(name))
        return cls(parts, broker, reference or load_reference(folder), folder)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """What every service does beside its own jobs."""
        return (wiring.follow_reference(self.reference, self.folder, self.parts),)


@dataclass(frozen=True, slots=True)
class Follower:
    """A service that follows topics of the log, under way: its loop, and what surrounds it."""

    base: Base
    calendar: wiring.CalendarFollower
    intents: Intents
    anchor: Anchor[Event]
    loop: Loop[Event]
    health: Health
    app: FastAPI
    operations: Operations

    @classmethod
    def of(cls, base: Base, rules: Rules[Event], recovery: Recovery[Event]) -> "Follower":
        """By the service's rules; `recovery` says how its store is made from the log."""
        parts = base.parts
        intents = Intents(parts, rules.collection, rules.encode)
        topics = load_catalogue().read_by(parts.name)
        anchor = Anchor(parts, recovery, topics, intents)
        loop = anchor.hold(Loop(parts, anchor.guard(rules), topics))
        parts.topics.subscribe(loop.topics, loop.handle)
        health = Health(parts, loop)
        app = make_app(f"Đúng Hẹn {parts.name}", health, parts.telemetry, tokens=tokens_of(parts))
        # Any other key may be about anybody, and is shown to nobody.
        operations = Operations(parts, health, loop, intents, is_key=is_dossier_code)
        add_operations(app, operations)
        return cls(base, wiring.CalendarFollower(base.reference, parts), intents, anchor, loop, health, app, operations)

    def service(self, declare: Declare, jobs: Sequence[Job], drains: Sequence[Step] = ()) -> Service:
        """The whole. `declare` makes the collections of its store."""
        parts = self.base.parts
        return Service(
            parts=parts,
            broker=self.base.broker,
            app=self.app,
            health=self.health,
            topics=wiring.topics_of(parts.name),
            collections=(partial(declare, parts.store), self.intents.declare, self.operations.declare),
            from_log=(self.calendar.read,),
            anchor=self.anchor.begin,
            loop=self.loop,
            intents=self.intents,
            jobs=(
                *self.base.jobs,
                self.calendar.job(),
                hold_to_the_log(self.anchor, self.health),
                Job("intents", parts.settings.sweep_seconds, self.intents.sweep),
                *jobs,
            ),
            drains=drains,
        )


def tokens_of(parts: Parts) -> Tokens:
    """Whose tokens of people the service believes."""
    return Tokens(parts.settings.identity_issuers, parts.machine)


def hold_to_the_log(anchor: Anchor[EventT], health: Health) -> Job:
    """The job that holds a store to the log; the service is not ready while its store is brought back."""
    health.recovering = lambda: anchor.waiting
    return Job("anchor", ANCHOR_SECONDS, anchor.tick)
