"""Settings of front, beside those every service has. Keys have no default."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode, SettingsConfigDict

from runtime.mail import MailSettings
from runtime.web.tokens import AUDIENCE
from services.front.domain import Limits, Network, networks


def _addresses(given: object) -> object:
    return tuple(given.split()) if isinstance(given, str) else given


def _networks(given: object) -> object:
    return networks(given) if isinstance(given, str) else given


def _existing_file(path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        raise ValueError("is not a file")
    return path


def _no_audience(name: str) -> str:
    """The issuer's own tokens for the front must never pass for bearers: those hold for a minute and obey our people file."""
    if name == AUDIENCE:
        raise ValueError(f"must not be {AUDIENCE}: services take tokens for that name")
    return name


def _travels_openly(address: str) -> bool:
    """Whether what is sent to an address can be read on the way: plain http, and not within one machine."""
    given = urlsplit(address)
    return given.scheme == "http" and given.hostname not in ("localhost", "127.0.0.1", "::1")


Origin = Annotated[str, Field(pattern=r"^https?://[a-z0-9.:\[\]-]+$")]
ServiceUrl = Annotated[str, Field(pattern=r"^https?://[^\s/?#]+$")]


class FrontSettings(MailSettings):
    """Where people reach the front, who says who they are, where the services are, and which server takes e-mail."""

    model_config = SettingsConfigDict(
        frozen=True, extra="ignore", env_prefix="FRONT_", populate_by_name=True, hide_input_in_errors=True
    )

    public_url: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_addresses), Field(min_length=1)] = Field(
        description="address people reach the front at, such as https://dunghen.example, without a path; several with blanks "
        "between: all are ours"
    )
    oidc_issuer: str = Field(
        pattern=r"^https?://[^\s?#]+$",
        description="the province's OpenID Connect issuer; its discovery document is at /.well-known/openid-configuration",
    )
    oidc_client_id: Annotated[str, AfterValidator(_no_audience)] = Field(
        min_length=1, description="name of the front at the issuer; not dunghen, which is whom bearers are for"
    )
    oidc_client_secret: SecretStr = Field(min_length=1, description="its secret there")
    signing_key: SecretStr = Field(min_length=40, description="base64 of the Ed25519 seed that bearers are signed with")
    bearer_issuer: str = Field(
        default="dunghen-front",
        min_length=1,
        max_length=200,
        description="`iss` of bearers, as services name whom they believe",
    )
    intake_url: ServiceUrl = Field(description="address of intake")
    sla_url: ServiceUrl = Field(description="address of sla")
    notifier_url: ServiceUrl = Field(description="address of notifier")
    feedback_url: ServiceUrl = Field(description="address of feedback")
    reporting_url: ServiceUrl = Field(description="address of reporting")
    proxies: Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)] = Field(
        default=(),
        description="addresses or networks of the proxies before the front, with blanks between: whose `X-Forwarded-For` is "
        "believed; without them all citizens behind a proxy count as one address",
    )
    people_file: Annotated[Path | None, AfterValidator(_existing_file)] = Field(
        default=None, description="YAML file that gives people roles and units, for a time too; a changed one is taken over"
    )
    roles_claim: str = Field(default="roles", description="claim of the issuer that lists a person's roles; dots reach inside")
    units_claim: str = Field(default="units", description="claim that lists the units they hold for, * for all")
    scopes: str = Field(default="openid profile email", description="what is asked of the issuer")
    plain_http: bool = Field(
        default=False,
        description="true lets FRONT_PUBLIC_URL and FRONT_OIDC_ISSUER be plain http beyond this machine: whoever is on the way "
        "can then read log-ins and act in people's names",
    )
    session_hours: float = Field(default=8.0, gt=0, description="a session ends after so long")
    idle_minutes: float = Field(default=30.0, gt=0, description="and after so long without a request")
    ask_seconds: float = Field(default=60.0, gt=0, le=60, description="the issuer is asked again about a person after so long")
    away_minutes: float = Field(default=15.0, gt=0, le=15, description="how long people may read while the issuer is away")

    journal_days: int = Field(
        default=1095, ge=365, le=36_500, description="a line of the journal is kept for so many days, three years by default"
    )

    @model_validator(mode="after")
    def _nothing_travels_openly(self) -> Self:
        named = [*(("FRONT_PUBLIC_URL", origin) for origin in self.public_url), ("FRONT_OIDC_ISSUER", self.oidc_issuer)]
        openly = [name for name, address in named if _travels_openly(address)]
        if openly and not self.plain_http:
            raise ValueError(f"{openly[0]} must be https beyond this machine, or FRONT_PLAIN_HTTP be true")
        return self

    def service_urls(self) -> dict[str, str]:
        """Service -> its address."""
        return {
            "intake": self.intake_url,
            "sla": self.sla_url,
            "notifier": self.notifier_url,
            "feedback": self.feedback_url,
            "reporting": self.reporting_url,
        }

    def limits(self) -> Limits:
        """How long things hold."""
        return Limits(
            lifetime=timedelta(hours=self.session_hours),
            idle=timedelta(minutes=self.idle_minutes),
            ask=timedelta(seconds=self.ask_seconds),
            away=timedelta(minutes=self.away_minutes),
        )
