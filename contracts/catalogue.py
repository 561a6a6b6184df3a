"""topics.yaml as typed, checked data, and the registry of event types."""

import re
from collections.abc import Iterable
from importlib.resources import files
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from contracts.calendar import CALENDAR_TYPES
from contracts.contacts import CONTACT_TYPES
from contracts.deadlines import DEADLINE_TYPES
from contracts.dossiers import DOSSIER_TYPES
from contracts.envelope import PREFIX, EventData
from contracts.feedback import FEEDBACK_TYPES
from contracts.letters import ANSWER_LETTER_TYPES
from contracts.metrics import METRIC_TYPES
from contracts.notices import NOTICE_TYPES
from contracts.petitions import PETITION_TYPES
from contracts.reports import REPORT_TYPES

_ALL = (
    DOSSIER_TYPES,
    CONTACT_TYPES,
    DEADLINE_TYPES,
    NOTICE_TYPES,
    ANSWER_LETTER_TYPES,
    FEEDBACK_TYPES,
    PETITION_TYPES,
    METRIC_TYPES,
    REPORT_TYPES,
    CALENDAR_TYPES,
)
EVENT_TYPES: dict[str, type[EventData]] = {model.TYPE: model for models in _ALL for model in models}

# What a dead letter says about itself, as Kafka headers.
DEAD_LETTER_HEADERS = (
    "reason",
    "source-topic",
    "source-partition",
    "source-offset",
    "first-at",
    "last-at",
    "attempts",
    "service-version",
)


def full_type(name: str) -> str:
    """The CloudEvents type of a name of the catalogue: of dossier.received its version 1, of dossier.received.v2 that one."""
    return f"{PREFIX}{name}" if re.search(r"\.v[0-9]+$", name) else f"{PREFIX}{name}.v1"


def short_type(full: str) -> str:
    """The name in the catalogue of a CloudEvents type."""
    return full.removeprefix(PREFIX).removesuffix(".v1")


class TopicSpec(BaseModel):
    """One topic of the catalogue. An unknown key is refused: a misspelt rule would be a rule switched off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    owner: str = Field(pattern=r"^[a-z]+$", description="The service that writes it and answers for it.")
    also_by: tuple[str, ...] = Field(default=(), description="Services that write on it too, under keys of their own.")
    description: str = Field(min_length=10)
    key: str = ""
    types: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    retention: Literal["unlimited", "compact"]
    partitions: int | None = Field(
        default=None, ge=1, description="Fixed number; none: as many as all dossier-keyed topics have."
    )
    max_compaction_lag_hours: int | None = Field(default=None, ge=1)
    dead_letters_of: tuple[str, ...] = ()

    @property
    def writers(self) -> tuple[str, ...]:
        """Everybody who writes on it, its owner first."""
        return (self.owner, *self.also_by)

    @property
    def full_types(self) -> tuple[str, ...]:
        """CloudEvents types, e.g. vn.dunghen.dossier.received.v1."""
        return tuple(full_type(name) for name in self.types)

    def kafka_config(self) -> dict[str, str]:
        """Topic configuration as Kafka names it."""
        config = {"message.timestamp.type": "LogAppendTime", "cleanup.policy": "delete", "retention.ms": "-1"}
        if self.retention == "compact":
            config["cleanup.policy"] = "compact"
        if self.max_compaction_lag_hours is not None:
            config["max.compaction.lag.ms"] = str(self.max_compaction_lag_hours * 3_600_000)
        return config


class Catalogue(BaseModel):
    """All topics, checked as a whole."""

    model_config = ConfigDict(frozen=True)

    topics: dict[str, TopicSpec]

    def read_by(self, service: str) -> tuple[str, ...]:
        """Topics that a service consumes, in the order of the catalogue."""
        return tuple(name for name, spec in self.topics.items() if service in spec.readers)

    def problems(self, types: Iterable[str], services: Iterable[str]) -> list[str]:
        """What is wrong with the catalogue, in words; empty if nothing is."""
        known_types, known_services = set(types), set(services)
        carried = [name for spec in self.topics.values() for name in spec.full_types]
        found = [f"type {name} travels on no topic" for name in sorted(known_types - set(carried))]
        found += [
            f"type {name} travels on more than one topic" for name in sorted({n for n in carried if carried.count(n) > 1})
        ]
        for name, spec in self.topics.items():
            found += [f"{name}: unknown type {t}" for t in spec.full_types if t not in known_types]
            found += [f"{name}: unknown service {s}" for s in (*spec.writers, *spec.readers) if s not in known_services]
            found += self._dead_letter_problems(name, spec)
        return found

    def _dead_letter_problems(self, name: str, spec: TopicSpec) -> list[str]:
        if not name.endswith(".dlq"):
            missing = [r for r in spec.readers if name not in self._parked_by(r)]
            return [f"{name}: reader {reader} has no dead-letter topic for it" for reader in missing]
        found = [
            f"{name}: source {source} is not in the catalogue" for source in spec.dead_letters_of if source not in self.topics
        ]
        if spec.retention != "unlimited":
            found.append(f"{name}: a dead letter must outlive its source topic, so retention must be unlimited")
        if not spec.dead_letters_of:
            found.append(f"{name}: names no source topic")
        return found

    def _parked_by(self, service: str) -> tuple[str, ...]:
        spec = self.topics.get(f"{service}.dlq")
        return spec.dead_letters_of if spec else ()


def load_catalogue(text: str | None = None) -> Catalogue:
    """Read the catalogue that ships with this package, or the given YAML. Raises ValidationError on unknown keys."""
    raw = yaml.safe_load(text if text is not None else files("contracts").joinpath("topics.yaml").read_text("utf-8"))
    return Catalogue.model_validate({"topics": raw})
