"""A broker that does not take what is published: batches go back to the log in order, and nothing is passed over."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from reference import OFFICE_TIME
from runtime.errors import Unavailable
from runtime.log import Log, Wire
from runtime.settings import RuntimeSettings
from tests.flow.support import received, small_system

D = "H37.12-260302-{:04}"


class Flaky:
    """Passes records on, except while it is told not to."""

    def __init__(self, inner: Log) -> None:
        self.inner, self.down, self.refused = inner, True, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    async def publish(self, records: Iterable[Wire]) -> None:
        """Refuse while down."""
        if self.down:
            self.refused += 1
            raise Unavailable("kafka: away")
        await self.inner.publish(records)


async def test_batches_given_back_during_an_outage_all_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Give up at once instead of after minutes, and take small batches, so that two are under way when the first goes back.
    monkeypatch.setenv("PATIENCE_SECONDS", "0.3")
    monkeypatch.setenv("BATCH_MAX_RECORDS", "2")
    assert RuntimeSettings(kafka_bootstrap_servers="x", store_url="x").batch_max_records == 2
    async with small_system(tmp_path / "data", datetime(2026, 3, 2, 10, tzinfo=OFFICE_TIME)) as system:
        loop = system.together.services["sla"].loop
        assert loop is not None
        flaky = Flaky(loop.parts.topics)
        object.__setattr__(loop.parts, "topics", flaky)
        await system.send(*(received(D.format(number), "2026-03-02T09:00") for number in range(1, 21)))
        await system.fleet.published()

        async def tried() -> bool:
            return flaky.refused > 10

        await system.fleet.until("the outage to be felt", tried)
        flaky.down = False
        await system.settle()

        for number in range(1, 21):
            assert await system.said(D.format(number)) == ["set"]
