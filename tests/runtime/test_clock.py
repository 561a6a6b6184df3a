"""The stepped clock of another process."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from runtime.clock import RemoteClock, SteppedClock

START, LATER = datetime(2026, 3, 2, 3, tzinfo=UTC), datetime(2026, 3, 2, 4, tzinfo=UTC)


@pytest.fixture
def url() -> Iterator[str]:
    """A server that tells the start, then hangs up, then refuses, then tells a later time."""
    told = iter((200, 0, 503))

    class Clock(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status = next(told, 200)
            if not status:
                return
            moment = START if self.path == "/" else LATER
            self.send_response(status)
            self.end_headers()
            self.wfile.write(moment.isoformat().encode())

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Clock) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


async def test_a_clock_whose_teller_is_busy_stands_still_and_goes_on(url: str) -> None:
    clock = RemoteClock(url)
    assert clock.now() == START
    following = asyncio.create_task(clock.follow())
    async with asyncio.timeout(10):
        while clock.now() != LATER:
            await asyncio.sleep(0.01)
    following.cancel()
    with suppress(asyncio.CancelledError):
        await following


def test_a_stepped_clock_never_goes_back() -> None:
    clock = SteppedClock(LATER)
    with pytest.raises(ValueError, match="cannot go back"):
        clock.set(START)
