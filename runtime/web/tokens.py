"""Bearers of people: signed tokens (JWT, RFC 7519) of issuers that the settings trust (decision 24).

Taken are EdDSA (or Ed25519, as RFC 9864 calls it), ES256 and RS256: never a shared secret, never no signature. An expired
token has no grace; what lies in the future has 60 seconds, since clocks differ.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.machine import Machine
from runtime.settings import Issuer
from runtime.web.identity import Person, Role
from runtime.web.keys import IssuerKeys

AUDIENCE = "dunghen"
ALGORITHMS = ("EdDSA", "Ed25519", "ES256", "RS256")
LONGEST = 16_384  # characters
SKEW = 60.0  # seconds that an issuer's clock may be ahead
LONGEST_LIFE = 24 * 3600.0  # seconds that a token may still hold

_Text = Annotated[str, Field(min_length=1, max_length=200)]
_Moment = Annotated[float, Field(ge=0, le=1e11, allow_inf_nan=False)]  # seconds since 1970


class TokenError(Exception):
    """A token that is not believed. The message says which rule it breaks, never what is in it."""


class AcceptedAlgorithms(JWSRegistry):
    """The registry of joserfc with ours alone, and no warning that EdDSA has a newer name: issuers write the old one."""

    def get_alg(self, name: str) -> Any:  # noqa: ANN401 - joserfc's own class of an algorithm
        """Raises JoseError for any other."""
        if name not in ALGORITHMS:
            raise JoseError(f"{name} is not taken")
        return self.algorithms[name]


REGISTRY = AcceptedAlgorithms(strict_check_header=False)


class Claims(BaseModel):
    """What a token says. Strict: a number is no text, a text no list."""

    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)

    iss: _Text
    aud: str | list[str]
    sub: _Text
    name: _Text
    roles: list[str] = Field(max_length=100)
    units: list[str] | Literal["*"]
    exp: _Moment
    iat: _Moment | None = None
    nbf: _Moment | None = None
    reads_only: bool = False
    form: str = Field(default="", max_length=200)
    duty: str = Field(default="", max_length=40)


@dataclass(frozen=True, slots=True)
class Opened:
    """A token that was read and is not believed yet: who claims to have signed it, and with which key."""

    signed: jws.CompactSignature
    claims: Claims
    key: str | None

    @classmethod
    def of(cls, token: str) -> "Opened":
        """Raises TokenError."""
        if len(token) > LONGEST or not token.isascii():
            raise TokenError("too long, or no text of a token")
        try:
            signed = jws.extract_compact(token.encode(), registry=REGISTRY)
            header, claims = signed.headers(), Claims.model_validate_json(signed.payload)
        except (JoseError, ValidationError, ValueError, TypeError, KeyError, RecursionError):
            raise TokenError("it is no token with the claims that we read") from None
        kid = header.get("kid")
        if header.get("alg") not in ALGORITHMS or not isinstance(kid, str | None) or "crit" in header:
            raise TokenError("its header is not taken")
        return cls(signed, claims, kid)

    def believed(self, keys: KeySet, now: datetime) -> Person:
        """Who asks, if the key of the issuer signed it and it holds now. Raises TokenError."""
        try:
            key = keys.get_by_kid(self.key)
            good = jws.validate_compact(self.signed, key, registry=REGISTRY)
        except (JoseError, ValueError, TypeError):
            good = False
        if not good:
            raise TokenError("no key of its issuer signed it")
        _hold(self.claims, now.timestamp())
        claims = self.claims
        known = frozenset(Role(role) for role in claims.roles if role in Role.__members__.values())
        return Person(claims.sub, claims.name, known, frozenset(claims.units), claims.reads_only, claims.form, claims.duty)


def _hold(claims: Claims, now: float) -> None:
    audience = [claims.aud] if isinstance(claims.aud, str) else claims.aud
    if AUDIENCE not in audience:
        raise TokenError("it is for another audience")
    if claims.exp <= now:
        raise TokenError("it has expired")
    if claims.exp > now + LONGEST_LIFE:
        raise TokenError("it would hold longer than a day")
    if max(claims.iat or 0, claims.nbf or 0) > now + SKEW:
        raise TokenError("it is from the future")


class Tokens:
    """Believes tokens of the issuers that the settings name; of none if they name none."""

    def __init__(self, issuers: Sequence[Issuer], machine: Machine) -> None:
        self._machine = machine
        self._keys: Mapping[str, IssuerKeys] = {issuer.issuer: IssuerKeys(issuer.jwks, machine) for issuer in issuers}

    async def person(self, token: str) -> Person:
        """Who asks. Raises TokenError, and Unavailable while the keys of its issuer were never read."""
        opened = Opened.of(token)
        issuer = self._keys.get(opened.claims.iss)
        if issuer is None:
            raise TokenError("its issuer is not trusted")
        return opened.believed(await issuer.keys(opened.key), self._machine.wall())
