"""Sealed boxes: what passes over the log so that one service alone can read it."""

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox


@dataclass(frozen=True, slots=True)
class Sealer:
    """The reader's public key of one epoch."""

    key: PublicKey
    epoch: int

    @classmethod
    def from_base64(cls, key: str, epoch: int) -> "Sealer":
        """Raises ValueError if the key is not 32 bytes in base64."""
        try:
            return cls(PublicKey(base64.b64decode(key, validate=True)), epoch)
        except Exception as error:
            raise ValueError("CONTACTS_PUBLIC_KEY must be 32 bytes in base64") from error

    def seal(self, value: Mapping[str, Any]) -> str:
        """Base64 of the sealed box over the value as JSON; no two are equal."""
        return base64.b64encode(SealedBox(self.key).encrypt(plain(value))).decode()


@dataclass(frozen=True, slots=True)
class Opener:
    """The private key of one epoch."""

    key: PrivateKey
    epoch: int

    @classmethod
    def from_base64(cls, key: str, epoch: int) -> "Opener":
        """Raises ValueError if the key is not 32 bytes in base64."""
        try:
            return cls(PrivateKey(base64.b64decode(key, validate=True)), epoch)
        except Exception as error:
            raise ValueError("CONTACTS_PRIVATE_KEY must be 32 bytes in base64") from error

    def open(self, epoch: int, sealed: str) -> dict[str, Any]:
        """The sealed value; empty if its key is gone, or it is no sealed JSON object of ours."""
        if epoch != self.epoch:
            return {}
        try:
            opened = json.loads(SealedBox(self.key).decrypt(base64.b64decode(sealed)))
        except (CryptoError, binascii.Error, ValueError):
            return {}
        return opened if isinstance(opened, dict) else {}


def plain(value: Mapping[str, Any]) -> bytes:
    """Equal values as equal JSON."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Locker:
    """A service's own box for what only it reads again: personal data that has to wait in its store."""

    key: bytes

    @classmethod
    def from_secret(cls, secret: bytes, purpose: bytes) -> "Locker":
        """A key of its own per purpose, from a secret the service has anyway."""
        return cls(hashlib.blake2b(purpose, key=secret[:64], digest_size=SecretBox.KEY_SIZE).digest())

    def lock(self, value: Mapping[str, Any]) -> str:
        """Base64 of the value as encrypted JSON."""
        return base64.b64encode(SecretBox(self.key).encrypt(plain(value))).decode()

    def unlock(self, locked: str) -> dict[str, Any]:
        """The value again. Raises ValueError if it was locked with another secret."""
        try:
            opened: dict[str, Any] = json.loads(SecretBox(self.key).decrypt(base64.b64decode(locked)))
        except CryptoError:
            raise ValueError("locked with another secret") from None
        return opened
