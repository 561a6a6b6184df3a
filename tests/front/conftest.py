"""An issuer for all tests of the front, and a front for each."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.support.front import Front, Issuer, front_at, issuer_on_loopback


@pytest.fixture(scope="package")
def issuer() -> Iterator[Issuer]:
    """The province's issuer of log-ins."""
    with issuer_on_loopback() as running:
        yield running


@pytest.fixture
async def front(issuer: Issuer) -> AsyncIterator[Front]:
    """A front that nobody has logged in to."""
    async with front_at(issuer) as made:
        yield made
