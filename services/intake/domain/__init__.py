"""What senders may say, and how it becomes facts: pure functions about frozen objects."""

from services.intake.domain.answers import (
    HELD,
    Accepted,
    Answer,
    Ground,
    Limits,
    Mode,
    Quarantined,
    Refused,
    Sender,
    Taken,
)
from services.intake.domain.dossier import Dossier, Json, Known, KnownContact, Reception, Seen, Submission
from services.intake.domain.items import Contact, Item, ReceivedItem, SnapshotItem, TaggedItem
from services.intake.domain.parsing import Doubled, Parsed, parse_item
from services.intake.domain.problems import Fault, FaultError
from services.intake.domain.taking import take_all
from services.intake.domain.times import office_time
from services.intake.domain.words import readable

__all__ = [
    "HELD",
    "Accepted",
    "Answer",
    "Contact",
    "Dossier",
    "Doubled",
    "Fault",
    "FaultError",
    "Ground",
    "Item",
    "Json",
    "Known",
    "KnownContact",
    "Limits",
    "Mode",
    "Parsed",
    "Quarantined",
    "ReceivedItem",
    "Reception",
    "Refused",
    "Seen",
    "Sender",
    "SnapshotItem",
    "Submission",
    "TaggedItem",
    "Taken",
    "office_time",
    "parse_item",
    "readable",
    "take_all",
]
