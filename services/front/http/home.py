"""The home page, by role; and the search for a dossier."""

import asyncio
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Query, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel

from contracts.codes import check_dossier_code
from services.front.domain import TILES, Session, Tile
from services.front.http.access import logged_in
from services.front.http.asking import ask
from services.front.http.pages import page
from services.front.http.room import Room, visit_of

NUMBER_SECONDS = 1.0  # a page does not wait longer for a number
NO_CODE = "Mã hồ sơ không đúng: cần dạng H56.12-250701-0001, G09.20-20260609-0092637 hoặc 000.00.14.H56-200203-0118."


class Counted(BaseModel):
    """An answer that says how many there are of each, or has a list that is counted."""

    counts: dict[str, int] = {}
    letters: list[object] | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A tile with its number as text; empty if it could not be had."""

    tile: Tile
    text: str


def add_routes(app: FastAPI, room: Room) -> None:
    """Add them."""

    @app.get("/", dependencies=[logged_in()])
    async def home(request: Request) -> Response:
        session = visit_of(request).somebody()
        tiles = [tile for tile in TILES if session.person.has(tile.roles)]
        asked = list(dict.fromkeys((tile.service, tile.asks) for tile in tiles))
        answers = await asyncio.gather(*(_counted(service, path, session, room) for service, path in asked))
        found = dict(zip(asked, answers, strict=True))
        numbers = [Number(tile, _text(tile, found[tile.service, tile.asks])) for tile in tiles]
        return page("home.html", session, {"numbers": numbers, "code": "", "problem": ""})

    @app.get("/search", dependencies=[logged_in()])
    async def search(request: Request, code: Annotated[str, Query(max_length=100)] = "") -> Response:
        wanted = code.strip().upper()
        try:
            check_dossier_code(wanted)
        except ValueError:
            session = visit_of(request).somebody()
            return page("home.html", session, {"numbers": [], "code": code, "problem": NO_CODE}, 422)
        return RedirectResponse(f"/dossiers/{quote(wanted)}", 303)


async def _counted(service: str, path: str, session: Session, room: Room) -> Counted | None:
    answer = await ask(room, session, service, path, Counted, NUMBER_SECONDS)
    return answer if isinstance(answer, Counted) else None


def _text(tile: Tile, answer: Counted | None) -> str:
    if answer is None:
        return ""
    if answer.letters is not None and tile.at == "letters":
        return f"{len(answer.letters)}+" if len(answer.letters) >= tile.most else str(len(answer.letters))
    return str(answer.counts[tile.at]) if tile.at in answer.counts else ""
