"""Settings of notifier, beside those every service has. The private key has no default."""

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
    contacts_private_key: SecretStr = Field(
        validation_alias="CONTACTS_PRIVATE_KEY",
        description="base64 of the private key (X25519) whose public half intake seals to",
    )
    contacts_key_epoch: int = Field(ge=1, validation_alias="CONTACTS_KEY_EPOCH", description="number of that key")
    public_url: str = Field(
        validation_alias="FEEDBACK_PUBLIC_URL",
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        max_length=60,
        description="address that links in messages lead to, the same as feedback's; a message with any other link is not sent",
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
