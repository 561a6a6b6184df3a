"""Which messages a dossier makes due, for what reason there is none, and how one ends."""

from dataclasses import replace
from datetime import timedelta

from contracts import Event
from contracts.contacts import ContactCorrected, ContactSealed
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited
from contracts.notices import Notice, NoticeStated, SkipReason
from reference import moment, silence
from reference.silence import TOO_OLD
from services.changes import Changed, Once
from services.notifier.domain import saying
from services.notifier.domain.contact import Forgotten
from services.notifier.domain.dossier import Completed, Dossier, Received, Returned
from services.notifier.domain.ground import Ground
from services.notifier.domain.letter import Sent
from services.notifier.domain.notice import (
    EMAIL,
    RECEIVED,
    RESULT,
    SURVEY,
    Ended,
    Queued,
    Skipped,
    Way,
    next_window,
    round_of,
)
from services.notifier.domain.steps import causes

SURVEY_AFTER = timedelta(hours=48)  # a result that nobody fetched: ask then
RECEIVED_AFTER = timedelta(minutes=5)  # by then the date is counted that the message names


def on_fact(dossier: Dossier, event: Event, ground: Ground) -> Changed[Dossier]:
    """A fact; the first completion that stands makes its message due once, each request and each end theirs."""
    after = dossier.told(event)
    return Changed(dossier) if after is dossier else plan(after, ground)


def on_contact(dossier: Dossier, data: ContactSealed, ground: Ground) -> Changed[Dossier]:
    """A sealed contact. Messages that waited for it are due now."""
    after = dossier.reached_by(data)
    return Changed(dossier) if after is dossier else plan(_woken(after, ground), ground)


def on_corrected(dossier: Dossier, data: ContactCorrected, ground: Ground) -> Changed[Dossier]:
    """What a clerk corrected of a contact. Messages that wait use it, those that waited for one are due now."""
    after = dossier.corrected(data)
    return Changed(dossier) if after is dossier else plan(_woken(after, ground), ground)


def on_invited(dossier: Dossier, data: FeedbackInvited, ground: Ground) -> Changed[Dossier]:
    """An invitation to rate: told with the result in hand, or two days after it was ready."""
    after = dossier.invited(data)
    return Changed(dossier) if after is dossier else plan(after, ground)


def forget(dossier: Dossier, ground: Ground) -> Changed[Dossier]:
    """A null on contacts.v1: the person's contact is to be forgotten, also the one that an issued letter was kept with.

    It stands for all contacts before it in the partition, which are those up to the sequence known here; one that is sent anew
    has a higher sequence and counts again. Messages that wait find nobody to go to and say so at their turn.
    """
    letter, known = dossier.letter, dossier.contact
    kept = isinstance(letter, Sent) and letter.contact is not None
    if isinstance(known, Forgotten) and not kept:
        return Changed(dossier)
    after = dossier._replace(contact=Forgotten(0 if known is None else known.sequence))
    if isinstance(letter, Sent) and kept:
        after = after._replace(letter=replace(letter, contact=None))
    return Changed(_woken(after, ground))


def _woken(dossier: Dossier, ground: Ground) -> Dossier:
    """Messages that wait for a contact, or for the key to the one that was known, are due now."""
    queued = {name: one for name, one in dossier.messages.items() if isinstance(one, Queued)}
    waiting = {name: one for name, one in queued.items() if one.waits_since or one.locked is not None}
    if not waiting:
        return dossier
    now = epoch_ms(next_window(ground.now))
    return dossier._replace(messages={**dossier.messages, **{name: replace(one, next_at=now) for name, one in waiting.items()}})


def plan(dossier: Dossier, ground: Ground, *, rebuilt: bool = False) -> Changed[Dossier]:
    """Queue or skip what the facts make due and nothing was decided about yet. `rebuilt`: the facts come back from the log, so
    that what happened long ago may have been told by nobody, and is no news."""
    received = dossier.facts.first(Received)
    if received is None:
        return Changed(dossier)
    changed = _plan_steps(dossier, received, ground, rebuilt=rebuilt)
    if changed.after is dossier:
        return _plan_end(dossier, received, ground)
    return changed.then(lambda after: _plan_end(after, received, ground))


