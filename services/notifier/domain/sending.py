"""Claiming what is due of a dossier, and what is sent for it. What the answer means is in `outcome`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

from contracts.codes import is_dossier_code, is_petition_id
from contracts.facts import epoch_ms
from contracts.lookup import LENGTH
from contracts.notices import Notice, SkipReason
from reference import OFFICE_TIME, moment, moment_or_none
from reference.phones import mobile
from services.changes import Answering, Changed
from services.notifier.domain import letter_links, saying
from services.notifier.domain.contact import Contact
from services.notifier.domain.dossier import Dossier, Received, Returned
from services.notifier.domain.ground import Ground, Sending
from services.notifier.domain.ladder import OLD_NEWS, climb, climbs, mailbox_of, step_up
from services.notifier.domain.letter import Sent
from services.notifier.domain.links import is_ours
from services.notifier.domain.locked import LOOK_AGAIN, Locked
from services.notifier.domain.notice import (
    APOLOGY,
    EMAIL,
    RECEIVED,
    RESULT,
    SMS,
    SURVEY,
    Accepted,
    Claimed,
    Failed,
    Open,
    Queued,
    Skipped,
    Way,
    claim,
    client_id,
    next_window,
)
from services.notifier.domain.outcome import Sms, doubt, fail, has_expired
from services.notifier.domain.steps import asked_at, open_fees, still_so
from services.notifier.domain.telling import end
from services.notifier.domain.unit_texts import words_of
from services.notifier.domain.wishes import OPTIONAL
from services.notifier.domain.wording import Speaker, Told, answer_mail, fitted, form_of, letter_of, subject_of

RETRY = timedelta(minutes=1)
OWN_LINK = "(liên kết riêng)"
_BLANK_CODE = "X" * LENGTH  # as long as a look-up code, in the place of one that is nobody's to see
_BLANK_TOKEN = "x" * letter_links.LENGTH  # the same of the link to a letter
AS_LONG_AS_IT_IS = 99  # parts: an e-mail is not paid by the part
NO_SERVER = "no-mail-server"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is to be sent, and through which gateway."""

    sms: Sms
    via: str


@dataclass(frozen=True, slots=True)
class _To:
    """Whom a message goes to: the number in E.164 or the mailbox, and what in its text is the reader's own: the link of a
    survey, the code that opens the dossier, the token that opens the letter."""

    address: str
    own: str = ""


NOTHING: Sms | None = None
Claims = Mapping[Notice, Outgoing]  # of one dossier: which message -> what is to be sent


def claim_due(dossier: Dossier, ground: Sending) -> Answering[Dossier, Claims]:
    """Claim every message of a dossier that is due; the answer is what is to be sent."""
    changed, claims = Changed(dossier), dict[Notice, Outgoing]()
    for name in dossier.messages:
        message = changed.after.messages[name]
        if isinstance(message, Accepted | Failed):
            one = climb(changed.after, name, message, ground).answering(NOTHING)
        else:
            one = claim_message(changed.after, name, ground)
        changed = Changed(one.after, (*changed.said, *one.said))
        if one.answer is not None:
            claims[name] = Outgoing(one.answer, one.after.messages[name].way.via)
    return changed.answering(claims)


def claim_message(dossier: Dossier, name: Notice, ground: Sending) -> Answering[Dossier, Sms | None]:
    """Mark a due message as claimed, with what is to be sent as the answer; or say why there is none.

    Asked again under the same claim, because nobody knows whether it was saved, it is claimed anew and sent once.
    """
    message, now = dossier.messages[name], ground.now
    ours = isinstance(message, Claimed) and ground.claim != "" and message.claim == ground.claim
    if not isinstance(message, Open) or (message.next_at > ground.now_ms and not ours):
        return Changed(dossier).answering(None)
    if isinstance(message, Claimed) and not ours:
        return _stuck(dossier, name, message, ground)
    # What has become untrue is nobody's worry: it is looked at before what only grew old. A parked record may say more of it.
    if isinstance(message, Queued) and not dossier.incomplete and not still_so(dossier, name, ground.reference):
        return _drop(dossier, name, message).answering(None)
    if not ours and has_expired(message, name, ground):
        return fail(dossier, name, message, OLD_NEWS, ground).answering(None)
    # Citizens are not told at night, nor while a record of their dossier is parked.
    later = now + RETRY if dossier.incomplete else next_window(now)
    if later > now and not ours:
        return Changed(dossier.with_message(name, replace(message, next_at=epoch_ms(later)))).answering(None)
    return _claim_now(dossier, name, message, ground)


