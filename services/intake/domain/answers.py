"""What a sender is, what a decision looks at, and what becomes of an item."""

from collections.abc import Collection, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from contracts.codes import bodies_of
from reference import ReferenceData
from services.changes import Answering
from services.intake.domain.dossier import Dossier
from services.intake.domain.items import Contact
from services.intake.domain.problems import Fault
from services.intake.domain.words import Unlisted

Mode = Literal["live", "test", "pilot"]


@dataclass(frozen=True, slots=True)
class Sender:
    """A system that sends: by its name its words for states are read, by its units it is told from others.

    `units` None: every unit. `numbers`: digests of the only numbers a pilot may send to. A test stores and sends nothing.
    """

    system: str
    units: frozenset[str] | None = None
    mode: Mode = "live"
    numbers: frozenset[str] = frozenset()

    def may_speak_of(self, units: AbstractSet[str], dossier: str) -> bool:
        """Whether a dossier is one of its units'; while its units are unknown, its code says whose it is (rule 3.1)."""
        if self.units is None:
            return True
        return not self.units.isdisjoint(units or bodies_of(dossier))


@dataclass(frozen=True, slots=True)
class Limits:
    """What a fact may be, at this moment: the moment (`ms` since 1970), how late a fact's time may lie (ms), how many."""

    now: datetime
    ms: int
    latest: int
    max_facts: int


class Secrets(Protocol):
    """Keyed hashes, equal for equal contents and worthless without the secret; and the box that contacts leave in."""

    def digest(self, contact: Contact) -> str:
        """Of a contact."""
        ...

    def is_digest(self, digest: str, contact: Contact) -> bool:
        """Whether a digest is of this contact, also where an earlier secret made it."""
        ...

    def is_among(self, number: str, digests: Collection[str]) -> bool:
        """Whether one of these digests is of a phone number, also where an earlier secret made it."""
        ...

    def seal(self, contact: Contact) -> str:
        """A contact as only its reader opens it."""
        ...

    @property
    def epoch(self) -> int:
        """Number of the key that it is sealed to."""
        ...


@dataclass(frozen=True, slots=True)
class Ground:
    """What a decision may look at beside dossier and item."""

    reference: ReferenceData
    limits: Limits
    secrets: Secrets
    sender: Sender


@dataclass(frozen=True, slots=True)
class Accepted:
    """The item holds; `ids` are the ids of its facts, the same however often it is sent."""

    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """The item is given back to the sender."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The item is kept for a person to look at: `field` is what nobody understands."""

    reason: str
    field: str = ""


Answer = Accepted | Refused | Quarantined

# Why an item is held, for its sender and for whoever reads the story of its dossier.
HELD: Mapping[str, str] = {
    "unknown-status": "trạng thái không có trong bảng trạng thái của hệ thống gửi",
    "unknown-unit": "mã đơn vị không có trong danh mục",
    "unit-not-in-use": "đơn vị không hoạt động vào ngày này",
    "unknown-procedure": "mã thủ tục không có trong danh mục",
    "no-version": "thủ tục không có phiên bản nào có hiệu lực vào ngày này",
    "too-many-steps": "hồ sơ đã có quá nhiều bước xử lý",
    "too-many-facts": "hồ sơ đã có quá nhiều sự kiện",
    "code-of-another-unit": "mã hồ sơ là của một đơn vị khác",
    "ends-before-reception": "hồ sơ kết thúc trước khi được tiếp nhận",
    "promise-changed": "ngày hẹn trả đã in bị đổi",
}


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one item: the answer for its sender, what there is to note about the quality of what was sent, and words
    of it that no list knows."""

    answer: Answer
    notes: tuple[str, ...] = ()
    unlisted: tuple[Unlisted, ...] = ()


Decided = Answering[Dossier, Taken]  # about one item
