"""What one dossier adds to the figures, counted from its events by plain loops.

This shares no code with reporting on purpose: it is the second opinion. It knows the contracts, dates and sums, nothing else.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Generic, NamedTuple, TypeVar

from contracts import Effect, Event, EventData
from contracts.deadlines import DeadlineSettled, DeadlineStated
from contracts.dossiers import Fact, Reception, Refused
from contracts.feedback import FeedbackRated, FeedbackRatedV2
from contracts.notices import LetterDrafted, LetterRejected, LetterSent

HANOI = timezone(timedelta(hours=7))
RECEIVED_BY = {1: "received_direct", 2: "received_online", 3: "received_post"}
ENDED_BY = {7: "withdrawn", 8: "stopped"}
EXEMPT = ("force-majeure", "secrecy", "applicant")
USED = (*range(5, 101, 5), 125, 150, 200)
Data_co = TypeVar("Data_co", covariant=True)
FactT = TypeVar("FactT", bound=Fact)
StatementT = TypeVar("StatementT", DeadlineStated, DeadlineSettled)
EffectT = TypeVar("EffectT", bound=Effect)


@dataclass(frozen=True, slots=True)
class Said(Generic[Data_co]):
    """What an event says, and when its writer recorded it."""

    data: Data_co
    recorded: datetime


class Add(NamedTuple):
    """So many of a counter on a day (ISO), known since a record was written."""

    day: str
    counter: str
    number: int
    recorded: datetime


@dataclass
class Known:
    """What the log says of one dossier: the highest version of each fact, of the due date and of the outcome; the first letter
    and rating; the last refusal of a letter, or the draft that took it back."""

    facts: dict[tuple[str, str], Said[Fact]] = field(default_factory=dict)
    deadline: Said[DeadlineStated] | None = None
    settled: Said[DeadlineSettled] | None = None
    letter: Said[LetterSent] | None = None
    rejected: Said[LetterRejected] | Said[LetterDrafted] | None = None
    rated: Said[FeedbackRated | FeedbackRatedV2] | None = None

    def take(self, event: Event) -> None:
        """Take an event in; its place in the log does not matter."""
        recorded = event.time
        match event.data:
            case Fact() as fact:
                place = fact.series, fact.occasion
                known = self.facts.get(place)
                if known is None or fact.version > known.data.version:
                    self.facts[place] = Said(fact, recorded)
            case DeadlineStated() as stated:
                self.deadline = _higher(self.deadline, Said(stated, recorded))
            case DeadlineSettled() as settled:
                self.settled = _higher(self.settled, Said(settled, recorded))
            case LetterSent() as letter:
                self.letter = _earlier(self.letter, Said(letter, recorded))
            case FeedbackRated() | FeedbackRatedV2() as rated:
                self.rated = _earlier(self.rated, Said(rated, recorded))
            case LetterRejected() as rejected:
                if self._draft < (rejected.draft, 1):
                    self.rejected = Said(rejected, recorded)
            case LetterDrafted(draft=draft) as drafted if draft > 1 and self._draft < (draft, 0):
                self.rejected = Said(drafted, recorded)

    @property
    def _draft(self) -> tuple[int, int]:
        """Which draft was refused last, or made anew after a refusal, and whether it was refused."""
        last = self.rejected
        return (0, 0) if last is None else (last.data.draft, int(isinstance(last.data, LetterRejected)))

    def first(self, kind: type[FactT]) -> Said[FactT] | None:
        """The earliest fact of a kind that holds."""
        own = [Said(said.data, said.recorded) for said in self.facts.values() if isinstance(said.data, kind)]
        return min(own, key=lambda said: to_ms(said.data.at), default=None)

    def adds(self, now: datetime) -> Iterator[Add]:
        """What it adds as of `now`, and when; nothing if it was not received."""
        received = self.first(Reception)
        if received is None:
            return
        start = _day(received.data.at)
        refused = self.first(Refused)
        if refused is not None:
            yield Add(max(start, _day(refused.data.at)), "refused", 1, refused.recorded)
            return
        yield Add(start, RECEIVED_BY[received.data.channel], 1, received.recorded)
        if received.data.out_of_area:
            yield Add(start, "received_elsewhere", 1, received.recorded)
        for moment, counter, number, recorded in (*self._ending(now), *self._lateness(now), *self._letter_and_rating()):
            yield Add(max(start, _day(moment)), counter, number, recorded)

    @property
    def counts_as_received(self) -> bool:
        """Whether it is in any column of a report: received, and not refused."""
        return self.first(Reception) is not None and self.first(Refused) is None

    def _ending(self, now: datetime) -> Iterator["_Moment"]:
        """How it ended, and what that end says of papers, limit and letter; or that it is overdue."""
        if self.settled is None or self.settled.data.outcome == "open":
            yield from self._overdue(now)
            return
        settled, recorded = self.settled.data, self.settled.recorded
        ended = _given(settled.ended_at)
        yield ended, f"resolved_{settled.outcome}", 1, recorded
        if settled.state in ENDED_BY:
            yield ended, ENDED_BY[settled.state], 1, recorded
        if settled.supplements is not None:
            yield ended, "supplements_" + ("0", "1", "2plus")[min(2, settled.supplements)], 1, recorded
        if settled.limit_minutes is not None and settled.used_minutes is not None:
            for counter, number in _minutes(settled.used_minutes, settled.limit_minutes):
                yield ended, counter, number, recorded
        if settled.outcome == "late":
            newest = _newest(self.settled, self.letter)
            for moment, counter in ((_given(settled.due_at), "overdue_opened"), (ended, "overdue_closed")):
                yield moment, counter, 1, newest
                if self.letter is not None:
                    yield moment, f"{counter}_lettered", 1, newest
            if self.letter is not None:
                yield ended, "resolved_late_lettered", 1, newest

    def _overdue(self, now: datetime) -> Iterator["_Moment"]:
        due = None if self.deadline is None else self.deadline.data.due_at
        if due is None or to_ms(due) > now:
            return
        newest = _newest(self.deadline, self.letter)
        yield due, "overdue_opened", 1, newest
        if self.letter is not None:
            yield due, "overdue_opened_lettered", 1, newest

    def _lateness(self, now: datetime) -> Iterator["_Moment"]:
        """Late against the first promise, with a letter, without, or exempt."""
        promise = None if self.deadline is None else self.deadline.data
        first = None if promise is None or promise.due_at is None else promise.first_due_at or promise.due_at
        if self.settled is not None and self.settled.data.outcome != "open":
            late = self.settled.data.against_first == "late"
            first = first or self.settled.data.due_at
        else:
            late = first is not None and to_ms(first) <= now
        if late:
            last = None if self.rejected is None else self.rejected.data
            exempt = isinstance(last, LetterRejected) and last.reason in EXEMPT
            name = "late_with_letter" if self.letter else "late_exempted" if exempt else "late_without_letter"
            yield _given(first), name, 1, _newest(self.deadline, self.settled, self.letter, self.rejected)

    def _letter_and_rating(self) -> Iterator["_Moment"]:
        if self.letter is not None:
            yield self.letter.data.at, "letters_sent", 1, self.letter.recorded
        if self.rated is not None:
            for counter, number in _rated(self.rated.data.scores):
                yield self.rated.data.at, counter, number, self.rated.recorded

    @property
    def response(self) -> FeedbackRatedV2 | None:
        """The answer that this is, if it is one that belongs to no dossier."""
        return self.rated.data if self.rated is not None and isinstance(self.rated.data, FeedbackRatedV2) else None

    def of_response(self) -> Iterator[Add]:
        """What an answer that belongs to no dossier adds."""
        if self.response is not None:
            for moment, counter, number, recorded in self._letter_and_rating():
                yield Add(_day(moment), counter, number, recorded)


_Moment = tuple[datetime, str, int, datetime]  # when it counts, counter, number, when it was recorded


def _rated(scores: Mapping[str, int | None]) -> tuple[tuple[str, int], ...]:
    given = [score for score in scores.values() if score is not None]
    return ("ratings", 1), ("rating_answers", len(given)), ("rating_points", sum(given))


def known_of(events: Iterable[Event]) -> dict[str, Known]:
    """Dossiers by code, and answers that belong to none by their own id."""
    found: dict[str, Known] = {}
    for event in events:
        found.setdefault(event.subject, Known()).take(event)
    return found


def to_ms(moment: datetime) -> datetime:
    """To the millisecond, as figures are kept."""
    return datetime.fromtimestamp(round(moment.timestamp() * 1000) / 1000, HANOI)


def _day(moment: datetime) -> str:
    return to_ms(moment).date().isoformat()


def _given(moment: datetime | None) -> datetime:
    """A time that an event of this kind always has. Raises ValueError."""
    if moment is None:
        raise ValueError("an ended or late dossier without the time it is counted by")
    return moment


def _earlier(known: Said[EffectT] | None, other: Said[EffectT]) -> Said[EffectT]:
    if known is None:
        return other
    return min(known, other, key=lambda said: (to_ms(said.data.at), to_ms(said.recorded)))


def _higher(known: Said[StatementT] | None, other: Said[StatementT]) -> Said[StatementT]:
    return other if known is None or other.data.version > known.data.version else known


def _newest(*said: Said[EventData] | None) -> datetime:
    return max((one.recorded for one in said if one is not None), key=to_ms)


def _minutes(used: int, limit: int) -> list[tuple[str, int]]:
    share = next((str(bound) for bound in USED if used * 100 <= bound * limit), "more")
    saved = limit - used if used < limit else 0
    return [("minutes_limit", limit), ("minutes_used", used), ("minutes_saved", saved), (f"used_{share}", 1)]
