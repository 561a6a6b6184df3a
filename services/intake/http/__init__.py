"""intake's HTTP side: request -> handler -> answer. No rules here."""

from fastapi import FastAPI

from services.intake.http import changes, digests, events, files, held_pages, operating, pages, portal, units
from services.intake.http.entrance import Entrance

__all__ = ["Entrance", "add_routes"]


def add_routes(app: FastAPI, entrance: Entrance) -> None:
    """All routes of intake."""
    for room in (events, files, portal, changes, operating, pages, held_pages, units, digests):
        room.add_routes(app, entrance)
    operating.add_words(app, entrance)
