"""Sealed boxes: what passes over the log so that one service alone can read it."""

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import orjson
from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox
from nacl.secret import SecretBox

_EPOCH = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
RETIRED = "retired"
LEAST_OF_HASH_KEY = 16  # characters
Shut = Literal["retired", "no-key", "wrong-key"]  # why a box stays closed; all but the first until somebody mends the keys


@dataclass(frozen=True, slots=True)
class Sealer:
    """The reader's public key of one epoch."""

    key: PublicKey
    epoch: int

    @classmethod
    def parse(cls, text: str, name: str = "CONTACTS_PUBLIC_KEY") -> "Sealer":
        """`EPOCH:KEY`, a KEY being 32 bytes in base64. Raises ValueError, which names the setting and never its value."""
        [(epoch, key)] = _entries(text, name, most=1)
        return cls(PublicKey(_bytes(key, name)), epoch)

    def seal(self, value: Mapping[str, Any]) -> str:
        """Base64 of the sealed box over the value as JSON; no two are equal."""
        return base64.b64encode(SealedBox(self.key).encrypt(plain(value))).decode()


@dataclass(frozen=True, slots=True)
class Opener:
    """The private keys by epoch, and the epochs whose key was given up. An epoch that is neither is not known (yet)."""

    keys: Mapping[int, PrivateKey]
    retired: frozenset[int] = frozenset()

    @classmethod
    def parse(cls, text: str, name: str = "CONTACTS_PRIVATE_KEYS") -> "Opener":
        """`EPOCH:KEY,EPOCH:KEY`, a KEY being 32 bytes in base64, or the word `retired`.

        Raises ValueError, which names the setting and never its value.
        """
        entries = _entries(text, name)
        keys = {epoch: PrivateKey(_bytes(key, name)) for epoch, key in entries if key != RETIRED}
        if not keys:
            raise ValueError(f"{name} holds no key: all of its epochs are retired")
        return cls(keys, frozenset(epoch for epoch, key in entries if key == RETIRED))

    def open(self, epoch: int, sealed: str) -> dict[str, Any] | Shut:
        """The sealed value, or why nobody reads it here; empty if what was sealed is no JSON object of ours."""
        key = self.keys.get(epoch)
        if key is None:
            return "retired" if epoch in self.retired else "no-key"
        try:
            plaintext = SealedBox(key).decrypt(base64.b64decode(sealed))
        except (CryptoError, ValueError):
            return "wrong-key"
        try:
            opened = json.loads(plaintext)
        except ValueError:
            return {}
        return opened if isinstance(opened, dict) else {}


def _entries(text: str, name: str, most: int | None = None) -> list[tuple[int, str]]:
    """(epoch, key) of `1:abc,2:def`, in that order. Raises ValueError."""
    parts = [part.strip().partition(":") for part in text.split(",")]
    epochs = [int(epoch) for epoch, _, _ in parts if _EPOCH.fullmatch(epoch)]
    if len(epochs) < len(parts) or (most is not None and len(parts) > most):
        wanted = "EPOCH:KEY" if most == 1 else "EPOCH:KEY,EPOCH:KEY"
        raise ValueError(f"{name} must be {wanted}, an EPOCH being a number from 1 on")
    if len(set(epochs)) < len(epochs):
        raise ValueError(f"{name} names an epoch twice")
    return [(epoch, key) for epoch, (_, _, key) in zip(epochs, parts, strict=True)]


def _bytes(key: str, name: str) -> bytes:
    """Raises ValueError if a key is not 32 bytes in base64."""
    try:
        found = base64.b64decode(key, validate=True)
    except binascii.Error:
        found = b""
    if len(found) != PrivateKey.SIZE:
        raise ValueError(f"a key in {name} must be 32 bytes in base64")
    return found


def hash_keys_of(text: str, name: str) -> tuple[bytes, ...]:
    """The secrets of digests, `NEW,OLD`: the first makes what is new, what any of them made is known again.

    Raises ValueError, which names the setting and never repeats them."""
    keys = [part.strip() for part in text.split(",")]
    if min(map(len, keys)) < LEAST_OF_HASH_KEY or len(set(keys)) < len(keys):
        raise ValueError(f"{name} must be KEY or KEY,KEY, each of {LEAST_OF_HASH_KEY} characters at least, none twice")
    return tuple(key.encode() for key in keys)


def keyed(secret: bytes, value: bytes) -> str:
    """Keyed hash: equal for equal values, worthless without the secret."""
    return hmac.digest(secret, value, "sha256").hex()[:24]


def plain(value: Mapping[str, Any]) -> bytes:
    """Equal values as equal JSON."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class Locker:
    """A service's own box for what only it reads again: personal data that has to wait in its store.

    Locked with the first key, unlocked with whichever of them fits.
    """

    keys: tuple[bytes, ...]

    @classmethod
    def from_secrets(cls, secrets: Iterable[bytes], purpose: bytes) -> "Locker":
        """Keys of its own per purpose, from secrets the service has anyway."""
        size = SecretBox.KEY_SIZE
        return cls(tuple(hashlib.blake2b(purpose, key=secret[:64], digest_size=size).digest() for secret in secrets))

    def lock(self, value: Mapping[str, Any]) -> str:
        """Base64 of the value as encrypted JSON."""
        return base64.b64encode(SecretBox(self.keys[0]).encrypt(plain(value))).decode()

    def unlock(self, locked: str) -> dict[str, Any]:
        """The value again. Raises ValueError if it was locked with another secret."""
        box = base64.b64decode(locked)
        for key in self.keys:
            with suppress(CryptoError):
                opened: dict[str, Any] = json.loads(SecretBox(key).decrypt(box))
                return opened
        raise ValueError("locked with another secret")

    def lock_bytes(self, content: bytes) -> bytes:
        """A file, encrypted."""
        return bytes(SecretBox(self.keys[0]).encrypt(content))

    def unlock_bytes(self, box: bytes) -> bytes:
        """The file again. Raises ValueError if it was locked with another secret, or altered."""
        for key in self.keys:
            with suppress(CryptoError):
                return SecretBox(key).decrypt(box)
        raise ValueError("locked with another secret")
