"""Opening sealed contacts: the only place where a name or a number is in clear."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, SealedBox


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

    def phone(self, contact: Mapping[str, Any]) -> str | None:
        """The phone number of a sealed contact; None if its key is gone or it holds none."""
        if contact["epoch"] != self.epoch:
            return None
        try:
            opened = json.loads(SealedBox(self.key).decrypt(base64.b64decode(contact["sealed"])))
        except (CryptoError, binascii.Error, ValueError):
            return None
        return str(opened.get("phone", "")) or None
