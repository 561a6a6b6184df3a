"""What intake keeps from being read: contacts in boxes, digests."""

from collections.abc import Collection
from dataclasses import dataclass

from runtime.sealing import Locker, Sealer, keyed, plain
from runtime.sealing import hash_keys_of as secrets_of
from services.intake.domain import Contact


@dataclass(frozen=True, slots=True)
class ContactSealer:
    """The notifier's public key, and the secrets that tell whether a contact changed.

    `hash_keys`: the first makes what is new; what was made with any of them is known again. So a new one comes in behind the
    old one, moves to the front once every instance knows it, and the old one goes when nothing needs it any more.
    """

    box: Sealer
    hash_keys: tuple[bytes, ...]

    @property
    def epoch(self) -> int:
        """Number of the public key."""
        return self.box.epoch

    def seal(self, contact: Contact) -> str:
        """Base64 of the sealed box over the contact."""
        return self.box.seal(contact.model_dump())

    def digest(self, contact: Contact) -> str:
        """Keyed hash: equal for equal contacts, worthless without the secret."""
        return keyed(self.hash_keys[0], plain(contact.model_dump()))

    def is_digest(self, digest: str, contact: Contact) -> bool:
        """Whether a digest is of this contact, whichever of the secrets made it."""
        value = plain(contact.model_dump())
        return any(keyed(key, value) == digest for key in self.hash_keys)

    def is_among(self, number: str, digests: Collection[str]) -> bool:
        """Whether one of these digests is of a phone number, whichever of the secrets made it."""
        return any(digest_number(key, number) in digests for key in self.hash_keys)

    def digests_of_words(self, words: str) -> tuple[str, ...]:
        """Keyed hashes of free words, equal for equal ones: the one that new entries have, then those of older secrets."""
        return tuple(keyed(key, b"words/" + words.encode()) for key in self.hash_keys)

    def locker(self, purpose: bytes = b"quarantine") -> Locker:
        """The box for what waits for a person (contacts, free words), or for another purpose."""
        return Locker.from_secrets(self.hash_keys, purpose)


def hash_keys_of(text: str) -> tuple[bytes, ...]:
    """The secrets of CONTACTS_HASH_KEYS: `NEW,OLD`. Raises ValueError, which never repeats them."""
    return secrets_of(text, "CONTACTS_HASH_KEYS")


def digest_number(secret: bytes, number: str) -> str:
    """Keyed hash of a phone number in E.164."""
    return keyed(secret, b"number/" + number.encode())
