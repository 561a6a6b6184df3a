"""What a service runs on. Arguments, never globals: several services may live in one process."""

from dataclasses import dataclass

from runtime.blobs import Blobs
from runtime.clock import Clock
from runtime.crash import CrashPoints
from runtime.log import Log
from runtime.logs import Logger
from runtime.machine import Machine
from runtime.settings import RuntimeSettings
from runtime.store import Documents
from runtime.telemetry import Telemetry

INTENTS = "intents"  # the collection every service keeps its open intents in
STATE = "state"  # what a service keeps of itself: where its store stands in the log, its brake


@dataclass(frozen=True, slots=True)
class Ports:
    """Parts that a caller gives instead of those that the settings name: tests, the demo, the simulation."""

    store: Documents | None = None
    clock: Clock | None = None  # business time on the real machine; `machine` wins
    machine: Machine | None = None
    topics: Log | None = None
    blobs: Blobs | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """The three ports (store, topics, machine), settings, logger, metrics and crash points of one service."""

    name: str
    settings: RuntimeSettings
    store: Documents
    topics: Log
    machine: Machine
    log: Logger
    telemetry: Telemetry
    crash: CrashPoints

    @property
    def clock(self) -> Clock:
        """Business time, for whoever needs only that."""
        return self.machine
