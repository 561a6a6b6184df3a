"""Idempotency-Key: the same key with the same body gets the same answer again, for a day."""

import hashlib
from typing import Any

from runtime.clock import epoch_ms
from runtime.machine import Machine
from runtime.store import Documents, Index, Range
from runtime.web import Problem, ProblemError

ANSWERS = "answers"
KEPT_MS = 24 * 3_600_000
LONGEST_KEY = 200


async def declare(store: Documents) -> None:
    """Make the collection."""
    await store.declare(ANSWERS, [Index("at")])


class Replays:
    """Answers given to requests that carried a key. They hold ids and problems, never what was sent."""

    def __init__(self, store: Documents, machine: Machine) -> None:
        self._store, self._machine = store, machine

    async def known(self, system: str, key: str, body: bytes) -> tuple[int, Any] | None:
        """Status and answer given before. Raises ProblemError 422 if the key came with another body."""
        if len(key) > LONGEST_KEY:
            raise ProblemError(Problem("long-key", f"Idempotency-Key dài quá {LONGEST_KEY} ký tự / too long", 422))
        found = (await self._store.get_many(ANSWERS, [_id(system, key)])).get(_id(system, key))
        if found is None:
            return None
        if found["body"] != _digest(body):
            title = "Idempotency-Key đã dùng cho nội dung khác / used with another body"
            raise ProblemError(Problem("idempotency-key-reused", title, 422))
        return found["status"], found["answer"]

    async def keep(self, system: str, key: str, body: bytes, status: int, answer: Any) -> None:  # noqa: ANN401 - JSON
        """Keep an answer."""
        entry = {
            "_id": _id(system, key),
            "rev": 0,
            "at": epoch_ms(self._machine.wall()),
            "body": _digest(body),
            "status": status,
            "answer": answer,
        }
        await self._store.insert_unique(ANSWERS, entry)

    async def forget_old(self) -> None:
        """Drop what is older than a day."""
        until = epoch_ms(self._machine.wall()) - KEPT_MS
        old = await self._store.find(ANSWERS, {"at": Range(high=until)}, order="at", limit=1000)
        await self._store.delete_many(ANSWERS, [entry["_id"] for entry in old])


def _id(system: str, key: str) -> str:
    return f"{system}/{hashlib.sha256(key.encode()).hexdigest()}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
