"""Settings of sla, beside those every service has."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from reference import Readings
from reference.limits import Limit
from runtime.settings import existing_folder


class SlaSettings(BaseSettings):
    """How this province reads the law where it leaves room (docs/decisions/0004-counting-time.md)."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix="SLA_", populate_by_name=True, hide_input_in_errors=True
    )

    reference_dir: Annotated[Path, AfterValidator(existing_folder)] = Field(
        validation_alias="REFERENCE_DIR", description="folder of the reference data (docs/reference-data.md)"
    )
    lookup_key: SecretStr | None = Field(
        default=None,
        validation_alias="LOOKUP_KEY",
        description="EPOCH:KEY that look-up codes are made from, the same as intake's; several with blanks between: "
        "each opens; unset: citizens are answered nothing",
    )
    after_hours: Literal["next_opening", "civil_code"] = Field(
        default="next_opening", description="which day is uncounted for a dossier received after hours (D3)"
    )
    due_time: Literal["time_of_day", "closing"] = Field(
        default="time_of_day", description="time of a due date counted in days (D2)"
    )
    early_by: Literal["date", "time"] = Field(
        default="date", description="early means an earlier date, or an earlier time (D11)"
    )
    warn_open_hours: tuple[int, ...] = Field(default=(24, 4), description="warnings so many open hours before due (D19)")
    apology_lead_days: int = Field(default=2, ge=1, description="apology-due so many working days before due (D19)")
    accept_open_hours: int = Field(
        default=8, ge=1, le=1000, description="a dossier submitted online is to be accepted within so many open hours (D20)"
    )
    sign_lead_days: int = Field(default=1, ge=1, description="a letter is to be signed so many working days before due")

    @property
    def acceptance(self) -> Limit:
        """The time to accept what was submitted."""
        return self.accept_open_hours, "hour"

    @property
    def rules(self) -> Readings:
        """The readings of the counting rules."""
        return Readings(after_hours=self.after_hours, due_time=self.due_time)
