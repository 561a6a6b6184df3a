"""The pages of all services and the phone on loopback, for a browser, until somebody presses Ctrl-C."""

import asyncio
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import uvicorn
from fastapi import FastAPI

from dunghen.services import SERVICES
from dunghen.together import Together

NAMES = (*SERVICES, "phone")


def addresses(port: int) -> dict[str, str]:
    """Where each is served, from `port` on."""
    return {name: f"http://127.0.0.1:{port + place}" for place, name in enumerate(NAMES)}


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


async def serve_pages(running: Together, ports: Mapping[str, socket.socket]) -> None:
    """Serve until SIGTERM or SIGINT."""
    phone = FastAPI()
    running.phone.add_routes(phone)
    apps = {**{name: service.app for name, service in running.services.items()}, "phone": phone}
    servers = [uvicorn.Server(uvicorn.Config(apps[name], log_config=None, access_log=False)) for name in NAMES]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _leave, servers)
    served = zip(servers, NAMES, strict=True)
    await asyncio.gather(*(server._serve([ports[name]]) for server, name in served))  # noqa: SLF001 - serve() takes signals


def _leave(servers: list[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
