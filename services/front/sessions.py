"""Sessions: opened by a log-in, found by the browser's name of one, held to what the issuer says, ended.

All ages are by the machine's own clock: a stepped clock of a demo does not log anybody out.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from reference import OFFICE_TIME
from runtime.errors import Unavailable
from runtime.parts import Parts
from services.front import store
from services.front.domain import Claims, Grant, Limits, Person, Session, person_of
from services.front.issuer import Issuer, Refused
from services.front.tokens import Tokens

GLANCE = 0.05  # seconds between two looks whether the issuer has answered another request


class NoSession(Enum):
    """Why a name stands for no session."""

    UNKNOWN = auto()  # never was, has ended, or the issuer does not let its person in any more
    ISSUER_AWAY = auto()  # for so long that nobody may even read on


@dataclass(frozen=True, slots=True)
class Sessions:
    """All sessions. `grants`: what the province's file says now."""

    parts: Parts
    issuer: Issuer
    limits: Limits
    grants: Callable[[], tuple[Grant, ...]]

    def person(self, claims: Claims) -> Person:
        """Who somebody is today."""
        return person_of(claims, self.grants(), self.now().astimezone(OFFICE_TIME).date())

    def now(self) -> datetime:
        """The machine's own clock."""
        return self.parts.machine.wall()

    async def open(self, claims: Claims, tokens: Tokens, old_name: str) -> tuple[str, Session]:
        """A session of somebody who has just logged in, and its name; the one under the old name ends. Raises Unavailable."""
        if old_name:
            await self.close(old_name)
        name, now = secrets.token_urlsafe(32), self.now()
        session = Session(
            id=store.digest(name),
            person=self.person(claims),
            form=secrets.token_urlsafe(24),
            opened=now,
            seen=now,
            asked=now,
            tried=now,
            asking=now,
            sealed=tokens.sealed(name),
        )
        await store.save_session(self.parts.store, session)
        return name, session

    async def close(self, name: str) -> None:
        """End a session. Raises Unavailable."""
        await store.end_sessions(self.parts.store, [store.digest(name)])

    async def of(self, name: str) -> Session | NoSession:
        """The session that a name stands for, as the issuer sees it by now. Raises Unavailable if the store does not answer."""
        found = await self._found(name)
        if found is None:
            return NoSession.UNKNOWN
        session, rev = found
        now = self.now()
        if session.over(now, self.limits):
            await self.close(name)
            return NoSession.UNKNOWN
        after: Session | NoSession = session
        if session.to_ask(now, self.limits):
            if not await store.save_session(self.parts.store, session.claimed(now), rev):
                return await self.of(name)
            rev += 1
            after = await self._asked(name, session.claimed(now), now)
        if isinstance(after, NoSession):
            return await self._refused(name, rev)
        after = after.touched(now)
        if after is not session and not await store.save_session(self.parts.store, after, rev):
            return await self._as_others_left_it(name)
        return self._held(after)

    async def _found(self, name: str) -> tuple[Session, int] | None:
        """A session and its revision, when nobody is asking the issuer about it."""
        while (found := await store.session_of(self.parts.store, name)) is not None and found[0].being_asked(self.now()):  # noqa: ASYNC110
            await asyncio.sleep(GLANCE)
        return found

    async def _asked(self, name: str, session: Session, now: datetime) -> Session | NoSession:
        try:
            tokens = Tokens.opened(session.sealed, name)
            claims, given = await self.issuer.ask(tokens, session.person.subject)
        except Unavailable as error:
            self.parts.telemetry.count("issuer_away")
            self.parts.log.warning("the issuer of log-ins does not answer", reason=str(error))
            return session.not_answered(now)
        except (Refused, ValueError):
            return NoSession.UNKNOWN
        return session.confirmed(self.person(claims), session.sealed if given == tokens else given.sealed(name), now)

    async def _refused(self, name: str, rev: int) -> Session | NoSession:
        """The issuer let nobody in with these tokens: the end, unless another request was given newer ones meanwhile."""
        found = await store.session_of(self.parts.store, name)
        if found is not None and found[1] != rev and not found[0].unanswered():
            return self._held(found[0])
        await self.close(name)
        return NoSession.UNKNOWN

    async def _as_others_left_it(self, name: str) -> Session | NoSession:
        """Two requests of one page at once: the other one has written when it was used, or has ended it."""
        found = await store.session_of(self.parts.store, name)
        return NoSession.UNKNOWN if found is None else self._held(found[0])

    def _held(self, session: Session) -> Session | NoSession:
        """Good for reading at most, while the issuer is away, and not for ever."""
        return NoSession.ISSUER_AWAY if session.given_up(self.now(), self.limits) else session

    async def forget_old(self) -> None:
        """Forget sessions that nobody came back to. Raises Unavailable."""
        old = await store.opened_before(self.parts.store, self.now() - self.limits.lifetime)
        if old:
            await store.end_sessions(self.parts.store, old)
