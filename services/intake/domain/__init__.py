"""What senders may say, and how it becomes facts: pure functions."""

from services.intake.domain.facts import Accepted, Answer, Outgoing, Quarantined, Refused, take_in
from services.intake.domain.items import Contact, Item, ReceivedItem, parse_item
from services.intake.domain.problems import Fault, FaultError

__all__ = [
    "Accepted",
    "Answer",
    "Contact",
    "Fault",
    "FaultError",
    "Item",
    "Outgoing",
    "Quarantined",
    "ReceivedItem",
    "Refused",
    "parse_item",
    "take_in",
]
