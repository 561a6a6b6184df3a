"""`python -m benchmarks.ungrouped`: intake as it is, but that each single item has a save of its own."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar
from unittest import mock

from runtime.service import run
from services.intake.app import build
from services.intake.settings import IntakeSettings

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Alone(Generic[Asked, Answer]):
    """In the place of `Gathering`."""

    def __init__(self, save: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]], _: Callable[[Asked], str]) -> None:
        self._save = save

    async def ask(self, asked: Asked) -> Answer:
        """At once, beside all others."""
        [answer] = await self._save([asked])
        return answer

    async def drain(self) -> None:
        """Nothing waits here."""


if __name__ == "__main__":
    with mock.patch("services.intake.handlers.Gathering", Alone):
        run("intake", IntakeSettings, build)
