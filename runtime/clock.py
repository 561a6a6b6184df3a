"""Time as an argument. Rules take `now`; a clock lives in wiring alone."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol

import httpx

AGAIN_SECONDS = 0.1


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current time, aware, UTC."""
        ...


class SteppedClock:
    """A clock that stands still until it is set: for the demo and for tests."""

    def __init__(self, start: datetime) -> None:
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def set(self, moment: datetime) -> None:
        """Move forward. Raises ValueError when asked to go back."""
        if moment < self._now:
            raise ValueError(f"the clock stands at {self._now:%Y-%m-%dT%H:%M} and cannot go back to {moment:%Y-%m-%dT%H:%M}")
        self._now = moment.astimezone(UTC)


class RemoteClock:
    """Follows a stepped clock of another process, read from a URL that answers an ISO time as text.

    With `?after=TIME` the answer comes when the clock has left that time, or after a short while.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._now = datetime.fromisoformat(httpx.get(url).raise_for_status().text)

    def now(self) -> datetime:
        """The time last read."""
        return self._now

    async def follow(self) -> None:
        """Read the time again and again until cancelled."""
        async with httpx.AsyncClient() as client:
            while True:
                try:
                    answer = await client.get(self._url, params={"after": self._now.isoformat()})
                    self._now = datetime.fromisoformat(answer.raise_for_status().text)
                except httpx.HTTPError:  # busy for a while: the clock stands still until it answers
                    await asyncio.sleep(AGAIN_SECONDS)


def epoch_ms(moment: datetime) -> int:
    """Whole milliseconds since 1970, as documents keep times: `contracts.facts.epoch_ms`, which the runtime does not know."""
    return round(moment.timestamp() * 1000)
