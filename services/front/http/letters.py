"""/thu/TOKEN: the letter that the link in an SMS opens (decision 43). Nobody is logged in; the token is all the right there is.

The token stands in the path that a phone asks for, and in no address, page or log of ours.
"""

import math

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse

from services.front.http.access import EVERYBODY
from services.front.http.asking import STORY_SECONDS
from services.front.http.citizens import UNTOLD
from services.front.http.pages import page
from services.front.http.passing import BACK, bounded
from services.front.http.room import Room, source
from services.front.http.said import away, say
from services.front.tries import Sending, TooOften

HEADER = "x-letter-token"
LONGEST = 64  # characters; a token has 16
WRONG = (401, 404)


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""

    @app.get("/thu/{token}", dependencies=[EVERYBODY])
    async def letter(request: Request, token: str) -> Response:
        answer = await _open(room, request, token)
        answer.headers.update({**UNTOLD, "cache-control": "no-store"})
        return answer


async def _open(room: Room, request: Request, token: str) -> Response:
    """The letter, if this opens one. Whatever else is wrong is answered alike; wrong ones count, with those of surveys."""
    begun = room.tries.begin_post(source(room, request), Sending.LETTER)
    if isinstance(begun, TooOften):
        room.parts.telemetry.count("letters_opened", result="slowed")
        wait = math.ceil(begun.seconds)
        answer = page("unopened.html", None, {"wait": wait}, 429)
        answer.headers["retry-after"] = str(wait)
        return answer
    got = await _asked(room, token) if len(token) <= LONGEST and token.isascii() else None
    if got is not None and got.status_code == httpx.codes.OK:
        room.tries.end_post(begun, got.status_code)
        room.parts.telemetry.count("letters_opened", result="shown")
        headers = {name: value for name, value in got.headers.items() if name in BACK}
        return StreamingResponse(bounded(got), headers=headers)
    if got is None or got.status_code in WRONG:
        if got is not None:
            await got.aclose()
        room.parts.telemetry.count("letters_opened", result="wrong")
        return page("unopened.html", None, {"wait": 0}, 404)
    await got.aclose()
    room.tries.end_post(begun, 0)
    room.parts.telemetry.count("letters_opened", result="away")
    return say(away("notifier"))


async def _asked(room: Room, token: str) -> httpx.Response:
    """What notifier says; 503 where it says nothing."""
    client = room.services["notifier"]
    asked = client.build_request(
        "GET", "/v1/linked-letter", headers={HEADER: token, "accept-encoding": "identity"}, timeout=STORY_SECONDS
    )
    try:
        return await client.send(asked, stream=True)
    except httpx.HTTPError as error:
        room.parts.telemetry.count("services_away", to="notifier")
        room.parts.log.warning("a service does not answer", to="notifier", reason=type(error).__name__)
        return httpx.Response(503)