def _drop(dossier: Dossier, name: Notice, message: Queued) -> Changed[Dossier]:
    """What a message would say is no longer so. A completion that was taken back leaves none, so that the next one is told;
    in a later round, for which its reader may have had it before, it is over."""
    if name == RESULT and message.way.round == 1:
        return Changed(dossier.without_message(name))
    return skip(dossier, name, message, "overtaken")


def _stuck(dossier: Dossier, name: Notice, message: Claimed, ground: Sending) -> Answering[Dossier, Sms | None]:
    """Its process died between claim and answer, or got none that said anything: only where repetitions are dropped, and at
    that gateway alone, is it handed over again."""
    if not ground.drops_repeats(message.way.via) or has_expired(message, name, ground):
        return doubt(dossier, name, message, ground).answering(None)
    later, home = next_window(ground.now), ground.home(message.way.via)
    if later > ground.now:
        return Changed(dossier.with_message(name, replace(message, next_at=epoch_ms(later)))).answering(None)
    if home not in ground.opened:
        return Changed(dossier).answering(None)
    doubted = replace(message, way=replace(message.way, doubt=True))
    return _claim_now(dossier, name, doubted, replace(ground, via=home))


def _claim_now(dossier: Dossier, name: Notice, message: Open, ground: Sending) -> Answering[Dossier, Sms | None]:
    """Its turn has come: claim it, if there is somebody to go to."""
    contact = dossier.known_contact
    if contact is None or not dossier.contact_is_here:
        return _wait_for_contact(dossier, name, message, ground).answering(None)
    to = _addressee(dossier, contact, name, ground)
    if isinstance(to, Locked):
        return _wait_for_key(dossier, name, message, to, ground).answering(None)
    if isinstance(to, str):
        return _unreachable(dossier, name, message, to, ground).answering(None)
    if message.way.channel == EMAIL and EMAIL not in ground.gateways:  # no server is set any more
        return fail(dossier, name, message, ("technical", NO_SERVER), ground).answering(None)
    via = ground.via if message.way.channel == SMS else EMAIL if EMAIL in ground.opened else ""
    why_not = _unwanted(dossier, name, to.address, ground) if via else "unknown"
    if why_not is not None:
        return _not_now(dossier, name, message, why_not, ground).answering(None)
    way = replace(message.way, via=via, text_version=_version(dossier, name, message.way, ground))
    sms = _sms(dossier, name, to, way, ground)
    claimed = dossier.expecting(name, claim(message, epoch_ms(ground.now + ground.claim_for), way, ground.claim))
    shown = sms.text.replace(to.own, OWN_LINK) if to.own else sms.text
    return Answering(claimed._replace(texts={**dossier.texts, name: shown}), sms)


def _unwanted(dossier: Dossier, name: Notice, number: str, ground: Sending) -> SkipReason | Literal["unknown"] | None:
    """Why the person at a number is not sent this message, if nobody has to send it (R29)."""
    kind = saying.kind_of(name)
    if kind not in OPTIONAL or ground.heeded is None:
        return None
    if dossier.stop_wish is not None and dossier.stop_wish.next_at is not None:  # it is not kept with the number yet
        return "stop-wish"
    heeded = ground.heeded.get((dossier.code, kind))
    return heeded.why_not if heeded is not None and heeded.number == number else "unknown"


def _not_now(
    dossier: Dossier, name: Notice, message: Open, why: SkipReason | Literal["unknown"], ground: Sending
) -> Changed[Dossier]:
    """Unknown: no gateway is open, or its contact changed since its wishes were read, and its turn comes. One that may have
    gone out before is not said to be skipped: nobody knows."""
    if why == "unknown":
        return Changed(dossier)
    return doubt(dossier, name, message, ground) if message.way.doubt else skip(dossier, name, message, why)


def _unreachable(dossier: Dossier, name: Notice, message: Open, why: SkipReason, ground: Sending) -> Changed[Dossier]:
    """Nobody to go to on this channel: by e-mail, if there is no number and never was one; else it is not sent."""
    mail = why == "no-mobile-number" and message.way.channel == SMS and climbs(name)
    box = mailbox_of(dossier, ground) if mail else None
    return step_up(dossier, name, message, ground) if isinstance(box, str) and box else skip(dossier, name, message, why)


