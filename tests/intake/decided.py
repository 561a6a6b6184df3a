"""intake's rules alone: what senders say of one dossier, without documents, HTTP, keys, or a clock that moves by itself."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from contracts import Named
from contracts.contacts import ContactSealed
from contracts.dossiers import Fact
from dunghen import PROVINCE
from reference import OFFICE_TIME, ReferenceData, load_reference
from services.changes import Because, Said
from services.intake.domain import Accepted, Contact, Dossier, Ground, Limits, Sender, Taken, parse_item, take_all

CODE = "H37.12-260302-0001"
NOW = datetime(2026, 3, 20, 10, tzinfo=OFFICE_TIME)
REFERENCE = load_reference(PROVINCE)
RECEIVED: Mapping[str, Any] = {
    "dossier": CODE,
    "type": "received",
    "at": "2026-03-02T08:00+07:00",
    "procedure": "1.000894",
    "receiving_unit": "H37.12",
}
SNAPSHOT: Mapping[str, Any] = {
    "dossier": CODE,
    "type": "snapshot",
    "state": "4",
    "procedure": "1.000894",
    "receiving_unit": "H37.12",
    "received_at": "2026-03-02T08:00+07:00",
}
PERSON = {"name": "Nông Thị Mẫu", "phone": "0912000007"}


class OpenSecrets:
    """Digests and boxes that a test can read."""

    epoch = 3

    def digest(self, contact: Contact) -> str:
        """Its words."""
        return f"digest of {contact.model_dump_json()}"

    def is_digest(self, digest: str, contact: Contact) -> bool:
        """Of these words, by this secret or an earlier one."""
        return digest.removeprefix("earlier ") == self.digest(contact)

    def is_among(self, number: str, digests: Collection[str]) -> bool:
        """By its number."""
        return f"digest of {number}" in digests

    def seal(self, contact: Contact) -> str:
        """Its words."""
        return f"sealed {contact.name} {contact.phone}"


def at(day: int, hour: int = 8, minute: int = 0) -> datetime:
    """A moment of March 2026."""
    return datetime(2026, 3, day, hour, minute, tzinfo=OFFICE_TIME)


def ms(moment: datetime) -> int:
    """As documents keep it."""
    return round(moment.timestamp() * 1000)


def event(kind: str, when: datetime, **more: Any) -> dict[str, Any]:
    """An event of the dossier."""
    return {"dossier": CODE, "type": kind, "at": when.isoformat(), **more}


@dataclass
class Life:
    """A dossier, who speaks of it, and all that was said of it."""

    sender: Sender = field(default_factory=lambda: Sender("portal"))
    reference: ReferenceData = field(default_factory=lambda: REFERENCE)
    now: datetime = NOW
    max_facts: int = 400
    dossier: Dossier = field(default_factory=lambda: Dossier(CODE))
    said: list[Because] = field(default_factory=list)

    @property
    def ground(self) -> Ground:
        """What rules may look at now."""
        limits = Limits(self.now, ms(self.now), ms(self.now + timedelta(hours=2)), self.max_facts)
        return Ground(self.reference, limits, OpenSecrets(), self.sender)

    def take(self, *raw: Mapping[str, Any]) -> Taken:
        """Take items in; what became of the last one."""
        self.dossier = self.dossier._replace(code=str(raw[0]["dossier"]))
        decided = take_all(self.dossier, [(parse_item(item).item, self.ground) for item in raw])
        self.dossier = decided.after
        self.said = [because(each) for each in decided.said]
        return decided.answer[-1]

    def accepts(self, *raw: Mapping[str, Any]) -> list[str]:
        """Take items in that have to hold; the facts that are said, in short."""
        taken = self.take(*raw)
        assert isinstance(taken.answer, Accepted), taken.answer
        return [told(fact) for fact in self.facts]

    @property
    def facts(self) -> list[Fact]:
        """The facts that the last items said."""
        return [each.said for each in self.said if isinstance(each.said, Fact)]

    @property
    def sealed(self) -> list[ContactSealed]:
        """The contacts that the last items sealed."""
        return [each.said for each in self.said if isinstance(each.said, ContactSealed)]


def because(said: Said) -> Because:
    """What intake says, each with the chain that it begins."""
    assert isinstance(said, Because)
    return said


def told(fact: Named) -> str:
    """A fact in short: `completed@05 10`, `/2` if it is not the first of its kind, `#2` if not its first version."""
    assert isinstance(fact, Fact)
    own: dict[str, Any] = fact.model_dump()
    name = f"-{own['fact']}" if fact.SERIES == "retracted" else fact.SERIES
    occasion = "" if fact.occasion == "1" else f"/{fact.occasion}"
    version = "" if fact.version == 1 else f"#{fact.version}"
    sure = "" if own.get("sure") is None else f" {own['sure']}"
    return f"{name}@{fact.at.astimezone(OFFICE_TIME):%d %H}{occasion}{version}{sure}"
