"""What a person decides about a message that is uncertain, failed, had nobody to go to, or is no longer so: it is known after
all, it goes out again, it was posted as a letter, or its reader was told that it is not so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from contracts.facts import epoch_ms
from contracts.notices import Notice
from services.changes import By, Changed, Once
from services.notifier.domain import saying
from services.notifier.domain.dossier import Completed, Dossier, Returned
from services.notifier.domain.ground import Sending
from services.notifier.domain.ladder import is_unreached
from services.notifier.domain.notice import (
    EMAIL,
    LETTER,
    RESULT,
    Accepted,
    Delivered,
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

Listing = Literal["uncertain", "failed", "unreached", "taken-back"]
Decision = Literal["again", "posted", "known", "corrected"]


class NotListedError(Exception):
    """The message is no longer one that a person has to decide about."""


def listed(dossier: Dossier) -> Mapping[Notice, Listing]:
    """The messages of a dossier that a person has to decide about, and on which list each stands."""
    found = {name: listing_of(dossier, name, message) for name, message in dossier.messages.items()}
    return {name: listing for name, listing in found.items() if listing is not None}


def listing_of(dossier: Dossier, name: Notice, message: Message) -> Listing | None:
    """The list that a message stands on; None if nobody has to decide about it."""
    if isinstance(message, Uncertain):
        return "uncertain"
    if isinstance(message, Failed):
        return "failed"
    if is_unreached(name, message):
        return "unreached"
    return "taken-back" if name == RESULT and _misleads(dossier, message) else None


def _misleads(dossier: Dossier, message: Message) -> bool:
    """Whether its reader believes of a result what is not so. Nothing more is told by itself (R24): a completion that was taken
    back after its message is a person's to tell, and the next one again if the first was corrected."""
    if dossier.reported_at is None or dossier.facts.first(Returned) is not None:
        return False
    if isinstance(message, Skipped):
        return is_ready(dossier) and message.reason == "overtaken"
    return isinstance(message, Accepted | Delivered) and is_ready(dossier) == message.way.corrected


def is_ready(dossier: Dossier) -> bool:
    """Whether there is a result."""
    return dossier.facts.first(Completed) is not None


def decisions(dossier: Dossier, name: Notice) -> tuple[Decision, ...]:
    """What a person may decide about a message, the first thing that comes to mind first."""
    match listed(dossier).get(name):
        case None:
            return ()
        case "uncertain":
            return ("again", "known")
        case "taken-back" if not is_ready(dossier):
            return ("corrected",)
    return ("again", "posted", "known")


def known_after_all(dossier: Dossier, name: Notice, by: By, parts: int, ground: Sending) -> Changed[Dossier]:
    """Its reader has it, or was told in another way. `parts`: of its text. Raises NotListedError."""
    message = _open_to(dossier, name, "known")
    way = replace(message.way, round=message.way.round + 1, by=by, corrected=False)
    said = saying.accepted(name, ground.now, way, parts, confirmed=True)
    return end(dossier, Accepted(message.at, way), said)


def posted(dossier: Dossier, name: Notice, by: By, ground: Sending) -> Changed[Dossier]:
    """A person told its reader by a letter on paper. Raises NotListedError."""
    message = _open_to(dossier, name, "posted")
    way = replace(message.way, round=message.way.round + 1, by=by, channel=LETTER, corrected=False)
    return end(dossier, Accepted(message.at, way), saying.accepted(name, ground.now, way, 1))


def corrected(dossier: Dossier, name: Notice, by: By) -> Changed[Dossier]:
    """A person told its reader that what it said is not so after all. Raises NotListedError."""
    message = _open_to(dossier, name, "corrected")
    return Changed(dossier.with_message(name, replace(message, way=replace(message.way, by=by, corrected=True))))


def send_again(dossier: Dossier, name: Notice, by: By, ground: Sending) -> Changed[Dossier]:
    """It goes out again, as news of now, which its text is made anew from. Raises NotListedError."""
    way = again(_open_to(dossier, name, "again"), by)
    if dossier.letter is not None and dossier.letter.draft.answers is not None:  # no SMS tells of it
        way = replace(way, channel=EMAIL)
    queued = Queued(ground.now_ms, epoch_ms(next_window(ground.now)), way=way)
    said = saying.queued(name, ground.now, way)
    return Changed(dossier.without_text(name).with_message(name, queued), [Once(said, round_of(name, way))])


def again(message: Message, by: By | None) -> Way:
    """The next round of a message.

    One that is uncertain keeps its client id, so that a gateway that has it may drop the repetition; one that failed gets a new
    one, because a gateway that drops repetitions would only say again that it failed, and so does one that arrived.
    """
    serial = message.way.serial + (1 if isinstance(message, Failed | Accepted | Delivered) else 0)
    return Way(round=message.way.round + 1, serial=serial, by=by)


def _open_to(dossier: Dossier, name: Notice, decision: Decision) -> Message:
    """A message about which that may be decided."""
    message = dossier.messages.get(name)
    if message is None or decision not in decisions(dossier, name):
        raise NotListedError
    return message
