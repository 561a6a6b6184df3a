"""What the citizen of a dossier was told, as an officer sees it: no number, no name, and no link that is somebody's own."""

from dataclasses import dataclass

from contracts.notices import Notice
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import Sent
from services.notifier.domain.notice import APOLOGY, Message, Skipped
from services.notifier.domain.sending import OWN_LINK, text_for


@dataclass(frozen=True, slots=True)
class ToldMessage:
    """One SMS: what it is about, how far it is, and its text; the text is empty of one that has none. `at` in ms."""

    notice: Notice
    message: Message
    at: int
    text: str


def messages_of(dossier: Dossier, ground: Ground) -> list[ToldMessage]:
    """All messages of a dossier, in the order of their causes."""
    told = [_told(dossier, name, message, ground) for name, message in dossier.messages.items()]
    return sorted(told, key=lambda one: (one.at, one.notice))


def _told(dossier: Dossier, name: Notice, message: Message, ground: Ground) -> ToldMessage:
    unsent = isinstance(message, Skipped) or (name == APOLOGY and not isinstance(dossier.letter, Sent))
    return ToldMessage(name, message, message.at, "" if unsent else _text(dossier, name, ground))


def _text(dossier: Dossier, name: Notice, ground: Ground) -> str:
    """What was handed over; of a message that waits, or whose words were lost with a store, what would be said now."""
    return dossier.texts.get(name) or text_for(dossier, name, OWN_LINK, ground)
