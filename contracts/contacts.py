"""contacts.v1: how to reach the person of a dossier, sealed to the notifier's public key (writer: intake; of what a clerk
corrected: notifier)."""

from typing import ClassVar

from pydantic import Field

from contracts.envelope import EventData, Named
from contracts.ids import fact_id


class ContactSealed(Named):
    """Name, phone, e-mail and address (Mẫu 01) as a sealed box; only the holder of the epoch's private key reads it."""

    TYPE: ClassVar[str] = "vn.dunghen.contact.sealed.v1"
    SERIES: ClassVar[str] = "contact"
    contact_sequence: int = Field(ge=1, description="The highest one of a dossier holds.")
    key_epoch: int = Field(ge=1, description="Which of the notifier's keys it was sealed to.")
    sealed: str = Field(description="Base64 of a libsodium sealed box over UTF-8 JSON {name, phone, email, address}.")

    def event_id(self, writer: str, subject: str) -> str:
        """Named by its sequence, as a fact that happens once is by its version."""
        return fact_id(subject, self.SERIES, "1", self.contact_sequence)


class ContactCorrected(Named):
    """What a clerk corrected of a contact: it holds until one with a higher sequence comes. Who did it is on no topic."""

    TYPE: ClassVar[str] = "vn.dunghen.contact.corrected.v1"
    WRITER: ClassVar[str] = "notifier"
    SERIES: ClassVar[str] = "contact.corrected"
    contact_sequence: int = Field(ge=0, description="Of the contact that it stands in the place of; 0: there was none.")
    correction: int = Field(ge=1, description="Which correction of that contact; the highest one holds.")
    key_epoch: int = Field(ge=1, description="Which of the notifier's keys it was sealed to.")
    sealed: str = Field(description="Base64 of a libsodium sealed box over UTF-8 JSON {name, phone, email, address}.")

    def event_id(self, writer: str, subject: str) -> str:
        """Named by what it corrects, and how often that was."""
        return fact_id(subject, self.SERIES, str(self.contact_sequence), self.correction)


CONTACT_TYPES: tuple[type[EventData], ...] = (ContactSealed, ContactCorrected)
