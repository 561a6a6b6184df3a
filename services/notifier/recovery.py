"""notifier brought back to what it said: nobody is told twice, no number is given twice, and what nobody knows is not guessed.

notices.v1 says what became of each message and letter. It does not say that a message was claimed: one whose last word is
`queued` may have reached its person, so it becomes uncertain, unless it cannot have gone out (its time is still to come, its
contact is not there) or the gateway knows its client id again. It does not hold a letter's note and signer: an approved letter
that was not sent goes back to the desk, and a date that sla granted to it needs no second grant.
"""

from dataclasses import replace
from datetime import timedelta

from contracts import Event
from contracts.contacts import ContactCorrected, ContactSealed
from contracts.deadlines import DeadlineApologyDue, DeadlineOverdue, DeadlineRefused, DeadlineSettled, DeadlineStated
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackInvited, FeedbackStopWished
from contracts.letters import (
    LetterApprovedV2,
    LetterDraftedV2,
    LetterRejectedV2,
    LetterSentV2,
    LetterStatedV2,
    LetterWithdrawnV2,
)
from contracts.notices import (
    Channel,
    LetterApproved,
    LetterDrafted,
    LetterRejected,
    LetterSent,
    LetterStated,
    LetterWithdrawn,
    Notice,
    NoticeAccepted,
    NoticeAcceptedV2,
    NoticeAcceptedV3,
    NoticeDelivered,
    NoticeDeliveredV2,
    NoticeFailed,
    NoticeFailedV2,
    NoticeFailedV3,
    NoticeLost,
    NoticeQueued,
    NoticeQueuedV2,
    NoticeQueuedV3,
    NoticeSkipped,
    NoticeSkippedV2,
    NoticeSkippedV3,
    NoticeSkippedV4,
    NoticeStated,
    NoticeUncertain,
    NoticeUncertainV2,
    NoticeUncertainV3,
)
from contracts.petitions import PetitionStated
from reference import moment
from runtime.recovery import Recall, Recovery
from services import wiring
from services.changes import Changed
from services.notifier.domain import SURVEY, Completed, Dossier, Ground, next_window
from services.notifier.domain import letter as letters
from services.notifier.domain import notice as notices
from services.notifier.domain.answers import answer_owed
from services.notifier.domain.apologies import (
    back_to_desk,
    draft,
    is_granted,
    is_wanted,
    put_on_desk,
    withdraw,
)
from services.notifier.domain.dossier import Call, Recovering, Returned
from services.notifier.domain.ladder import next_rung
from services.notifier.domain.letter import (
    Approved,
    Back,
    Draft,
    Drafted,
    Issuing,
    Letter,
    Refusal,
    Rejected,
    Sent,
    Withdrawn,
    signature_of,
)
from services.notifier.domain.letter_said import Said, step_of
from services.notifier.domain.notice import Claimed, Ended, Open, Queued, Uncertain
from services.notifier.domain.saying import known_reason, uncertain
from services.notifier.domain.telling import SURVEY_AFTER, end, plan
from services.notifier.domain.wishes import wished
from services.notifier.domain.worklist import again
from services.notifier.handlers import TOPIC, Context, heeds
from services.notifier.store import CODEC, DOSSIERS, DOUBTFUL, MADE_FROM_LOG, REGISTER, entry_of, recall_number

