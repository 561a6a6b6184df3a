"""The services there are: how each is set up, and what it is made from. Everything that lists services reads this."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic_settings import BaseSettings

from runtime.service import Service
from runtime.settings import RuntimeSettings, WithoutLog
from runtime.telemetry import Metric
from services.feedback.app import build as build_feedback
from services.feedback.settings import FeedbackSettings
from services.feedback.telemetry import METRICS as FEEDBACK_METRICS
from services.front.app import build as build_front
from services.front.settings import FrontSettings
from services.front.telemetry import METRICS as FRONT_METRICS
from services.intake.app import build as build_intake
from services.intake.settings import IntakeSettings
from services.intake.telemetry import METRICS as INTAKE_METRICS
from services.notifier.app import build as build_notifier
from services.notifier.settings import NotifierSettings
from services.notifier.telemetry import METRICS as NOTIFIER_METRICS
from services.reporting.app import build as build_reporting
from services.reporting.settings import ReportingSettings
from services.reporting.telemetry import METRICS as REPORTING_METRICS
from services.sla.app import build as build_sla
from services.sla.settings import SlaSettings
from services.sla.telemetry import METRICS as SLA_METRICS


@dataclass(frozen=True, slots=True)
class Kind:
    """One service: its settings, `build(RuntimeSettings, settings, ...)`, its metrics; `common`: the settings it shares."""

    settings: type[BaseSettings]
    build: Callable[..., Service]
    metrics: tuple[Metric, ...] = ()
    common: type[RuntimeSettings] = RuntimeSettings


# Those that stand on the log: they write topics, most of them read some, and each has a store that the log brings back.
SERVICES: Mapping[str, Kind] = {
    "intake": Kind(IntakeSettings, build_intake, INTAKE_METRICS),
    "sla": Kind(SlaSettings, build_sla, SLA_METRICS),
    "notifier": Kind(NotifierSettings, build_notifier, NOTIFIER_METRICS),
    "feedback": Kind(FeedbackSettings, build_feedback, FEEDBACK_METRICS),
    "reporting": Kind(ReportingSettings, build_reporting, REPORTING_METRICS),
}
# What is run, set up and watched: those, and the front, which stands on no log.
ALL: Mapping[str, Kind] = {**SERVICES, "front": Kind(FrontSettings, build_front, FRONT_METRICS, WithoutLog)}
