"""The services there are: how each is set up, and what it is made from. Everything that lists services reads this.

A service is imported when it is looked up: an image holds the packages of its own service alone, and the command line too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from pydantic_settings import BaseSettings

from runtime.service import Service
from runtime.settings import RuntimeSettings, WithoutLog
from runtime.telemetry import Metric


@dataclass(frozen=True, slots=True)
class Kind:
    """One service: its settings, `build(RuntimeSettings, settings, ...)`, its metrics; `common`: the settings it shares."""

    settings: type[BaseSettings]
    build: Callable[..., Service]
    metrics: tuple[Metric, ...] = ()
    common: type[RuntimeSettings] = RuntimeSettings


@cache
def _kind(name: str) -> Kind:
    settings: type[BaseSettings] = getattr(import_module(f"services.{name}.settings"), f"{name.capitalize()}Settings")
    build: Callable[..., Service] = import_module(f"services.{name}.app").build
    metrics: tuple[Metric, ...] = import_module(f"services.{name}.telemetry").METRICS
    return Kind(settings, build, metrics, WithoutLog if name == "front" else RuntimeSettings)


class _Kinds(Mapping[str, Kind]):
    def __init__(self, *names: str) -> None:
        self._names = names

    def __getitem__(self, name: str) -> Kind:
        if name not in self._names:
            raise KeyError(name)
        return _kind(name)

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


# Those that stand on the log: they write topics, most of them read some, and each has a store that the log brings back.
SERVICES: Mapping[str, Kind] = _Kinds("intake", "sla", "notifier", "feedback", "reporting")
# What is run, set up and watched: those, and the front, which stands on no log.
ALL: Mapping[str, Kind] = _Kinds(*SERVICES, "front")
