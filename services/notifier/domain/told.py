"""What the citizen of a dossier was told, as an officer sees it: no number, no name, and no link that is somebody's own."""

from dataclasses import dataclass

from contracts.notices import Notice
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import Sent
from services.notifier.domain.notice import APOLOGY, Message, Skipped
from services.notifier.domain.sending import OWN_LINK, text_said


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
    return ToldMessage(name, message, message.at, text_told(dossier, name, message, ground))


def text_told(dossier: Dossier, name: Notice, message: Message, ground: Ground) -> str:
    """The text of a message without anybody's own link; empty of one that has none."""
    unsent = isinstance(message, Skipped) or (name == APOLOGY and not isinstance(dossier.letter, Sent))
    return "" if unsent else text_said(dossier, name, OWN_LINK, ground)
