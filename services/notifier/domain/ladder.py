"""From one channel to the next: SMS, then e-mail, then a letter, which a person writes (decision 33).

A message climbs only when it failed for certain, or when its receipt is missing at a gateway that sends one of every message;
one of which nobody knows whether it went out never does. It goes out once by each channel.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from contracts.facts import epoch_ms
from contracts.notices import FailKind, Notice
from reference import moment
from services.changes import Changed, Once
from services.notifier.domain import saying
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Sending
from services.notifier.domain.locked import LOOK_AGAIN, Locked
from services.notifier.domain.notice import (
    BULK,
    EMAIL,
    SMS,
    Accepted,
    Failed,
    Message,
    Open,
    Queued,
    Skipped,
    Way,
    next_window,
    round_of,
)
from services.notifier.domain.steps import still_so
from services.notifier.domain.telling import end

RECEIPT_WITHIN = timedelta(minutes=30)  # else it goes by e-mail, if there is an address
SURELY_WITHIN = timedelta(days=1)  # so long operators try to reach a phone: without a receipt by then a person looks
LOOK_LATER = timedelta(minutes=1)
EXPIRED, NO_RECEIPT = "expired", "no-receipt"
# A receipt that says `expired` is of kind temporary, and another matter.
OLD_NEWS: tuple[FailKind, str] = ("technical", EXPIRED)
UNCONFIRMED: tuple[FailKind, str] = ("temporary", NO_RECEIPT)
UNREACHED = frozenset(("no-contact", "contact-missing", "no-mobile-number", "no-code"))


def climbs(name: Notice) -> bool:
    """Whether a message is worth another channel: somebody waits for it."""
    return saying.kind_of(name) not in BULK


def is_unreached(name: Notice, message: Message) -> bool:
    """Whether there was nobody to send it to, so that a person has to tell its reader."""
    return isinstance(message, Skipped) and message.reason in UNREACHED and climbs(name)


def next_rung(name: Notice, way: Way, why: tuple[FailKind | None, str], now: datetime) -> int | None:
    """When the next channel is looked for after this one failed; None if there is none, or a person is asked instead."""
    last_word = why in (OLD_NEWS, UNCONFIRMED)
    return None if way.channel != SMS or last_word or not climbs(name) else epoch_ms(next_window(now))


def receipt_due(name: Notice, way: Way, ground: Sending) -> int | None:
    """Until when the receipt of a message should have come; None if none is waited for."""
    wait = ground.patience.get(saying.kind_of(name), RECEIPT_WITHIN)
    waits = way.channel == SMS and climbs(name) and ground.home(way.via) in ground.receipts and wait
    return epoch_ms(ground.now + wait) if waits else None


def mailbox_of(dossier: Dossier, ground: Sending) -> str | Locked:
    """Where its person reads e-mail; "" if nobody knows, or no server is set."""
    contact = dossier.known_contact
    if contact is None or EMAIL not in ground.gateways:
        return ""
    person = ground.person_of(contact)
    return person if isinstance(person, Locked) else "" if person is None else person.mailbox


def climb(dossier: Dossier, name: Notice, message: Accepted | Failed, ground: Sending) -> Changed[Dossier]:
    """What becomes of a message whose channel did not do, once it is due: by e-mail, or no further by itself."""
    if message.next_at is None or message.next_at > ground.now_ms:
        return Changed(dossier)
    box = mailbox_of(dossier, ground)
    later = _not_before(dossier, box, ground)
    if later > ground.now:
        return _look_again(dossier, name, message, epoch_ms(later))
    so = still_so(dossier, name, ground.reference)
    if so and box and message.way.channel == SMS:
        return step_up(dossier, name, message, ground)
    if isinstance(message, Failed) or not so:
        return _look_again(dossier, name, message, None)
    if not message.last:
        patient = replace(message, last=True)
        return _look_again(dossier, name, patient, epoch_ms(ground.now + SURELY_WITHIN))
    said = saying.failed(name, ground.now, message.way, *UNCONFIRMED)
    return end(dossier, Failed(message.at, message.way, *UNCONFIRMED), said)


def _not_before(dossier: Dossier, box: str | Locked, ground: Sending) -> datetime:
    """When it can be decided: not at night, not while a record is parked, not without the key to the contact."""
    if dossier.incomplete:
        return ground.now + LOOK_LATER
    return ground.now + LOOK_AGAIN if isinstance(box, Locked) else next_window(ground.now)


def step_up(dossier: Dossier, name: Notice, message: Open | Accepted | Failed, ground: Sending) -> Changed[Dossier]:
    """By e-mail now, in words of its own."""
    way = replace(message.way.over, channel=EMAIL)
    queued = Queued(message.at, ground.now_ms, way=way)
    said = Once(saying.queued(name, moment(message.at), way), round_of(name, way))
    return Changed(dossier.without_text(name).with_message(name, queued), [said])


def _look_again(dossier: Dossier, name: Notice, message: Accepted | Failed, at: int | None) -> Changed[Dossier]:
    return Changed(dossier.with_message(name, replace(message, next_at=at)))
