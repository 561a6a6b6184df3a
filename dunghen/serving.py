"""The pages of all services behind one address, and the phone, on loopback, for a browser, until somebody presses Ctrl-C."""

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import uvicorn
from fastapi import FastAPI

from dunghen.demo import login
from dunghen.services import SERVICES
from dunghen.together import Together

LOOK_SECONDS = 0.05
NAMES = ("front", *SERVICES, "phone")


def addresses(port: int) -> dict[str, str]:
    """Where each is served, from `port` on; the issuer of log-ins behind them."""
    return {name: f"http://127.0.0.1:{port + place}" for place, name in enumerate((*NAMES, "issuer"))}


class PortTakenError(OSError):
    """Somebody else has a port that is needed; the message says which, in Vietnamese."""


@contextmanager
def open_ports(port: int) -> Iterator[Mapping[str, socket.socket]]:
    """Take the ports of all pages, before anything else is done for them. Raises PortTakenError for the first that is taken."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(_opened(name, port + place)) for place, name in enumerate(NAMES)}


def _opened(name: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # of a run that ended a moment ago
        opened.bind(("127.0.0.1", port))
        opened.listen()
    except (OSError, OverflowError):
        opened.close()
        said = f"cổng {port} (cho {name}) đang có chương trình khác dùng hoặc không mở được; hãy chọn --port khác"
        raise PortTakenError(said) from None
    return opened


async def serve_pages(running: Together, ports: Mapping[str, socket.socket], first: int, tell: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `tell` is called once all answer. Raises ValueError if nobody could log in."""
    phone = FastAPI()
    running.phone.add_routes(phone)
    with login.issuer(first + len(NAMES)) as issuer:
        front = login.front_of(addresses(first), issuer, running.keys.signing_key)
        async with front.running():
            services = {name: service.app for name, service in running.services.items()}
            await _serve({"front": front.app, **services, "phone": phone}, ports, tell)


async def _serve(apps: Mapping[str, FastAPI], ports: Mapping[str, socket.socket], tell: Callable[[], None]) -> None:
    servers = [uvicorn.Server(uvicorn.Config(apps[name], log_config=None, access_log=False)) for name in NAMES]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _leave, servers)
    served = zip(servers, NAMES, strict=True)
    serving = asyncio.gather(*(server._serve([ports[name]]) for server, name in served))  # noqa: SLF001 - serve() takes signals
    while not serving.done() and not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn has a flag alone
        await asyncio.sleep(LOOK_SECONDS)
    if not serving.done():
        tell()
    await serving


def _leave(servers: list[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
