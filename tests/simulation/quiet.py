"""Logs and metrics of simulated processes: told to the world, not to a screen or a registry."""

from collections import Counter
from collections.abc import Callable
from typing import Any

from runtime.logs import Logger
from runtime.telemetry import Telemetry

Told = Callable[[str, str, dict[str, Any]], None]


class QuietLogger(Logger):
    """A bound logger that hands (level, event, values) to one function."""

    def __init__(self, told: Told) -> None:
        super().__init__(None, [], {})
        self._told = told

    def _proxy_to_logger(self, method_name: str, event: str | None = None, *_args: Any, **values: Any) -> None:
        self._told(method_name, event or "", values)


class QuietTelemetry(Telemetry):
    """Counts without a registry: making one costs more than a world."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}

    def count(self, name: str, amount: float = 1, **_labels: str) -> None:
        """Add to a counter."""
        self.counted[name] += int(amount)

    def observe(self, name: str, seconds: float, **_labels: str) -> None:
        """Count a duration."""
        self.counted[name] += 1

    def set(self, name: str, value: float, **_labels: str) -> None:
        """Set a gauge."""
        self.gauges[name] = value
