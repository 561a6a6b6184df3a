"""Settings of feedback, beside those every service has. Keys have no default."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from contracts.petitions import PetitionClock, PetitionKind
from runtime.settings import existing_folder


class FeedbackSettings(BaseSettings):
    """Where citizens answer, and what the links are made and sealed with."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix="FEEDBACK_", populate_by_name=True, hide_input_in_errors=True
    )

    reference_dir: Annotated[Path, AfterValidator(existing_folder)] = Field(
        validation_alias="REFERENCE_DIR", description="folder of the reference data (docs/reference-data.md)"
    )
    contacts_public_key: str = Field(
        validation_alias="CONTACTS_PUBLIC_KEY",
        description="`EPOCH:KEY`: the notifier's public key that links are sealed to, under the number of its epoch",
    )
    token_key: SecretStr = Field(min_length=32, description="secret that survey links are made from")
    public_url: str = Field(
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        max_length=60,
        description="address citizens reach this service at, on the province's own domain, without slash at the end",
    )
    petition_key: SecretStr = Field(
        description="key of at least 32 characters that what is written in petitions, and by whom, is locked with (R34); "
        "several with blanks between: the first locks, all of them open"
    )
    petition_days: dict[PetitionClock, Annotated[int, Field(ge=1, le=366)]] = Field(
        default={},
        description='clocks of petitions in days, where they are others than `LIMITS` of clocks.py: `{"decide": 45}`',
    )
    keep_days: dict[PetitionKind, Annotated[int, Field(ge=1)]] = Field(
        default={}, description="days after its end that a petition keeps its person and text, by kind; 1825 unless said here"
    )
    note_days: int = Field(default=365, ge=31, description="days after its month that what was written in a survey is kept")
    form: str = Field(default="tthc-2026.2", description="survey form that new invitations use")
    forms_dir: Annotated[Path, AfterValidator(existing_folder)] | None = Field(
        default=None, description="folder of survey forms beside those that ship (`dunghen forms publish`)"
    )
    valid_days: int = Field(default=30, ge=1, description="days an invitation can be answered")

    sheet_days: int = Field(default=180, ge=1, description="days a printed survey sheet can be answered")

    @property
    def sheets_for(self) -> timedelta:
        """How long a sheet can be answered."""
        return timedelta(days=self.sheet_days)

    @property
    def valid_for(self) -> timedelta:
        """How long an invitation can be answered."""
        return timedelta(days=self.valid_days)
