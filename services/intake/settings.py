"""Settings of intake, beside those every service has. Keys have no default: a secret is given or the service does not start."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.settings import existing_folder


class IntakeSettings(BaseSettings):
    """What intake takes, and to which key it seals contacts."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix="INTAKE_", populate_by_name=True, hide_input_in_errors=True
    )

    reference_dir: Annotated[Path, AfterValidator(existing_folder)] = Field(
        validation_alias="REFERENCE_DIR", description="folder of the reference data (docs/reference-data.md)"
    )
    contacts_public_key: str = Field(
        validation_alias="CONTACTS_PUBLIC_KEY",
        description="`EPOCH:KEY`: the notifier's public key (X25519, 32 bytes in base64) that contacts are sealed to, under the"
        " number of its epoch; a new key has a higher one",
    )
    contacts_hash_keys: SecretStr = Field(
        validation_alias="CONTACTS_HASH_KEYS",
        description="`KEY` or `KEY,KEY`: secrets (16 characters or more) for telling whether a contact changed, and for what"
        " waits for a person; the first makes what is new, what any of them made is known again",
    )
    lookup_key: SecretStr | None = Field(
        default=None,
        validation_alias="LOOKUP_KEY",
        description="EPOCH:KEY that look-up codes are made from, the same as sla's; several with blanks between: the highest "
        "epoch makes codes; unset: none are given out",
    )
    max_items: int = Field(default=1000, ge=1, description="items in one request")
    items_per_minute: int = Field(
        default=300_000, ge=1, description="items of one system per minute and instance; more get 429"
    )
    max_facts: int = Field(
        default=300,
        ge=1,
        description="steps of one dossier, and as many pauses, and as many other facts; the next one goes into quarantine",
    )
