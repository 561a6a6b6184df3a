"""The letter as it is, or would be once signed: its text, and the digest by which an approval names what its signer saw."""

import json
from dataclasses import asdict, dataclass, replace
from hashlib import sha256

from contracts.letters import AnswerLetter
from reference import moment, moment_or_none
from services.notifier.domain.answer_text import Answered, Matter, compose_answer
from services.notifier.domain.contact import NOBODY, Person
from services.notifier.domain.dossier import Completed, Dossier, Received
from services.notifier.domain.ground import Ground, Sending
from services.notifier.domain.letter import Approved, Draft, Drafted, Issuing, Letter, Sent, signature_of
from services.notifier.domain.letter_text import Decided, LetterText, Subject, compose
from services.notifier.domain.locked import Locked


@dataclass(frozen=True, slots=True)
class Preview:
    """A letter that was not signed yet, as it would go, and what to name it by. `letter`: in the state that signing gives."""

    letter: Approved | Issuing
    digest: str


def signed_for(dossier: Dossier, letter: Drafted) -> Draft:
    """A draft with the old date that its letter names: the one in force, which may have moved since the draft was made. A date
    that was promised anew is not the old one."""
    promise = dossier.promise
    if promise is None or promise.due is None or promise.basis == "reappointed":
        return letter.draft
    return replace(letter.draft, due=promise.due)


def addressed(dossier: Dossier, letter: Letter, ground: Sending) -> Person | Locked:
    """Whom a letter names, as its contact was when it was issued: nobody where the key of that was given up, Locked where it is
    not here, since a letter to nobody is not what was issued."""
    contact = letter.contact if isinstance(letter, Sent) and letter.contact is not None else dossier.known_contact
    return NOBODY if contact is None else ground.person_of(contact) or NOBODY


def text_of(dossier: Dossier, letter: Letter, ground: Ground, person: Person) -> LetterText | None:
    """The letter in full; None if the unit has no letterhead or the reception is unknown."""
    if letter.draft.answers is not None:
        return _answer_text(dossier, letter, letter.draft.answers, ground, person)
    received, unit = dossier.facts.first(Received), ground.reference.units.get(letter.draft.unit)
    if received is None or unit is None or unit.letterhead is None:
        return None
    decided, draft = _decided(letter), signed_for(dossier, letter) if isinstance(letter, Drafted) else letter.draft
    procedure, completed = ground.reference.procedures.get(received.procedure), dossier.facts.first(Completed)
    known = completed is not None and (decided.says_of is None or moment(completed.at) <= decided.says_of)
    subject = Subject(
        dossier=dossier.code,
        procedure=procedure.name if procedure else received.procedure,
        received_at=moment(received.at),
        due_at=moment(draft.due),
        ended_at=moment(completed.at) if completed is not None and known else None,
    )
    day = decided.says_of or ground.now
    return compose(unit.letterhead.on(day.date()), ground.reference.province, subject, person, decided)


def _answer_text(dossier: Dossier, letter: Letter, kind: AnswerLetter, ground: Ground, person: Person) -> LetterText | None:
    """One that answers a petition."""
    unit, own, owed = ground.reference.units.get(letter.draft.unit), letter.draft, dossier.owed
    if unit is None or unit.letterhead is None:
        return None
    signed, sent = signature_of(letter), letter if isinstance(letter, Sent) else None
    answered = Answered(signed is not None)
    if signed is not None:
        answered = Answered(True, signed.note, signed.done, signed.numbered)
    if sent is not None:
        answered = replace(answered, number=sent.number, at=moment(sent.at))
    given = None if owed is None or kind != "thanks" else owed.given
    giver = "person" if owed is None or given is None else owed.giver
    matter = Matter(dossier.code, kind, moment(own.at), own.about, given, giver)
    day = moment(signed.at) if signed is not None else answered.at or ground.now
    return compose_answer(unit.letterhead.on(day.date()), ground.reference.province, matter, person, answered)


def _decided(letter: Letter) -> Decided:
    signed, sent = signature_of(letter), letter if isinstance(letter, Sent) else None
    promises = letter.new_due if isinstance(letter, Approved | Issuing | Sent) else None
    seen = signed is not None and (sent is None or signed.previewed is not None)
    return Decided(
        reason=signed.reason if signed else None,
        note=(signed.note or "") if signed else "",
        new_due_at=moment_or_none(promises),
        number=sent.number if sent else None,
        at=moment(sent.at) if sent else None,
        seen_at=moment(signed.at) if signed is not None and seen else None,
    )


def digest_of(dossier: Dossier, letter: Approved | Issuing, ground: Ground) -> str | None:
    """What a signed letter says, and whom it goes to, as a digest that holds no personal data: the contact is named by its
    place among those of the dossier. None if there is no text."""
    text, contact = text_of(dossier, letter, ground, NOBODY), dossier.known_contact
    if text is None:
        return None
    whom = None if contact is None else [contact.sequence, contact.epoch]
    return sha256(json.dumps([asdict(text), whom], ensure_ascii=False, sort_keys=True).encode()).hexdigest()
