"""Parts of a service that does not exist, for tests of single rooms of runtime."""

from typing import Any

from runtime.crash import CrashPoints
from runtime.log import Log
from runtime.logs import get_log
from runtime.machine import Machine, SystemMachine
from runtime.parts import Parts
from runtime.settings import RuntimeSettings
from runtime.store import Documents
from runtime.telemetry import RUNTIME_METRICS, Telemetry


def parts_on(store: Documents, topics: Log | None = None, machine: Machine | None = None, **settings: Any) -> Parts:
    """Parts on a store; a test that touches the log gives one."""
    machine = machine or SystemMachine()
    nothing: Any = None
    return Parts(
        name="toy",
        settings=RuntimeSettings(kafka_bootstrap_servers="none:0", store_url="none", **settings),
        store=store,
        topics=topics or nothing,
        machine=machine,
        log=get_log("toy"),
        telemetry=Telemetry("toy", RUNTIME_METRICS),
        crash=CrashPoints(None, machine.die),
    )
