"""reporting over HTTP: forms, frozen periods, figures by day and by procedure, pages. No rules here."""

from fastapi import FastAPI

from services.reporting.http.common import Room
from services.reporting.http.figures import add_figures
from services.reporting.http.forms import add_forms
from services.reporting.http.frozen import add_frozen
from services.reporting.http.pages import add_pages
from services.reporting.http.petitions import add_petitions
from services.reporting.http.public import add_public
from services.reporting.http.tracking import add_tracking

__all__ = ["Room", "add_routes"]


def add_routes(app: FastAPI, room: Room) -> None:
    """The routes of reporting."""
    add_frozen(app, room)
    add_forms(app, room)
    add_figures(app, room)
    add_tracking(app, room)
    add_pages(app, room)
    add_petitions(app, room)
    add_public(app, room)
