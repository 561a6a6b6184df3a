"""What a person decides about a message that is uncertain, failed, or had nobody to go to: it is known after all, it goes out
again, or it was posted as a letter."""

from collections.abc import Mapping
from dataclasses import replace

from contracts.facts import epoch_ms
from contracts.notices import Notice
from services.changes import By, Changed, Once
from services.notifier.domain import saying
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Sending
from services.notifier.domain.ladder import is_unreached
from services.notifier.domain.notice import (
    LETTER,
    Accepted,
    Failed,
    Message,
    Queued,
    Skipped,
    Uncertain,
    Way,
    next_window,
    round_of,
)
from services.notifier.domain.telling import end

Listed = Uncertain | Failed | Skipped


class NotListedError(Exception):
    """The message is no longer one that a person has to decide about."""


def listed(dossier: Dossier) -> Mapping[Notice, Listed]:
    """The messages of a dossier that a person has to decide about."""
    return {name: one for name, one in dossier.messages.items() if _is_listed(name, one) and isinstance(one, Listed)}


def _is_listed(name: Notice, message: Message) -> bool:
    return isinstance(message, Uncertain | Failed) or is_unreached(name, message)


def known_after_all(dossier: Dossier, name: Notice, by: By, parts: int, ground: Sending) -> Changed[Dossier]:
    """Its reader has it, or was told in another way. `parts`: of its text. Raises NotListedError."""
    message = _listed(dossier, name)
    way = replace(message.way, round=message.way.round + 1, by=by)
    said = saying.accepted(name, ground.now, way, parts, confirmed=True)
    return end(dossier, Accepted(message.at, way), said)


def posted(dossier: Dossier, name: Notice, by: By, ground: Sending) -> Changed[Dossier]:
    """A person told its reader by a letter on paper. Raises NotListedError."""
    message = _listed(dossier, name)
    way = replace(message.way, round=message.way.round + 1, by=by, channel=LETTER)
    return end(dossier, Accepted(message.at, way), saying.accepted(name, ground.now, way, 1))


def send_again(dossier: Dossier, name: Notice, by: By, ground: Sending) -> Changed[Dossier]:
    """It goes out again, as news of now, which its text is made anew from. Raises NotListedError."""
    way = again(_listed(dossier, name), by)
    queued = Queued(ground.now_ms, epoch_ms(next_window(ground.now)), way=way)
    said = saying.queued(name, ground.now, way)
    return Changed(dossier.without_text(name).with_message(name, queued), [Once(said, round_of(name, way))])


def again(message: Message, by: By | None) -> Way:
    """The next round of a message.

    One that is uncertain keeps its client id, so that a gateway that has it may drop the repetition; one that failed gets a new
    one, because a gateway that drops repetitions would only say again that it failed.
    """
    serial = message.way.serial + (1 if isinstance(message, Failed) else 0)
    return Way(round=message.way.round + 1, serial=serial, by=by)


def _listed(dossier: Dossier, name: Notice) -> Listed:
    message: Message | None = dossier.messages.get(name)
    if not isinstance(message, Listed) or not _is_listed(name, message):
        raise NotListedError
    return message
