"""Settings of notifier, beside those every service has. The private keys have no default."""

from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from contracts.lookup import LookupKeys
from contracts.notices import NoticeKind
from runtime.mail import MailSettings
from runtime.sealing import hash_keys_of
from runtime.settings import existing_folder
from services.notifier.domain.ground import Lookup
from services.notifier.domain.letter_links import LetterLinks
from services.notifier.domain.notice import EMAIL
from services.notifier.domain.wishes import OPTIONAL
from services.notifier.gateways.plans import DEFAULT_FORM, Form, Kind, Plan

OPTIONAL_NAMES = ", ".join(sorted(OPTIONAL))


class NotifierSettings(MailSettings):
    """Which keys open contacts, and through which gateway messages go; the mail server is for messages that no SMS brought."""

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
    public_url: str = Field(
        validation_alias="FEEDBACK_PUBLIC_URL",
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        max_length=60,
        description="address that links in messages lead to, the same as feedback's; a message with any other link is not sent",
    )
    lookup_url: str = Field(
        default="",
        pattern=r"^(https?://[A-Za-z0-9.:/-]+[A-Za-z0-9])?$",
        max_length=60,
        description="address of the page where citizens look a dossier up, at the same host as FEEDBACK_PUBLIC_URL, such as"
        " https://dunghen.example/ho-so; messages that say a dossier was received lead there; unset: they have no link",
    )
    lookup_key: SecretStr | None = Field(
        default=None,
        validation_alias="LOOKUP_KEY",
        description="EPOCH:KEY that look-up codes are made from, the same as sla's; needed with NOTIFIER_LOOKUP_URL alone",
    )
    letter_url: str = Field(
        default="",
        pattern=r"^(https?://[A-Za-z0-9.:/-]+/thu)?$",
        max_length=60,
        description="address where the front opens letters, at the same host as FEEDBACK_PUBLIC_URL, such as"
        " https://dunghen.example/thu; messages about a letter lead to its PDF there for 90 days; unset: they have no link",
    )
    letter_key: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="key that the tokens of these links are made from, notifier's alone; needed with NOTIFIER_LETTER_URL; a new"
        " one is for new letters, links that were sent go on opening theirs",
    )
    hash_keys: SecretStr = Field(
        description="`KEY` or `KEY,KEY`: secrets (16 characters or more) of the digests of numbers under which it is kept who"
        " wants no optional messages; the first makes what is new, what any of them made is known again",
    )
    cooldown_days: dict[NoticeKind, Annotated[int, Field(ge=0, le=365)]] = Field(
        default={},
        description="for how long a person is sent no second optional message of a kind about another dossier, as JSON, e.g."
        ' `{"survey": 30}`; kinds it does not name: no such time',
    )
    gateway_url: str = Field(description="address that messages are posted to (docs/gateways.md)")
    gateway_kind: Kind = Field(default="http", description="what the gateway speaks: http (JSON by a form), kannel or wscpmt")
    gateway_user: str = Field(default="", description="user name at the gateway, if it asks for one")
    gateway_token: SecretStr | None = Field(default=None, description="bearer token or password for the gateway")
    gateway_cp_code: str = Field(default="", description="CPCode of wsCpMt")
    gateway_form: Form | None = Field(
        default=None, description="of kind http: what is posted, and what the codes in its answers mean (JSON)"
    )
    gateway_per_second: float = Field(default=20.0, gt=0, le=1000, description="messages that the gateway takes in a second")
    gateway_deduplicates: bool = Field(
        default=False,
        description="whether the gateway drops a repeated client id; only then is an uncertain message sent again",
    )
    gateway_receipts: bool = Field(
        default=False,
        description="whether the gateway posts a receipt of every message; a Kannel does where NOTIFIER_RECEIPTS_URL is set",
    )
    receipt_minutes: dict[NoticeKind, Annotated[int, Field(ge=0, le=1440)]] = Field(
        default={},
        description="how long a receipt is waited for before a message goes by e-mail, by kind, as JSON, e.g."
        ' `{"result-ready": 60}`; 30 for kinds it does not name; 0: a missing receipt says nothing',
    )
    mail_per_second: float = Field(default=5.0, gt=0, le=1000, description="e-mails that the mail server takes in a second")
    second_gateway: Plan | None = Field(
        default=None,
        description="asked while the first is not well: JSON {url, kind, name, user, cp_code, form, deduplicates, receipts,"
        " per_second}",
    )
    second_gateway_token: SecretStr | None = Field(default=None, description="bearer token or password for the second gateway")
    receipts_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s?#]+$",
        description="our public address as a Kannel reaches it, without path; unset: it is asked for no receipts",
    )
    receipts_secret: SecretStr | None = Field(
        default=None,
        min_length=32,
        description="secret that the gateway shows as bearer with its receipts; unset: no receipts are taken",
    )
    claim_seconds: float = Field(default=120.0, gt=0, description="a claim older than this is stuck: its process died")
    contact_wait_hours: float = Field(
        default=24.0, ge=0, description="how long a message waits for the contact that was promised"
    )
    paper_days: int = Field(
        default=14,
        ge=1,
        le=365,
        description="a printed letter of which nobody said after so many calendar days what became of it is asked after: on the"
        " list, on the home page, in the unit's digest of the morning",
    )

    signing_units: tuple[str, ...] = Field(
        default=(),
        description='codes of the units whose letters are signed digitally, as JSON: `["H37.12"]`; letters of others leave'
        " space for ink",
    )
    signing_dir: Annotated[Path, AfterValidator(existing_folder)] | None = Field(
        default=None,
        description="folder with `CODE.p12` and `CODE.password` of each unit that signs, and `CODE.name` where the certificate"
        " calls it by another name than the catalogue; read again when they change",
    )
    signing_roots: Path | None = Field(
        default=None, description="PEM file of the certificates that vouch for those of the units, and for timestamps"
    )
    timestamp_url: str = Field(
        default="",
        pattern=r"^(https?://[^\s?#]+)?$",
        description="timestamp server (RFC 3161) asked for each signature, which is then PAdES B-T; unset: B-B",
    )

    @model_validator(mode="after")
    def _signing_has_its_files(self) -> Self:
        if self.signing_units and (self.signing_dir is None or self.signing_roots is None):
            raise ValueError("NOTIFIER_SIGNING_UNITS needs NOTIFIER_SIGNING_DIR and NOTIFIER_SIGNING_ROOTS")
        return self

    @model_validator(mode="after")
    def _wishes_are_whole(self) -> Self:
        self.digest_keys()
        if held := [kind for kind in self.cooldown_days if kind not in OPTIONAL]:
            raise ValueError(
                f"NOTIFIER_COOLDOWN_DAYS: {held[0]} is sent whatever came before it; optional are {OPTIONAL_NAMES}"
            )
        return self

    def digest_keys(self) -> tuple[bytes, ...]:
        """The secrets of digests. Raises ValueError."""
        return hash_keys_of(self.hash_keys.get_secret_value(), "NOTIFIER_HASH_KEYS")

    @model_validator(mode="after")
    def _gateways_are_whole(self) -> Self:
        self.gateways()
        return self

    @model_validator(mode="after")
    def _links_are_whole(self) -> Self:
        self.lookup()
        self.letters()
        return self

    def lookup(self) -> Lookup | None:
        """Where citizens look dossiers up; None where messages say nothing of it. Raises ValueError."""
        if not self.lookup_url:
            return None
        if self.lookup_key is None:
            raise ValueError("NOTIFIER_LOOKUP_URL: needs LOOKUP_KEY")
        if urlsplit(self.lookup_url)[:2] != urlsplit(self.public_url)[:2]:
            raise ValueError("NOTIFIER_LOOKUP_URL: must be at the host of FEEDBACK_PUBLIC_URL")
        return Lookup(self.lookup_url, LookupKeys.of(self.lookup_key.get_secret_value()).code)

    def letters(self) -> LetterLinks | None:
        """Where letters open; None where messages have no link to them. Raises ValueError."""
        if not self.letter_url:
            return None
        if self.letter_key is None:
            raise ValueError("NOTIFIER_LETTER_URL: needs NOTIFIER_LETTER_KEY")
        if urlsplit(self.letter_url)[:2] != urlsplit(self.public_url)[:2]:
            raise ValueError("NOTIFIER_LETTER_URL: must be at the host of FEEDBACK_PUBLIC_URL")
        return LetterLinks(self.letter_url, self.letter_key.get_secret_value().encode())

    def gateways(self) -> list[tuple[Plan, str]]:
        """Each gateway with its token or password, in their order. Raises ValueError."""
        first = Plan(
            name="first",
            url=self.gateway_url,
            kind=self.gateway_kind,
            user=self.gateway_user,
            cp_code=self.gateway_cp_code,
            form=self.gateway_form or DEFAULT_FORM,
            per_second=self.gateway_per_second,
            deduplicates=self.gateway_deduplicates,
            receipts=self.gateway_receipts,
        )
        plans = [(first, _plain(self.gateway_token))]
        if self.second_gateway is not None:
            name = self.second_gateway.name or "second"
            plans.append((self.second_gateway.model_copy(update={"name": name}), _plain(self.second_gateway_token)))
            if name in (first.name, EMAIL):
                raise ValueError("the second gateway needs another name than the first, and than the mail server (email)")
        for plan, token in plans:
            if not token.isascii() or "\n" in token:
                raise ValueError(f"the token of the {plan.name} gateway holds letters that no header can")
        return plans


def _plain(secret: SecretStr | None) -> str:
    return "" if secret is None else secret.get_secret_value()
