"""What a service runs on. Arguments, never globals: several services may live in one process."""

from dataclasses import dataclass

from runtime.clock import Clock
from runtime.crash import CrashPoints
from runtime.documents import Documents
from runtime.kafka import Publisher
from runtime.logs import Log
from runtime.settings import RuntimeSettings
from runtime.telemetry import Telemetry

INTENTS = "intents"  # the collection every service keeps its open intents in


@dataclass(frozen=True, slots=True)
class Parts:
    """Settings, store, clock, log, metrics, crash points and publisher of one service."""

    name: str
    settings: RuntimeSettings
    store: Documents
    clock: Clock
    log: Log
    telemetry: Telemetry
    crash: CrashPoints
    publisher: Publisher