CLOCKS_DIFFER = timedelta(minutes=10)  # the instance that sent it may have been ahead of this one by so much
FORGOTTEN = "(không còn lưu)"
SIGN_AGAIN = "Thư đã được duyệt trước khi dữ liệu được khôi phục; ghi chú và người ký không còn lưu, cần duyệt và ký lại."
# How far a message has come in a round; what is said of it later never takes it back.
COME: dict[type[notices.Message], int] = {
    notices.Queued: 0,
    notices.Claimed: 0,
    notices.Skipped: 1,
    notices.Uncertain: 1,
    notices.Accepted: 2,
    notices.Failed: 3,
    notices.Delivered: 4,
}
ENDS: dict[type[NoticeStated], type[Ended]] = {
    **dict.fromkeys((NoticeSkipped, NoticeSkippedV2, NoticeSkippedV3, NoticeSkippedV4), notices.Skipped),
    **dict.fromkeys((NoticeAccepted, NoticeAcceptedV2, NoticeAcceptedV3), notices.Accepted),
    **dict.fromkeys((NoticeUncertain, NoticeUncertainV2, NoticeUncertainV3), notices.Uncertain),
    **dict.fromkeys((NoticeFailed, NoticeFailedV2, NoticeFailedV3), notices.Failed),
    **dict.fromkeys((NoticeDelivered, NoticeDeliveredV2), notices.Delivered),
}
RUNGS: dict[Channel, int] = {notices.SMS: 0, notices.EMAIL: 1, notices.LETTER: 2}
STEPS: dict[type[Letter], int] = {Drafted: 0, Approved: 1, Issuing: 1, Sent: 2, Rejected: 2, Withdrawn: 2}


def recovery(context: Context, *, deduplicates: bool) -> Recovery[Event]:
    """What notifier tells the runtime of itself. `deduplicates`: the gateway drops a repeated client id."""
    return Recovery(
        collection=DOSSIERS,
        decode=wiring.decoder(),
        made_from_log=MADE_FROM_LOG,
        recalls=(Recall(TOPIC, DOSSIERS, CODEC.folding(recall)), Recall(TOPIC, REGISTER, recall_number, number_of)),
        absorb=CODEC.folding(absorb),
        settle=CODEC.settling(lambda dossier: settle(dossier, context.ground(), deduplicates=deduplicates), context.clock),
        doubtful=DOUBTFUL,
    )


def recovering(dossier: Dossier) -> Recovering:
    """What a dossier remembers while it recovers; from the first thing on that it is told."""
    return dossier.recovering or Recovering(held=dossier.has_uncertain)


# --- reading back --------------------------------------------------------------------------------------------------------


def recall(dossier: Dossier, event: Event) -> Dossier:
    """The dossier with one thing that notifier said of it; the dossier itself if it knows."""
    data = event.data
    if isinstance(data, NoticeStated):
        return _recall_message(dossier, event, data)
    return _recall_letter(dossier, event, data) if isinstance(data, LetterStated | LetterStatedV2) else dossier


def _recall_message(dossier: Dossier, event: Event, data: NoticeStated) -> Dossier:
    name, state = data.name, ENDS.get(type(data), Queued)
    known = dossier.messages.get(name)
    if known is not None and _how_far(known.way, type(known)) >= (data.round, *_come(data.channel, state)):
        return dossier
    message = _message_as_said(known, event, data)
    if known is not None and (data.round, data.channel) != (known.way.round, known.way.channel):
        dossier = dossier.without_text(name)
    silent = isinstance(message, Queued | notices.Skipped)  # of any other a receipt may still come
    after = dossier.with_message(name, message) if silent else dossier.expecting(name, message)
    return after._replace(recovering=recovering(dossier))


def _how_far(way: notices.Way, state: type[notices.Message]) -> tuple[int, bool, int, int]:
    return (way.round, *_come(way.channel, state))


def _come(channel: Channel, state: type[notices.Message]) -> tuple[bool, int, int]:
    """How far a message has come in a round. What reached the phone did, though it had gone on by e-mail meanwhile."""
    return state is notices.Delivered, RUNGS[channel], COME[state]


