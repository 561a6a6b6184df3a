"""What intake keeps from being read: contacts in boxes, digests."""

import hmac
from dataclasses import dataclass

from runtime.sealing import Locker, Sealer, plain
from services.intake.domain import Contact


@dataclass(frozen=True, slots=True)
class ContactSealer:
    """The notifier's public key, and the secret that tells whether a contact changed."""

    box: Sealer
    hash_key: bytes

    @property
    def epoch(self) -> int:
        """Number of the public key."""
        return self.box.epoch

    def seal(self, contact: Contact) -> str:
        """Base64 of the sealed box over the contact."""
        return self.box.seal(contact.model_dump())

    def digest(self, contact: Contact) -> str:
        """Keyed hash: equal for equal contacts, worthless without the secret."""
        return _keyed(self.hash_key, plain(contact.model_dump()))

    def digest_number(self, number: str) -> str:
        """Keyed hash of a phone number."""
        return digest_number(self.hash_key, number)

    def digest_words(self, words: str) -> str:
        """Keyed hash of free words: equal for equal ones."""
        return _keyed(self.hash_key, b"words/" + words.encode())

    def locker(self) -> Locker:
        """The box for contacts and free words that wait for a person."""
        return Locker.from_secret(self.hash_key, b"quarantine")


def digest_number(secret: bytes, number: str) -> str:
    """Keyed hash of a phone number in E.164."""
    return _keyed(secret, b"number/" + number.encode())


def _keyed(secret: bytes, value: bytes) -> str:
    return hmac.digest(secret, value, "sha256").hex()[:24]
