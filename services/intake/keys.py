"""API keys of sending systems: made, replaced, ended. A key is shown once and kept as a hash."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from runtime.clock import epoch_ms
from runtime.store import Documents
from services.intake.domain.keys import ApiKey, Role, Wanted
from services.intake.store import add_key, change_keys, find_key, list_keys


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


@dataclass(frozen=True, slots=True)
class Rotated:
    """A new key, shown this once, and the ids of those that it replaces."""

    key: str
    of: Wanted
    replaced: tuple[str, ...]


class SeveralKeysError(LookupError):
    """Keys of more than one kind could be meant: `keys` are the newest of each."""

    def __init__(self, keys: Iterable[ApiKey]) -> None:
        self.keys = tuple(keys)
        super().__init__(", ".join(key.id for key in self.keys))


async def rotate_key(store: Documents, wanted: str | tuple[str, Role], overlap: timedelta, now: datetime) -> Rotated:
    """A new key like the one with this id, or like those of a system and role; what it replaces holds until the overlap passed.

    Only keys that hold are looked at. Keys of one kind (units, mode, numbers) are replaced together; a named key alone. Raises
    LookupError if there is none, SeveralKeysError if those of the role are of several kinds.
    """
    if isinstance(wanted, str):
        named = await find_key(store, wanted)
        found = [named] if named is not None and named.holds(epoch_ms(now)) else []
    else:
        system, role = wanted
        found = [key for key in await list_keys(store, system) if key.of.role == role and key.holds(epoch_ms(now))]
    kinds = {key.of: key for key in sorted(found, key=lambda key: key.created_at)}
    if not kinds:
        raise LookupError(wanted)
    if len(kinds) > 1:
        raise SeveralKeysError(kinds.values())
    (of,) = kinds
    made = await create_key(store, of, now)
    await end_keys(store, [key.id for key in found], now + overlap)
    return Rotated(made, of, tuple(key.id for key in found))


def hash_of(secret: str) -> str:
    """As it is kept. The secret has 256 random bits: a plain hash cannot be guessed back, and is checked thousands of times a
    second."""
    return hashlib.sha256(secret.encode()).hexdigest()
