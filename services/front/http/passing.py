"""Passing on: a browser's request goes to the service that owns its path, with a bearer of ours; what comes back is cleaned.

Only the headers that are named here cross, in either direction: no cookie, no authorization of a browser, nothing hop-by-hop.
"""

from collections.abc import AsyncIterator
from typing import NamedTuple

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ValidationError

from runtime.web import PROBLEM
from services.front.domain import SAFE, Refusal, Way, What, hostile, way_of
from services.front.http.access import PASSED_ON
from services.front.http.pages import page
from services.front.http.room import Room, Visit, source, visit_of
from services.front.http.said import BROKEN, NOT_HERE, WORDS, Words, away, say, slowed
from services.front.tries import Sending, TooOften

THERE = ("accept", "accept-language", "content-type")
BACK = ("content-type", "content-length", "content-disposition", "content-language", "content-encoding", "retry-after")
MOST_BACK = 200_000_000  # bytes of an answer; the largest register of a year is far below
MOST_PROBLEM = 100_000
FILE_POLICY = "default-src 'none'; sandbox"
REDIRECTS = (301, 302, 303, 307, 308)


class Place(BaseModel):
    """What is wrong at one place of a request."""

    pointer: str = ""
    detail: str = ""


class Said(BaseModel):
    """A service's refusal (RFC 9457), as far as people read it."""

    title: str = ""
    detail: str = ""
    errors: list[Place] = []


def add_routes(app: FastAPI, room: Room) -> None:
    """All paths that nobody else here answers. Comes last."""

    @app.api_route("/{rest:path}", methods=["GET", "HEAD", "POST"], dependencies=[PASSED_ON])
    async def passed_on(request: Request) -> Response:
        visit = visit_of(request)
        way = way_of(visit.path)
        if way is None:
            return say(NOT_HERE, visit.session)
        if request.method in SAFE:
            return (await _passed(request, visit, way, room)).answer
        if not way.changes:
            return say(WORDS[Refusal.METHOD], visit.session)
        if visit.session is None:
            return await _sent(request, visit, way, room)
        entry = await room.journal.note(What.CHANGE, visit.session.person, request.method, visit.path)
        passed = await _passed(request, visit, way, room)
        if passed.status:
            await room.journal.complete(entry, passed.status)
        return passed.answer


async def _sent(request: Request, visit: Visit, way: Way, room: Room) -> Response:
    """What somebody sends whom nobody knows. Where from is used here alone, and goes no further."""
    sending = _sending(visit.path)
    begun = room.tries.begin_post(source(room, request), sending)
    if isinstance(begun, TooOften):
        room.parts.telemetry.count("posts_slowed", what=sending.value)
        return slowed(begun.seconds, "/gop-y/tra-cuu" if sending is Sending.CODE else visit.path)
    status = 0
    try:
        passed = await _passed(request, visit, way, room)
        status = passed.status
        return passed.answer
    finally:
        room.tries.end_post(begun, status)


def _sending(path: str) -> Sending:
    if path == "/y-kien" or path.startswith("/y-kien/"):
        return Sending.SURVEY
    return Sending.PETITION if path == "/gop-y" else Sending.CODE


class Passed(NamedTuple):
    """What a browser gets, and what the service said; 0 if that is not known: it may have done what it was asked."""

    answer: Response
    status: int


async def _passed(request: Request, visit: Visit, way: Way, room: Room) -> Passed:
    client = room.services[way.service]
    headers = {name: value for name, value in request.headers.items() if name in THERE} | {"accept-encoding": "identity"}
    if visit.session is not None and not way.public:
        headers |= room.headers(visit.session)
    query = request.scope["query_string"]
    url = client.base_url.copy_with(raw_path=visit.path.encode() + (b"?" + query if query else b""))
    sent = client.build_request(request.method, url, headers=headers, content=visit.body or None)
    try:
        got = await client.send(sent, stream=True)
    except httpx.HTTPError as error:
        room.parts.telemetry.count("services_away", to=way.service)
        room.parts.log.warning("a service does not answer", to=way.service, reason=type(error).__name__)
        return Passed(say(away(way.service), visit.session), 0)
    except httpx.InvalidURL:  # where it sends a browser is no address at all
        return Passed(say(BROKEN, visit.session), 0)
    room.parts.telemetry.count("passed_on", to=way.service, status=f"{got.status_code // 100}xx")
    return Passed(await _cleaned(request, visit, way, got), got.status_code)


async def _cleaned(request: Request, visit: Visit, way: Way, got: httpx.Response) -> Response:
    """What a service answered, as a browser may have it."""
    if got.status_code in REDIRECTS:
        await got.aclose()
        target = _local(got)
        return say(BROKEN, visit.session) if target is None else Response(status_code=303, headers={"location": target})
    problem = got.headers.get("content-type", "").partition(";")[0] == PROBLEM
    if problem and "text/html" in request.headers.get("accept", ""):
        return await _told(visit, way, got)
    if int(got.headers.get("content-length", 0)) > MOST_BACK:
        await got.aclose()
        return say(BROKEN, visit.session)
    headers = {name: value for name, value in got.headers.items() if name in BACK}
    if headers.get("content-disposition", "").startswith("attachment"):
        headers["content-security-policy"] = FILE_POLICY  # whoever shows it all the same runs nothing of it
    return StreamingResponse(bounded(got), got.status_code, headers)


async def bounded(got: httpx.Response) -> AsyncIterator[bytes]:
    """The body as it comes. One that has no end is cut off, and the browser sees that it was."""
    passed = 0
    try:
        async for chunk in got.aiter_raw():
            passed += len(chunk)
            if passed > MOST_BACK:
                raise httpx.DecodingError("the answer of a service is too large")
            yield chunk
    finally:
        await got.aclose()


async def _told(visit: Visit, way: Way, got: httpx.Response) -> Response:
    """A refusal of a service as a page."""
    body = bytearray()
    try:
        async for chunk in got.aiter_bytes():
            body += chunk
            if len(body) > MOST_PROBLEM:
                break
        said = Said.model_validate_json(bytes(body))
    except (httpx.HTTPError, ValidationError):
        said = Said()
    finally:
        await got.aclose()
    if got.status_code == 503 and not said.title:
        return say(away(way.service), visit.session)
    title = said.title.partition(" / ")[0] or "Yêu cầu không được nhận"  # titles are said in two languages
    words = Words(got.status_code, title, said.detail, way.back if got.status_code != 404 else "/", "Quay lại")
    places = [place for place in said.errors[:50] if place.detail]
    return page("said.html", visit.session, {"words": words, "places": places}, got.status_code)


def _local(got: httpx.Response) -> str | None:
    """Where a service sends a browser, if that is a path of ours."""
    try:
        target = got.request.url.join(got.headers.get("location", ""))
    except httpx.InvalidURL:
        return None
    if (target.scheme, target.host, target.port) != (got.request.url.scheme, got.request.url.host, got.request.url.port):
        return None
    path = target.raw_path.decode("ascii")
    return None if hostile(path.partition("?")[0]) else path
