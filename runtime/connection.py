"""How every client of Kafka connects, the product's and the command line's: address, TLS, who it is (docs/settings.md).

The one place that knows the names aiokafka and FastStream give these things.
"""

import asyncio
import socket
import ssl
from pathlib import Path
from typing import Any, Literal, Self

import httpx
from aiokafka.abc import AbstractTokenProvider
from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    AuthenticationMethodNotSupported,
    ClusterAuthorizationFailedError,
    GroupAuthorizationFailedError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    NodeNotReadyError,
    SaslAuthenticationFailed,
    TopicAuthorizationFailedError,
    UnsupportedSaslMechanismError,
)
from faststream.security import BaseSecurity, SASLOAuthBearer, SASLScram256, SASLScram512
from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.errors import Unavailable

TOKEN_SECONDS = 10.0  # how long an issuer may take for a token
EARLY = 0.8  # of a token's life, after which a new one is asked for
LOOK_SECONDS = 5.0
_OF_SCRAM = ("username", "password")
_OF_TOKENS = ("token_url", "token_client", "token_secret")
_SCRAM: dict[str, type[SASLScram256 | SASLScram512]] = {"SCRAM-SHA-256": SASLScram256, "SCRAM-SHA-512": SASLScram512}


class KafkaSettings(BaseSettings):
    """Where Kafka is, and how a client proves who it is. Half a proof is refused: nobody shall believe to be secured."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    kafka_bootstrap_servers: str = Field(description="host:port list of Kafka")
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = Field(
        default="PLAINTEXT", description="PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL, as Kafka names them"
    )
    kafka_sasl_mechanism: Literal["SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] | None = Field(
        default=None, description="SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; of the SASL protocols"
    )
    kafka_username: str | None = Field(default=None, min_length=1, description="user name at Kafka, of SCRAM")
    kafka_password: SecretStr | None = Field(default=None, min_length=1, description="its password, of SCRAM")
    kafka_ca_file: Path | None = Field(
        default=None, description="PEM file of who signs the brokers' certificates; unset: who the system trusts"
    )
    kafka_certificate_file: Path | None = Field(default=None, description="PEM file of the client's own certificate")
    kafka_certificate_key_file: Path | None = Field(default=None, description="PEM file of its private key")
    kafka_certificate_key_password: SecretStr | None = Field(default=None, description="what opens that private key")
    kafka_token_url: str | None = Field(
        default=None, pattern=r"^https?://", description="where a token is asked for (client credentials), of OAUTHBEARER"
    )
    kafka_token_client: str | None = Field(default=None, min_length=1, description="client id at that address")
    kafka_token_secret: SecretStr | None = Field(default=None, min_length=1, description="its secret there")
    kafka_token_scope: str | None = Field(default=None, description="scope that is asked for, if the issuer wants one")

    @model_validator(mode="after")
    def _whole(self) -> Self:
        tls, sasl = self._over_tls, self._over_sasl
        self._unused_unless(tls, "KAFKA_SECURITY_PROTOCOL", "ca_file", "certificate_file", "certificate_key_file")
        self._unused_unless(sasl, "KAFKA_SECURITY_PROTOCOL", "sasl_mechanism")
        self._asked_if(sasl, self.kafka_security_protocol, "sasl_mechanism")
        mechanism = self.kafka_sasl_mechanism
        for uses, names in ((mechanism in _SCRAM, _OF_SCRAM), (mechanism == "OAUTHBEARER", _OF_TOKENS)):
            self._unused_unless(uses, "KAFKA_SASL_MECHANISM", *names)
            self._asked_if(uses, mechanism, *names)
        if (self.kafka_certificate_file is None) != (self.kafka_certificate_key_file is None):
            raise ValueError("KAFKA_CERTIFICATE_FILE and KAFKA_CERTIFICATE_KEY_FILE go together")
        self._tls()
        return self

    def _unused_unless(self, used: bool, by: str, *names: str) -> None:
        given = [f"KAFKA_{name.upper()}" for name in names if getattr(self, f"kafka_{name}") is not None]
        if given and not used:
            raise ValueError(f"{', '.join(given)}: given, but not used with this {by}")

    def _asked_if(self, asked: bool, by: str | None, *names: str) -> None:
        missing = [f"KAFKA_{name.upper()}" for name in names if getattr(self, f"kafka_{name}") is None]
        if missing and asked:
            raise ValueError(f"{', '.join(missing)}: not set, and {by} needs it")

    @property
    def _over_tls(self) -> bool:
        return self.kafka_security_protocol in ("SSL", "SASL_SSL")

    @property
    def _over_sasl(self) -> bool:
        return self.kafka_security_protocol.startswith("SASL")

    def _tls(self) -> ssl.SSLContext | None:
        """Raises ValueError that names the file, never what stands in it."""
        if not self._over_tls:
            return None
        try:
            context = ssl.create_default_context(cafile=self.kafka_ca_file)
        except (OSError, ssl.SSLError):
            raise ValueError("KAFKA_CA_FILE: is no readable PEM file of certificates") from None
        if self.kafka_certificate_file is not None:
            secret = self.kafka_certificate_key_password
            password = secret.get_secret_value() if secret else ""  # without any, OpenSSL would ask the terminal
            try:
                context.load_cert_chain(self.kafka_certificate_file, self.kafka_certificate_key_file, lambda: password)
            except (OSError, ssl.SSLError):
                raise ValueError(
                    "KAFKA_CERTIFICATE_FILE, KAFKA_CERTIFICATE_KEY_FILE: are no PEM files of a certificate and its private key,"
                    " or the password does not open the key"
                ) from None
        return context

    def client(self) -> dict[str, Any]:
        """Arguments of any client of aiokafka: address and proof."""
        return {"bootstrap_servers": self.kafka_bootstrap_servers, **self._proof()}

    def _proof(self) -> dict[str, Any]:
        return {
            "security_protocol": self.kafka_security_protocol,
            "ssl_context": self._tls(),
            "sasl_mechanism": self.kafka_sasl_mechanism or "PLAIN",  # aiokafka's own default, for protocols without SASL
            "sasl_plain_username": self.kafka_username,
            "sasl_plain_password": self.kafka_password.get_secret_value() if self.kafka_password else None,
            "sasl_oauth_token_provider": self.tokens(),
        }

    def security(self) -> BaseSecurity:
        """The same for FastStream's broker; its tokens are given apart (`tokens`)."""
        tls = self._tls()
        if self.kafka_sasl_mechanism == "OAUTHBEARER":
            return SASLOAuthBearer(ssl_context=tls)
        if self.kafka_sasl_mechanism is not None:
            assert self.kafka_username is not None and self.kafka_password is not None  # noqa: S101, PT018 - _whole
            kind = _SCRAM[self.kafka_sasl_mechanism]
            return kind(self.kafka_username, self.kafka_password.get_secret_value(), ssl_context=tls)
        return BaseSecurity(ssl_context=tls)

    def tokens(self) -> "Tokens | None":
        """Where tokens come from, of OAUTHBEARER."""
        if self.kafka_sasl_mechanism != "OAUTHBEARER":
            return None
        assert self.kafka_token_url is not None and self.kafka_token_client is not None  # noqa: S101, PT018 - _whole
        assert self.kafka_token_secret is not None  # noqa: S101
        secret = self.kafka_token_secret.get_secret_value()
        return Tokens(self.kafka_token_url, self.kafka_token_client, secret, self.kafka_token_scope)

    async def why_not(self) -> str | None:
        """Why no connection comes about, in one sentence, by trying one to each address; None if one does."""
        reason = "KAFKA_BOOTSTRAP_SERVERS names no address"
        for address in self.kafka_bootstrap_servers.split(","):
            host, _, port = address.strip().rpartition(":")
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    connection = await create_conn(host, int(port), **self._proof())
            except (KafkaError, OSError, ValueError, TimeoutError, httpx.HTTPError) as error:
                reason = f"kafka at {address.strip()}: {said(error)}"
            else:
                connection.close()
                return None
        return reason


