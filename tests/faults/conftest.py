"""The system that the fault tests share."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.faults.town import Town, Towns
from tests.real import Real


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def towns(real: Real) -> AsyncIterator[Towns]:
    """The system that runs, if one does."""
    towns = Towns(real)
    yield towns
    await towns.close()


@pytest_asyncio.fixture(loop_scope="session")
async def town(towns: Towns) -> Town:
    """A whole system on real parts; a test takes a day of its own in it."""
    return await towns.sound()
