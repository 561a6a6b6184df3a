"""What a decision may look at beside the dossier."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.facts import epoch_ms
from contracts.notices import NoticeKind, SkipReason
from reference import ReferenceData
from services.notifier.domain.contact import Contact, Invitation, Person
from services.notifier.domain.letter_links import LetterLinks
from services.notifier.domain.locked import Locked
from services.notifier.domain.unit_texts import Texts


@dataclass(frozen=True, slots=True)
class Lookup:
    """Where citizens look a dossier up, and the code that opens one there (decision 26)."""

    page: str
    code: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Heeded:
    """What the person at a number wants of a kind of message about a dossier. `why_not`: None: it may be sent."""

    number: str
    why_not: SkipReason | None


@dataclass(frozen=True, slots=True)
class Ground:
    """The time, and what the province says of itself. `lookup`, `letters`: None where messages say nothing of where a dossier
    is looked up, or its letter opens; `texts`: of messages, in units' own words."""

    now: datetime
    reference: ReferenceData
    lookup: Lookup | None = field(default=None, kw_only=True)
    letters: LetterLinks | None = field(default=None, kw_only=True)
    texts: Texts = field(default_factory=dict, kw_only=True)

    @property
    def now_ms(self) -> int:
        """The time in ms since 1970."""
        return epoch_ms(self.now)


@dataclass(frozen=True, slots=True)
class Sending(Ground):
    """And what sending needs. `person_of`, `link_of`: open what was sealed; None if its key was given up for good.

    `claim_for`: a claim older than this is stuck. `contact_wait`: how long a message waits for the contact that was promised.
    `public_url`: where links may lead. `via`: the gateway that messages go to now, "" if none is open; `gateways`: by name,
    whether it drops a repeated client id, the first one first; `opened`: those that are open. `claim`: the name of a claim of
    now. `spread`: chance, by which pauses are stretched. `receipts`: the gateways that send a receipt of every message;
    `patience`: how long one is waited for, of kinds that differ from the usual. `heeded`: what persons want of the optional
    messages about dossiers, by dossier and kind; None: a rule alone is asked, and nothing is sent.
    """

    person_of: Callable[[Contact], Person | Locked | None]
    link_of: Callable[[Invitation], str | Locked | None]
    claim_for: timedelta
    contact_wait: timedelta
    public_url: str
    gateways: Mapping[str, bool]
    via: str = ""
    opened: frozenset[str] = frozenset()
    claim: str = ""
    spread: float = 1.0
    receipts: frozenset[str] = frozenset()
    patience: Mapping[NoticeKind, timedelta] = field(default_factory=dict)
    heeded: Mapping[tuple[str, NoticeKind], Heeded] | None = None

    def home(self, via: str) -> str:
        """The gateway of a name; claims of earlier releases name none."""
        return via or next(iter(self.gateways), "")

    def drops_repeats(self, via: str) -> bool:
        """Whether a message may be handed to a gateway again that may have it."""
        return self.gateways.get(self.home(via), False)
