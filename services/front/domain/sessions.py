"""A session: somebody who logged in, how long that holds, and what is left of it while the issuer is away (decision 24)."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.front.domain.people import Person

AGAIN = timedelta(
    seconds=10
)  # between two questions about one session; the first is answered by then, or it does not come back
TOUCH = timedelta(seconds=60)  # what is written of a session being used is this exact


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a session lives, may be idle, holds without asking the issuer, and is good for reading while that is away."""

    lifetime: timedelta
    idle: timedelta
    ask: timedelta
    away: timedelta


@dataclass(frozen=True, slots=True)
class Session:
    """`id`: digest of the name that the browser holds. `form`: what forms of this session carry. `asked`: when the issuer said
    yes last; `tried`: when it was asked last, later than that while it does not answer; `asking`: when a request last set
    out to ask. `sealed`: the issuer's tokens, which only the browser's name opens."""

    id: str
    person: Person
    form: str
    opened: datetime
    seen: datetime
    asked: datetime
    tried: datetime
    asking: datetime
    sealed: str

    def over(self, now: datetime, limits: Limits) -> bool:
        """Whether it has ended by itself."""
        return now - self.opened >= limits.lifetime or now - self.seen >= limits.idle

    def unanswered(self) -> bool:
        """Whether the issuer did not answer the last question."""
        return self.tried > self.asked

    def to_ask(self, now: datetime, limits: Limits) -> bool:
        """Whether the issuer is to be asked again, and nobody is doing that."""
        return now - self.asked >= limits.ask and now - self.asking >= AGAIN

    def being_asked(self, now: datetime) -> bool:
        """Whether another request is asking the issuer, and may still come back with its answer."""
        return self.asking > max(self.asked, self.tried) and now - self.asking < AGAIN

    def given_up(self, now: datetime, limits: Limits) -> bool:
        """Whether the issuer has been silent for too long to let anybody read on."""
        return self.unanswered() and now - self.asked >= limits.away

    def touched(self, now: datetime) -> "Session":
        """Used now; itself if that is known closely enough."""
        return replace(self, seen=now) if now - self.seen >= TOUCH else self

    def claimed(self, now: datetime) -> "Session":
        """One request asks the issuer, the others wait: of two that use one refresh token many an issuer ends both."""
        return replace(self, asking=now)

    def confirmed(self, person: Person, sealed: str, now: datetime) -> "Session":
        """The issuer said who this is now."""
        return replace(self, person=person, sealed=sealed, asked=now, tried=now)

    def not_answered(self, now: datetime) -> "Session":
        """The issuer was asked and did not answer."""
        return replace(self, tried=now)
