"""Settings of reporting, beside those every service has."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.settings import existing_folder


class ReportingSettings(BaseSettings):
    """How figures are gathered."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="REPORTING_", populate_by_name=True)

    reference_dir: Annotated[Path, AfterValidator(existing_folder)] = Field(
        validation_alias="REFERENCE_DIR", description="folder of the reference data (docs/reference-data.md)"
    )
    forms_dir: Annotated[Path, AfterValidator(existing_folder)] | None = Field(
        default=None, description="folder of report forms, one YAML file each; unset: II.06a and 07a of this version"
    )
    reconcile_seconds: float = Field(default=3600.0, gt=0, description="pause between two recounts of everything from the rows")
    silent_days: int = Field(
        default=3,
        ge=1,
        description="working days without news of a unit with open dossiers, after which /figures/checks names it",
    )
    flush_seconds: float = Field(default=1.0, gt=0, description="pause between two flushes of changed figures")
