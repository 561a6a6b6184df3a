"""What a decision may look at beside the dossier."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.facts import epoch_ms
from reference import ReferenceData
from services.notifier.domain.contact import Contact, Invitation, Person
from services.notifier.domain.locked import Locked


@dataclass(frozen=True, slots=True)
class Ground:
    """The time, and what the province says of itself."""

    now: datetime
    reference: ReferenceData

    @property
    def now_ms(self) -> int:
        """The time in ms since 1970."""
        return epoch_ms(self.now)


@dataclass(frozen=True, slots=True)
class Sending(Ground):
    """And what sending needs. `person_of`, `link_of`: open what was sealed; None if its key was given up for good.

    `deduplicates`: the gateway drops a repeated client id. `claim_for`: a claim older than this is stuck.
    `contact_wait`: how long a message waits for the contact that was promised.
    """

    person_of: Callable[[Contact], Person | Locked | None]
    link_of: Callable[[Invitation], str | Locked | None]
    deduplicates: bool
    claim_for: timedelta
    contact_wait: timedelta
