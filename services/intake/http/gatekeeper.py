"""Who sends: the key that a request shows, and the system behind it."""

import hmac
from dataclasses import replace
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.utils import get_authorization_scheme_param

from runtime.clock import epoch_ms
from runtime.errors import Unavailable
from runtime.parts import Parts
from runtime.web import Door, Problem, ProblemError, by_key
from services.intake.domain import Sender
from services.intake.domain.keys import ApiKey, Role
from services.intake.keys import hash_of
from services.intake.store import change_keys, find_key

REMEMBERED_MS = 5_000  # so long a revoked key may still be taken

_ABOUT = "Khóa API của hệ thống gửi (dunghen keys new); khóa của người vận hành cho /v1/quarantine."
_BEARER = HTTPBearer(scheme_name="bearer", description=_ABOUT, auto_error=False)
_API_KEY = APIKeyHeader(name="x-api-key", scheme_name="x-api-key", description=_ABOUT, auto_error=False)


SHOWN = (Depends(_BEARER), Depends(_API_KEY))  # how a key may be shown, for the description of a route that reads it itself


def key_of(request: Request) -> str:
    """The key that a request shows, not looked at yet; empty if there is none."""
    scheme, credentials = get_authorization_scheme_param(request.headers.get("authorization"))
    return credentials if scheme.lower() == "bearer" and credentials else request.headers.get("x-api-key", "")


async def _given(request: Request, _: Annotated[object, SHOWN[0]], __: Annotated[object, SHOWN[1]]) -> str:
    return key_of(request)


Key = Annotated[str, Depends(_given)]  # of a route that needs one
SENDING = by_key("a sending system's API key")
OPERATING = by_key("an operator's API key", door=Door.OFFICERS)


class Gatekeeper:
    """Who sends: the key of a request, looked up and remembered for some seconds; writes down when each was last used."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[str, tuple[int, ApiKey | None]] = {}
        self._used: dict[str, int] = {}

    async def sender_of(self, key: str, role: Role = "send") -> Sender:
        """The system behind a key. Raises ProblemError 401 without a valid key, 403 for another role."""
        prefix, _, rest = key.partition("_")
        identity, _, secret = rest.partition("_")
        known = await self._key(identity) if prefix == "dh" and len(identity) == 8 else None
        now = epoch_ms(self._parts.clock.now())
        if known is None or not hmac.compare_digest(known.hash, hash_of(secret)) or not known.holds(now):
            self._parts.telemetry.count("refused_requests", reason="no-key")
            detail = "send Authorization: Bearer KEY; an operator makes keys with `dunghen keys new`"
            problem = Problem("no-key", "Cần khóa API còn hiệu lực / a valid API key is needed", 401, detail)
            raise ProblemError(problem, {"WWW-Authenticate": "Bearer"})
        if known.of.role != role:
            raise ProblemError(Problem("other-role", "Khóa này không dùng cho việc này / this key is for other work", 403))
        self._used[identity] = now
        return known.sender

    async def _key(self, identity: str) -> ApiKey | None:
        at, known = self._known.get(identity, (0, None))
        now = epoch_ms(self._parts.machine.wall())
        if now - at > REMEMBERED_MS:
            known = await find_key(self._parts.store, identity)
            if len(self._known) > 10_000:
                self._known.clear()  # somebody is guessing
            self._known[identity] = (now, known)
        return known

    async def write_down(self) -> None:
        """Keep when keys were last used."""
        used, self._used = self._used, {}
        try:
            await change_keys(self._parts.store, used, lambda key: replace(key, used_at=used[key.id]))
        except Unavailable:
            self._used = {**used, **self._used}
            raise
