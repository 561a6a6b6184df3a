"""How much is sealed to each key, and how much of it is still needed: when a key may be given up."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.notifier.domain.dossier import Dossier
from services.notifier.domain.letter import Approved, Drafted, Issuing, Sent
from services.notifier.domain.notice import RESULT, SURVEY, Open, due_at


@dataclass(frozen=True, slots=True)
class Sealed:
    """Of one epoch: contacts that are kept, contacts and links that a message may still need, names in sent letters."""

    contacts: int = 0
    needed: int = 0
    letters: int = 0

    def plus(self, other: "Sealed") -> "Sealed":
        """Both together."""
        return Sealed(self.contacts + other.contacts, self.needed + other.needed, self.letters + other.letters)


def sealed_in(dossier: Dossier) -> Iterator[tuple[int, Sealed]]:
    """What a dossier has sealed to which epoch."""
    contact, invitation, letter = dossier.known_contact, dossier.invitation, dossier.letter
    if contact is not None:
        yield contact.epoch, Sealed(contacts=1, needed=int(_tells_more(dossier)))
    if invitation is not None and isinstance(dossier.messages.get(SURVEY), Open | None):
        yield invitation.epoch, Sealed(needed=1)
    if isinstance(letter, Sent) and letter.contact is not None:
        yield letter.contact.epoch, Sealed(letters=1)


def _tells_more(dossier: Dossier) -> bool:
    """Whether its person may have to be told something yet. One that ended without a result is told of none."""
    open_ones = any(due_at(message) is not None for message in dossier.messages.values())
    on_its_way = isinstance(dossier.letter, Drafted | Approved | Issuing)
    done = RESULT in dossier.messages or dossier.ended
    return open_ones or on_its_way or not done or dossier.recovering is not None
