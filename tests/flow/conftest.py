"""A small system on embedded parts."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.flow.support import System, at, small_system


@pytest.fixture
async def system(tmp_path: Path) -> AsyncIterator[System]:
    """A small system on the morning of Monday 2 March 2026."""
    async with small_system(tmp_path / "data", at(2, "10:00")) as running:
        yield running
