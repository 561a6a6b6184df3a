"""The pages of all services behind one address, and the phone, on loopback, for a browser, until somebody presses Ctrl-C."""

import asyncio
import signal
from collections.abc import Callable

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


async def serve_pages(running: Together, port: int, tell: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `tell` is called once all answer. Raises ValueError if nobody could log in."""
    phone = FastAPI()
    running.phone.add_routes(phone)
    with login.issuer(port + len(NAMES)) as issuer:
        front = login.front_of(addresses(port), issuer, running.keys.signing_key)
        async with front.running():
            services = {name: service.app for name, service in running.services.items()}
            await _serve({"front": front.app, **services, "phone": phone}, port, tell)


async def _serve(apps: dict[str, FastAPI], port: int, tell: Callable[[], None]) -> None:
    servers = [
        uvicorn.Server(uvicorn.Config(apps[name], host="127.0.0.1", port=port + place, log_config=None, access_log=False))
        for place, name in enumerate(NAMES)
    ]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _leave, servers)
    serving = asyncio.gather(*(server._serve() for server in servers))  # noqa: SLF001 - serve() would take the signals
    while not serving.done() and not all(server.started for server in servers):  # noqa: ASYNC110 - uvicorn has a flag alone
        await asyncio.sleep(LOOK_SECONDS)
    if not serving.done():
        tell()
    await serving


def _leave(servers: list[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
