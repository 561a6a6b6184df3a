"""What the gateway reports of messages later: receipts come late, twice, out of order, before the answer they belong to."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

from contracts.notices import FailKind, Notice
from services.changes import Changed
from services.notifier.domain import saying
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Ground
from services.notifier.domain.notice import SMS, Accepted, Claimed, Delivered, Failed, Message, Queued, Uncertain, client_id
from services.notifier.domain.outcome import fail
from services.notifier.domain.telling import end

Receipt = Literal["delivered", "undelivered", "expired", "rejected"]
FAILS: Mapping[Receipt, FailKind] = {"undelivered": "permanent", "expired": "temporary", "rejected": "technical"}
# In which states a receipt changes something. Delivered wins over all: what reached the phone did, whoever says later or said
# before that it did not, and a person who has it sent again is spared that. Any other receipt counts while nothing better is
# known, and is passed over for a message in the queue: it tells of an earlier try.
HEEDED: Mapping[Receipt, tuple[type[Message], ...]] = {
    "delivered": (Queued, Claimed, Accepted, Uncertain, Failed),
    "undelivered": (Claimed, Accepted, Uncertain),
    "expired": (Claimed, Accepted, Uncertain),
    "rejected": (Claimed, Accepted, Uncertain),
}


def on_receipts(dossier: Dossier, receipts: Mapping[str, Receipt], ground: Ground) -> Changed[Dossier]:
    """What the gateway reports, by client id."""
    changed = Changed(dossier)
    for name, message in dossier.messages.items():
        for serial in range(1, message.way.serial + 1):
            told = receipts.get(client_id(dossier.code, name, serial))
            earlier = serial < message.way.serial or message.way.channel != SMS
            if told is not None and (told == "delivered" or not earlier):
                more = on_receipt(changed.after, name, told, ground)
                changed = Changed(more.after, (*changed.said, *more.said))
    return changed


def on_receipt(dossier: Dossier, name: Notice, receipt: Receipt, ground: Ground) -> Changed[Dossier]:
    """What the gateway reports of a message; what says nothing new changes nothing."""
    known = dossier.messages.get(name)
    if known is None or not isinstance(known, HEEDED[receipt]):
        return Changed(dossier)
    if receipt == "delivered":
        way = replace(known.way.over, channel=SMS)  # an e-mail has none: it is that of the SMS before it
        claim = known.claim if isinstance(known, Claimed) else ""
        return end(dossier, Delivered(known.at, way, claim), saying.delivered(name, ground.now, way))
    return fail(dossier, name, known, (FAILS[receipt], receipt), ground)
