"""API keys of sending systems: made, replaced, ended. A key is shown once and kept as a hash."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from runtime.clock import epoch_ms
from runtime.store import Documents
from services.intake.domain.keys import ApiKey, Wanted
from services.intake.store import add_key, change_keys, list_keys


async def create_key(store: Documents, wanted: Wanted, now: datetime) -> str:
    """Make a key and return it: it is shown this once."""
    identity, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
    await add_key(store, ApiKey(identity, wanted, hash_of(secret), epoch_ms(now)))
    return f"dh_{identity}_{secret}"


async def end_keys(store: Documents, ids: Iterable[str], until: datetime) -> list[str]:
    """Let keys end at a time that is not later than the one they have; returns the ids of those that it changes."""
    end = epoch_ms(until)
    ended = await change_keys(store, ids, lambda key: replace(key, until=end) if key.holds(end) else key)
    return [key.id for key in ended]


async def rotate_key(store: Documents, system: str, overlap: timedelta, now: datetime) -> str:
    """A new key like the system's newest one; the older ones hold until the overlap has passed. Raises LookupError."""
    known = await list_keys(store, system)
    if not known:
        raise LookupError(system)
    newest = max(known, key=lambda key: key.created_at)
    made = await create_key(store, newest.of, now)
    await end_keys(store, [key.id for key in known], now + overlap)
    return made


def hash_of(secret: str) -> str:
    """As it is kept. The secret has 256 random bits: a plain hash cannot be guessed back, and is checked thousands of times a
    second."""
    return hashlib.sha256(secret.encode()).hexdigest()
