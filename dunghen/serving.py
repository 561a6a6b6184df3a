"""The pages of all services and the phone on loopback, for a browser, until somebody presses Ctrl-C."""

import asyncio
import signal

import uvicorn
from fastapi import FastAPI

from dunghen.services import SERVICES
from dunghen.together import Together

NAMES = (*SERVICES, "phone")


def addresses(port: int) -> dict[str, str]:
    """Where each is served, from `port` on."""
    return {name: f"http://127.0.0.1:{port + place}" for place, name in enumerate(NAMES)}


async def serve_pages(running: Together, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    phone = FastAPI()
    running.phone.add_routes(phone)
    apps = {**{name: service.app for name, service in running.services.items()}, "phone": phone}
    servers = [
        uvicorn.Server(uvicorn.Config(apps[name], host="127.0.0.1", port=port + place, log_config=None, access_log=False))
        for place, name in enumerate(NAMES)
    ]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _leave, servers)
    await asyncio.gather(*(server._serve() for server in servers))  # noqa: SLF001 - serve() would take the signals


def _leave(servers: list[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
