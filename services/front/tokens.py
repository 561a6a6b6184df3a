"""Bearers: who acts, signed for a minute; and what the issuer gave, sealed to the browser's name of a session (decision 24)."""

import base64
import json
import warnings
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b

from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OKPKey
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox
from nacl.signing import SigningKey

from runtime.web.tokens import AUDIENCE
from services.front.domain import Person

LIFE = timedelta(seconds=60)
OWN_NAME = "Đúng Hẹn"  # of what the front does in nobody's name


class Bearers:
    """Signs what services believe. `seed`: base64 of 32 bytes; `issuer`: what they know the front as."""

    def __init__(self, seed: str, issuer: str) -> None:
        """Raises ValueError if the seed is not one."""
        try:
            raw = base64.b64decode(seed, validate=True)
        except ValueError:
            raise ValueError("FRONT_SIGNING_KEY: is not base64") from None
        if len(raw) != SecretBox.KEY_SIZE:
            raise ValueError("FRONT_SIGNING_KEY: is not base64 of 32 bytes")
        public = bytes(SigningKey(raw).verify_key)
        self._key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": _text(raw), "x": _text(public)})
        self._public: dict[str, str] = {"kty": "OKP", "crv": "Ed25519", "x": _text(public), "use": "sig", "alg": "EdDSA"}
        self._public["kid"] = blake2b(public, digest_size=8).hexdigest()
        self._issuer = issuer
        self.box = SecretBox(_derived(raw, b"front-login"))  # for what a browser keeps of a log-in on its way

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public key, as services fetch it (RFC 7517)."""
        return {"keys": [self._public]}

    def bearer(self, person: Person, form: str, now: datetime, *, reads_only: bool) -> str:
        """For one request of a person: a JWT signed with EdDSA."""
        claims: dict[str, str | int | bool | list[str]] = {
            "sub": person.subject,
            "name": person.name,
            "roles": sorted(person.roles),
            "units": sorted(person.units),
            "reads_only": reads_only,
            "form": form,
        }
        return self._signed(claims, now)

    def own(self, duty: str, now: datetime) -> str:
        """For one question that the front asks for itself: of nobody, without a role, good for routes of this duty alone."""
        return self._signed({"sub": "front", "name": OWN_NAME, "roles": [], "units": [], "reads_only": True, "duty": duty}, now)

    def _signed(self, told: dict[str, str | int | bool | list[str]], now: datetime) -> str:
        times = {"iat": int(now.timestamp()), "exp": int((now + LIFE).timestamp())}
        claims = {**told, **times, "iss": self._issuer, "aud": AUDIENCE}
        with warnings.catch_warnings():  # RFC 9864 calls it Ed25519; verifiers in use know the older name
            warnings.simplefilter("ignore", SecurityWarning)
            return jwt.encode({"alg": "EdDSA", "kid": self._public["kid"]}, claims, self._key, algorithms=["EdDSA"])


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the issuer gave for asking it again; `refresh` may be empty."""

    access: str
    refresh: str

    def sealed(self, name: str) -> str:
        """So that only who knows the browser's name of the session can open it: the store cannot."""
        text = json.dumps([self.access, self.refresh]).encode()
        return base64.b64encode(SecretBox(_derived(name.encode(), b"front-tokens")).encrypt(text)).decode()

    @classmethod
    def opened(cls, sealed: str, name: str) -> "Tokens":
        """What `sealed` closed. Raises ValueError."""
        try:
            text = SecretBox(_derived(name.encode(), b"front-tokens")).decrypt(base64.b64decode(sealed))
        except CryptoError:
            raise ValueError("is sealed to another session") from None
        access, refresh = json.loads(text)
        return cls(access, refresh)


@dataclass(frozen=True, slots=True)
class LoginUnderWay:
    """What a browser keeps while it is at the issuer: nobody else can read or make it."""

    state: str
    nonce: str
    verifier: str
    target: str  # the path to go to then
    begun: int  # seconds since 1970

    def sealed(self, box: SecretBox) -> str:
        """As a cookie."""
        text = json.dumps([self.state, self.nonce, self.verifier, self.target, self.begun]).encode()
        return base64.urlsafe_b64encode(box.encrypt(text)).decode()

    @classmethod
    def opened(cls, cookie: str, box: SecretBox) -> "LoginUnderWay | None":
        """What `sealed` closed; None for anything else."""
        try:
            return cls(*json.loads(box.decrypt(base64.urlsafe_b64decode(cookie))))
        except (CryptoError, ValueError, TypeError):
            return None


def _derived(secret: bytes, purpose: bytes) -> bytes:
    return blake2b(secret, digest_size=SecretBox.KEY_SIZE, person=purpose).digest()


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