def _message_as_said(known: notices.Message | None, event: Event, data: NoticeStated) -> notices.Message:
    """The message in the state that an event says; what the log does not hold of it stays if it is known."""
    is_queued = isinstance(data, NoticeQueued | NoticeQueuedV2 | NoticeQueuedV3)
    way = replace(notices.START if known is None else known.way, round=data.round, channel=data.channel)
    if known is not None and is_queued and data.round > known.way.round:  # a person had it sent again
        way = replace(again(known, way.by), channel=data.channel)
    elif not is_queued:
        way = way.over
    at = epoch_ms(data.at) if known is None or is_queued else known.at
    if is_queued:
        return Queued(at, epoch_ms(next_window(event.time)), way=way)
    if isinstance(data, NoticeLost):
        then = next_rung(data.name, way, (data.kind, data.reason), event.time)
        return notices.Failed(at, way, data.kind or "", data.reason, then)
    if isinstance(data, NoticeSkipped | NoticeSkippedV2 | NoticeSkippedV3 | NoticeSkippedV4):
        return notices.Skipped(at, way, known_reason(data.reason))
    return ENDS[type(data)](at, way)


def _recall_letter(dossier: Dossier, event: Event, data: Said) -> Dossier:
    known, letter = dossier.letter, _as_said(dossier.letter, event, data)
    stepped = dossier.stepped(step_of(data, epoch_ms(event.time)))
    if known is not None and (known.draft.number, STEPS[type(known)]) >= (data.draft, STEPS[type(letter)]):
        return stepped
    told, signed = recovering(dossier), signature_of(known)
    asks = dict(told.asks)
    if known is not None and signed is not None:
        asks[signed.ask] = known.draft.number
    if isinstance(data, LetterApproved | LetterApprovedV2):
        asks[event.id] = data.draft
    told = replace(told, asks=asks, sent=told.sent or isinstance(data, LetterSent | LetterSentV2))
    return stepped._replace(letter=letter, recovering=told)


def _as_said(known: Letter | None, event: Event, data: Said) -> Letter:
    """The letter in the state that an event says. What the log does not hold of it (note, signer) stays if it is known."""
    own = _draft_of(known, data)
    match data:
        case LetterRejected() | LetterRejectedV2():
            return Rejected(own, data.reason, FORGOTTEN)
        case LetterWithdrawn() | LetterWithdrawnV2():
            return Withdrawn(own)
        case LetterDrafted() | LetterDraftedV2():
            return Drafted(own)
    return _as_signed(known, own, event, data)


def _as_signed(known: Letter | None, own: Draft, event: Event, data: Said) -> Letter:
    same = known is not None and known.draft.number == data.draft
    signed = signature_of(known) if same else None
    asked = known.new_due if same and isinstance(known, Approved | Issuing | Sent) else None
    match data:
        case LetterApproved():
            signature = letters.Signature(data.reason, epoch_ms(data.at), event.id)
            if data.new_due_at is None:
                return Issuing(own, signature, asked, None)
            return Approved(own, signature, epoch_ms(data.new_due_at))
        case LetterApprovedV2():
            return Issuing(own, letters.Signature(None, epoch_ms(data.at), event.id), None, None)
        case LetterSentV2():
            return Sent(own, signed, None, data.number, data.year, epoch_ms(data.at))
        case LetterSent():
            new_due = asked if data.new_due_at is None else epoch_ms(data.new_due_at)
            return Sent(own, signed, new_due, data.number, data.year, epoch_ms(data.at))
    return Drafted(own)


def _draft_of(known: Letter | None, data: Said) -> Draft:
    if isinstance(data, LetterStatedV2):
        return _answer_of(known, data)
    if isinstance(data, LetterDrafted):
        sign_by = None if data.sign_by is None else epoch_ms(data.sign_by)
        return Draft(data.draft, data.unit, epoch_ms(data.due_at), epoch_ms(data.at), sign_by)
    if known is None:  # its draft is no longer on the log
        return Draft(data.draft, data.unit, epoch_ms(data.at), epoch_ms(data.at))
    return replace(known.draft, number=data.draft, unit=data.unit)


