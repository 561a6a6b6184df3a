"""Idempotency-Key: the same key with the same body gets the same answer again, for a day."""

import hashlib

from runtime.clock import epoch_ms
from runtime.machine import Machine
from runtime.store import Documents
from runtime.web import Problem, ProblemError
from services.intake.domain import Json
from services.intake.store import Given, find_given, forget_given, keep_given

KEPT_MS = 24 * 3_600_000
LONGEST_KEY = 200


class Replays:
    """Answers given to requests that carried a key. They hold ids and problems, never what was sent."""

    def __init__(self, store: Documents, machine: Machine) -> None:
        self._store, self._machine = store, machine

    async def known(self, system: str, key: str, body: bytes) -> Given | None:
        """The answer given before. Raises ProblemError 422 if the key came with another body."""
        if len(key) > LONGEST_KEY:
            raise ProblemError(Problem("long-key", f"Idempotency-Key dài quá {LONGEST_KEY} ký tự / too long", 422))
        found = await find_given(self._store, _id(system, key))
        if found is not None and found.body != _digest(body):
            title = "Idempotency-Key đã dùng cho nội dung khác / used with another body"
            raise ProblemError(Problem("idempotency-key-reused", title, 422))
        return found

    async def keep(self, system: str, key: str, body: bytes, status: int, answer: Json) -> None:
        """Keep an answer."""
        at = epoch_ms(self._machine.wall())
        await keep_given(self._store, Given(_id(system, key), at, _digest(body), status, answer))

    async def forget_old(self) -> None:
        """Drop what is older than a day."""
        await forget_given(self._store, epoch_ms(self._machine.wall()) - KEPT_MS)


def _id(system: str, key: str) -> str:
    return f"{system}/{hashlib.sha256(key.encode()).hexdigest()}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
