"""What a commune, a province, a large city, the nation need, reckoned from measured figures (capacity.yaml).

Nothing here is measured: every number is a figure of the file, an input of whoever asks, or a formula of this module.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

FILE = Path(__file__).with_name("capacity.yaml")
PARTITIONS = 24  # of a topic, as `dunghen topics apply` makes it; more come in the same steps
LEAST_PODS = 2  # so that one may go
SECONDS_PER_HOUR, HOURS_PER_YEAR, MONTHS_PER_YEAR = 3600, 24 * 365, 12
THOUSAND, BYTES_PER_GB, BYTES_PER_MB = 1000, 10**9, 10**6


class FiguresError(ValueError):
    """A file of figures that cannot be reckoned with: its faults, a line each."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Figure(_Model):
    """One measured figure: in what, by which command, at what size or load."""

    value: float = Field(gt=0, allow_inf_nan=False)
    unit: str = Field(min_length=1)
    command: str = Field(min_length=1)
    at: str = Field(min_length=1)


class Speed(_Model):
    """How fast one process of a service is, in what it is measured in, and how many of these a dossier makes."""

    rate: Figure
    each: Figure


class Size(_Model):
    """Somebody who would use it: how many dossiers a year, and where that is from."""

    name: str = Field(min_length=1)
    dossiers: int = Field(ge=1)
    source: str = Field(min_length=1)


class Figures(_Model):
    """The file. `stores`: bytes a dossier leaves in each service's store, indexes included."""

    measured_on: str = Field(min_length=1)
    records: Figure  # on all topics, per dossier
    log_bytes: Figure  # per dossier, keys and values, one copy
    messages: Figure  # SMS per dossier
    cpu_seconds: Figure  # of all services, per 1,000 dossiers
    stores: Mapping[str, Figure] = Field(min_length=1)
    speeds: Mapping[str, Speed] = Field(min_length=1)
    sizes: tuple[Size, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What whoever asks may know better. `peak`: the busiest moment against the mean of office hours; `use`: how much of what
    was measured is planned on; `years`: how long things are kept; `copies`: of the log; prices in đồng, None: not reckoned."""

    days: int = 250
    hours: float = 8
    peak: float = 5
    use: float = 0.5
    years: float = 1
    copies: int = 3
    sms_dong: float | None = None
    pod_hour_dong: float | None = None
    gb_month_dong: float | None = None


@dataclass(frozen=True, slots=True)
class Need:
    """What one size needs. Rates per second; `pods` by service; `gb` of stores and of the log with its copies, after `years`;
    per 1,000 dossiers: CPU seconds, MB, messages, đồng (None: a price is missing)."""

    name: str
    dossiers: int
    mean: float
    peak: float
    events: float
    partitions: int
    pods: Mapping[str, int]
    store_gb: float
    log_gb: float
    cpu_seconds: float
    mb: float
    messages: float
    dong: float | None


def read_figures(path: Path = FILE) -> Figures:
    """The figures of a file. Raises FiguresError."""
    try:
        return Figures.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise FiguresError("\n".join(f"{'.'.join(map(str, one['loc'])) or 'file'}: {one['msg']}" for one in faults)) from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FiguresError(f"{path}: {type(error).__name__}") from None


def need(size: Size, figures: Figures, inputs: Inputs) -> Need:
    """What a size needs by these figures and inputs."""
    mean = size.dossiers / (inputs.days * inputs.hours * SECONDS_PER_HOUR)
    peak = mean * inputs.peak
    pods = {name: _pods(peak, speed, inputs.use) for name, speed in figures.speeds.items()}
    store_bytes = sum(one.value for one in figures.stores.values())
    log_bytes = figures.log_bytes.value * inputs.copies
    gb = size.dossiers * inputs.years / BYTES_PER_GB
    return Need(
        name=size.name,
        dossiers=size.dossiers,
        mean=mean,
        peak=peak,
        events=peak * figures.records.value,
        partitions=PARTITIONS * ceil(max(pods.values()) / PARTITIONS),
        pods=pods,
        store_gb=store_bytes * gb,
        log_gb=log_bytes * gb,
        cpu_seconds=figures.cpu_seconds.value,
        mb=THOUSAND * (store_bytes + log_bytes) / BYTES_PER_MB,
        messages=THOUSAND * figures.messages.value,
        dong=_dong(size, figures, inputs, sum(pods.values()), (store_bytes + log_bytes) * gb),
    )


def _pods(peak: float, speed: Speed, use: float) -> int:
    return max(LEAST_PODS, ceil(peak * speed.each.value / (speed.rate.value * use)))


def _dong(size: Size, figures: Figures, inputs: Inputs, pods: int, gb: float) -> float | None:
    """Per 1,000 dossiers: their messages, a year of all pods, a year of what is stored."""
    if inputs.sms_dong is None or inputs.pod_hour_dong is None or inputs.gb_month_dong is None:
        return None
    a_year = pods * HOURS_PER_YEAR * inputs.pod_hour_dong + gb * MONTHS_PER_YEAR * inputs.gb_month_dong
    return THOUSAND * (figures.messages.value * inputs.sms_dong + a_year / size.dossiers)


def sources(figures: Figures) -> list[tuple[str, str, str, str, str]]:
    """Every number of the file: name, value, unit, from where, at what."""
    plain = {name: getattr(figures, name) for name in ("records", "log_bytes", "messages", "cpu_seconds")}
    plain |= {f"stores.{name}": one for name, one in figures.stores.items()}
    for name, speed in figures.speeds.items():
        plain |= {f"speeds.{name}.rate": speed.rate, f"speeds.{name}.each": speed.each}
    lines = [(name, f"{one.value:g}", one.unit, one.command, one.at) for name, one in plain.items()]
    return lines + [(one.name, f"{one.dossiers}", "hồ sơ/năm", one.source, "") for one in figures.sizes]