def _answer_of(known: Letter | None, data: LetterStatedV2) -> Draft:
    at = epoch_ms(data.at)
    if isinstance(data, LetterDraftedV2):
        return Draft(data.draft, data.unit, at, at, kind=data.kind, about=data.dossier)
    if known is None:
        return Draft(data.draft, data.unit, at, at, kind=data.kind)
    return replace(known.draft, number=data.draft, unit=data.unit, kind=data.kind)


def number_of(event: Event) -> str:
    """The entry of the register that an event stands for; "" for what is no letter sent, or one without a number."""
    entry = entry_of(event.data)
    return "/".join(map(str, entry)) if entry else ""


# --- absorbing -----------------------------------------------------------------------------------------------------------


def absorb(dossier: Dossier, event: Event) -> Dossier:
    """The dossier with what one record says, and nothing decided; the dossier itself if it says nothing new."""
    after = _absorb(dossier, event)
    return dossier if after is dossier else after._replace(recovering=recovering(after))


def _absorb(dossier: Dossier, event: Event) -> Dossier:
    data, after = event.data, dossier
    match data:
        case FeedbackInvited() | FeedbackStopWished() | PetitionStated():
            after = _absorb_feedback(dossier, event)
        case DeadlineStated():
            after = dossier.promised(data)
        case DeadlineSettled():
            after = _called(dossier, dossier.ended_by(data), event, Call.of_end(event, data))
        case DeadlineApologyDue() | DeadlineOverdue():
            after = _called(dossier, dossier.called(event), event, Call.of_rung(event, data))
        case DeadlineRefused():
            after = _absorb_refusal(dossier, event, data)
        case ContactSealed():
            after = dossier.reached_by(data)
        case ContactCorrected():
            after = dossier.corrected(data)
        case _ if heeds(event):
            after = dossier.told(event)
    return after


def _absorb_feedback(dossier: Dossier, event: Event) -> Dossier:
    data = event.data
    match data:
        case FeedbackInvited():
            return dossier.invited(data)
        case FeedbackStopWished():
            return wished(dossier, data, epoch_ms(event.time))
        case PetitionStated():
            return dossier.owing(data)
    return dossier


def _absorb_refusal(dossier: Dossier, event: Event, data: DeadlineRefused) -> Dossier:
    told, ask, signed = recovering(dossier), event.correlation or "", signature_of(dossier.letter)
    ours = ask in told.asks or (signed is not None and ask == signed.ask)
    if ask in told.refusals or not ours:
        return dossier
    refusal = Refusal(data.rule, data.text, data.code)
    return dossier._replace(recovering=replace(told, refusals={**told.refusals, ask: refusal}))


def _called(before: Dossier, after: Dossier, event: Event, call: Call | None) -> Dossier:
    """With what may call for a letter, if it is news."""
    if after is before or call is None:
        return after
    told = recovering(after)
    return after._replace(recovering=replace(told, calls={**told.calls, event.id: call}))


# --- settling ------------------------------------------------------------------------------------------------------------


def settle(dossier: Dossier, ground: Ground, *, deduplicates: bool) -> Changed[Dossier]:
    """What the facts say beyond what was said; the dossier as it would be had nothing been lost."""
    told = dossier.recovering or Recovering()
    changed = _settle_letter(dossier._replace(recovering=None), told, ground)
    for call in sorted(told.calls.values(), key=lambda call: call.at.isoformat()):
        changed = _answer_call(changed, call, ground)
    changed = changed.then(lambda after: answer_owed(after, ground))
    for name in changed.after.messages:
        changed = _settle_message(changed, name, ground, deduplicates=deduplicates)
    return changed.then(lambda after: plan(after, ground, rebuilt=True))


