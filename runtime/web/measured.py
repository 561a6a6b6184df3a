"""How many requests came by each route, what became of them, and how long they took."""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from runtime.telemetry import Telemetry

PROBES = ("/livez", "/readyz", "/metrics")  # what machines ask all the time: not measured
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Measured:
    """Counts each answered request under the route that was declared, never under what somebody typed as a path."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app, self._telemetry = app, telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and see how it ends; one whose asker left before an answer counts as 499, as proxies say it."""
        if scope["type"] != "http" or scope["path"] in PROBES:
            await self._app(scope, receive, send)
            return
        begun, status = asyncio.get_running_loop().time(), 499

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            status = 500
            raise
        finally:
            route = str(getattr(scope.get("route"), "path", "none"))
            method = scope["method"] if scope["method"] in METHODS else "other"
            self._telemetry.count("http_requests", route=route, method=method, status=str(status))
            self._telemetry.observe("http_seconds", asyncio.get_running_loop().time() - begun, route=route, method=method)
