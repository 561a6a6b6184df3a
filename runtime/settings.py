"""Settings that every service has, from the environment. Frozen, without secrets of their own."""

import os
import socket
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from pydantic_settings import SettingsError as NoJsonError

from runtime.connection import KafkaSettings
from runtime.errors import SettingsError

Own = TypeVar("Own", bound=BaseSettings)


class Issuer(BaseModel):
    """Whose tokens of people are believed. `jwks`: address of its public keys, path of a file with them, or the set itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    issuer: str = Field(min_length=1, max_length=200)
    jwks: str = Field(min_length=1)


class RuntimeSettings(KafkaSettings):
    """Where the parts are and how hard to work them."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    store_url: str = Field(
        repr=False, description="mongodb://host:port/database or sqlite:///path of this service's own documents"
    )
    topic_prefix: str = Field(
        default="", description="put before every topic and group name; separates two systems on one Kafka"
    )
    instance_id: str | None = Field(
        default=None,
        description="stable name of this instance (pod name): static group membership, no rebalance on restart",
    )
    http_host: str = Field(default="127.0.0.1", description="address the HTTP server binds to")
    http_port: int = Field(default=8000, ge=0, le=65535, description="port of the HTTP server; 0 takes a free one")
    officers_port: int | None = Field(
        default=None, ge=1, le=65535, description="port of its own for officers' routes (docs/access.md); unset: HTTP_PORT"
    )
    operations_port: int | None = Field(
        default=None, ge=1, le=65535, description="port of its own for probes and metrics; unset: HTTP_PORT"
    )
    identity_issuers: tuple[Issuer, ...] = Field(
        default=(),
        description="whose tokens of people are believed: JSON list of {issuer, jwks}, the second an address of public keys, "
        "the path of a file with them, or the set itself as text; unset: nobody is believed",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="debug, info, warning or error")
    clock_url: str | None = Field(default=None, description="follow a stepped clock at this URL; unset: the system's clock")
    batch_max_records: int = Field(default=500, ge=1, description="records handled and saved together at most")
    fetch_min_bytes: int = Field(default=1, ge=1, description="let the broker gather so many bytes before it answers a fetch")
    fetch_max_wait_ms: int = Field(default=100, ge=1, description="how long the broker may gather")
    linger_ms: int = Field(default=5, ge=0, description="how long the producer gathers records into one request")
    session_timeout_ms: int = Field(default=10_000, description="after so long without heartbeat an instance counts as gone")
    max_poll_interval_ms: int = Field(default=300_000, description="after so long with one batch an instance counts as stuck")
    patience_seconds: float = Field(
        default=180.0, gt=0, description="after so long without a part a batch goes back to the log; below the poll interval"
    )
    brake_share: float = Field(default=0.2, gt=0, le=1, description="share of failed records that stops the service")
    brake_window: int = Field(default=200, ge=10, description="records the share is taken over")
    sweep_seconds: float = Field(default=1.0, gt=0, description="pause between sweeps of timers and open intents")
    intent_age_seconds: float = Field(default=30.0, ge=0, description="an intent older than this is published again")
    stop_seconds: float = Field(default=20.0, gt=0, description="time a batch gets to finish when the service stops")
    refuse_gaps: bool = Field(default=False, description="stop on a gap in offsets: the embedded broker drops records silently")
    for_tests_only: bool = Field(
        default=False, description="this process is a test or a demo: only then CLOCK_URL and CRASH_AT are taken"
    )
    crash_at: str | None = Field(default=None, description="fault tests only: POINT or POINT:N, kill this process there")

    @model_validator(mode="after")
    def _tests_say_that_they_are_tests(self) -> "RuntimeSettings":
        for name in ("clock_url", "crash_at"):
            if getattr(self, name) is not None and not self.for_tests_only:
                raise ValueError(f"{name.upper()} is for tests: with it, FOR_TESTS_ONLY=true must be set too")
        return self

    @property
    def member_name(self) -> str:
        """Name of this process in logs and metrics."""
        return self.instance_id or f"{socket.gethostname()}-{os.getpid()}"


