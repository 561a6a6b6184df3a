"""What senders may say, and how it becomes facts: pure functions."""

from services.intake.domain.answers import (
    Accepted,
    Answer,
    Ground,
    Limits,
    NewContact,
    Outgoing,
    Quarantined,
    Refused,
    Sender,
    Taken,
)
from services.intake.domain.items import Contact, Item, Parsed, ReceivedItem, SnapshotItem, TaggedItem, parse_item
from services.intake.domain.problems import Fault, FaultError
from services.intake.domain.taking import take_in

__all__ = [
    "Accepted",
    "Answer",
    "Contact",
    "Fault",
    "FaultError",
    "Ground",
    "Item",
    "Limits",
    "NewContact",
    "Outgoing",
    "Parsed",
    "Quarantined",
    "ReceivedItem",
    "Refused",
    "Sender",
    "SnapshotItem",
    "TaggedItem",
    "Taken",
    "parse_item",
    "take_in",
]
