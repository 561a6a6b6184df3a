"""What intake keeps from being read: contacts in boxes, digests, and the citizen's look-up code."""

import hmac
from dataclasses import dataclass

from runtime.sealing import Locker, Sealer, plain
from services.intake.domain import Contact

LOOKUP_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base32: no 0 that reads as O, no 1 that reads as I


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

    def lookup_code(self, dossier: str) -> str:
        """Six characters for the receipt: whoever holds them and the mã hồ sơ may ask for the state of the dossier."""
        digest = hmac.digest(self.hash_key, b"lookup/" + dossier.encode(), "sha256")
        return "".join(LOOKUP_LETTERS[byte & 31] for byte in digest[:6])

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
