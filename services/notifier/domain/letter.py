"""A letter as a state machine: the apology of a dossier (Mẫu 04), or what answers a petition. One class per state, one function
per move.

    Drafted -> Approved -> Issuing -> Sent      a new date is asked of sla; without one the letter is Issuing at once
    Drafted -> Rejected                         drafted anew by a passed date, if it was rejected as in time
    Drafted <-> Withdrawn                       the dossier settled in time, or is open again after all
    Rejected -> Drafted                         taken back before the date passed
    Approved -> Drafted                         sla refused the date: the next draft, and nothing of the one before
    Issuing  -> Drafted                         what the signer saw is no longer what the letter would say

A letter that answers a petition asks nothing of sla, so it is never Approved; it is Withdrawn when the petition is raised
again.

A function takes exactly the states that it is allowed from. What belongs to one state cannot be left over in another. All times
are milliseconds since 1970.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from contracts.letters import AnswerLetter, UnsentReason
from contracts.notices import LateReason, RejectReason
from contracts.rules import Rule, is_refused_by
from services import changes
from services.notifier.domain.contact import Contact
from services.notifier.domain.unsigned import Obstacle

State = Literal["drafted", "approved", "rejected", "withdrawn", "sent"]  # as notices.v1 names them
LetterKind = Literal["late", AnswerLetter]  # late: the apology of a dossier; the others answer petitions
WhyNot = Literal[RejectReason, UnsentReason]


@dataclass(frozen=True, slots=True)
class Draft:
    """What a letter has in each state. `number`: which draft of its dossier or petition it is; `due`: the date that passes;
    `at`: when what called for it happened; `sign_by`: the lawful lead, None once the date has passed.

    One that answers a petition has no date: its `due` is its `at`, which it is sorted by. `about`: the dossier that the error
    was made in."""

    number: int
    unit: str
    due: int
    at: int
    sign_by: int | None = None
    kind: LetterKind = "late"
    about: str | None = None

    @property
    def answers(self) -> AnswerLetter | None:
        """What it is of those that answer petitions; None of a dossier's own."""
        return None if self.kind == "late" else self.kind


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why sla did not grant a date. `code` is None where an earlier release of sla wrote none."""

    rule: str
    text: str
    code: str | None = None

    def is_by(self, rule: Rule) -> bool:
        """Whether this rule refused it."""
        return is_refused_by(rule, self.code, self.rule)


@dataclass(frozen=True, slots=True)
class Back:
    """Why a draft is on the desk again. `granted`: a date that sla has granted to it already, which needs no second grant."""

    refusal: Refusal | None = None
    remark: str = ""
    granted: int | None = None

    @property
    def was_promised_anew(self) -> bool:
        """sla said that the dossier had its one re-promise (R16)."""
        return self.refusal is not None and self.refusal.is_by(Rule.R16)


FIRST = Back()


@dataclass(frozen=True, slots=True)
class Signature:
    """What the signer decided. `ask`: the id of the event that says so. `note`, `by`: None where they were read back from the
    log, which does not hold them. `subject`: what the issuer of the signer's token calls the signer, None before there were
    tokens. `previewed`: the digest of the letter that the signer saw, None before letters were shown.

    Of a letter that answers a petition there is no `reason`; `note` says what went wrong or what is thanked for, `done` what
    was done about it, and `numbered` whether it takes a number, which thanks may go without (R22)."""

    reason: LateReason | None
    at: int
    ask: str
    note: str | None = None
    by: str | None = None
    subject: str | None = None
    previewed: str | None = None
    done: str | None = None
    numbered: bool = True


Handed = Literal["post", "in-person", "told"]
SentBack = Literal["wrong-address", "moved", "absent", "refused", "returned"]
PaperState = Literal["printed", Handed, SentBack]


@dataclass(frozen=True, slots=True)
class PaperStep:
    """One line of a letter's way on paper. `what`: it was printed, or how it was handed over, or why it came back; `at`: when
    that was written down (ms); `day`: on which day it was so; `batch`: in which it was printed, "" if in none; `by`: who
    wrote it down."""

    what: PaperState
    at: int
    day: date
    batch: str
    by: changes.By


@dataclass(frozen=True, slots=True)
class Drafted:
    """Waits for its signer."""

    draft: Draft
    back: Back = FIRST


@dataclass(frozen=True, slots=True)
class Approved:
    """Signed; sla is asked for the new date."""

    draft: Draft
    signed: Signature
    new_due: int


@dataclass(frozen=True, slots=True)
class Issuing:
    """To be numbered, from `next_at` on; None: while the dossier recovers. `claimed`: somebody began, and may have bound it.
    `waits`: why it could not be signed with the key of its body when that was last tried."""

    draft: Draft
    signed: Signature
    new_due: int | None
    next_at: int | None
    claimed: bool = False
    waits: Obstacle | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """Issued, and numbered in the register of its body; `number` and `year` are None of thanks without a number. `contact`:
    whom it went to, None if nobody could be reached or the contact was forgotten. `signed` is None where the log no longer says
    it. `link`: the digest of the token that opens its paper, "" if none does. `stamped`: whether it was signed with the key of
    its body; None: nobody wrote that down. `paper`: its way on paper, if it went so."""

    draft: Draft
    signed: Signature | None
    new_due: int | None
    number: int | None
    year: int | None
    at: int
    contact: Contact | None = None
    link: str = ""
    stamped: bool | None = None
    paper: tuple[PaperStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Not sent: in time after all, exempt (R19), or not wanted. `subject`: as of a signature."""

    draft: Draft
    why: WhyNot
    by: str
    back: Back = FIRST
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The dossier settled in time, or the petition was raised again."""

    draft: Draft
    back: Back = FIRST


Letter = Drafted | Approved | Issuing | Sent | Rejected | Withdrawn


@dataclass(frozen=True, slots=True)
class By:
    """Who decided: name, and what the issuer of the token calls the person. None: nobody did."""

    name: str | None = None
    subject: str | None = None


NOBODYS = By()


@dataclass(frozen=True, slots=True)
class LetterStep:
    """One line of a letter's history: which draft came to which state, when; who decided it (None: nobody did, or it was read
    back from the log, which does not hold names) and for which reason, by its code."""

    state: State
    draft: int
    at: int
    by: str | None = None
    subject: str | None = None
    why: str = ""


def signature_of(letter: Letter | None) -> Signature | None:
    """What was decided about a letter that was signed."""
    return letter.signed if isinstance(letter, Approved | Issuing | Sent) else None


def again(letter: Approved | Issuing | Withdrawn | Rejected, back: Back = FIRST) -> Drafted:
    """On the desk as its next draft: what was decided about the one before is left behind."""
    return Drafted(replace(letter.draft, number=letter.draft.number + 1), back)


def withdraw(letter: Drafted) -> Withdrawn:
    """The draft is taken back."""
    return Withdrawn(letter.draft, letter.back)


def reject(letter: Drafted, why: WhyNot, by: str, subject: str | None) -> Rejected:
    """Nothing is sent."""
    return Rejected(letter.draft, why, by, letter.back, subject)


def ask(letter: Drafted, signed: Signature, new_due: int) -> Approved:
    """Signed, with a date that sla has to grant."""
    return Approved(letter.draft, signed, new_due)


def release(letter: Drafted, signed: Signature, new_due: int | None, now: int) -> Issuing:
    """Signed, with no date that has to be granted."""
    return Issuing(letter.draft, signed, new_due, now)


def grant(letter: Approved, now: int) -> Issuing:
    """sla granted the date."""
    return Issuing(letter.draft, letter.signed, letter.new_due, now)


Entry = tuple[int, int] | None  # number and year in the register; None: thanks without a number


def numbered(letter: Issuing, entry: Entry, now: int, contact: Contact | None) -> Sent:
    """Bound to its number in the register, if it takes one."""
    number, year = entry or (None, None)
    return Sent(letter.draft, letter.signed, letter.new_due, number, year, now, contact)
