"""Settings of a service that sends e-mail: it inherits them, and they carry its prefix. The password has no default."""

from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from runtime.settings import environment_name

ADDRESS = r"^[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}$"


def _existing_file(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise ValueError("is not a file")
    return path


class MailSettings(BaseSettings):
    """Which server takes the e-mail of this service, and how it lets it in."""

    mail_host: str = Field(
        default="", pattern=r"^[A-Za-z0-9.:-]*$", description="server that takes e-mail (SMTP); unset: none is sent"
    )
    mail_port: int = Field(default=587, ge=1, le=65535, description="its port")
    mail_tls: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls: the connection is made secret before anything is said, or not used; tls: it is secret from its "
        "first byte (port 465); none: only within one machine or a closed network",
    )
    mail_ca_file: Annotated[Path | None, AfterValidator(_existing_file)] = Field(
        default=None, description="PEM file of who signs the server's certificate; unset: who the system trusts"
    )
    mail_user: str = Field(default="", description="name at the server; unset: it asks for none")
    mail_password: SecretStr | None = Field(default=None, description="password at the server")
    mail_from: str = Field(
        default="", pattern=rf"{ADDRESS}|^$", description="address that messages are from; needed where a server is set"
    )
    mail_seconds: float = Field(default=10.0, gt=0, le=20, description="how long the server has for each answer")

    @model_validator(mode="after")
    def _fits(self) -> "MailSettings":
        name = partial(environment_name, type(self))
        if self.mail_host and not self.mail_from:
            raise ValueError(f"{name('mail_from')}: is not set, and {name('mail_host')} is")
        if self.mail_user and (self.mail_password is None or not self.mail_password.get_secret_value()):
            raise ValueError(f"{name('mail_password')}: is not set, and {name('mail_user')} is")
        if self.mail_user and self.mail_tls == "none":
            raise ValueError(f"{name('mail_tls')}: a password is not sent without it")
        return self
