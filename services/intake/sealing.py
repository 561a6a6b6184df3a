"""Contacts leave intake only inside a box that the notifier alone can open."""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass

from nacl.public import PublicKey, SealedBox

from services.intake.domain import Contact


@dataclass(frozen=True, slots=True)
class Sealer:
    """The notifier's public key of one epoch, and the secret that tells whether a contact changed."""

    public_key: PublicKey
    epoch: int
    hash_key: bytes

    @classmethod
    def from_base64(cls, public_key: str, epoch: int, hash_key: str) -> "Sealer":
        """Raises ValueError if the key is not 32 bytes in base64."""
        try:
            key = PublicKey(base64.b64decode(public_key, validate=True))
        except Exception as error:
            raise ValueError("CONTACTS_PUBLIC_KEY must be 32 bytes in base64") from error
        return cls(key, epoch, hash_key.encode())

    def seal(self, contact: Contact) -> str:
        """Base64 of the sealed box over the contact as JSON."""
        return base64.b64encode(SealedBox(self.public_key).encrypt(_plain(contact))).decode()

    def digest(self, contact: Contact) -> str:
        """Keyed hash: equal for equal contacts, worthless without the secret."""
        return hmac.new(self.hash_key, _plain(contact), hashlib.sha256).hexdigest()[:24]


def _plain(contact: Contact) -> bytes:
    return json.dumps(contact.model_dump(), ensure_ascii=False, sort_keys=True).encode()
