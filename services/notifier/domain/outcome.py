"""What a gateway's answer means for a message, when it is tried again, and when there is no sense in trying any more."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Literal

from contracts.facts import epoch_ms
from contracts.notices import FailKind, Notice, NoticeKind
from services.changes import Changed, Once
from services.notifier.domain import ladder, saying
from services.notifier.domain.alphabet import size_of
from services.notifier.domain.dossier import Dossier
from services.notifier.domain.ground import Ground, Sending
from services.notifier.domain.notice import (
    RECEIVED,
    Accepted,
    Claimed,
    Delivered,
    Failed,
    Message,
    Open,
    Uncertain,
    claim,
    put_back,
    round_of,
)
from services.notifier.domain.telling import end

Outcome = Literal["taken", "refused", "busy", "broken", "odd", "uncertain"]
# Between two tries that were surely in vain, each stretched or shortened by chance (`Sending.spread`); the last one repeats.
PAUSES = tuple(timedelta(minutes=minutes) for minutes in (0.5, 1, 2, 5, 10, 20, 40, 60))
# After its cause a message is news for so long, whatever the gateways do: a Tết week without any is bridged.
LASTS: Mapping[NoticeKind, timedelta] = {RECEIVED: timedelta(days=9)}
USUALLY_LASTS = timedelta(days=12)
LONGEST_REASON = 80


@dataclass(frozen=True, slots=True)
class Sms:
    """One message. `client_id` is the same however often it is tried; `subject`: of an e-mail; `pdf`: the letter that goes with
    it."""

    client_id: str
    to: str
    brand: str
    text: str
    subject: str = ""
    pdf: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one try, never with anything of the person in it.

    taken: the gateway has it. refused: it never will take it, because of the recipient. busy: surely not taken, it takes others
    later. broken: surely not taken, and it takes none: somebody has to mend settings. odd: surely not taken, for a reason that
    nobody foresaw. uncertain: it may have been taken. `reason`: a code; `pause`: seconds to leave it alone, if it asks.
    """

    outcome: Outcome
    reason: str = ""
    pause: float | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """What was handed over under a claim, and what the gateway said to it. `elsewhere`: another gateway is open now."""

    sms: Sms
    answer: Answer
    claim: str = ""
    elsewhere: bool = False


def settle_all(dossier: Dossier, tried: Mapping[Notice, Tried], ground: Sending) -> Changed[Dossier]:
    """What the gateway's answers mean for the messages of a dossier."""
    changed = Changed(dossier)
    for name, one in tried.items():
        more = settle_answer(changed.after, name, one, ground)
        changed = Changed(more.after, (*changed.said, *more.said))
    return changed


def settle_answer(dossier: Dossier, name: Notice, tried: Tried, ground: Sending) -> Changed[Dossier]:
    """What the gateway's answer means for a message that is still claimed as it was for this try."""
    message, answer = dossier.messages[name], tried.answer
    if isinstance(message, Delivered) and message.claim and message.claim == tried.claim:
        return _told_before(dossier, name, message, tried, ground)
    if not isinstance(message, Claimed) or message.claim != tried.claim:
        return Changed(dossier)
    match answer.outcome:
        case "taken":
            parts = size_of(tried.sms.text).parts
            said = saying.accepted(name, ground.now, message.way, parts)
            return end(dossier, Accepted(message.at, message.way.over, ladder.receipt_due(name, message.way, ground)), said)
        case "refused":
            return fail(dossier, name, message, ("permanent", answer.reason), ground)
        case "uncertain":
            return _unknown(dossier, name, message, ground)
        case _:
            return Changed(dossier.with_message(name, put_back(message, _again_at(message, tried, ground))))


def _told_before(dossier: Dossier, name: Notice, message: Delivered, tried: Tried, ground: Sending) -> Changed[Dossier]:
    """The receipt came before the answer: that it was taken is said all the same, for whoever counts what was."""
    after = dossier.with_message(name, replace(message, claim=""))
    if tried.answer.outcome != "taken":
        return Changed(after)
    said = saying.accepted(name, ground.now, message.way, size_of(tried.sms.text).parts)
    return Changed(after, [Once(said, round_of(name, message.way))])


def _again_at(message: Claimed, tried: Tried, ground: Sending) -> int:
    """At once where another gateway is open. A gateway that is not set up right rests itself: its messages wait no longer."""
    if tried.answer.outcome in ("busy", "broken") and tried.elsewhere and not message.way.doubt:
        return ground.now_ms
    tries = 0 if tried.answer.outcome == "broken" else message.way.tries
    return epoch_ms(ground.now + pause_after(tries, ground.spread))


def pause_after(tries: int, spread: float) -> timedelta:
    """How long after a number of earlier tries the next one comes."""
    return PAUSES[min(tries, len(PAUSES) - 1)] * spread


def _unknown(dossier: Dossier, name: Notice, message: Claimed, ground: Sending) -> Changed[Dossier]:
    """It may have been taken: a gateway that drops repetitions is asked again, and no other; else a person has to look."""
    if not ground.drops_repeats(message.way.via) or has_expired(message, name, ground):
        return doubt(dossier, name, message, ground)
    later = epoch_ms(ground.now + pause_after(message.way.tries, ground.spread))
    again = claim(message, later, replace(message.way, tries=message.way.tries + 1, doubt=True))
    return Changed(dossier.with_message(name, again))


def doubt(dossier: Dossier, name: Notice, message: Open, ground: Sending) -> Changed[Dossier]:
    """Nobody knows whether it was taken."""
    return end(dossier, Uncertain(message.at, message.way.over), saying.uncertain(name, ground.now, message.way))


def fail(dossier: Dossier, name: Notice, message: Message, why: tuple[FailKind, str], ground: Ground) -> Changed[Dossier]:
    """It did not go out and will not by itself."""
    kind, reason = why[0], why[1][:LONGEST_REASON]
    said = saying.failed(name, ground.now, message.way, kind, reason)
    then = ladder.next_rung(name, message.way, (kind, reason), ground.now)
    return end(dossier, Failed(message.at, message.way.over, kind, reason, then), said)


def has_expired(message: Message, name: Notice, ground: Sending) -> bool:
    """Whether a message has become no news."""
    return message.at + LASTS.get(saying.kind_of(name), USUALLY_LASTS).total_seconds() * 1000 < ground.now_ms
