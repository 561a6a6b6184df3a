"""What all tests share: quiet logs that a test can read, and a check that nothing was swallowed."""

import io
import logging
from collections.abc import Generator, Iterator

import pytest
import structlog

from runtime.logs import configure_logs
from tests.real import PASSED, Real, real_parts_for_tests

pytest.register_assert_rewrite("tests.town")


@pytest.fixture(autouse=True)
def log_lines() -> Iterator[io.StringIO]:
    """All log output of a test as text."""
    stream = io.StringIO()
    configure_logs("info", stream=stream)
    yield stream
    logging.getLogger().handlers[:] = []
    structlog.reset_defaults()


@pytest.fixture(autouse=True)
def nothing_swallowed(log_lines: io.StringIO, request: pytest.FixtureRequest) -> Iterator[None]:
    """A job or handler that failed without anybody noticing fails the test; a test that provokes it says so."""
    yield
    if request.node.get_closest_marker("provokes_failures") is None:
        failed = [line for line in log_lines.getvalue().splitlines() if '"job failed"' in line or '"handler failed' in line]
        assert not failed, failed[0]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note on each test whether it passed, for fixtures that tests share."""
    report = yield
    if call.when == "call":
        item.stash[PASSED] = report.passed
    return report


@pytest.fixture(scope="session")
def real() -> Iterator[Real]:
    """A real Kafka and a real MongoDB."""
    with real_parts_for_tests() as parts:
        yield parts