class Tokens(AbstractTokenProvider):  # type: ignore[misc]  # aiokafka has no types
    """Access tokens of an issuer, by client credentials (RFC 6749, 4.4); one is used until it is about to end."""

    def __init__(self, url: str, client: str, secret: str, scope: str | None) -> None:
        self._url, self._proof, self._scope = url, httpx.BasicAuth(client, secret), scope
        self._token, self._until = "", 0.0
        self._asking = asyncio.Lock()

    async def token(self) -> str:
        """A token that is valid now. Raises AuthenticationFailedError with one sentence."""
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if now >= self._until:
                self._token, lives = await self._ask()
                self._until = now + lives * EARLY
            return self._token

    async def _ask(self) -> tuple[str, float]:
        wanted = {"grant_type": "client_credentials"} | ({"scope": self._scope} if self._scope else {})
        try:
            async with httpx.AsyncClient(timeout=TOKEN_SECONDS, auth=self._proof) as client:
                answer = await client.post(self._url, data=wanted)
            given = answer.raise_for_status().json()
            return str(given["access_token"]), float(given.get("expires_in", 60))
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise AuthenticationFailedError(f"no token from KAFKA_TOKEN_URL ({type(error).__name__})") from None


def said(error: BaseException) -> str:
    """What Kafka, or the way to it, says: one sentence for whoever has to mend it. Holds no secret and no person."""
    found = _of_tls(error) or next((words for kinds, words in _SAID if isinstance(error, kinds)), "")
    details = ""
    if isinstance(error, (TopicAuthorizationFailedError, GroupAuthorizationFailedError)):
        details = f" ({', '.join(str(part) for part in error.args)})" if error.args else ""
    return f"{found}{details}" if found else type(error).__name__


def _of_tls(error: BaseException | None) -> str:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"its certificate is not believed: {error.verify_message}"
        if isinstance(error, ssl.SSLError):
            return f"no TLS with it: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
        error = error.__cause__ or error.__context__
    return ""


_RIGHTS = "see `dunghen topics acls`"
_SAID: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (TopicAuthorizationFailedError, f"this user has no right on a topic, {_RIGHTS}"),
    (GroupAuthorizationFailedError, f"this user has no right on its group, {_RIGHTS}"),
    (ClusterAuthorizationFailedError, f"this user has no right on the cluster, {_RIGHTS}"),
    ((SaslAuthenticationFailed, AuthenticationFailedError), "user or password, or token, is refused"),
    (
        (UnsupportedSaslMechanismError, AuthenticationMethodNotSupported, IllegalSaslStateError),
        "it does not take this mechanism (KAFKA_SASL_MECHANISM)",
    ),
    (ValueError, "is no host:port"),
    (ConnectionRefusedError, "nobody listens there"),
    (socket.gaierror, "there is no host of this name"),
    (KafkaConnectionError, "the connection comes to nothing; does it speak this protocol (KAFKA_SECURITY_PROTOCOL)?"),
    (TimeoutError, "it does not answer in time; does it speak this protocol (KAFKA_SECURITY_PROTOCOL)?"),
)


async def unavailable(error: BaseException, settings: KafkaSettings) -> Unavailable:
    """What to raise instead: where no connection came about, another is tried to learn why."""
    if isinstance(error, (KafkaConnectionError, NodeNotReadyError)):
        reason = await settings.why_not()
        return Unavailable(reason or f"kafka: {said(error)}")
    return Unavailable(f"kafka: {said(error)}")
