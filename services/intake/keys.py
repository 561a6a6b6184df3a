"""API keys: one or more per sending system, shown once, kept as hashes, with the units they may speak of."""

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import Depends
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from runtime.clock import epoch_ms
from runtime.errors import Unavailable
from runtime.parts import Parts
from runtime.store import Document, Documents, Index
from runtime.web import Problem, ProblemError
from services.intake.domain import Sender

KEYS = "keys"
SYSTEM = re.compile(r"[a-z0-9-]{1,40}", re.ASCII)
REMEMBERED_MS = 5_000  # so long a revoked key may still be taken
Mode = Literal["live", "test", "pilot"]
Role = Literal["send", "operate"]


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(KEYS, [Index("system")])


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a new key is for. `units` empty: every unit. `numbers`: digests, for a pilot."""

    system: str
    units: tuple[str, ...] = ()
    mode: Mode = "live"
    role: Role = "send"
    numbers: tuple[str, ...] = ()


async def create_key(store: Documents, wanted: Wanted, now: datetime) -> str:
    """Make a key and return it: it is shown this once and kept as a hash."""
    identity, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    document: Document = {
        "_id": identity,
        "rev": 0,
        "system": wanted.system,
        "units": list(wanted.units),
        "mode": wanted.mode,
        "role": wanted.role,
        "numbers": list(wanted.numbers),
        "hash": _hash(secret),
        "created_at": epoch_ms(now),
    }
    await store.save_many(KEYS, [document])
    return f"dh_{identity}_{secret}"


async def end_keys(store: Documents, found: Iterable[Document], until: datetime) -> list[str]:
    """Let keys end at a time that is not later than the one they have; returns their ids."""
    end = epoch_ms(until)
    changed = [{**document, "until": end} for document in found if document.get("until", end + 1) > end]
    await store.save_many(KEYS, changed)
    return [document["_id"] for document in changed]


async def rotate_key(store: Documents, system: str, overlap: timedelta, now: datetime) -> str:
    """A new key like the system's newest one; the older ones hold until the overlap has passed. Raises LookupError."""
    known = await store.find(KEYS, {"system": system})
    if not known:
        raise LookupError(system)
    newest = max(known, key=lambda document: document["created_at"])
    wanted = Wanted(system, tuple(newest["units"]), newest["mode"], newest["role"], tuple(newest["numbers"]))
    key = await create_key(store, wanted, now)
    await end_keys(store, known, now + overlap)
    return key


def _hash(secret: str) -> str:
    # The secret has 256 random bits: a plain hash cannot be guessed back, and is checked thousands of times a second.
    return hashlib.sha256(secret.encode()).hexdigest()


_ABOUT = "Khóa API của hệ thống gửi (dunghen keys new); khóa của người vận hành cho /v1/quarantine."
_BEARER = HTTPBearer(scheme_name="bearer", description=_ABOUT, auto_error=False)
_API_KEY = APIKeyHeader(name="x-api-key", scheme_name="x-api-key", description=_ABOUT, auto_error=False)


async def _given(
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)],
    api_key: Annotated[str | None, Depends(_API_KEY)],
) -> str:
    """The key that a request shows, not looked at yet; empty if there is none."""
    return bearer.credentials if bearer is not None else api_key or ""


Key = Annotated[str, Depends(_given)]  # of a route that needs one


class Gatekeeper:
    """Who sends: the key of a request, looked up and remembered for some seconds; writes down when each was last used."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._known: dict[str, tuple[int, Document | None]] = {}
        self._used: dict[str, int] = {}

    async def sender_of(self, key: str, role: Role = "send") -> Sender:
        """The system behind a key. Raises ProblemError 401 without a valid key, 403 for another role."""
        prefix, _, rest = key.partition("_")
        identity, _, secret = rest.partition("_")
        document = await self._document(identity) if prefix == "dh" and len(identity) == 8 else None
        now = epoch_ms(self._parts.clock.now())
        if (
            document is None
            or not hmac.compare_digest(document["hash"], _hash(secret))
            or document.get("until", now + 1) <= now
        ):
            self._parts.telemetry.count("refused_requests", reason="no-key")
            detail = "send Authorization: Bearer KEY; an operator makes keys with `dunghen keys new`"
            problem = Problem("no-key", "Cần khóa API còn hiệu lực / a valid API key is needed", 401, detail)
            raise ProblemError(problem, {"WWW-Authenticate": "Bearer"})
        if document["role"] != role:
            raise ProblemError(Problem("other-role", "Khóa này không dùng cho việc này / this key is for other work", 403))
        self._used[identity] = now
        units = frozenset(document["units"]) or None
        return Sender(document["system"], units, document["mode"], frozenset(document["numbers"]))

    async def _document(self, identity: str) -> Document | None:
        at, document = self._known.get(identity, (0, None))
        now = epoch_ms(self._parts.machine.wall())
        if now - at > REMEMBERED_MS:
            document = (await self._parts.store.get_many(KEYS, [identity])).get(identity)
            if len(self._known) > 10_000:
                self._known.clear()  # somebody is guessing
            self._known[identity] = (now, document)
        return document

    async def write_down(self) -> None:
        """Keep when keys were last used."""
        used, self._used = self._used, {}
        try:
            documents = await self._parts.store.get_many(KEYS, used)
            changed = [{**document, "used_at": used[key]} for key, document in documents.items()]
            await self._parts.store.save_many(KEYS, changed)
        except Unavailable:
            self._used = {**used, **self._used}
            raise


def describe(document: Document) -> dict[str, Any]:
    """A key for a list: everything but its hash."""
    return {key: value for key, value in document.items() if key not in ("hash", "rev", "numbers")}
