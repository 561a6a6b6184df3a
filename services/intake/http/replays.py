"""Idempotency-Key: the same key with the same body gets the same answer again, for a day."""

import hashlib

from runtime.clock import epoch_ms
from runtime.machine import Machine
from runtime.store import Documents
from runtime.web import Problem, ProblemError
from services.intake.domain import Json
from services.intake.store import BEGUN, Given, begin_given, drop_given, find_given, forget_given, keep_given

KEPT_MS = 24 * 3_600_000
LONGEST_KEY = 200
WAIT_SECONDS = 4.0  # for the answer of the same request on its way; less than a sender's patience
LOOK_SECONDS = 0.05


class Replays:
    """Answers given to requests that carried a key. They hold ids and problems, never what was sent."""

    def __init__(self, store: Documents, machine: Machine) -> None:
        self._store, self._machine = store, machine

    async def begin(self, system: str, key: str, body: bytes) -> Given | None:
        """The answer given before; None: this request is the one to answer. Raises ProblemError 422 for another body.

        The first of several at once takes the key, the others wait for its answer. If that does not come (its instance died),
        the same body may be taken again: it says the same facts.
        """
        if len(key) > LONGEST_KEY:
            raise ProblemError(Problem("long-key", f"Idempotency-Key dài quá {LONGEST_KEY} ký tự / too long", 422))
        claim = Given(_id(system, key), epoch_ms(self._machine.wall()), _digest(body), BEGUN, None)
        if await begin_given(self._store, claim):  # as a rule: nobody was here before
            return None
        until = self._machine.monotonic() + WAIT_SECONDS
        while True:
            found = await find_given(self._store, claim.id)
            if found is None:
                if await begin_given(self._store, claim):
                    return None
                continue
            if found.body != claim.body:
                title = "Idempotency-Key đã dùng cho nội dung khác / used with another body"
                raise ProblemError(Problem("idempotency-key-reused", title, 422))
            if found.status != BEGUN:
                return found
            if self._machine.monotonic() > until:
                return None
            await self._machine.sleep(LOOK_SECONDS)

    async def keep(self, system: str, key: str, body: bytes, status: int, answer: Json) -> None:
        """Keep an answer."""
        at = epoch_ms(self._machine.wall())
        await keep_given(self._store, Given(_id(system, key), at, _digest(body), status, answer))

    async def give_up(self, system: str, key: str) -> None:
        """Let the key be used again: the request was not answered."""
        await drop_given(self._store, _id(system, key))

    async def forget_old(self) -> None:
        """Drop what is older than a day."""
        await forget_given(self._store, epoch_ms(self._machine.wall()) - KEPT_MS)


def _id(system: str, key: str) -> str:
    return f"{system}/{hashlib.sha256(key.encode()).hexdigest()}"


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