def _settle_letter(dossier: Dossier, told: Recovering, ground: Ground) -> Changed[Dossier]:
    """Bring the letter to where sla's answers and the dossier's end have it."""
    letter = dossier.letter
    if isinstance(letter, Approved | Issuing):
        return _settle_approved(dossier, letter, told.refusals.get(letter.signed.ask), ground)
    if isinstance(letter, Drafted | Withdrawn | Rejected):
        letter = _with_refusal(letter, told)
        dossier = dossier._replace(letter=letter)
    if isinstance(letter, Sent) and told.sent and dossier.known_contact is not None:
        return Changed(dossier._replace(letter=replace(letter, contact=dossier.known_contact)))
    if isinstance(letter, Drafted) and dossier.in_time:
        return withdraw(dossier, letter, ground)
    if isinstance(letter, Withdrawn) and dossier.settled is not None and dossier.settled.outcome == "open":
        return put_on_desk(dossier, letters.again(letter), ground)
    return Changed(dossier)


def _with_refusal(letter: Drafted | Withdrawn | Rejected, told: Recovering) -> Drafted | Withdrawn | Rejected:
    """With why the draft before it came back."""
    for ask, number in told.asks.items():
        if ask in told.refusals and letter.draft.number == number + 1:
            letter = replace(letter, back=replace(letter.back, refusal=told.refusals[ask]))
    return letter


def _settle_approved(dossier: Dossier, letter: Approved | Issuing, refusal: Refusal | None, ground: Ground) -> Changed[Dossier]:
    """A letter that was approved and not sent. Without its signer it is on the desk again: nobody signed what it would say."""
    granted = letter.new_due if letter.new_due is not None and is_granted(dossier, letter.new_due) else None
    if refusal is not None:
        return back_to_desk(dossier, letter, Back(refusal=refusal), ground)
    if letter.signed.by is None:
        return back_to_desk(dossier, letter, Back(remark=SIGN_AGAIN, granted=granted), ground)
    if isinstance(letter, Approved) and granted is not None:
        return Changed(dossier._replace(letter=letters.grant(letter, ground.now_ms)))
    return Changed(dossier)


def _answer_call(changed: Changed[Dossier], call: Call, ground: Ground) -> Changed[Dossier]:
    """Draft what a rung or a late end called for and nobody drafted.

    A letter's `at` is that of what called for it, so what happened by then was answered.
    """
    letter = changed.after.letter
    if letter is not None and epoch_ms(call.at) <= letter.draft.at:
        return changed
    return changed.then(lambda after: draft(after, call, ground)) if is_wanted(changed.after, call) else changed


def _settle_message(changed: Changed[Dossier], name: Notice, ground: Ground, *, deduplicates: bool) -> Changed[Dossier]:
    """A message that was queued or claimed: it goes on waiting, goes out under its client id, or is uncertain."""
    message = changed.after.messages[name]
    if not isinstance(message, Open):
        return changed
    return changed.then(lambda after: _settle_open(after, name, message, ground, deduplicates=deduplicates))


def _settle_open(
    dossier: Dossier, name: Notice, message: Queued | Claimed, ground: Ground, *, deduplicates: bool
) -> Changed[Dossier]:
    due, soon = _due(dossier, name, message), epoch_ms(next_window(ground.now))
    if isinstance(message, Queued) and due > epoch_ms(ground.now + CLOCKS_DIFFER):
        return Changed(dossier.with_message(name, replace(message, next_at=due)))
    if isinstance(message, Queued) and not dossier.contact_is_here:
        return Changed(
            dossier.with_message(name, replace(message, next_at=soon, waits_since=message.waits_since or ground.now_ms))
        )
    if deduplicates and message.way.channel == notices.SMS:
        return Changed(dossier.with_message(name, replace(message, next_at=max(due, soon))))
    said = uncertain(name, ground.now, message.way)
    return end(dossier.expecting(name, message), Uncertain(message.at, message.way.over), said)


def _due(dossier: Dossier, name: Notice, message: Queued | Claimed) -> int:
    """When a queued message was to go out (ms). An invitation waits two days for the result to be fetched."""
    completed = dossier.facts.first(Completed)
    if name != SURVEY or completed is None or dossier.facts.first(Returned) is not None:
        return message.next_at
    return max(message.next_at, epoch_ms(next_window(moment(completed.at) + SURVEY_AFTER)))
