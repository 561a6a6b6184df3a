"""`--serve`: the pages of a finished demo, for a browser, until somebody presses Ctrl-C."""

import asyncio
import signal
from collections.abc import Mapping

import uvicorn
from fastapi import FastAPI

from dunghen.commands.common import out
from dunghen.demo.people import STORY
from dunghen.together import Together

NAMES = ("intake", "sla", "notifier", "feedback", "reporting")


async def serve_pages(running: Together, port: int) -> None:
    """Serve all services and the phone on loopback, from `port` on."""
    phone = FastAPI()
    running.phone.add_routes(phone)
    apps: Mapping[str, FastAPI] = {**{name: service.app for name, service in running.services.items()}, "phone": phone}
    at = {name: f"http://127.0.0.1:{port + place}" for place, name in enumerate(apps)}
    servers = [
        uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port + place, log_config=None, access_log=False))
        for place, app in enumerate(apps.values())
    ]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, _leave, servers)
    out.print(f"XEM        trang chủ {at['reporting']}/?from=2026-01-08&to=2026-02-27", markup=False)
    out.print(f"           bàn ký thư {at['notifier']}/letters · một thư {at['notifier']}/v1/letters/{STORY}/pdf", markup=False)
    out.print(f"           điện thoại {at['phone']}/?survey_base={at['feedback']}   (Ctrl-C để dừng)", markup=False)
    await asyncio.gather(*(server._serve() for server in servers))  # noqa: SLF001 - serve() would take the signals


def _leave(servers: list[uvicorn.Server]) -> None:
    for server in servers:
        server.should_exit = True
