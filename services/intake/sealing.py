"""Contacts leave intake only inside a box that the notifier alone can open."""

import hashlib
import hmac
from dataclasses import dataclass

from runtime.sealing import Sealer, plain
from services.intake.domain import Contact


@dataclass(frozen=True, slots=True)
class ContactSealer:
    """The notifier's public key, and the secret that tells whether a contact changed."""

    box: Sealer
    hash_key: bytes

    def seal(self, contact: Contact) -> str:
        """Base64 of the sealed box over the contact."""
        return self.box.seal(contact.model_dump())

    def digest(self, contact: Contact) -> str:
        """Keyed hash: equal for equal contacts, worthless without the secret."""
        return hmac.new(self.hash_key, plain(contact.model_dump()), hashlib.sha256).hexdigest()[:24]
