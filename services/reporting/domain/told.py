"""What is known of a dossier with an event; it itself if that says nothing new, or nothing that counts."""

from collections.abc import Mapping
from typing import TypeVar

from contracts import Event
from contracts.deadlines import DeadlineSettled, DeadlineStated
from contracts.facts import epoch_ms
from contracts.feedback import FeedbackRated, FeedbackRatedV2
from contracts.notices import LetterDrafted, LetterRejected, LetterSent
from services.reporting.domain.facts import KINDS
from services.reporting.domain.row import (
    Ended,
    Known,
    Letter,
    Promise,
    Promised,
    Rating,
    Rejected,
    Reopened,
    Response,
    Settled,
    Waiting,
)

OWED = "in-time"  # no exemption: should the dossier be late after all, a letter is owed
Happened = TypeVar("Happened", Letter, Rating)


def fact(known: Known, event: Event) -> Known:
    """A fact of a dossier; what is of a type that this version does not know is kept raw."""
    facts = known.facts.merged(event, KINDS)
    return known if facts is known.facts else known._replace(facts=facts)


def statement(known: Known, event: Event) -> Known:
    """A statement of sla: a due date or an outcome. Effects of sla (warnings, overdue) change no figure."""
    data, recorded = event.data, epoch_ms(event.time)
    if isinstance(data, DeadlineStated) and _version(known.promise) < data.version:
        return known._replace(promise=_promise(data, recorded))
    if isinstance(data, DeadlineSettled) and _version(known.settled) < data.version:
        return known._replace(settled=_settled(data, recorded))
    return known


def effect(known: Known, event: Event) -> Known:
    """A letter issued or not owed, a survey answered.

    Of two letters or ratings the earlier counts, whichever arrives first; of two refusals of a draft the later draft's. A draft
    that was made anew takes the refusal of one before it back.
    """
    data, recorded = event.data, epoch_ms(event.time)
    if isinstance(data, LetterSent):
        letter = _earlier(known.letter, Letter(epoch_ms(data.at), recorded))
        return known if letter is known.letter else known._replace(letter=letter)
    if isinstance(data, FeedbackRated):
        rating = _earlier(known.rating, Rating(epoch_ms(data.at), recorded, *_scored(data.scores)))
        return known if rating is known.rating else known._replace(rating=rating)
    if isinstance(data, LetterRejected):
        return _not_owed(known, Rejected(data.draft, recorded, data.reason))
    if isinstance(data, LetterDrafted) and data.draft > 1:
        return _not_owed(known, Rejected(data.draft, recorded, OWED))
    return known


def response(known: Known, event: Event) -> Known:
    """A survey answered by nobody known, told once."""
    data = event.data
    if known.response is not None or not isinstance(data, FeedbackRatedV2):
        return known
    answers, points = _scored(data.scores)
    return known._replace(
        response=Response(epoch_ms(data.at), epoch_ms(event.time), data.unit, data.procedure, answers, points)
    )


def _scored(scores: Mapping[str, int | None]) -> tuple[int, int]:
    """How many answers have a score, and their sum."""
    given = [score for score in scores.values() if score is not None]
    return len(given), sum(given)


def _not_owed(known: Known, said: Rejected) -> Known:
    """What the newest draft says; of the same draft a refusal holds, which comes after the draft itself."""
    last = known.rejected
    is_newer = last is None or last.draft < said.draft
    is_after = last is not None and last.draft == said.draft and last.reason == OWED and last.recorded < said.recorded
    return known._replace(rejected=said) if is_newer or is_after else known


def _version(known: Promise | Settled | None) -> int:
    return 0 if known is None else known.version


def _promise(data: DeadlineStated, recorded: int) -> Promise:
    if data.due_at is None:
        return Waiting(data.version, recorded)
    return Promised(data.version, recorded, epoch_ms(data.due_at), epoch_ms(data.first_due_at or data.due_at))


def _settled(data: DeadlineSettled, recorded: int) -> Settled:
    if data.outcome == "open":
        return Reopened(data.version, recorded)
    if data.ended_at is None or data.due_at is None:
        raise ValueError("an outcome has an end and the promise it was measured against")
    return Ended(
        version=data.version,
        recorded=recorded,
        outcome=data.outcome,
        end=epoch_ms(data.ended_at),
        due=epoch_ms(data.due_at),
        first=data.against_first,
        state=data.state,
        supplements=data.supplements,
        limit=data.limit_minutes,
        used=data.used_minutes,
        also=data.also,
    )


def _earlier(known: Happened | None, said: Happened) -> Happened:
    return said if known is None or (said.at, said.recorded) < (known.at, known.recorded) else known
