"""Settings of notifier, beside those every service has. The private keys have no default."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.settings import existing_folder


class NotifierSettings(BaseSettings):
    """Which keys open contacts, and through which gateway messages go."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix="NOTIFIER_", populate_by_name=True, hide_input_in_errors=True
    )

    reference_dir: Annotated[Path, AfterValidator(existing_folder)] = Field(
        validation_alias="REFERENCE_DIR", description="folder of the reference data (docs/reference-data.md)"
    )
    contacts_private_keys: SecretStr = Field(
        validation_alias="CONTACTS_PRIVATE_KEYS",
        description="`EPOCH:KEY,EPOCH:KEY`: the private keys (X25519, 32 bytes in base64) whose public halves intake and"
        " feedback seal to, each under the number of its epoch; `retired` in the place of a key that was given up for good",
    )
    gateway_url: str = Field(description="address that messages are posted to")
    gateway_token: SecretStr | None = Field(default=None, description="bearer token for the gateway")
    receipts_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="secret that the gateway shows as bearer with its receipts; unset: no receipts are taken",
    )
    gateway_deduplicates: bool = Field(
        default=False,
        description="whether the gateway drops a repeated client id; only then is an uncertain message sent again",
    )
    claim_seconds: float = Field(default=120.0, gt=0, description="a claim older than this is stuck: its process died")
    contact_wait_hours: float = Field(
        default=24.0, ge=0, description="how long a message waits for the contact that was promised"
    )