def _plan_steps(dossier: Dossier, received: Received, ground: Ground, *, rebuilt: bool) -> Changed[Dossier]:
    changed, unit = Changed(dossier), ground.reference.units.get(received.competent_unit)
    for name, cause in causes(dossier, ground.reference).items():
        old = ground.now - moment(cause.at) > TOO_OLD
        if name in dossier.messages or (name == RECEIVED and old):  # a unit that begins to tell of receptions tells of new ones
            continue
        recorded = cause.at if cause.t is None else cause.t
        why_not: SkipReason | None = silence(moment(cause.at), moment(recorded), unit)
        if why_not is None and rebuilt and old:
            why_not = "too-old"
        after = ground.now + RECEIVED_AFTER if name == RECEIVED else ground.now
        more = queue(changed.after, name, cause.at, ground, reason=why_not, due=epoch_ms(next_window(after)))
        changed = Changed(more.after, (*changed.said, *more.said))
    return changed


def _plan_end(dossier: Dossier, received: Received, ground: Ground) -> Changed[Dossier]:
    """The result is ready: told once, however often its completion is taken back and said again (R24)."""
    completed = dossier.facts.first(Completed)
    if completed is None:
        return Changed(dossier)
    changed = Changed(dossier)
    if RESULT not in dossier.messages:
        reported_at = completed.at if dossier.reported_at is None else dossier.reported_at
        unit = ground.reference.units.get(received.competent_unit)
        why_not = silence(moment(completed.at), moment(reported_at), unit)
        changed = queue(dossier, RESULT, completed.at, ground, reason=why_not)
    unit = ground.reference.units.get(received.receiving_unit)
    if unit is not None and not unit.messages.survey:
        return changed
    return changed.then(lambda after: _plan_survey(after, completed, ground))


def _plan_survey(dossier: Dossier, completed: Completed, ground: Ground) -> Changed[Dossier]:
    """Ask with the result in hand, else two days after it was ready; a result that is fetched meanwhile brings it forward."""
    if dossier.invitation is None:
        return Changed(dossier)
    due, known = survey_due(dossier, completed, ground), dossier.messages.get(SURVEY)
    if known is None:
        return queue(dossier, SURVEY, completed.at, ground, due=due)
    if isinstance(known, Queued) and due < known.next_at and dossier.facts.first(Returned) is not None:
        return Changed(dossier.with_message(SURVEY, replace(known, next_at=due)))
    return Changed(dossier)


def survey_due(dossier: Dossier, completed: Completed, ground: Ground) -> int:
    """When the invitation of a dossier may go out."""
    fetched = dossier.facts.first(Returned) is not None
    wanted = ground.now if fetched else moment(completed.at) + SURVEY_AFTER
    return epoch_ms(next_window(max(wanted, ground.now)))


def queue(
    dossier: Dossier, name: Notice, at: int, ground: Ground, *, reason: SkipReason | None = None, due: int | None = None
) -> Changed[Dossier]:
    """Put a message into the queue for `due` (default: now, in allowed hours), or note why there is none."""
    received = dossier.facts.first(Received)
    if reason is None and received is not None and received.contact_sequence is None and dossier.known_contact is None:
        reason = "no-contact"
    if reason is not None:
        return end(dossier, Skipped(at, reason=reason), saying.skipped(name, moment(at), reason))
    queued = Queued(at, epoch_ms(next_window(ground.now)) if due is None else due)
    return Changed(dossier.with_message(name, queued), [Once(saying.queued(name, moment(at)), name)])


def queue_mail(dossier: Dossier, name: Notice, at: int, ground: Ground) -> Changed[Dossier]:
    """Put a message into the queue that goes by e-mail from the first."""
    way = Way(channel=EMAIL)
    queued = Queued(at, epoch_ms(next_window(ground.now)), way=way)
    return Changed(dossier.with_message(name, queued), [Once(saying.queued(name, moment(at), way), round_of(name, way))])


def end(dossier: Dossier, state: Ended, said: NoticeStated) -> Changed[Dossier]:
    """A message has come to a state in which nothing of it is due; it comes to each state once in a round."""
    return Changed(dossier.with_message(said.name, state), [Once(said, round_of(said.name, state.way))])