def _addressee(dossier: Dossier, contact: Contact, name: Notice, ground: Sending) -> _To | Locked | SkipReason:
    """Whom a message goes to; the key that this takes and that is not here; or why it may not go out in a unit's name: what
    stands in it came by a topic (R28).

    An invitation is worth nothing without its link, and a person loses nothing who is not asked: it is not sent.
    """
    person = ground.person_of(contact)
    if isinstance(person, Locked):
        return person
    if person is None:  # its key was given up, and the contact with it
        return "contact-missing"
    address = mobile(person.phone) if dossier.messages[name].way.channel == SMS else person.mailbox
    if not address:
        return "no-mobile-number"
    if not is_dossier_code(dossier.code) and not (message_of_petition(dossier) and is_petition_id(dossier.code)):
        return "no-code"
    return _invited(dossier, address, ground) if name == SURVEY else _To(address, _own(dossier, name, ground))


def _invited(dossier: Dossier, number: str, ground: Sending) -> _To | Locked | SkipReason:
    link = None if dossier.invitation is None else ground.link_of(dossier.invitation)
    if isinstance(link, Locked):
        return link
    if not link:
        return "contact-missing"
    return _To(number, link) if is_ours(link, ground.public_url) else "foreign-link"


def _own(dossier: Dossier, name: Notice, ground: Ground) -> str:
    """What opens something to the reader of a message that is no invitation: the dossier, or its letter."""
    if name == RECEIVED and ground.lookup is not None:
        return ground.lookup.code(dossier.code)
    return _letter_token(dossier, ground) if name == APOLOGY else ""


def _letter_token(dossier: Dossier, ground: Ground) -> str:
    """Nothing where the letter has no paper, or its link was made by another key: it would open nothing."""
    letter, links = dossier.letter, ground.letters
    opens = links is not None and isinstance(letter, Sent) and letter.link == links.mark(dossier.code)
    return links.token(dossier.code) if links is not None and opens else ""


def skip(dossier: Dossier, name: Notice, message: Open, reason: SkipReason) -> Changed[Dossier]:
    """A message that was due and is not sent after all, since its cause."""
    said = saying.skipped(name, moment(message.at), reason, message.way)
    return end(dossier, Skipped(message.at, message.way.over, reason), said)


def _wait_for_contact(dossier: Dossier, name: Notice, message: Open, ground: Sending) -> Changed[Dossier]:
    """The reception promised a contact that has not come yet: wait, and after a day give up.

    The day begins when it is first missed, not at the cause: a service that stood still over a weekend reads facts and contacts
    from topics of their own, and has not read the contact yet when it first looks.
    """
    known = dossier.known_contact
    sealed = None if message.locked is None or known is None else ground.person_of(known)
    if isinstance(sealed, Locked):  # the day was over long ago; a corrected contact may be on its way, on its own topic
        return _wait_for_key(dossier, name, message, sealed, ground)
    since, wait = message.waits_since or ground.now_ms, ground.contact_wait.total_seconds() * 1000
    if dossier.contact_is_forgotten or since + wait < ground.now_ms:
        return skip(dossier, name, message, "contact-missing")
    later = epoch_ms(ground.now + RETRY)
    return Changed(dossier.with_message(name, replace(message, next_at=later, waits_since=since, locked=None)))


def _wait_for_key(dossier: Dossier, name: Notice, message: Open, locked: Locked, ground: Sending) -> Changed[Dossier]:
    """It is sealed to a key that is not here: wait until a person has set the keys right, or it is no news any more."""
    later = epoch_ms(ground.now + LOOK_AGAIN)
    return Changed(dossier.with_message(name, replace(message, next_at=later, locked=locked)))


def _sms(dossier: Dossier, name: Notice, to: _To, way: Way, ground: Sending) -> Sms:
    unit, said = ground.reference.units.get(speaker_of(dossier, name, ground)), text_said(dossier, name, to.own, ground)
    identity = client_id(dossier.code, name, way.serial, way.channel)
    if way.channel == EMAIL:
        subject = subject_of(saying.kind_of(name), dossier.code, answers=message_of_petition(dossier))
        return Sms(identity, to.address, "", said, subject)
    return Sms(identity, to.address, "" if unit is None else unit.brand, said)


def text_sent(dossier: Dossier, name: Notice, ground: Sending) -> str:
    """What is handed over, with what is its reader's own; without a link whose key is not here."""
    if name != SURVEY:
        return text_said(dossier, name, _own(dossier, name, ground), ground)
    link = None if dossier.invitation is None else ground.link_of(dossier.invitation)
    return text_said(dossier, name, link if isinstance(link, str) else "", ground)