class WithoutLog(RuntimeSettings):
    """The same for a service that stands on no log: it needs no Kafka, and opens none."""

    kafka_bootstrap_servers: str = Field(default="", description="not used: this service stands on no log")


@cache
def version_of(distribution: str = "dunghen") -> str:
    """Version of the running code, for dead letters and health."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "source"


def existing_folder(path: Path) -> Path:
    """Check that a folder setting names a folder. Raises ValueError otherwise."""
    if not path.is_dir():
        raise ValueError("is not a folder")
    return path


def environment_name(model: type[BaseSettings], field: str) -> str:
    """The environment variable that a field of a settings class is read from."""
    prefix = str(model.model_config.get("env_prefix", ""))
    return str(model.model_fields[field].validation_alias or f"{prefix}{field}").upper()


def settings_from_environment(own: type[Own], common: type[RuntimeSettings] = RuntimeSettings) -> tuple[RuntimeSettings, Own]:
    """The settings every service has, and its own. Raises SettingsError that names all that is missing or wrong at once."""
    faults: list[str] = []
    found: list[BaseSettings] = []
    for model in (common, own):
        try:
            found.append(read_settings(model))
        except SettingsError as error:
            faults += str(error).splitlines()
    if faults:
        raise SettingsError("\n".join(faults))
    runtime, more = found
    assert isinstance(runtime, RuntimeSettings)  # noqa: S101 - in this order
    assert isinstance(more, own)  # noqa: S101
    return runtime, more


def read_settings(model: type[Own], **given: Any) -> Own:  # noqa: ANN401 - settings are of many types
    """One class of settings from the environment; `given` ones stand before it. Raises SettingsError, a line for each fault.

    A secret may come as a file: NAME_FILE is the path of one that holds it.
    """
    try:
        return model(**_from_files(model), **given)
    except ValidationError as error:
        raise SettingsError("\n".join(_faults(model, error))) from None
    except NoJsonError as error:  # of a setting that is a list; raised before any other is looked at
        names = [environment_name(model, field) for field in model.model_fields if f'"{field}"' in str(error)]
        raise SettingsError(f"{', '.join(names)}: is not valid JSON") from None


def may_be_file(model: type[BaseSettings], field: str) -> bool:
    """Whether a setting is a secret, which may be given as a file (NAME_FILE)."""
    info = model.model_fields[field]
    return not info.repr or "SecretStr" in str(info.annotation)


def _from_files(model: type[BaseSettings]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    faults = []
    for field, info in model.model_fields.items():
        name = environment_name(model, field)
        path = os.environ.get(f"{name}_FILE")
        if not path or not may_be_file(model, field):
            continue
        if name in os.environ:
            faults.append(f"{name} and {name}_FILE: only one of them can be given")
            continue
        try:
            found[str(info.validation_alias or field)] = Path(path).read_text("utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            faults.append(f"{name}_FILE: is no readable file")
    if faults:
        raise SettingsError("\n".join(faults))
    return found


def kafka_at(servers: str) -> KafkaSettings:
    """How to connect to these brokers: what the environment says of Kafka's security. Raises SettingsError."""
    return read_settings(KafkaSettings, kafka_bootstrap_servers=servers)


def _faults(model: type[BaseSettings], error: ValidationError) -> list[str]:
    lines = []
    names = {environment_name(model, field): field for field in model.model_fields} | {f: f for f in model.model_fields}
    for item in error.errors(include_input=False, include_url=False):
        if not item["loc"]:
            lines.append(item["msg"].removeprefix("Value error, "))
            continue
        given = str(item["loc"][0])
        field = names.get(given, names.get(given.upper(), given))
        known = model.model_fields.get(field)
        meaning = f" ({known.description})" if known is not None and known.description else ""
        fault = "is not set" if item["type"] == "missing" else item["msg"].removeprefix("Value error, ")
        name = environment_name(model, field) if known is not None else given.upper()
        lines.append(f"{name}{meaning}: {fault}")
    return lines
