"""The home page, by role; and the story of one dossier, from what the services answer."""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from urllib.parse import quote

import httpx
from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ValidationError

from contracts.codes import check_dossier_code
from services.front.domain import TILES, Session, Tile
from services.front.http.menu import frame
from services.front.http.room import Room, visit_of
from services.front.http.said import NOT_HERE, PAGES, PARTS, say

NUMBER_SECONDS = 1.0  # a page does not wait longer for a number
STORY_SECONDS = 3.0
NO_CODE = "Mã hồ sơ không đúng: cần dạng H56.12-250701-0001, G09.20-20260609-0092637 hoặc 000.00.14.H56-200203-0118."


class Counted(BaseModel):
    """An answer of which a list is counted."""

    letters: list[object] | None = None
    items: list[object] | None = None


class Letter(BaseModel):
    """What notifier says of a letter, as far as the story needs it."""

    state_name: str
    unit_name: str
    procedure_name: str
    received_at: datetime | None
    due_at: datetime | None
    sign_by: datetime | None
    new_due_at: datetime | None
    reason_name: str
    symbol: str


class Overdue(BaseModel):
    """A dossier of sla's list of what is overdue."""

    dossier: str
    due_at: datetime | None


class OverdueList(BaseModel):
    """The list."""

    items: list[Overdue]


@dataclass(frozen=True, slots=True)
class Number:
    """A tile with its number as text; empty if it could not be had."""

    tile: Tile
    text: str


@dataclass(frozen=True, slots=True)
class Silent:
    """A service that did not answer."""

    part: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """A service that knows nothing of what it was asked, or does not say it to this person."""


Answer = TypeVar("Answer", bound=BaseModel)


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""

    @app.get("/")
    async def home(request: Request) -> Response:
        session = visit_of(request).somebody()
        tiles = [tile for tile in TILES if session.person.has(tile.roles)]
        numbers = await asyncio.gather(*(_number(tile, session, room) for tile in tiles))
        return PAGES.show("home.html", {**frame(session), "numbers": numbers, "code": "", "problem": ""})

    @app.get("/search")
    async def search(request: Request, code: Annotated[str, Query(max_length=100)] = "") -> Response:
        wanted = code.strip().upper()
        try:
            check_dossier_code(wanted)
        except ValueError:
            session = visit_of(request).somebody()
            return PAGES.show("home.html", {**frame(session), "numbers": [], "code": code, "problem": NO_CODE}, 422)
        return RedirectResponse(f"/dossiers/{quote(wanted)}", 303)

    @app.get("/dossiers/{code}")
    async def dossier(request: Request, code: str) -> Response:
        session = visit_of(request).somebody()
        try:
            check_dossier_code(code)
        except ValueError:
            return say(NOT_HERE, session)
        letter, overdue = await asyncio.gather(
            _ask(room, session, "notifier", f"/v1/letters/{code}", Letter),
            _ask(room, session, "sla", "/v1/overdue?limit=1000", OverdueList),
        )
        late = next((one for one in overdue.items if one.dossier == code), None) if isinstance(overdue, OverdueList) else None
        silent = [answer.part for answer in (letter, overdue) if isinstance(answer, Silent)]
        known = letter if isinstance(letter, Letter) else None
        values = {**frame(session), "code": code, "letter": known, "late": late, "silent": silent}
        return PAGES.show("dossier.html", values)


async def _number(tile: Tile, session: Session, room: Room) -> Number:
    answer = await _ask(room, session, tile.service, tile.asks, Counted, NUMBER_SECONDS)
    found = getattr(answer, tile.list_at, None) if isinstance(answer, Counted) else None
    if found is None:
        return Number(tile, "")
    return Number(tile, f"{len(found)}+" if len(found) >= tile.most else str(len(found)))


async def _ask(
    room: Room, session: Session, service: str, path: str, model: type[Answer], seconds: float = STORY_SECONDS
) -> Answer | Silent | Nothing:
    """What a service answers in somebody's name, within some seconds."""
    try:
        async with asyncio.timeout(seconds):
            got = await room.services[service].get(path, headers=room.headers(session))
        return Nothing() if 400 <= got.status_code < 500 else model.model_validate_json(got.raise_for_status().content)
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValidationError) as error:
        room.parts.telemetry.count("services_away", to=service)
        room.parts.log.warning("a service does not answer", to=service, reason=type(error).__name__)
        return Silent(PARTS[service])