def text_said(dossier: Dossier, name: Notice, own: str, ground: Ground) -> str:
    """What was handed over, which a second try says again whatever the facts are now; of a message that waits, or whose words
    were lost with a store, what would be said now."""
    kept = dossier.texts.get(name, "")
    if OWN_LINK in kept and not own:  # what it led to is closed, or the key to that is another one
        kept = ""
    return kept.replace(OWN_LINK, own) or text_for(dossier, name, own, ground)


def speaker_of(dossier: Dossier, name: Notice, ground: Ground) -> str:
    """The unit that a message comes from: who apologises, else who stands today for where the dossier was handed in."""
    received, letter = dossier.facts.first(Received) or Received(0), dossier.letter
    if name == APOLOGY and letter is not None:
        return letter.draft.unit
    return ground.reference.standing_for(received.receiving_unit, ground.now.astimezone(OFFICE_TIME).date())


def _version(dossier: Dossier, name: Notice, way: Way, ground: Ground) -> int:
    """Of the words that a message is handed over in: those of the first try, else those that hold now."""
    if dossier.texts.get(name) or not ground.texts or message_of_petition(dossier):
        return way.text_version
    form = form_of(saying.kind_of(name), _told(dossier, name, "", ground))
    return words_of(form, speaker_of(dossier, name, ground), ground.texts)[1]


def text_for(dossier: Dossier, name: Notice, own: str, ground: Ground) -> str:
    """The text of a message, with what is its reader's own. Raises ValueError for an apology without its letter."""
    told, unit = _told(dossier, name, own, ground), speaker_of(dossier, name, ground)
    if message_of_petition(dossier):
        return answer_mail(told).replace(_BLANK_TOKEN, OWN_LINK)
    words, _ = words_of(form_of(saying.kind_of(name), told), unit, ground.texts)
    text = fitted(words, told).replace(_BLANK_CODE, OWN_LINK).replace(_BLANK_TOKEN, OWN_LINK)
    message = dossier.messages.get(name)
    return letter_of(text, speaker_named(unit, ground)) if message is not None and message.way.channel == EMAIL else text


def _told(dossier: Dossier, name: Notice, own: str, ground: Ground) -> Told:
    """What decides the words of a message. Raises ValueError for an apology without its letter."""
    received, letter, reference = dossier.facts.first(Received) or Received(0), dossier.letter, ground.reference
    if name == APOLOGY and not isinstance(letter, Sent):
        raise ValueError(f"{dossier.code}: a message about a letter that was not sent")
    procedure, promise = reference.procedures.get(received.procedure), dossier.promise
    sent, message = letter if isinstance(letter, Sent) else None, dossier.messages.get(name)
    mailed = message is not None and message.way.channel == EMAIL
    speaker = speaker_named(speaker_of(dossier, name, ground), ground)
    return Told(
        dossier=dossier.code,
        procedure=procedure.name if procedure else received.procedure,
        speaker=replace(speaker, accents=True, parts=AS_LONG_AS_IT_IS) if mailed else speaker,
        return_method=received.return_method,
        returned=dossier.facts.first(Returned) is not None,
        fee_open=bool(open_fees(dossier)),
        promised=None if promise is None else moment_or_none(promise.due),
        asked=moment_or_none(asked_at(dossier, name)),
        number=0 if sent is None else sent.number or 0,
        new_due=None if sent is None else moment_or_none(sent.new_due),
        link=own if name == SURVEY else "",
        lookup=_lookup(name, own, ground),
        letter=_letter_link(dossier, name, own, ground),
    )


def _lookup(name: Notice, own: str, ground: Ground) -> tuple[str, str] | None:
    if name != RECEIVED or ground.lookup is None or not own:
        return None
    return ground.lookup.page, _BLANK_CODE if own == OWN_LINK else own


def _letter_link(dossier: Dossier, name: Notice, own: str, ground: Ground) -> str:
    if name != APOLOGY or ground.letters is None or not own or not _letter_token(dossier, ground):
        return ""
    return f"{ground.letters.page}/{_BLANK_TOKEN if own == OWN_LINK else own}"


def message_of_petition(dossier: Dossier) -> bool:
    """Whether what is told here is told of a petition: by the letter that answers it."""
    return dossier.letter is not None and dossier.letter.draft.answers is not None


def speaker_named(code: str, ground: Ground) -> Speaker:
    """A unit as messages name it; of a code that is in no list, the code."""
    unit = ground.reference.units.get(code)
    if unit is None:
        return Speaker(code)
    return Speaker(unit.name, unit.short_name, unit.messages.accents, unit.messages.most_parts)
