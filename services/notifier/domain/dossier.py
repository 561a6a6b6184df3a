"""A dossier as notifier knows it: facts, contact, promise, its letter and its messages. Times in ms since 1970.

A petition is kept like one, by its id: contact, what it calls for, and the letter that answers it, with no facts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, NamedTuple

from contracts import Event
from contracts.contacts import ContactCorrected, ContactSealed
from contracts.deadlines import Basis, DeadlineApologyDue, DeadlineOverdue, DeadlineSettled, DeadlineStated
from contracts.dossiers import Completed as CompletedData
from contracts.dossiers import ReturnMethod
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited
from contracts.notices import Notice
from contracts.petitions import PetitionStated
from services.facts import NO_FACTS, Kinds, KnownFacts, Slim
from services.notifier.domain.contact import Contact, CorrectedBy, Forgotten, Invitation
from services.notifier.domain.facts import (
    FeePaid,
    FeeRequested,
    Refused,
    Stopped,
    Supplemented,
    SupplementRequested,
    Withdrawn,
)
from services.notifier.domain.letter import Letter, LetterStep, Refusal
from services.notifier.domain.notice import Failed, Message, Uncertain, client_id
from services.notifier.domain.owed import Owed, owed_after


@dataclass(frozen=True, slots=True)
class Received(Slim):
    """What notifier reads of a reception. `t`: when it was recorded; None of one that an earlier release kept."""

    OWN: ClassVar[tuple[str, ...]] = ("t",)

    KIND: ClassVar[str] = "received"
    procedure: str = ""
    receiving_unit: str = ""
    competent_unit: str = ""
    contact_sequence: int | None = None  # None: nobody can be reached
    return_method: ReturnMethod | None = None
    t: int | None = None


@dataclass(frozen=True, slots=True)
class Completed(Slim):
    """The result is ready (state 9)."""

    KIND: ClassVar[str] = "completed"


@dataclass(frozen=True, slots=True)
class Returned(Slim):
    """The result was fetched (state 10)."""

    KIND: ClassVar[str] = "returned"


KINDS = Kinds.of(
    (
        *(Received, Completed, Returned),
        *(SupplementRequested, Supplemented, FeeRequested, FeePaid),
        *(Refused, Withdrawn, Stopped),
    ),
    timed=True,
)


@dataclass(frozen=True, slots=True)
class Promise:
    """The promise in force; the highest version holds. `due` is None while it is paused."""

    version: int
    due: int | None
    basis: Basis

    @classmethod
    def of(cls, data: DeadlineStated) -> "Promise":
        """As sla states it."""
        return cls(data.version, None if data.due_at is None else epoch_ms(data.due_at), data.basis)


@dataclass(frozen=True, slots=True)
class Settled:
    """How the promise ended; the highest version holds. `open`: an earlier outcome was taken back."""

    version: int
    outcome: Literal["early", "on_time", "late", "open"]


CallKind = Literal["apology-due", "overdue", "late"]


@dataclass(frozen=True, slots=True)
class Call:
    """What calls for a letter: when it happened and when it was recorded, the body, the date that passes, the lawful lead."""

    kind: CallKind
    at: datetime
    recorded: datetime
    unit: str
    due_at: datetime
    sign_by: datetime | None = None

    @classmethod
    def of_rung(cls, event: Event, data: DeadlineApologyDue | DeadlineOverdue) -> "Call":
        """A rung calls: the date comes near, or has passed."""
        if isinstance(data, DeadlineApologyDue):
            return cls("apology-due", data.at, event.time, data.unit, data.due_at, data.sign_by)
        return cls("overdue", data.at, event.time, data.unit, data.due_at)

    @classmethod
    def of_end(cls, event: Event, data: DeadlineSettled) -> "Call | None":
        """A late end calls, if it says which date it was late for."""
        if data.outcome != "late" or data.due_at is None:
            return None
        return cls("late", data.at, event.time, data.unit, data.due_at)


@dataclass(frozen=True, slots=True)
class Recovering:
    """What a dossier remembers while it is brought back from the log. Nothing of it is due meanwhile.

    `asks`: approvals by id, with their draft; `refusals`: sla's answers by the ask; `calls`: what may call for a letter, by id;
    `sent`: the letter was, after this copy; `held`: the dossier stood on the list of uncertain messages in this copy.
    """

    asks: Mapping[str, int] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    calls: Mapping[str, Call] = field(default_factory=dict)
    sent: bool = False
    held: bool = False


@dataclass(frozen=True, slots=True)
class StopWish:
    """Its person wants no more messages that nobody has to send, and said so with its survey (ms). `next_at`: when it is to be
    kept with the number; None once it is."""

    at: int
    next_at: int | None = None


NO_MESSAGES: Mapping[Notice, Message] = {}
NO_TEXTS: Mapping[Notice, str] = {}


class Dossier(NamedTuple):
    """One dossier; a named tuple, because one is made for each event (docs/benchmarks.md). `rungs`: ids of the rungs that
    were answered; `client_ids`: of the messages a receipt may still come for; `incomplete`: a record of it is held back;
    `texts`: what was handed over to the gateway, without anybody's own link."""

    code: str
    facts: KnownFacts = NO_FACTS
    reported_at: int | None = None  # when its completion was first recorded
    contact: Contact | Forgotten | None = None
    invitation: Invitation | None = None
    promise: Promise | None = None
    settled: Settled | None = None
    letter: Letter | None = None
    messages: Mapping[Notice, Message] = NO_MESSAGES
    rungs: tuple[str, ...] = ()
    client_ids: tuple[str, ...] = ()
    incomplete: bool = False
    recovering: Recovering | None = None
    history: tuple[LetterStep, ...] = ()  # of its letter
    texts: Mapping[Notice, str] = NO_TEXTS
    stop_wish: StopWish | None = None
    corrections: tuple[CorrectedBy, ...] = ()
    owed: Owed | None = None  # of a petition: the letter that it calls for

    # --- what it knows ----------------------------------------------------------------

    @property
    def known_contact(self) -> Contact | None:
        """The newest sealed contact; None if none came, or it was forgotten."""
        return self.contact if isinstance(self.contact, Contact) else None

    @property
    def contact_is_here(self) -> bool:
        """Whether the contact that the reception promised has come, or a newer one; where none was, if a clerk gave one. Of a
        petition, whether any has."""
        received, contact = self.facts.first(Received), self.known_contact
        if contact is None:
            return False
        if received is None:
            return self.owed is not None
        return contact.sequence >= (received.contact_sequence or (0 if contact.correction else 1))

    @property
    def contact_is_forgotten(self) -> bool:
        """Whether the contact that the reception promised was erased."""
        received = self.facts.first(Received)
        promised = 1 if received is None else received.contact_sequence or 1
        return isinstance(self.contact, Forgotten) and self.contact.sequence >= promised

    @property
    def units(self) -> tuple[str, ...]:
        """The bodies it belongs to: where it was handed in, who handles it, who apologises."""
        received, letter = self.facts.first(Received), self.letter
        named = () if received is None else (received.receiving_unit, received.competent_unit)
        return named if letter is None else (*named, letter.draft.unit)

    @property
    def ended(self) -> bool:
        """Whether it has an outcome."""
        return self.settled is not None and self.settled.outcome != "open"

    @property
    def in_time(self) -> bool:
        """Whether it has ended in time."""
        return self.settled is not None and self.settled.outcome in ("early", "on_time")

    @property
    def has_uncertain(self) -> bool:
        """Whether nobody knows of one of its messages whether it went out."""
        return Uncertain in map(type, self.messages.values())

    @property
    def has_failed(self) -> bool:
        """Whether one of its messages did not go out or arrive."""
        return Failed in map(type, self.messages.values())

    # --- with one thing more; the dossier itself if that says nothing new ---------------

    def told(self, event: Event) -> "Dossier":
        """With a fact."""
        facts = self.facts.merged(event, KINDS)
        if facts is self.facts:
            return self
        if not isinstance(event.data, CompletedData):
            return self._replace(facts=facts)
        recorded = epoch_ms(event.time)
        first = recorded if self.reported_at is None else min(recorded, self.reported_at)
        return self._replace(facts=facts, reported_at=first)

    def reached_by(self, data: ContactSealed) -> "Dossier":
        """With a contact; one that is not newer than what is known, or was forgotten, is nothing new."""
        if self.contact is not None and self.contact.sequence >= data.contact_sequence:
            return self
        return self._replace(contact=Contact(data.contact_sequence, data.key_epoch, data.sealed))

    def corrected(self, data: ContactCorrected) -> "Dossier":
        """With what a clerk corrected of its contact; behind a newer contact, or a forgotten one, it is no news."""
        known = self.known_contact
        mine = (data.contact_sequence, data.correction)
        theirs = (-1, 0) if known is None else (known.sequence, known.correction)
        if isinstance(self.contact, Forgotten) or theirs >= mine:
            return self
        return self._replace(contact=Contact(data.contact_sequence, data.key_epoch, data.sealed, data.correction))

    def invited(self, data: FeedbackInvited) -> "Dossier":
        """With an invitation; the first one holds."""
        return self if self.invitation is not None else self._replace(invitation=Invitation(data.key_epoch, data.sealed))

    def promised(self, data: DeadlineStated) -> "Dossier":
        """With the promise in force."""
        known = 0 if self.promise is None else self.promise.version
        return self if known >= data.version else self._replace(promise=Promise.of(data))

    def ended_by(self, data: DeadlineSettled) -> "Dossier":
        """With how the promise ended."""
        known = 0 if self.settled is None else self.settled.version
        return self if known >= data.version else self._replace(settled=Settled(data.version, data.outcome))

    def owing(self, data: PetitionStated) -> "Dossier":
        """With what a petition calls for."""
        owed = owed_after(self.owed, data)
        return self if owed is self.owed else self._replace(owed=owed)

    def called(self, event: Event) -> "Dossier":
        """With a rung."""
        return self if event.id in self.rungs else self._replace(rungs=(*self.rungs, event.id))

    def stepped(self, step: LetterStep) -> "Dossier":
        """With a line of its letter's history; each draft comes to a state once, and the first to say so knows who did it."""
        known = any((one.state, one.draft) == (step.state, step.draft) for one in self.history)
        return self if known else self._replace(history=(*self.history, step))

    def without_message(self, name: Notice) -> "Dossier":
        """As if a message had never been due."""
        left = {other: message for other, message in self.messages.items() if other != name}
        return self.without_text(name)._replace(messages=left)

    def without_text(self, name: Notice) -> "Dossier":
        """As if a message had never been handed over: what it says next is made from the facts of then."""
        return self._replace(texts={other: text for other, text in self.texts.items() if other != name})

    def with_message(self, name: Notice, message: Message) -> "Dossier":
        """With a message in another state."""
        return self._replace(messages={**self.messages, name: message})

    def expecting(self, name: Notice, message: Message) -> "Dossier":
        """With a message of which a receipt may come."""
        own = {client_id(self.code, name, serial) for serial in range(1, message.way.serial + 1)}
        ids = tuple(sorted({*self.client_ids, *own}))
        return self._replace(messages={**self.messages, name: message}, client_ids=ids)
