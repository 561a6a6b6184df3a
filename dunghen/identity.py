"""An issuer of tokens of people, made for one run on one machine: for the demo, for tests, for `dunghen run all`.

An installation has an issuer of its own. What is made here is believed only by services that were given its public key.
"""

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass

from joserfc import jwt
from joserfc.jwk import OKPKey

from runtime.settings import Issuer
from runtime.web.identity import ALL_UNITS, ROLE_NAMES, Role
from runtime.web.tokens import AUDIENCE, REGISTRY
from services.front.settings import FrontSettings
from services.front.tokens import Bearers

NAME = "urn:dunghen:local"
LIFE = 12 * 3600  # seconds; a run is shorter


def front_of(signing_key: str) -> Issuer:
    """The front with this key, as the settings of a service name it. Raises ValueError for a key that is none."""
    name = str(FrontSettings.model_fields["bearer_issuer"].default)
    return Issuer(issuer=name, jwks=json.dumps(Bearers(signing_key, name).jwks()))


@dataclass(frozen=True, slots=True)
class LocalIssuer:
    """A name, and a signing key (Ed25519)."""

    key: OKPKey
    name: str = NAME

    @classmethod
    def new(cls) -> "LocalIssuer":
        """With a fresh key."""
        key = OKPKey.generate_key("Ed25519")
        key.ensure_kid()
        return cls(key)

    def jwks(self) -> str:
        """Its public key as a JWKS."""
        return json.dumps({"keys": [self.key.as_dict(private=False)]})

    def trusted(self) -> Issuer:
        """As the settings of a service name it, with its key in place."""
        return Issuer(issuer=self.name, jwks=self.jwks())

    def environment(self) -> dict[str, str]:
        """The setting of a process that believes it."""
        return {"IDENTITY_ISSUERS": json.dumps([self.trusted().model_dump()])}

    def sign(self, claims: dict[str, object]) -> str:
        """A token that says just this."""
        return jwt.encode({"alg": "EdDSA", "kid": self.key.kid}, claims, self.key, registry=REGISTRY)

    def token(
        self,
        *roles: Role,
        units: Iterable[str] = (ALL_UNITS,),
        name: str = "",
        seconds: float = LIFE,
        **more: object,
    ) -> str:
        """The token of an invented person with some roles. `name`: "" is made from the first role; `more`: further claims."""
        now = time.time()
        person = name or f"Người thử, {ROLE_NAMES[roles[0]]}"
        claims: dict[str, object] = {"iss": self.name, "aud": AUDIENCE, "sub": f"local:{person}", "name": person}
        claims |= {"roles": [*roles], "units": [*units], "iat": now, "exp": now + seconds}
        return self.sign(claims | more)

    def headers(self, *roles: Role, units: Iterable[str] = (ALL_UNITS,), name: str = "") -> dict[str, str]:
        """The header with such a token."""
        return {"authorization": f"Bearer {self.token(*roles, units=units, name=name)}"}
